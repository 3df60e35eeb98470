/// Where a text comes from; it travels with messages, tool results and memories.
///
/// Ordered: a mixture is as trustworthy as its least trusted part.
public enum Trust: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// From a page, a program's output, a stranger.
    case untrusted
    /// From another agent.
    case agent
    /// From the person the agent belongs to, or from the runtime itself.
    case owner

    public static func < (left: Trust, right: Trust) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .untrusted: 0
        case .agent: 1
        case .owner: 2
        }
    }
}

/// How an agent looks after agents that run beside it: which ones, and what is done when one of them goes down.
public struct SupervisionPolicy: Hashable, Sendable, Codable {
    /// Who is started again when one of several goes down.
    public enum Strategy: String, Hashable, Sendable, Codable, CaseIterable {
        /// That one.
        case oneForOne = "one_for_one"
        /// All of them: none can go on without the others.
        case oneForAll = "one_for_all"
        /// That one and those after it: each needs those before it.
        case restForOne = "rest_for_one"
    }

    /// The agents, in the order in which they are started (key `supervisor.agents`).
    public var agents: [AgentID] = []
    /// Who is started again (key `supervisor.strategy`).
    public var strategy = Strategy.oneForOne
    /// So often at most within ``within`` (key `supervisor.restarts`).
    public var restarts = 3
    /// The time in which restarts are counted (key `supervisor.within_seconds`).
    @Milliseconds public var within: Duration = .seconds(60)
    /// How long the first restart waits; each further one in that time waits twice as long (key `supervisor.backoff_seconds`).
    @Milliseconds public var backoff: Duration = .milliseconds(100)

    /// Looks after nobody.
    public init() {}
}

/// Why an agent went down.
public struct AgentDown: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened; coarse.
    public enum Cause: String, Hashable, Sendable, CaseIterable {
        /// Its life could not be written; that may pass.
        case fault
        /// Its life or its configuration can't be read. Starting it again would not help: a person has to look.
        case unreadable
        /// A tool or a model went on long after it was told to stop.
        case stuck
        /// Somebody ended it.
        case killed
        /// An agent that it is linked to went down, or the one that looks after it.
        case linked
    }

    /// What happened.
    public let cause: Cause
    /// What was tried, on what.
    public let reason: String

    /// Says why.
    public init(_ cause: Cause, _ reason: String) {
        self.cause = cause
        self.reason = reason
    }

    public var description: String { reason }

    /// Whether starting it again may help.
    var mayBeRestarted: Bool { cause != .unreadable }
}

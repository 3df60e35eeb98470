/// Agents that write to each other in turn, again and again.
public struct RoundTrip: Hashable, Sendable {
    /// Who takes part, in the order in which they write; 2 for a pair, 3 for a triangle.
    public let agents: [AgentID]
    /// How often the whole round was made, without a break, up to the end of the way.
    public let rounds: Int

    /// The shortest round that a way ends with; nil when no agent of its end comes twice at the same distance.
    ///
    /// - Parameter route: The agents that a message and those that led to it went through, in order.
    public init?(in route: [AgentID]) {
        guard route.count >= 4 else { return nil }
        for length in 2...(route.count / 2) {
            var matching = 0
            for index in route.indices.dropFirst(length).reversed() {
                guard route[index] == route[index - length] else { break }
                matching += 1
            }
            let rounds = (matching + length) / length
            guard rounds >= 2, Set(route.suffix(length)).count > 1 else { continue }
            agents = Array(route.suffix(length))
            self.rounds = rounds
            return
        }
        return nil
    }

    /// Of a way, so many agents are known: enough for the longest round that limits let through.
    static let longestRoute = 128
}

/// How many messages were sent in an hour.
public struct HourCount: Hashable, Sendable, Codable {
    /// Hours since 1970-01-01T00:00Z.
    public private(set) var hour: Int64 = 0
    /// Messages sent in it.
    public private(set) var count = 0

    /// Counts messages at a moment; another hour begins at nothing.
    mutating func add(_ more: Int, at now: Instant) {
        if now.hour != hour { self = HourCount(hour: now.hour) }
        count += more
    }

    /// How many were sent in the hour of a moment.
    func sent(at now: Instant) -> Int { now.hour == hour ? count : 0 }

    init(hour: Int64 = 0) { self.hour = hour }
}

extension Instant {
    /// Whole hours since 1970-01-01T00:00Z.
    fileprivate var hour: Int64 { microseconds / 3_600_000_000 }
}

extension Envelope {
    /// Whether it counts for the messages of an hour: answers and reports end work and begin none.
    var countsForHour: Bool {
        switch kind {
        case .message, .ask, .memory: true
        case .task: birth != nil
        default: false
        }
    }
}

extension Turn {
    /// The way of what is sent from it: that of the message that came furthest, and the agent.
    func route(through agent: AgentID) -> [AgentID] {
        let furthest = ([envelope] + joined.map(\.envelope)).max { ($0.route?.count ?? 0) < ($1.route?.count ?? 0) }
        return Array(((furthest?.route ?? []) + [agent]).suffix(RoundTrip.longestRoute))
    }
}

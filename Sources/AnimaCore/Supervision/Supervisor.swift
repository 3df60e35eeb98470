/// The rules of looking after agents: says who is stopped and started when one goes down, and when that is given up.
///
/// It knows no clock and starts nothing; the runtime performs what it says.
public struct Supervisor: Sendable {
    /// What is to be done, in this order.
    public enum Action: Hashable, Sendable {
        /// End an agent that is up.
        case stop(AgentID)
        /// Start one after a while, in the order of these actions.
        case start(AgentID, after: Duration)
        /// One stays down until a person has looked; the others go on.
        case leave(AgentID)
        /// All are given up: whoever looks after the supervisor decides.
        case escalate(reason: String)
    }

    /// What it does by.
    public let policy: SupervisionPolicy
    /// When it started agents again, within the time that counts; several that were started together count once.
    public private(set) var restarts: [Instant] = []
    /// Those that are up or about to be.
    public private(set) var up: Set<AgentID>
    /// Whether it has given up.
    public private(set) var hasEscalated = false

    /// Looks after the agents of a policy, all of which are up.
    public init(_ policy: SupervisionPolicy) {
        self.policy = policy
        up = Set(policy.agents)
    }

    /// One of its agents went down.
    public mutating func wentDown(_ agent: AgentID, _ down: AgentDown, at now: Instant) -> [Action] {
        guard !hasEscalated, policy.agents.contains(agent), up.remove(agent) != nil else { return [] }
        guard down.mayBeRestarted else {
            // Others that can't be without it are no better off.
            guard policy.strategy != .oneForOne, policy.agents.count > 1 else { return [.leave(agent)] }
            return giveUp("@\(agent) can't be started: \(down.reason)")
        }
        restarts.removeAll { now - $0 >= policy.within }
        guard restarts.count < policy.restarts else {
            let seconds = policy.within.components.seconds
            return giveUp(
                "@\(agent) went down (\(down.reason)) after \(restarts.count) restarts within \(seconds) s; the limit is "
                    + "supervisor.restarts = \(policy.restarts)"
            )
        }
        let wait = policy.backoff * (1 << min(restarts.count, 16))
        restarts.append(now)
        let affected = affected(by: agent)
        // The last one was started after the others, and is stopped before them.
        let stops = affected.reversed().filter { up.contains($0) }.map { Action.stop($0) }
        up.formUnion(affected)
        return stops + affected.map { .start($0, after: min(wait, policy.within)) }
    }

    /// Who is started again when one goes down, in the order of starting.
    private func affected(by agent: AgentID) -> [AgentID] {
        switch policy.strategy {
        case .oneForOne: [agent]
        case .oneForAll: policy.agents
        case .restForOne: Array(policy.agents.drop { $0 != agent })
        }
    }

    private mutating func giveUp(_ reason: String) -> [Action] {
        hasEscalated = true
        let stops = policy.agents.reversed().filter { up.contains($0) }.map { Action.stop($0) }
        up = []
        return stops + [.escalate(reason: reason)]
    }
}

/// An agent that this one has made, and how far its work is.
public struct Child: Hashable, Sendable, Codable {
    /// Its name.
    public let name: AgentID
    /// The task that it was made for.
    public let envelope: EnvelopeID
    /// What it may do.
    public let birth: Birth
    /// What it is to do, at most its first ``shownBytes``.
    public let task: String
    /// The turn that made it.
    public let turn: TurnID
    /// When.
    public let bornAt: Instant
    /// When its work ends.
    public let deadline: Instant
    /// How its work ended; nil while it goes on.
    public internal(set) var report: Envelope.Report?
    /// What it said at its end, at most the first ``shownBytes``.
    public internal(set) var text = ""
    /// The trust of what it said.
    public internal(set) var trust = Trust.agent

    /// So many bytes of a child's task and report are kept at hand.
    static let shownBytes = 2000

    /// After so long without a report a child counts as lost.
    static let patience = Duration.seconds(120)

    /// When it counts as lost without a report.
    var lostAt: Instant { deadline + Self.patience }

    /// Its report as the result of a call.
    func output(_ report: Envelope.Report) -> ToolOutput {
        ToolOutput(report: report, of: name, text, trust: trust)
    }
}

extension ToolOutput {
    /// What another agent's work came to, as the result of the call that waited for it.
    init(report: Envelope.Report?, of agent: AgentID, _ text: String, trust: Trust) {
        let isEmpty = text.allSatisfy(\.isWhitespace)
        self = .success(isEmpty ? "(no text)" : text)
        if let reason = report?.end.reason {
            let rest = isEmpty ? "" : "\nwhat there is of it:\n\(text)"
            self = .failure("@\(agent) did not come to an answer: \(reason)\(rest)")
        }
        self.trust = trust
    }
}

extension String {
    /// At most its first bytes, cut between characters.
    func headOf(bytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}

extension AgentState {
    /// At most so many ended children are remembered here; the life has all.
    static let mostEndedChildren = 16

    /// The children whose work goes on.
    public var openChildren: [Child] { children.filter { $0.report == nil } }

    /// What children may still use, which nobody else may.
    ///
    /// - Parameter turn: Only those that this turn made; nil for all.
    func reserved(of turn: TurnID? = nil) -> (tokens: Int, microdollars: Int) {
        openChildren.filter { turn == nil || $0.turn == turn }
            .reduce((0, 0)) { ($0.0 + $1.birth.tokens, $0.1 + ($1.birth.microdollars ?? 0)) }
    }

    /// How many agents may still be made, with those that they may make.
    var agentsLeft: Int {
        let all = min(policy.birth?.agents ?? .max, policy.limits.treeAgents)
        return all - openChildren.reduce(0) { $0 + 1 + $1.birth.agents }
    }

    /// How many generations there may be below it.
    var generationsLeft: Int { min(policy.birth?.generations ?? .max, policy.limits.depth) }

    /// Whether messages may go to an agent, and come from it: peers, its children, its parent.
    func mayTalk(to agent: AgentID) -> Bool {
        policy.peers.contains(agent) || policy.birth?.parent == agent || children.contains { $0.name == agent }
    }
}

extension Fact {
    /// What `child.lost` carries.
    public struct ChildLost: Hashable, Sendable, Codable {
        /// Which one.
        public let child: AgentID
        /// Why.
        public let reason: String

        /// Makes the payload.
        public init(child: AgentID, reason: String) {
            self.child = child
            self.reason = reason
        }
    }
}

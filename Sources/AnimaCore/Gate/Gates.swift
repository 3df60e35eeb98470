/// All that decides about an agent's calls: its own gate, what the owner allowed for good, and of a child its parent's gate.
public struct Gates: Hashable, Sendable {
    private var own: Gate
    private var grants: [Gate.Rule]
    private var above: Gate?

    /// The gates of one agent.
    ///
    /// - Parameters:
    ///   - grants: Rules that the owner added when asked; what a rule of `own` denies stays denied.
    ///   - above: Of a child, the gate of its parent.
    public init(_ own: Gate, grants: [Gate.Rule] = [], above: Gate? = nil) {
        self.own = own
        self.grants = grants
        self.above = above
    }

    /// What each of them says; all count.
    public func judgements(
        _ spec: ToolSpec,
        _ arguments: JSONValue,
        untrusted source: String?
    ) -> [Gate.Judgement] {
        [own.judge(spec, arguments, with: grants, untrusted: source)]
            + [above?.judge(spec, arguments, untrusted: source)].compactMap(\.self)
    }

    /// What is decided about a call: the strictest of what they say.
    public func decide(_ spec: ToolSpec, _ arguments: JSONValue, untrusted source: String?) -> ToolCall.Verdict {
        let verdicts = judgements(spec, arguments, untrusted: source).map(\.verdict)
        return verdicts.max { $0.severity < $1.severity } ?? own.decide(spec, arguments, untrusted: source)
    }

    /// Whether any rule is like this.
    func contains(_ isWanted: (Gate.Rule) -> Bool) -> Bool {
        (own.rules + grants + (above?.rules ?? [])).contains(where: isWanted)
    }

    /// The gates with other rules in place of theirs.
    func mapRules(_ change: (Gate.Rule) -> Gate.Rule) -> Gates {
        Gates(
            Gate(rules: own.rules.map(change)),
            grants: grants.map(change),
            above: above.map { Gate(rules: $0.rules.map(change)) }
        )
    }
}

extension AgentState {
    /// What decides about its calls.
    public var gates: Gates { Gates(policy.gate, grants: grants, above: policy.birth?.gate) }

    /// The files that a call that runs reaches; nil when no rule keeps it from any.
    public func reach(of call: ToolCall, _ spec: ToolSpec) -> PathReach? {
        PathReach(
            of: spec,
            gates: gates,
            untrusted: turn(call.id.turn)?.untrusted,
            isApproved: call.approval != nil
        )
    }

    /// The addresses that redirects may lead a call to that runs; nil when no rule tells addresses apart.
    public func redirects(of call: ToolCall, _ spec: ToolSpec) -> AddressReach? {
        AddressReach(of: spec, call.arguments, gates: gates, untrusted: turn(call.id.turn)?.untrusted)
    }
}

/// All that decides about an agent's calls: its own rules, and of a child those of its parent and of all above it.
public struct Gates: Hashable, Sendable {
    /// The rules of one agent.
    public struct Layer: Hashable, Sendable, Codable {
        /// What its configuration says.
        public let gate: Gate
        /// Rules that its owner added when asked; what a rule of `gate` denies stays denied.
        public let grants: [Gate.Rule]

        /// Makes a layer.
        public init(_ gate: Gate, grants: [Gate.Rule] = []) {
            self.gate = gate
            self.grants = grants
        }

        /// The layer with other rules in place of its own.
        fileprivate func mapRules(_ change: (Gate.Rule) -> Gate.Rule) -> Layer {
            Layer(Gate(rules: gate.rules.map(change)), grants: grants.map(change))
        }
    }

    /// The agent's own, its parent's, and so on; all count.
    let layers: [Layer]

    /// The gates of one agent.
    ///
    /// - Parameters:
    ///   - grants: Rules that the owner added when asked; what a rule of `own` denies stays denied.
    ///   - above: Of a child, the rules of its parent and of all above it.
    public init(_ own: Gate, grants: [Gate.Rule] = [], above: [Layer] = []) {
        layers = [Layer(own, grants: grants)] + above
    }

    private init(layers: [Layer]) { self.layers = layers }

    /// What each of them says; all count.
    public func judgements(
        _ spec: ToolSpec,
        _ arguments: JSONValue,
        untrusted source: String?
    ) -> [Gate.Judgement] {
        layers.map { $0.gate.judge(spec, arguments, with: $0.grants, untrusted: source) }
    }

    /// What is decided about a call: the strictest of what they say.
    public func decide(_ spec: ToolSpec, _ arguments: JSONValue, untrusted source: String?) -> ToolCall.Verdict {
        let verdicts = judgements(spec, arguments, untrusted: source).map(\.verdict)
        return verdicts.max { $0.severity < $1.severity } ?? .denied(reason: "there is no gate")
    }

    /// Whether any rule is like this.
    func contains(_ isWanted: (Gate.Rule) -> Bool) -> Bool {
        layers.contains { ($0.gate.rules + $0.grants).contains(where: isWanted) }
    }

    /// The gates with other rules in place of theirs.
    func mapRules(_ change: (Gate.Rule) -> Gate.Rule) -> Gates { Gates(layers: layers.map { $0.mapRules(change) }) }
}

extension AgentState {
    /// What decides about its calls.
    public var gates: Gates { Gates(policy.gate, grants: grants, above: policy.birth?.layers ?? []) }

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

import AnimaCore
import Testing

/// A mind with an open turn whose model can call `tell`, and what happened.
struct MessageScene {
    var mind: Mind
    var now = Instant(microseconds: 1_795_400_890_000_000)
    var facts: [Fact] = []
    var receipts: [Receipt?] = []

    private static let tools = [
        ToolSpec(
            name: "tell",
            group: "peers",
            description: "",
            parameters: ArgumentSchema([.init("n", .integer(min: 0, max: 10_000), "Which one.")]),
            replay: .pure,
            trust: .owner
        )
    ]

    init(
        _ name: String = "clerk",
        peers: [String] = ["ada", "bob"],
        hops: Int = 0,
        mailbox: Int = 10,
        budget: Int? = nil,
        isBusy: Bool = true,
        _ change: (inout AgentPolicy) -> Void = { _ in }
    ) throws {
        var policy = AgentPolicy(gate: Gate(rules: [.init(.allow, "*")]))
        policy.peers = try peers.map { try AgentID($0) }
        policy.limits.mailbox = mailbox
        change(&policy)
        mind = Mind(agent: try AgentID(name), state: AgentState(), tools: Self.tools, seed: 1)
        take(.begin(LifeID("life"), program: "test", parent: nil), .configure(policy, models: ["m"]))
        if isBusy {
            take(.deliver(Envelope(id: try EnvelopeID("task"), text: "go", sentAt: now, hops: hops, budget: budget)))
        }
    }

    @discardableResult
    mutating func take(_ inputs: Mind.Input...) -> Mind.Plan {
        let decision = mind.decide(inputs, at: now)
        facts += decision.batch.events.map(\.fact)
        receipts = decision.receipts
        return mind.commit(decision, at: now)
    }

    var sent: [Fact.EnvelopeSent] {
        facts.compactMap { if case .envelopeSent(let fact) = $0 { fact } else { nil } }
    }
    var settled: [Fact.EnvelopeSettled] {
        facts.compactMap { if case .envelopeSettled(let fact) = $0 { fact } else { nil } }
    }
    var result: ToolResult? {
        facts.compactMap { if case .toolFinished(let fact) = $0 { fact.result } else { nil } }.last
    }
    var ends: [Fact.TurnEnded] {
        facts.compactMap { if case .turnEnded(let fact) = $0 { fact } else { nil } }
    }

    /// The model's next step: it calls `tell` once for each list of messages.
    mutating func call(_ messages: [OutgoingMessage]..., turn number: Int = 1) throws {
        try run(
            messages.map { messages in
                var output = ToolOutput.success("sent")
                output.send = messages
                return output
            },
            turn: number
        )
    }

    /// The model's next step: it calls `tell` once for each of these outputs.
    mutating func run(_ outputs: ToolOutput...) throws { try run(outputs, turn: 1) }

    private mutating func run(_ outputs: [ToolOutput], turn number: Int) throws {
        let turn = try #require(mind.state.turn(TurnID(number)))
        let step = turn.steps.count + 1
        let calls = outputs.indices.map { ModelReply.Call(tool: "tell", arguments: ["n": .int($0 + step * 100)]) }
        take(
            .settled(
                .callModel(turn.id, step: step, attempt: 1),
                .reply(.init(text: "", calls: calls)),
                milliseconds: 1
            )
        )
        for (index, output) in outputs.enumerated() {
            let call = ToolCallID(turn: turn.id, step: step, index: index + 1)
            take(.settled(.runTool(call, attempt: 1), .output(output), milliseconds: 1))
        }
    }

    /// The first turn sends these, with one call.
    mutating func say(_ messages: [OutgoingMessage]) { #expect(throws: Never.self) { try call(messages) } }

    /// The model ends a turn with a text.
    mutating func end(_ text: String, turn number: Int = 1, usage: Usage = Usage()) throws {
        let turn = try #require(mind.state.turn(TurnID(number)))
        let effect = Effect.callModel(turn.id, step: turn.steps.count + 1, attempt: 1)
        take(.settled(effect, .reply(ModelReply(text: text, usage: usage)), milliseconds: 1))
    }

    /// A call's result; nil as long as it has none.
    func result(_ step: Int, _ index: Int, turn: Int = 1) -> ToolResult? {
        let id = ToolCallID(turn: TurnID(turn), step: step, index: index)
        return
            facts.compactMap { fact in
                if case .toolFinished(let finished) = fact, finished.call == id { finished.result } else { nil }
            }
            .last
    }
}

extension OutgoingMessage {
    static func message(_ text: String, to name: String) -> OutgoingMessage {
        OutgoingMessage(to: known(name), text: text)
    }

    static func question(_ text: String, to name: String, timeout: Duration? = nil) -> OutgoingMessage {
        OutgoingMessage(to: known(name), .ask(timeout: timeout), text: text)
    }

    static func answer(_ text: String, to name: String) -> OutgoingMessage {
        OutgoingMessage(to: known(name), .reply, text: text)
    }

    private static func known(_ name: String) -> AgentID {
        guard let id = try? AgentID(name) else { preconditionFailure("\(name) is no name") }
        return id
    }
}

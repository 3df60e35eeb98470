public import AnimaCore

/// A believable life that a seed decides: messages, tool calls, memories, failures, ends by force.
///
/// It is what the rules of ``Mind`` make of inputs that come at random.
public struct SeededHistory: Sendable {
    /// Everything appended so far.
    public private(set) var events: [Event] = []
    /// The ended turns so far.
    public private(set) var turns: [TranscriptTurn] = []
    /// The spilled outputs so far, by hash.
    public private(set) var spills: [String: [UInt8]] = [:]
    /// The fold of the events.
    public var state: AgentState { mind.state }

    private var mind: Mind
    private var generator: SeededGenerator
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    private var owed: [Effect] = []
    private var envelopes = 0

    /// Texts that trip over careless storage: NUL, quotes, several scripts, right to left, joined emoji.
    public static let awkwardTexts = [
        "plain words", "", "a\0b\0", "it's \"quoted\"; DROP TABLE events; --", "naïve café 東京 عربى", "👩‍👩‍👧‍👦 e\u{301}",
        "line\nline\r\n\ttab \u{1} \u{7F} \u{FFFD} \u{2028}", String(repeating: "long ", count: 200),
    ]

    /// Begins a life.
    public init(seed: UInt64, agent: String = "ada", snapshotInterval: Int = 32) {
        generator = SeededGenerator(seed: seed)
        let tools = [("look", Replay.pure), ("write", .unsafe), ("send", .keyed)]
            .map { name, replay in
                ToolSpec(
                    name: name,
                    group: "tests",
                    description: "A tool.",
                    parameters: ArgumentSchema(),
                    replay: replay
                )
            }
        do {
            mind = Mind(
                agent: try AgentID(agent),
                state: AgentState(),
                tools: tools,
                seed: seed,
                snapshotInterval: snapshotInterval
            )
        } catch {
            preconditionFailure("a history needs a valid agent name: \(error)")
        }
    }

    /// What happens next; never without events.
    public mutating func next() -> LifeBatch {
        while true {
            let inputs = events.isEmpty ? beginning() : [input()]
            now = now + .milliseconds(Int.random(in: 1...400_000, using: &generator))
            let decision = mind.decide(inputs, at: now)
            let plan = mind.commit(decision, at: now)
            owed.removeAll { plan.cancel.contains($0) || inputs.settle($0) }
            owed += plan.begin
            guard !decision.batch.events.isEmpty else { continue }
            events += decision.batch.events
            turns += decision.batch.endedTurns
            for spill in decision.batch.spills { spills[spill.hash] = spill.bytes }
            return decision.batch
        }
    }

    private func beginning() -> [Mind.Input] {
        var policy = AgentPolicy(gate: Gate(rules: [Gate.Rule(.allow, "*"), Gate.Rule(.deny, "send")]))
        policy.limits.resultBytes = 256
        policy.limits.openTurns = 2
        policy.limits.steps = 4
        policy.limits.turnTime = .seconds(86_400)
        return [
            .begin(LifeID("01LIFE"), program: "test", parent: nil), .configure(policy, models: ["scripted", "spare"]),
        ]
    }

    private mutating func input() -> Mind.Input {
        let dice = Int.random(in: 0..<20, using: &generator)
        if dice == 0 { return .wake(program: "test") }
        if dice == 1, let turn = mind.state.turns.randomElement(using: &generator) {
            return .cancel(turn.id, by: "owner")
        }
        if dice > 4, let effect = owed.randomElement(using: &generator) { return settle(effect) }
        return .deliver(envelope())
    }

    private mutating func envelope() -> Envelope {
        envelopes += 1
        let conversations = [ConversationID.main] + ["side", "日本"].compactMap { try? ConversationID($0) }
        return Envelope(
            id: EnvelopeID(made: "E\(envelopes)"),
            kind: Bool.random(using: &generator) ? .task : .message,
            conversation: conversations.randomElement(using: &generator) ?? .main,
            text: text(),
            sentAt: now,
            trust: Trust.allCases.randomElement(using: &generator) ?? .owner
        )
    }

    private mutating func settle(_ effect: Effect) -> Mind.Input {
        let outcome: Mind.Outcome
        switch effect {
        case .callModel:
            if Int.random(in: 0..<8, using: &generator) == 0 {
                outcome = .modelFailed(ModelError(code: .unavailable, message: text()))
            } else {
                let count = Int.random(in: 0...2, using: &generator)
                let calls = (0..<count)
                    .map { _ in
                        let names = ["look", "look", "write", "send", "unknown"]
                        return ModelReply.Call(
                            tool: names.randomElement(using: &generator) ?? "look",
                            arguments: .object([:])
                        )
                    }
                let tokens = Int.random(in: 1...500, using: &generator)
                outcome = .reply(
                    ModelReply(text: text(), calls: calls, usage: Usage(inputTokens: tokens, outputTokens: 7))
                )
            }
        default:
            let remembered = Int.random(in: 0..<3, using: &generator) == 0 ? [text()] : []
            outcome = .output(.success(text(), remember: remembered.map { MemoryDraft($0) }))
        }
        return .settled(effect, outcome, milliseconds: 3)
    }

    private mutating func text() -> String {
        let text = Self.awkwardTexts.randomElement(using: &generator) ?? ""
        return text + " \(Int.random(in: 0..<1000, using: &generator))"
    }
}

extension [Mind.Input] {
    fileprivate func settle(_ effect: Effect) -> Bool {
        contains { if case .settled(effect, _, _) = $0 { true } else { false } }
    }
}

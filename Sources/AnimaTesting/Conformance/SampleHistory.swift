public import AnimaCore

/// A believable history of several turns, made by the real rules from a seed; for tests of stores.
public struct SampleHistory: Sendable {
    /// The agent that it happened to.
    public let agent: AgentID
    /// When it began.
    public let start = Instant(microseconds: 1_700_000_000_000_000)
    /// The batches, as the rules made them.
    public private(set) var batches: [LifeBatch] = []
    /// The state at its end.
    public private(set) var state = AgentState()

    /// All events, in order.
    public var events: [Event] { batches.flatMap(\.events) }
    /// All turns that ended, in order.
    public var ended: [TranscriptTurn] { batches.flatMap(\.endedTurns) }

    /// Makes a history of so many turns, each of one model call with two tool calls and one answer.
    public init(seed: UInt64, turns: Int = 8, snapshotInterval: Int = .max) throws {
        agent = try AgentID("sample")
        let tool = ToolSpec(
            name: "look",
            group: "sample",
            description: "Looks.",
            parameters: ArgumentSchema([.init("text", .string(), "Any text.")]),
            replay: .unsafe
        )
        var mind = Mind(agent: agent, state: state, tools: [tool], seed: seed, snapshotInterval: snapshotInterval)
        var chance = SeededGenerator(seed: seed)
        var now = start
        var waiting: [Effect] = []
        func text() -> String { String(repeating: "wörd ", count: Int.random(in: 1...20, using: &chance)) }
        func take(_ inputs: [Mind.Input]) {
            now = now + .milliseconds(Int.random(in: 1...5000, using: &chance))
            let decision = mind.decide(inputs, at: now)
            batches.append(decision.batch)
            waiting += mind.commit(decision, at: now).begin
        }
        let policy = AgentPolicy(gate: Gate(rules: [.init(.allow, "look")]))
        take([
            .begin(LifeID("sample-\(seed)"), program: "sample", parent: nil), .configure(policy, model: "sample"),
        ])
        for number in 1...max(1, turns) {
            let conversation = number % 3 == 0 ? try ConversationID("other") : .main
            let envelope = Envelope(
                id: try EnvelopeID("sample-\(seed)-\(number)"),
                conversation: conversation,
                text: text(),
                sentAt: now
            )
            take([.deliver(envelope)])
            let call = ModelReply.Call(tool: "look", arguments: ["text": .string(text())])
            while let effect = waiting.popLast() {
                switch effect {
                case .callModel(_, let step, _):
                    let reply = step == 1 ? ModelReply(text: "", calls: [call, call]) : ModelReply(text: text())
                    take([.settled(effect, .reply(reply), milliseconds: 7)])
                default:
                    take([.settled(effect, .output(.success(text(), remember: [text()])), milliseconds: 3)])
                }
            }
        }
        state = mind.state
    }

    /// Appends all batches.
    public func append(to store: any LifeStore) async throws {
        for batch in batches { try await store.append(batch) }
    }

    /// A fact that something was remembered.
    public func remembered(_ text: String) -> Fact { .memoryStored(.init(text: text, trust: .owner)) }
}

import AnimaCore
import AnimaRuntime
import AnimaTesting
import Synchronization

/// An agent in memory with what surrounds it.
struct Household {
    let store: any LifeStore
    let model: ScriptedModel
    let clock = ManualClock()
    var tools: [any Tool] = []
    var limits = Limits()
    var retry = RetryPolicy()
    var rules: [Gate.Rule] = [.init(.allow, "*")]

    init(_ lines: [ScriptedModel.Line], store: any LifeStore = InMemoryLifeStore(), tools: [any Tool] = []) {
        model = ScriptedModel(lines)
        self.store = store
        self.tools = tools
    }

    func wake() async throws -> Agent {
        let equipment = Equipment(
            model: model,
            tools: tools,
            instructions: "Be brief.",
            policy: AgentPolicy(limits: limits, retry: retry, gate: Gate(rules: rules)),
            clock: clock
        )
        var generator = SeededGenerator(seed: 7)
        return try await Agent.wake(AgentID("tester"), store: store, equipment: equipment, using: &generator)
    }

    func envelope(_ text: String, id: String = "one", conversation: ConversationID = .main) throws -> Envelope {
        try Envelope(id: EnvelopeID(id), conversation: conversation, text: text, sentAt: clock.now)
    }
}

extension Agent {
    /// Delivers a task and waits for its turn's end.
    func ask(_ envelope: Envelope) async throws -> TranscriptTurn {
        let receipt = try await deliver(envelope)
        guard case .accepted = receipt else { throw Refused(receipt: receipt) }
        return try await answer(to: envelope.id)
    }
}

struct Refused: Error {
    let receipt: Receipt
}

/// A store in memory that can be told to wait or to fail, and counts.
final class TroubledStore: LifeStore {
    private let inner = InMemoryLifeStore()
    private let state = Mutex((appends: 0, deliveries: 0, failsAt: Int.max, door: Door?.none))

    var appends: Int { state.withLock { $0.appends } }

    /// Appends that held envelopes.
    var deliveries: Int { state.withLock { $0.deliveries } }

    func fail(atAppend number: Int) { state.withLock { $0.failsAt = number } }

    func wait(at door: Door?) { state.withLock { $0.door = door } }

    func append(_ batch: LifeBatch) async throws {
        let (number, failsAt, door) = state.withLock { state in
            state.appends += 1
            if batch.events.contains(where: { $0.fact.kind == .envelopeAccepted }) { state.deliveries += 1 }
            return (state.appends, state.failsAt, state.door)
        }
        await door?.pass()
        if number >= failsAt { throw StoreError(code: .diskFull, message: "no room is left on the disk") }
        try await inner.append(batch)
    }

    func wake() async throws -> Awakening { try await inner.wake() }
    func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try await inner.events(after: seq, turn: turn, limit: limit)
    }
    func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] {
        try await inner.transcript(of: conversation, bytes: bytes)
    }
    func summary(of conversation: ConversationID) async throws -> ConversationSummary? {
        try await inner.summary(of: conversation)
    }
    func place(of turn: TurnID) async throws -> Int? { try await inner.place(of: turn) }
    func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try await inner.turn(answering: envelope)
    }
    func recall(_ query: RecallQuery) async throws -> [RecallHit] { try await inner.recall(query) }
    func memory(_ id: Int) async throws -> Memory? { try await inner.memory(id) }
    func episodes(around seq: Int, count: Int) async throws -> [Episode] {
        try await inner.episodes(around: seq, count: count)
    }
    func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage] {
        try await inner.passages(withoutVectorOf: embedder, scope: scope, before: before, limit: limit)
    }
    func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int {
        try await inner.store(vectors, of: embedder)
    }
    func deleteVectors(exceptOf embedder: String?) async throws -> Int {
        try await inner.deleteVectors(exceptOf: embedder)
    }
    func vectorCounts() async throws -> [String: Int] { try await inner.vectorCounts() }
    func hasTaken(_ envelope: EnvelopeID) async throws -> Bool { try await inner.hasTaken(envelope) }
    func spill(hash: String) async throws -> [UInt8]? { try await inner.spill(hash: hash) }
    func consolidationMaterial() async throws -> Consolidation.Material { try await inner.consolidationMaterial() }
    /// Kept open, so that a second agent can take the life over as after a crash.
    func close(atRest: Bool) async {}
}

extension LifeStore {
    func kinds() async throws -> [Fact.Kind] {
        try await events(after: 0, turn: nil, limit: .max).map(\.fact.kind)
    }
}

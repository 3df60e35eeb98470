import Anima

/// What an agent costs that does nothing.
enum IdleAgents {
    static func measure(into report: inout Report) async throws {
        let alone = try await crowd { NoLife() }
        report.add("an idle agent of 100,000, beyond its life, memory", alone.bytes / 1024, "KiB", aim: 1.5)
        report.add("making an agent, beyond its life, CPU", alone.cpu, "µs", aim: 2)
        let whole = try await crowd { InMemoryLifeStore() }
        report.add("an idle agent of 100,000 with a life of two events in memory, memory", whole.bytes / 1024, "KiB")
        report.add("making an agent with a life in memory, CPU", whole.cpu, "µs")
        // Both crowds stay until here: the second one must not move into memory that the first one left.
        withExtendedLifetime((alone.agents, whole.agents)) {}
    }

    private static func crowd(_ makeStore: () -> any LifeStore) async throws -> (
        bytes: Double, cpu: Double, agents: [Agent]
    ) {
        let count = 100_000
        let equipment = Equipment.instant()
        let id = try AgentID("idle")
        var generator = SeededGenerator(seed: 1)
        // Once around, so that what is loaded lazily is loaded.
        _ = try await Agent.wake(id, store: makeStore(), equipment: equipment, using: &generator)
        var agents: [Agent] = []
        agents.reserveCapacity(count)
        let before = Measure.residentBytes
        let began = Measure.cpu
        for _ in 0..<count {
            agents.append(try await Agent.wake(id, store: makeStore(), equipment: equipment, using: &generator))
        }
        let cpu = (Measure.cpu - began) / Double(count)
        let bytes = (Measure.residentBytes - before) / Double(count)
        return (bytes, cpu, agents)
    }
}

/// Keeps nothing, so that only the agent is measured.
private struct NoLife: LifeStore {
    func wake() async throws -> Awakening { Awakening(snapshot: nil, tail: []) }
    func append(_ batch: LifeBatch) async throws {}
    func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] { [] }
    func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] { [] }
    func summary(of conversation: ConversationID) async throws -> ConversationSummary? { nil }
    func place(of turn: TurnID) async throws -> Int? { nil }
    func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? { nil }
    func recall(_ query: RecallQuery) async throws -> [RecallHit] { [] }
    func memory(_ id: Int) async throws -> Memory? { nil }
    func episodes(around seq: Int, count: Int) async throws -> [Episode] { [] }
    func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage] { [] }
    func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int { 0 }
    func deleteVectors(exceptOf embedder: String?) async throws -> Int { 0 }
    func vectorCounts() async throws -> [String: Int] { [:] }
    func consolidationMaterial() async throws -> Consolidation.Material { Consolidation.Material() }
    func spill(hash: String) async throws -> [UInt8]? { nil }
    func hasTaken(_ envelope: EnvelopeID) async throws -> Bool { false }
    func close(atRest: Bool) async {}
}

import AnimaCore
import AnimaStore
import AnimaTesting
import Testing

@Suite("What a life need not keep")
struct RetentionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A life with a history that a seed decides.
    private func life(_ history: inout SeededHistory, events: Int) async throws -> SQLiteLife {
        let life = try SQLiteLife.open(
            at: directory / "life.sqlite",
            agent: try AgentID("ada"),
            mode: .create,
            durability: .normal
        )
        while history.events.count < events { try await life.append(history.next()) }
        return life
    }

    @Test(
        "deletes the whole outputs to which nothing newer and no open turn refers, and nothing else",
        arguments: 1...6
    )
    func deletesOldOutputs(seed: UInt64) async throws {
        var history = SeededHistory(seed: seed)
        let life = try await life(&history, events: 400)
        let cutoff = history.events[300].at
        let open = Set(history.state.turns.map(\.id))
        let kept = Set(
            history.events.filter { $0.at >= cutoff || $0.turn.map(open.contains) == true }.flatMap(\.fact.spillHashes)
        )
        let old = history.spills.filter { !kept.contains($0.key) }
        #expect(!old.isEmpty)
        let state = try await life.wake().state()
        let deleted = try await life.deleteOutputs(before: cutoff)
        #expect(deleted.count == old.count && deleted.bytes == old.values.reduce(0) { $0 + $1.count })
        for (hash, bytes) in history.spills {
            #expect(try await life.spill(hash: hash) == (kept.contains(hash) ? bytes : nil))
        }
        // The log is as it was, and the same is kept again by what comes later.
        #expect(try await life.wake().state() == state)
        #expect(try await life.integrityReport().problems == [])
        #expect(try await life.deleteOutputs(before: cutoff).count == 0)
        while history.events.count < 450 { try await life.append(history.next()) }
        #expect(try await life.integrityReport().problems == [])
        await life.close()
    }

    @Test("does it once a day, and never for a reader")
    func doesItOncePerDay() async throws {
        var history = SeededHistory(seed: 3)
        let life = try await life(&history, events: 300)
        let last = try #require(history.events.last).at + .seconds(1)
        try await life.deleteOutputsOncePerDay(before: last)
        let hash = ContentHash.hexadecimal(of: Array("late".utf8))
        try await life.append(LifeBatch(events: [], spills: [.init(hash: hash, bytes: Array("late".utf8))]))
        try await life.deleteOutputsOncePerDay(before: last)
        #expect(try await life.spill(hash: hash) != nil)
        try await life.deleteOutputsOncePerDay(before: last + .seconds(86_400))
        #expect(try await life.spill(hash: hash) == nil)
        await life.close()
        let reader = try SQLiteLife.openReader(at: directory / "life.sqlite")
        await #expect(throws: StoreError.self) { try await reader.deleteOutputs(before: last) }
        await reader.close()
    }
}

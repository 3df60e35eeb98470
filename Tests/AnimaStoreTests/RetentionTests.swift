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

    @Test("erases the texts of what has ended, and folds, rebuilds and goes on as before", arguments: 1...6)
    func erasesHistory(seed: UInt64) async throws {
        var history = SeededHistory(seed: seed)
        let life = try await life(&history, events: 400)
        let cutoff = history.events[300].at
        let state = try await life.wake().state()
        let before = try await life.events(after: 0, turn: nil, limit: .max)
        let count = try await life.eraseHistory(before: cutoff)
        #expect(count > 50)
        let after = try await life.events(after: 0, turn: nil, limit: .max)
        #expect(Awakening(snapshot: nil, tail: after).state() == state)
        #expect(try await life.wake().state() == state)
        let report = try await life.integrityReport()
        #expect(report.problems == [])
        let busy = Set(state.turns.map(\.id) + state.unlearned.map(\.turn))
        let waiting = Set(state.inbox.map(\.envelope.id) + state.turns.map(\.envelope.id))
        for (old, new) in zip(before, after) {
            if case .envelopeAccepted(let fact) = old.fact, waiting.contains(fact.envelope.id) {
                #expect(new == old)
            } else if old.at >= cutoff || old.turn.map(busy.contains) == true {
                #expect(new == old)
            } else {
                #expect(new.fact == old.fact.erased ?? old.fact && new.seq == old.seq && new.cause == old.cause)
                // Erasing twice changes nothing more.
                #expect(new.fact.erased == nil)
            }
        }
        // Nothing of the texts can be found, and what is remembered can.
        let said = before.filter { $0.at < cutoff }
            .compactMap { event -> String? in
                if case .modelReplied(let fact) = event.fact, event.turn.map(busy.contains) != true {
                    fact.text
                } else {
                    nil
                }
            }
        let bodies = after.filter { $0.at < cutoff }
            .compactMap { event -> String? in
                if case .modelReplied(let fact) = event.fact, event.turn.map(busy.contains) != true {
                    fact.text
                } else {
                    nil
                }
            }
        #expect(said.contains { !$0.isEmpty } && bodies.allSatisfy { $0.isEmpty || $0 == Fact.erasedText })
        #expect(try await life.recall(RecallQuery("erased older", scope: .episodes)).isEmpty)
        #expect(try await life.eraseHistory(before: cutoff) == 0)
        while history.events.count < 450 { try await life.append(history.next()) }
        #expect(try await life.integrityReport().problems == [])
        await life.close()
    }

    @Test("does it once a day, and never for a reader")
    func doesItOncePerDay() async throws {
        var history = SeededHistory(seed: 3)
        let life = try await life(&history, events: 300)
        let last = try #require(history.events.last).at + .seconds(1)
        try await life.retain(outputsFrom: last, historyFrom: nil)
        let hash = ContentHash.hexadecimal(of: Array("late".utf8))
        try await life.append(LifeBatch(events: [], spills: [.init(hash: hash, bytes: Array("late".utf8))]))
        try await life.retain(outputsFrom: last, historyFrom: nil)
        #expect(try await life.spill(hash: hash) != nil)
        try await life.retain(outputsFrom: last + .seconds(86_400), historyFrom: last)
        #expect(try await life.spill(hash: hash) == nil)
        await life.close()
        let reader = try SQLiteLife.openReader(at: directory / "life.sqlite")
        await #expect(throws: StoreError.self) { try await reader.deleteOutputs(before: last) }
        await #expect(throws: StoreError.self) { try await reader.eraseHistory(before: last) }
        await reader.close()
    }
}

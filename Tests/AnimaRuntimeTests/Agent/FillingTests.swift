import AnimaCore
import AnimaRuntime
import AnimaTesting
import Synchronization
import Testing

/// Vectors that passages get while nothing else is to be done.
@Suite("An agent with an embedder", .timeLimit(.minutes(5)))
struct FillingTests {
    /// Counts what it is asked; fails as often as it is told.
    private final class CountingEmbedder: Embedder {
        let name = "counting"
        let state = Mutex((texts: 0, failures: 0))

        init(failures: Int = 0) { state.withLock { $0.failures = failures } }

        var texts: Int { state.withLock { $0.texts } }

        func embed(_ texts: [String]) async throws -> Embeddings {
            let fails = state.withLock { state in
                state.failures -= 1
                if state.failures < 0 { state.texts += texts.count }
                return state.failures >= 0
            }
            if fails { throw ModelError(code: .unavailable, message: "no answer") }
            return Embeddings(vectors: texts.map { _ in [1, 0] })
        }
    }

    private func store() async throws -> InMemoryLifeStore {
        let store = InMemoryLifeStore()
        let agent = try AgentID("tester")
        let events = (1...200)
            .map { seq in
                Event(
                    seq: seq,
                    at: Instant(microseconds: 1),
                    agent: agent,
                    conversation: .main,
                    fact: .memoryStored(.init(MemoryDraft("memory number \(seq)"), trust: .owner))
                )
            }
        try await store.append(LifeBatch(events: events))
        return store
    }

    private func wake(_ store: InMemoryLifeStore, _ embedder: CountingEmbedder, _ clock: ManualClock) async throws
        -> Agent
    {
        let equipment = Equipment(
            model: ScriptedModel([.says("here")], isEndless: true),
            policy: AgentPolicy(),
            clock: clock,
            embedder: embedder
        )
        var generator = SeededGenerator(seed: 7)
        return try await Agent.wake(AgentID("tester"), store: store, equipment: equipment, using: &generator)
    }

    @Test("fills them after a moment of quiet, in batches, and then no more")
    func fills() async throws {
        let (store, embedder, clock) = (try await store(), CountingEmbedder(), ManualClock())
        let agent = try await wake(store, embedder, clock)
        await clock.sleepers(atLeast: 1)
        #expect(embedder.texts == 0)
        #expect(await agent.isAtRest)
        clock.advance(by: .seconds(1))
        while try await store.vectorCounts()["counting"] != 200 { await Task.yield() }
        #expect(embedder.texts == 200)
        await agent.stop()
    }

    @Test("an agent that stops at once has begun nothing, and one that fails tries again when something has happened")
    func waitsAndTriesAgain() async throws {
        let (store, clock) = (try await store(), ManualClock())
        let untouched = CountingEmbedder()
        let brief = try await wake(store, untouched, clock)
        await brief.stop()
        #expect(untouched.texts == 0)
        let second = InMemoryLifeStore()
        let failing = CountingEmbedder(failures: 1)
        let agent = try await wake(second, failing, clock)
        await clock.sleepers(atLeast: 1)
        let first = Envelope(id: try EnvelopeID("one"), text: "hello", sentAt: clock.now)
        _ = try await agent.ask(first)
        clock.advance(by: .seconds(1))
        while failing.state.withLock({ $0.failures }) > 0 { await Task.yield() }
        #expect(try await second.vectorCounts().isEmpty)
        _ = try await agent.ask(Envelope(id: try EnvelopeID("two"), text: "again", sentAt: clock.now))
        while try await second.vectorCounts().isEmpty {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        await agent.stop()
    }
}

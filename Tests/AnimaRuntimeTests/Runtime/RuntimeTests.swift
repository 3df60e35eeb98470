import AnimaCore
import AnimaRuntime
import AnimaTesting
import Synchronization
import Testing

@Suite("A runtime", .timeLimit(.minutes(10)))
struct RuntimeTests {
    private final class Lives: Sendable {
        let stores = Mutex<[AgentID: TroubledStore]>([:])
        let opened = Mutex<[AgentID]>([])

        func open(_ id: AgentID) -> Runtime.Residence {
            opened.withLock { $0.append(id) }
            let store = stores.withLock { stores in
                let store = stores[id] ?? TroubledStore()
                stores[id] = store
                return store
            }
            let model = ScriptedModel([.says("here")], isEndless: true)
            return .init(store: store, equipment: Equipment(model: model, policy: AgentPolicy()))
        }
    }

    @Test("wakes an agent once, however many ask for it together")
    func wakesOnce() async throws {
        let lives = Lives()
        let runtime = Runtime(seed: 1) { id, _ in lives.open(id) }
        let id = try AgentID("solo")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await runtime.agent(id) } }
            try await group.waitForAll()
        }
        #expect(lives.opened.withLock { $0 } == [id])
        await runtime.shutdown()
    }

    @Test("an agent that slept goes on with the same life")
    func hibernates() async throws {
        let lives = Lives()
        let runtime = Runtime(seed: 1) { id, _ in lives.open(id) }
        let id = try AgentID("sleeper")
        let clock = ManualClock()
        for number in 1...3 {
            let envelope = try Envelope(id: EnvelopeID("e\(number)"), text: "hello", sentAt: clock.now)
            #expect(try await runtime.deliver(envelope, to: id) != .duplicate)
            let agent = try await runtime.agent(id)
            #expect(try await agent.answer(to: envelope.id).id == TurnID(number))
            #expect(await runtime.hibernate(id))
            #expect(await runtime.awake.isEmpty)
        }
        #expect(lives.opened.withLock { $0.count } == 3)
    }

    @Test("takes nothing after its shutdown")
    func refusesAfterShutdown() async throws {
        let lives = Lives()
        let runtime = Runtime(seed: 1) { id, _ in lives.open(id) }
        await runtime.shutdown()
        await #expect(throws: AgentError.self) { try await runtime.agent(AgentID("late")) }
    }
}

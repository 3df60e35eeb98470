import AnimaCore
import AnimaRuntime
import AnimaTesting
import Synchronization
import Testing

/// Agents that go down in a process, and what is done about it.
@Suite("Supervision", .timeLimit(.minutes(5)))
struct SupervisionTests {
    /// A process with some agents, whose lives can be made to fail.
    private final class Household: Sendable {
        let stores = Mutex<[AgentID: TroubledStore]>([:])
        let unreadable = Mutex<Set<String>>([])
        let locked = Mutex<Set<String>>([])
        let events = Mutex<[SupervisionEvent]>([])
        let clock = ManualClock()
        let policies: [String: AgentPolicy]
        let models: [String: ScriptedModel]
        let tools: [any Tool]

        init(_ policies: [String: AgentPolicy], models: [String: ScriptedModel] = [:], tools: [any Tool] = []) {
            self.policies = policies
            self.models = models
            self.tools = tools
        }

        func runtime() -> Runtime {
            Runtime(
                seed: 1,
                clock: clock,
                report: { event in self.events.withLock { $0.append(event) } },
                open: { id, _ in try self.open(id) }
            )
        }

        private func open(_ id: AgentID) throws -> Runtime.Residence {
            guard let policy = policies[id.name] else { throw AgentError.unknown(id) }
            if unreadable.withLock({ $0.contains(id.name) }) {
                throw StoreError(code: .corrupt, message: "the life of \(id) is damaged")
            }
            if locked.withLock({ $0.contains(id.name) }) {
                throw StoreError(code: .locked, message: "the life of \(id) is in use")
            }
            let store = stores.withLock { stores in
                let store = stores[id] ?? TroubledStore()
                stores[id] = store
                return store
            }
            let model = models[id.name] ?? ScriptedModel([.says("here")], isEndless: true)
            return .init(
                store: store,
                equipment: Equipment(model: model, tools: tools, policy: policy, clock: clock)
            )
        }

        /// What happened, in short: `-a` went down, `+a` starts again, `!a` is given up.
        var story: [String] {
            events.withLock { events in
                events.map { event in
                    switch event {
                    case .wentDown(let id, _): "-\(id)"
                    case .restarting(let id, _): "+\(id)"
                    case .gaveUp(let id, _): "!\(id)"
                    }
                }
            }
        }

        /// Moves the time on until the runtime rests.
        func settle(_ runtime: Runtime) async throws {
            let clock = clock
            let mover = Task {
                while !Task.isCancelled {
                    clock.advance(by: .milliseconds(50))
                    await Task.yield()
                }
            }
            defer { mover.cancel() }
            try await runtime.rest()
        }

        func texts(of name: String) async throws -> [String] {
            let id = try AgentID(name)
            let store = try #require(stores.withLock { $0[id] })
            return try await store.events(after: 0, turn: nil, limit: .max)
                .compactMap { event in
                    if case .envelopeAccepted(let fact) = event.fact { fact.envelope.text } else { nil }
                }
        }
    }

    private func supervising(
        _ agents: [String],
        _ strategy: SupervisionPolicy.Strategy = .oneForOne,
        restarts: Int = 3
    ) throws -> AgentPolicy {
        var policy = AgentPolicy()
        policy.supervision.agents = try agents.map { try AgentID($0) }
        policy.supervision.strategy = strategy
        policy.supervision.restarts = restarts
        return policy
    }

    @Test("agents that are looked after are awake with their supervisor, and started again when they are killed")
    func restarts() async throws {
        let home = Household(["boss": try supervising(["a", "b"]), "a": .init(), "b": .init()])
        let runtime = home.runtime()
        let boss = try await runtime.agent(try AgentID("boss"))
        #expect(await runtime.awake.map(\.name) == ["a", "b", "boss"])
        let a = try await runtime.agent(try AgentID("a"))
        #expect(await runtime.kill(a.id, by: "the test"))
        try await home.settle(runtime)
        #expect(home.story == ["-a", "+a"])
        let again = try await runtime.agent(a.id)
        let sameBoss = try await runtime.agent(boss.id)
        #expect(again !== a && boss === sameBoss)
        let envelope = Envelope(id: try EnvelopeID("e"), text: "hello", sentAt: home.clock.now)
        _ = try await again.deliver(envelope)
        #expect(try await again.answer(to: envelope.id).ending?.text == "here")
        await #expect(throws: (any Error).self) { try await a.deliver(envelope) }
        await runtime.shutdown()
    }

    @Test("with one for all, all are stopped and started again in their order; others never notice")
    func restartsTogether() async throws {
        let home = Household([
            "boss": try supervising(["a", "b"], .oneForAll), "a": .init(), "b": .init(), "other": .init(),
        ])
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("boss"))
        let other = try await runtime.agent(try AgentID("other"))
        let b = try await runtime.agent(try AgentID("b"))
        await runtime.kill(try AgentID("a"), by: "the test")
        try await home.settle(runtime)
        #expect(home.story == ["-a", "+a", "+b"])
        let (newB, sameOther) = (try await runtime.agent(b.id), try await runtime.agent(other.id))
        #expect(newB !== b && other === sameOther)
        await runtime.shutdown()
    }

    @Test("an agent whose life can't be written for a moment is started again, and does what it owed")
    func survivesFaults() async throws {
        let home = Household(["boss": try supervising(["a"]), "a": .init()])
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("boss"))
        let a = try await runtime.agent(try AgentID("a"))
        let store = try #require(home.stores.withLock { $0[a.id] })
        // It takes the task, and then its disk is full.
        store.fail(atAppend: store.appends + 2)
        let envelope = Envelope(id: try EnvelopeID("e"), text: "hello", sentAt: home.clock.now)
        _ = try await a.deliver(envelope)
        while home.story.isEmpty { await Task.yield() }
        store.fail(atAppend: .max)
        try await home.settle(runtime)
        #expect(home.story.starts(with: ["-a", "+a"]))
        #expect(try await runtime.agent(a.id).answer(to: envelope.id).ending?.text == "here")
        await runtime.shutdown()
    }

    @Test(
        "what keeps going down is given up: the supervisor and those who monitor it are told, and nobody waits for it"
    )
    func givesUp() async throws {
        var watcher = AgentPolicy()
        watcher.monitors = [try AgentID("a")]
        let home = Household([
            "boss": try supervising(["a", "b"], restarts: 2), "a": .init(), "b": .init(), "watcher": watcher,
        ])
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("boss"))
        _ = try await runtime.agent(try AgentID("watcher"))
        for _ in 0..<3 {
            await runtime.kill(try AgentID("a"), by: "the test")
            try await home.settle(runtime)
        }
        #expect(home.story == ["-a", "+a", "-a", "+a", "-a", "!a", "!b"])
        #expect(await runtime.awake.map(\.name) == ["boss", "watcher"])
        await #expect(throws: AgentDown.self) { try await runtime.agent(try AgentID("a")) }
        let told = try await home.texts(of: "boss")
        #expect(told.count == 1 && told[0].contains("are given up") && told[0].contains("supervisor.restarts = 2"))
        let watched = try await home.texts(of: "watcher")
        #expect(watched.count == 3 && watched[0].hasSuffix("started again.") && watched[2].hasSuffix("stays down."))
        await runtime.shutdown()
    }

    @Test("a supervisor that gives up goes down itself when somebody looks after it, and begins anew with its agents")
    func escalates() async throws {
        let home = Household([
            "top": try supervising(["boss"]), "boss": try supervising(["a"], restarts: 0), "a": .init(),
        ])
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("top"))
        #expect(await runtime.awake.map(\.name) == ["a", "boss", "top"])
        await runtime.kill(try AgentID("a"), by: "the test")
        try await home.settle(runtime)
        #expect(home.story == ["-a", "!a", "-boss", "+boss"])
        #expect(await runtime.awake.map(\.name) == ["a", "boss", "top"])
        await runtime.shutdown()
    }

    @Test("a life that can't be read is left alone: the agent stays down, is never begun anew, and the others go on")
    func leavesTheUnreadable() async throws {
        let home = Household(["boss": try supervising(["a", "b"]), "a": .init(), "b": .init()])
        let runtime = home.runtime()
        home.unreadable.withLock { _ = $0.insert("a") }
        _ = try await runtime.agent(try AgentID("boss"))
        #expect(home.story == ["-a", "!a"])
        #expect(await runtime.awake.map(\.name) == ["b", "boss"])
        let a = try AgentID("a")
        #expect(home.stores.withLock { $0[a] } == nil)
        await runtime.shutdown()
    }

    @Test("an agent that another process runs is not down: it is woken when it is free and needed")
    func leavesOthersAlone() async throws {
        let home = Household(["boss": try supervising(["a"]), "a": .init()])
        let runtime = home.runtime()
        home.locked.withLock { _ = $0.insert("a") }
        _ = try await runtime.agent(try AgentID("boss"))
        #expect(home.story.isEmpty)
        await #expect(throws: StoreError.self) { try await runtime.agent(try AgentID("a")) }
        home.locked.withLock { $0 = [] }
        _ = try await runtime.agent(try AgentID("a"))
        #expect(home.story.isEmpty)
        await runtime.shutdown()
    }

    @Test("linked agents go down together")
    func linksAgents() async throws {
        var linked = AgentPolicy()
        linked.links = [try AgentID("a")]
        let home = Household(["boss": try supervising(["a", "b"]), "a": .init(), "b": linked])
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("boss"))
        await runtime.kill(try AgentID("a"), by: "the test")
        try await home.settle(runtime)
        #expect(home.story == ["-a", "+a", "-b", "+b"])
        await runtime.shutdown()
    }

    @Test("an agent that is stuck in a tool long after it was told to stop goes down, and is started again")
    func restartsTheStuck() async throws {
        let door = Door()
        var policy = AgentPolicy(gate: Gate(rules: [.init(.allow, "*")]))
        policy.limits.toolTime = .seconds(5)
        let model = ScriptedModel([.calls(("look", [:])), .says("done")])
        let home = Household(
            ["boss": try supervising(["a"]), "a": policy],
            models: ["a": model],
            tools: [DeafTool(door: door)]
        )
        let runtime = home.runtime()
        _ = try await runtime.agent(try AgentID("boss"))
        let a = try await runtime.agent(try AgentID("a"))
        _ = try await a.deliver(Envelope(id: try EnvelopeID("e"), text: "go", sentAt: home.clock.now))
        while home.story.count < 2 {
            home.clock.advance(by: .milliseconds(200))
            await Task.yield()
        }
        guard case .wentDown(_, let down) = home.events.withLock({ $0[0] }) else { return }
        #expect(down.cause == .stuck && down.reason.contains("the tool call t1.1.1 went on for 10 s"))
        door.open()
        await runtime.shutdown()
    }
}

/// A tool that does not hear when it is told to stop.
private struct DeafTool: Tool {
    let door: Door
    let spec = ToolSpec(
        name: "look",
        group: "test",
        description: "",
        parameters: ArgumentSchema(),
        replay: .unsafe,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        let door = door
        await Task.detached { await door.pass() }.value
        return .success("at last")
    }
}

import Anima
import Synchronization

/// CPU and flushes per turn.
enum Turns {
    static func measure(into report: inout Report, scratch: String) async throws {
        var dispatch = 0.0
        for (calls, aimMemory, aimNormal) in [(0, 50.0, 250.0), (10, 1000.0, 1000.0)] {
            let what = calls == 0 ? "a turn" : "a turn of \(calls) tool calls"
            let memory = try await cpu(calls, InMemoryLifeStore())
            report.add("\(what), life in memory, CPU", memory.cpu, "µs", aim: calls == 0 ? aimMemory : nil)
            let normal = try await cpu(calls, try life(scratch, "normal-\(calls)", .normal))
            report.add("\(what), durability normal, CPU", normal.cpu, "µs", aim: aimNormal)
            dispatch = calls == 0 ? normal.cpu : (normal.cpu - dispatch) / Double(calls)
            if calls > 0 {
                report.add("a tool call through gate, validation and journal, CPU", dispatch, "µs", aim: 100)
            }
            let full = try await cpu(calls, try life(scratch, "full-\(calls)", .full))
            report.add("\(what), durability full, CPU", full.cpu, "µs")
            report.add("\(what), durability full, wall", full.wall, "µs")
            let flushes = Mutex(0)
            let store = InterceptedLifeStore(InMemoryLifeStore()) { batch in
                if batch.isFlushed { flushes.withLock { $0 += 1 } }
            }
            let rounds = 50.0
            _ = try await run(calls, store, turns: Int(rounds))
            report.add("\(what), flushes", Double(flushes.withLock { $0 }) / rounds, "", aim: calls == 0 ? 2 : nil)
        }
    }

    /// What it adds to a turn that memories are looked for before it, and learned from it by rules after it.
    static func measureMemory(into report: inout Report, scratch: String) async throws {
        var memory = MemoryPolicy()
        memory.learning = .rules
        let inMemory = try await cpu(0, InMemoryLifeStore(), memory: memory)
        report.add("a turn that recalls and learns by rules, life in memory, CPU", inMemory.cpu, "µs")
        let normal = try await cpu(0, try life(scratch, "memory", .normal), memory: memory)
        report.add("a turn that recalls and learns by rules, durability normal, CPU", normal.cpu, "µs")
    }

    private static func life(_ scratch: String, _ name: String, _ durability: SQLiteLife.Durability) throws
        -> SQLiteLife
    {
        try SQLiteLife.open(
            at: "\(scratch)/\(name).sqlite",
            agent: AgentID("bench"),
            mode: .create,
            durability: durability
        )
    }

    private static func cpu(
        _ calls: Int,
        _ store: any LifeStore,
        memory: MemoryPolicy = .off
    ) async throws -> (cpu: Double, wall: Double) {
        let agent = try await run(calls, store, turns: 50, memory: memory)
        var figures: [(cpu: Double, wall: Double)] = []
        for batch in 0..<7 {
            let turns = calls == 0 ? 300 : 60
            let began = ContinuousClock.now
            let before = Measure.cpu
            for turn in 0..<turns { try await ask(agent, "\(batch)-\(turn)") }
            let wall = Double((ContinuousClock.now - began).microseconds)
            figures.append(((Measure.cpu - before) / Double(turns), wall / Double(turns)))
        }
        await agent.stop()
        return (Measure.median(figures.map(\.cpu)), Measure.median(figures.map(\.wall)))
    }

    /// An agent that is warm.
    @discardableResult
    private static func run(
        _ calls: Int,
        _ store: any LifeStore,
        turns: Int,
        memory: MemoryPolicy = .off
    ) async throws -> Agent {
        var generator = SystemRandomNumberGenerator()
        let agent = try await Agent.wake(
            AgentID("bench"),
            store: store,
            equipment: .instant(calls: calls, memory: memory),
            using: &generator
        )
        for turn in 0..<turns { try await ask(agent, "warm-\(turn)") }
        return agent
    }

    static func ask(_ agent: Agent, _ id: String) async throws {
        let task = Envelope(id: try EnvelopeID(id), text: "do it", sentAt: SystemClock().now)
        _ = try await agent.deliver(task)
        _ = try await agent.answer(to: task.id)
    }
}

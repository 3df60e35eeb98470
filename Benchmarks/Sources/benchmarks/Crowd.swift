import Anima

/// A thousand agents that append at once, each to a life of its own.
enum Crowd {
    static func measure(into report: inout Report, scratch: String) async throws {
        let count = 1000
        let equipment = Equipment.instant()
        var agents: [Agent] = []
        var generator = SystemRandomNumberGenerator()
        for number in 0..<count {
            let id = try AgentID("crowd-\(number)")
            let life = try SQLiteLife.open(at: "\(scratch)/crowd-\(number).sqlite", agent: id, mode: .create)
            agents.append(try await Agent.wake(id, store: life, equipment: equipment, using: &generator))
        }
        let alone = try await wall { try await Turns.ask(agents[0], "alone-\($0)") }
        report.add("one agent, durability full, wall per turn", alone, "ms")
        let began = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for agent in agents { group.addTask { try? await Turns.ask(agent, "together") } }
        }
        let together = Measure.milliseconds(ContinuousClock.now - began) / Double(count)
        report.add("\(count) agents at once, durability full, wall per turn", together, "ms")
        for agent in agents { await agent.stop() }
    }

    private static func wall(_ body: (Int) async throws -> Void) async throws -> Double {
        var times: [Double] = []
        for round in 0..<40 {
            let began = ContinuousClock.now
            try await body(round)
            times.append(Measure.milliseconds(ContinuousClock.now - began))
        }
        return Measure.median(times)
    }
}

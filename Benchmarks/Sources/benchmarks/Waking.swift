import Anima

/// How long it takes to bring a hibernated agent back.
enum Waking {
    static func measure(into report: inout Report, scratch: String) async throws {
        for (events, aim) in [(1000, 2.0), (100_000, 10.0)] {
            let path = "\(scratch)/sleeper-\(events).sqlite"
            let id = try AgentID("ada")
            let writer = try SQLiteLife.open(at: path, agent: id, mode: .create, durability: .normal)
            let equipment = Equipment.instant(calls: 10)
            var seed = SeededGenerator(seed: 1)
            let author = try await Agent.wake(id, store: writer, equipment: equipment, using: &seed)
            var written = 0
            while written < events {
                try await Turns.ask(author, "e\(written)")
                written = await author.state.lastSeq
            }
            await author.stop()
            var times: [Double] = []
            for _ in 0..<15 {
                var generator = SystemRandomNumberGenerator()
                let began = ContinuousClock.now
                let life = try SQLiteLife.open(at: path, agent: id, mode: .existing, durability: .normal)
                let agent = try await Agent.wake(id, store: life, equipment: equipment, using: &generator)
                times.append(Measure.milliseconds(ContinuousClock.now - began))
                await agent.stop()
            }
            report.add("waking a life of \(written) events", Measure.median(times), "ms", aim: aim)
        }
    }
}

import Anima
import AnimaTesting

/// How long it takes to bring a hibernated agent back.
enum Waking {
    static func measure(into report: inout Report, scratch: String) async throws {
        for (events, aim) in [(1000, 2.0), (100_000, 10.0)] {
            let path = "\(scratch)/sleeper-\(events).sqlite"
            let id = try AgentID("ada")
            let writer = try SQLiteLife.open(at: path, agent: id, mode: .create, durability: .normal)
            let equipment = Equipment.instant()
            var written = 0
            var history = SeededHistory(seed: 1, snapshotInterval: equipment.snapshotInterval)
            while written < events {
                let batch = history.next()
                try await writer.append(batch)
                written += batch.events.count
            }
            await writer.close()
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

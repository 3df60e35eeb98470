import Anima

/// What an agent costs that does nothing.
enum IdleAgents {
    static func measure(into report: inout Report) async throws {
        let count = 100_000
        let equipment = Equipment.instant()
        let id = try AgentID("idle")
        var generator = SeededGenerator(seed: 1)
        // Once around, so that what is loaded lazily is loaded.
        _ = try await Agent.wake(id, store: InMemoryLifeStore(), equipment: equipment, using: &generator)
        var agents: [Agent] = []
        agents.reserveCapacity(count)
        let before = Measure.residentBytes
        let began = Measure.cpu
        for _ in 0..<count {
            agents.append(
                try await Agent.wake(id, store: InMemoryLifeStore(), equipment: equipment, using: &generator)
            )
        }
        let cpu = (Measure.cpu - began) / Double(count)
        let bytes = (Measure.residentBytes - before) / Double(count)
        report.add("an idle agent of \(count), with its first two events, memory", bytes / 1024, "KiB", aim: 1.5)
        report.add("making an agent in memory, CPU", cpu, "µs", aim: 2)
        withExtendedLifetime(agents) {}
    }
}

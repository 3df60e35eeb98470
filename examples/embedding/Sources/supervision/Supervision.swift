import Anima
import Foundation

/// Agents inside another program that are killed again and again, and started again by the one that looks after them.
@main
struct Supervision {
    static func main() async throws {
        let boss = try AgentID("boss")
        let workers = try ["one", "two", "three"].map { try AgentID($0) }
        let home = FileManager.default.temporaryDirectory.path + "/anima-supervision-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }

        let runtime = Runtime(
            report: { event in
                if case .gaveUp(let id, let reason) = event { print("\(id) is given up: \(reason)") }
            },
            open: { id, _ in
                var policy = AgentPolicy(gate: Gate(rules: [.init(.allow, "*")]))
                if id == boss {
                    policy.supervision.agents = workers
                    policy.supervision.strategy = .oneForOne
                    policy.supervision.restarts = 1000
                    policy.supervision.backoff = .milliseconds(1)
                    policy.supervision.within = .seconds(1)
                }
                // A life in a file, which outlives the agent.
                let life = try SQLiteLife.open(at: "\(home)/\(id).sqlite", agent: id, mode: .create)
                return .init(store: life, equipment: Equipment(model: ReflexModel(), policy: policy))
            }
        )
        // The workers are started with the one that looks after them.
        _ = try await runtime.agent(boss)

        var kills = 0
        var tasks: [(worker: AgentID, envelope: Envelope)] = []
        for number in 1...20 {
            for worker in workers {
                let envelope = Envelope(
                    id: try EnvelopeID("\(worker)-\(number)"),
                    text: "say \(number)",
                    sentAt: SystemClock().now
                )
                // Accepted is on the disk: from here on it is done, whatever becomes of the agent.
                _ = try await runtime.agent(worker).deliver(envelope)
                tasks.append((worker, envelope))
            }
            let victim = workers[number % workers.count]
            if await runtime.kill(victim, by: "the demonstration") { kills += 1 }
        }
        try await runtime.rest()

        var answers = 0
        for task in tasks {
            let turn = try await runtime.agent(task.worker).answer(to: task.envelope.id)
            if turn.ending?.text == String(task.envelope.text.dropFirst(4)) { answers += 1 }
        }
        await runtime.shutdown()
        print("\(kills) kills, \(tasks.count) tasks, \(answers) answers")
    }
}

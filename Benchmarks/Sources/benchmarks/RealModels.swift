import Anima
import Foundation
import Synchronization

/// What a model call costs beside the model: real sockets, a server that answers at once, lives in memory.
///
/// The server's address is in `ANIMA_BENCHMARK_SERVER`. It speaks chat completions, and the model's name tells it what to
/// do: `fake-t10` asks for ten calls of `echo`, one after the other, `fake-s200` streams 200 chunks.
enum RealModels {
    static func measure(into report: inout Report) async throws {
        guard let address = ProcessInfo.processInfo.environment["ANIMA_BENCHMARK_SERVER"] else {
            return report.skip("models over sockets: ANIMA_BENCHMARK_SERVER is not set")
        }
        let hub = ModelHub(clock: SystemClock())
        func model(_ name: String) throws -> any ModelProvider {
            var description = ModelDescription(provider: .openai, name: name)
            description.baseURL = address + "/v1"
            return try hub.model(description)
        }
        report.add("a turn over a socket, CPU", try await cpu(model("fake-s1"), turns: 400), "µs", aim: 150)
        report.add(
            "a turn of 10 tool calls over a socket, CPU",
            try await cpu(model("fake-t10"), turns: 60),
            "µs",
            aim: 1500
        )
        let few = try await cpu(model("fake-s10"), turns: 100)
        let many = try await cpu(model("fake-s1010"), turns: 20)
        report.add("a streamed chunk, CPU", (many - few) / 1000, "µs", aim: 8)
        report.add("time to the first token, wall", try await firstToken(model("fake-s3")), "ms", aim: 0.3)
        try await crowd(model("fake-s1"), into: &report)
        try await liveStreams(model("fake-s2000"), into: &report)
    }

    private static func cpu(_ model: any ModelProvider, turns: Int) async throws -> Double {
        let agent = try await wake("socket", model)
        for turn in 0..<20 { try await Turns.ask(agent, "warm-\(turn)") }
        var figures: [Double] = []
        for batch in 0..<7 {
            let before = Measure.cpu
            for turn in 0..<turns { try await Turns.ask(agent, "\(batch)-\(turn)") }
            figures.append((Measure.cpu - before) / Double(turns))
        }
        await agent.stop()
        return Measure.median(figures)
    }

    private static func firstToken(_ model: any ModelProvider) async throws -> Double {
        let agent = try await wake("first", model)
        let heard = agent.live.listen(capacity: 65_536)
        let first = Mutex<ContinuousClock.Instant?>(nil)
        let listener = Task {
            for await event in heard {
                if case .text = event { first.withLock { $0 = $0 ?? .now } }
            }
        }
        var figures: [Double] = []
        for turn in 0..<300 {
            first.withLock { $0 = nil }
            let began = ContinuousClock.now
            try await Turns.ask(agent, "\(turn)")
            if let moment = first.withLock({ $0 }) { figures.append(Measure.milliseconds(moment - began)) }
        }
        await agent.stop()
        await listener.value
        return Measure.median(figures)
    }

    private static func crowd(_ model: any ModelProvider, into report: inout Report) async throws {
        var agents: [Agent] = []
        for number in 0..<100 { agents.append(try await wake("crowd-\(number)", model)) }
        var times: [Double] = []
        var costs: [Double] = []
        for round in 0..<12 {
            let before = Measure.cpu
            let began = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                for agent in agents {
                    group.addTask { for turn in 0..<5 { try? await Turns.ask(agent, "\(round)-\(turn)") } }
                }
            }
            // The first rounds open the connections.
            guard round > 1 else { continue }
            times.append(Measure.milliseconds(ContinuousClock.now - began) / 500)
            costs.append((Measure.cpu - before) / 500)
        }
        report.add("100 agents × 5 turns over sockets, CPU per turn", Measure.median(costs), "µs", aim: 100)
        report.add("100 agents × 5 turns over sockets, wall per turn", Measure.median(times), "ms", aim: 0.1)
        for agent in agents { await agent.stop() }
    }

    private static func liveStreams(_ model: any ModelProvider, into report: inout Report) async throws {
        var agents: [Agent] = []
        for number in 0..<100 { agents.append(try await wake("stream-\(number)", model)) }
        let before = Measure.residentBytes
        let sampling = Task {
            var peak = before
            while !Task.isCancelled {
                peak = max(peak, Measure.residentBytes)
                try? await Task.sleep(for: .milliseconds(5))
            }
            return peak
        }
        await withTaskGroup(of: Void.self) { group in
            for agent in agents { group.addTask { try? await Turns.ask(agent, "long") } }
        }
        sampling.cancel()
        let peak = await sampling.value
        report.add(
            "a live stream of 100, each of 2,000 chunks, memory",
            (peak - before) / 102_400,
            "KiB"
        )
        for agent in agents { await agent.stop() }
    }

    private static func wake(_ name: String, _ model: any ModelProvider) async throws -> Agent {
        var generator = SystemRandomNumberGenerator()
        return try await Agent.wake(
            AgentID(name),
            store: InMemoryLifeStore(),
            equipment: .instant(model: model),
            using: &generator
        )
    }
}

import AnimaCore
import AnimaTesting
import Foundation
import Testing

@Suite("A simulated world")
struct SimulationTests {
    /// One seed, given by `make simulate SEED=…`, or many.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["ANIMA_SIMULATION_SEED"].flatMap(UInt64.init) { return [seed] }
        let count = environment["ANIMA_SIMULATION_HISTORIES"].flatMap(UInt64.init) ?? 2000
        return Array(1...max(1, count))
    }()

    /// Runs a history for each seed, on two threads, and sums up what happened; the first that breaks a promise is reported.
    private static func sum<Tally: Sendable>(
        of nothing: Tally,
        _ add: @Sendable (inout Tally, Tally) -> Void,
        _ run: @escaping @Sendable (UInt64) throws -> Tally
    ) async -> Tally {
        await withTaskGroup(of: [Result<Tally, any Error>].self) { group in
            for part in 0..<2 {
                let seeds = seeds.enumerated().filter { $0.offset % 2 == part }.map(\.element)
                group.addTask {
                    var results: [Result<Tally, any Error>] = []
                    for seed in seeds {
                        // Long work in slices: other tests share the threads.
                        await Task.yield()
                        results.append(Result { try run(seed) })
                        if case .failure = results.last { break }
                    }
                    return results
                }
            }
            var sum = nothing
            for await results in group {
                for result in results {
                    switch result {
                    case .success(let tally): add(&sum, tally)
                    // It begins with the seed.
                    case .failure(let error): Issue.record("\(error); replay with: make simulate SEED=…")
                    }
                }
            }
            return sum
        }
    }

    @Test("keeps its invariants in every history")
    func keepsItsInvariants() async throws {
        let sum = await Self.sum(of: SimulatedWorld.Tally(), +=) { seed in
            var world = SimulatedWorld(seed: seed)
            try world.run(steps: 60)
            return world.tally
        }
        print(
            "simulated \(Self.seeds.count) histories: \(sum.events) events, \(sum.accepted) tasks, \(sum.ended) ended,",
            "\(sum.joined) joined,",
            "\(sum.calls) calls, \(sum.crashes) crashes, \(sum.powerCuts) power cuts, \(sum.unknown) unknown outcomes,",
            "\(sum.delivered) messages delivered, \(sum.undelivered) not,",
            "\(sum.consolidations) consolidations"
        )
        guard Self.seeds.count > 100 else { return }
        // A simulation in which nothing happens would prove nothing.
        #expect(sum.crashes > Self.seeds.count)
        #expect(sum.unknown > 100)
        #expect(sum.calls > sum.accepted / 2)
        #expect(sum.joined > Self.seeds.count / 4)
        #expect(sum.delivered > Self.seeds.count / 4 && sum.undelivered > 100)
        #expect(sum.consolidations > Self.seeds.count / 8)
    }

    @Test("of agents that write to each other loses nothing, takes nothing twice, and keeps orders and budgets")
    func societiesKeepTheirInvariants() async throws {
        let sum = await Self.sum(of: SimulatedSociety.Tally(), +=) { seed in
            var society = SimulatedSociety(seed: seed)
            try society.run(steps: 160)
            return society.tally
        }
        print(
            "simulated \(Self.seeds.count) societies: \(sum.events) events, \(sum.sent) messages, \(sum.delivered) delivered,",
            "\(sum.undelivered) not, \(sum.questions) questions, \(sum.children) children, \(sum.reports) reports,",
            "\(sum.stopped) stopped, \(sum.crashes) crashes of agents, \(sum.processCrashes) of all"
        )
        guard Self.seeds.count > 100 else { return }
        #expect(sum.crashes > Self.seeds.count * 4 && sum.processCrashes > Self.seeds.count)
        #expect(sum.delivered > Self.seeds.count * 4 && sum.undelivered > Self.seeds.count / 4)
        #expect(sum.questions > Self.seeds.count && sum.children > Self.seeds.count / 4)
        #expect(sum.reports > Self.seeds.count / 8 && sum.stopped > Self.seeds.count / 16)
    }

    @Test("gives the same history for the same seed")
    func isDeterministic() async throws {
        for seed in UInt64(1)...50 {
            await Task.yield()
            var first = SimulatedWorld(seed: seed)
            var second = SimulatedWorld(seed: seed)
            try first.run(steps: 60)
            try second.run(steps: 60)
            #expect(first.log == second.log)
        }
    }

    @Test("folds to the same state in one piece and from a snapshot at every split")
    func foldsTheSameAtEverySplit() async throws {
        let splits = await Self.sum(of: 0, +=) { seed in
            var world = SimulatedWorld(seed: seed)
            // Most histories are short: what matters is how many there are.
            try world.run(steps: seed % 50 == 0 ? 40 : 8)
            let whole = Awakening(snapshot: nil, tail: world.log).state()
            var running = AgentState()
            for split in world.log.indices {
                running.apply(world.log[split])
                let stored = try JSONDecoder().decode(AgentState.self, from: JSONEncoder().encode(running))
                #expect(stored == running, "seed \(seed), split \(split)")
                let resumed = Awakening(snapshot: stored, tail: Array(world.log[(split + 1)...])).state()
                #expect(resumed == whole, "seed \(seed), split \(split)")
            }
            return world.log.count
        }
        print("folded \(Self.seeds.count) histories at \(splits) splits")
        #expect(Self.seeds.count < 100 || splits > Self.seeds.count * 10)
    }

    @Test("writes and reads every event it makes without a change")
    func eventsSurviveTheirCoding() async throws {
        for seed in UInt64(1)...100 {
            await Task.yield()
            var world = SimulatedWorld(seed: seed)
            try world.run(steps: 60)
            for event in world.log {
                let body = try EventCoding.current.encode(event.fact)
                let fact = try EventCoding.current.decode(
                    kind: event.fact.kind.rawValue,
                    version: EventCoding.current.version,
                    body: body
                )
                #expect(fact == event.fact)
            }
        }
    }

    @Test("applies events in any order without failing")
    func applyingIsTotal() async throws {
        for seed in UInt64(1)...300 {
            await Task.yield()
            var world = SimulatedWorld(seed: seed)
            try world.run(steps: 40)
            var chance = SeededGenerator(seed: seed)
            var state = AgentState()
            for event in world.log.shuffled(using: &chance) {
                state.apply(event)
                #expect(state.owed(at: event.at) == state.owed(at: event.at))
            }
        }
    }
}

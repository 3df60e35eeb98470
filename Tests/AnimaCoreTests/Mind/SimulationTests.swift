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

    @Test("keeps its invariants in every history")
    func keepsItsInvariants() async throws {
        var sum = SimulatedWorld.Tally()
        for seed in Self.seeds {
            // Long work in slices: other tests share the threads.
            await Task.yield()
            var world = SimulatedWorld(seed: seed)
            do {
                try world.run(steps: 60)
            } catch {
                Issue.record("\(error); replay with: make simulate SEED=\(seed)")
                return
            }
            sum += world.tally
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
        for seed in UInt64(1)...300 {
            await Task.yield()
            var world = SimulatedWorld(seed: seed)
            try world.run(steps: 40)
            let whole = Awakening(snapshot: nil, tail: world.log).state()
            var running = AgentState()
            for split in world.log.indices {
                running.apply(world.log[split])
                let stored = try JSONDecoder().decode(AgentState.self, from: JSONEncoder().encode(running))
                #expect(stored == running)
                guard split % 7 == 0 else { continue }
                let resumed = Awakening(snapshot: stored, tail: Array(world.log[(split + 1)...])).state()
                #expect(resumed == whole, "seed \(seed), split \(split)")
            }
        }
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

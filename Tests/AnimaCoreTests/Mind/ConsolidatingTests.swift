import AnimaCore
import Testing

@Suite("When memory is consolidated")
struct ConsolidatingTests {
    private let start = Instant(microseconds: 1_700_000_000_000_000)

    private func mind(_ mode: MemoryPolicy.Consolidating, after: Int = 3, limits: Limits = Limits()) throws -> Mind {
        var memory = MemoryPolicy.off
        memory.consolidation = mode
        memory.consolidateAfter = after
        var mind = Mind(agent: try AgentID("tester"), state: AgentState(), tools: [], seed: 1)
        let policy = AgentPolicy(limits: limits, memory: memory)
        _ = run(&mind, [.begin(LifeID("1"), program: "", parent: nil), .configure(policy, models: ["m"])])
        return mind
    }

    private func run(_ mind: inout Mind, _ inputs: [Mind.Input], at now: Instant? = nil) -> (Mind.Plan, [Event]) {
        let decision = mind.decide(inputs, at: now ?? start)
        return (mind.commit(decision, at: now ?? start), decision.batch.events)
    }

    /// A mind whose life goes on with some facts that others have appended.
    private func mind(_ mind: Mind, after facts: [Fact], at moment: Instant? = nil) -> Mind {
        var state = mind.state
        for fact in facts {
            state.apply(Event(seq: state.lastSeq + 1, at: moment ?? start, agent: mind.agent, fact: fact))
        }
        return Mind(agent: mind.agent, state: state, tools: [], seed: 1)
    }

    private static let memory = Fact.memoryStored(.init(text: "x", trust: .owner))

    private func merge(_ mind: Mind) -> Consolidation {
        let memories = (1...2)
            .map { Memory(id: $0 + 2, text: "Ada likes tea", trust: .owner, storedAt: start) }
        var found = Consolidation.byRules(.init(memories: memories), ageDays: 0, now: start)
        found.model = "m"
        found.usage = Usage(inputTokens: 7, outputTokens: 3)
        return found
    }

    @Test("is owed when enough is new and nothing else is to be done, and begun once")
    func waitsForEnough() throws {
        let fresh = try mind(.idle)
        for (count, isOwed) in [(0, false), (2, false), (3, true), (4, true)] {
            var mind = mind(fresh, after: Array(repeating: Self.memory, count: count))
            let (plan, _) = run(&mind, [.look])
            #expect(plan.begin == (isOwed ? [.consolidate(asOf: 2 + count)] : []) && plan.isIdle == !isOwed)
            #expect(run(&mind, [.look]).0.begin.isEmpty)
        }
        var off = mind(try mind(.off), after: Array(repeating: Self.memory, count: 9))
        #expect(run(&off, [.look]).0.isIdle)
    }

    @Test("gives way to a message, and is begun anew after it")
    func givesWay() throws {
        var mind = mind(try mind(.idle), after: Array(repeating: Self.memory, count: 3))
        let effect = Effect.consolidate(asOf: 5)
        #expect(run(&mind, [.look]).0.begin == [effect])
        let envelope = Envelope(id: try EnvelopeID("one"), text: "hello", sentAt: start)
        let (plan, _) = run(&mind, [.deliver(envelope)])
        #expect(plan.cancel == [effect] && plan.begin.count == 1)
        #expect(run(&mind, [.gaveWay(effect)]).0.begin.isEmpty)
        let reply = Mind.Outcome.reply(ModelReply(text: "hi"))
        #expect(run(&mind, [.settled(plan.begin[0], reply, milliseconds: 1)]).0.begin == [effect])
    }

    @Test("is one batch that counts what it cost and is not owed again")
    func settles() throws {
        var mind = mind(try mind(.idle), after: Array(repeating: Self.memory, count: 3))
        let effect = try #require(run(&mind, [.look]).0.begin.first)
        #expect(mind.reservation(for: effect) != nil)
        let (plan, events) = run(&mind, [.settled(effect, .consolidated(merge(mind)), milliseconds: 1)])
        #expect(events.map(\.fact.kind) == [.memoryStored, .memoryConsolidated])
        #expect(plan.isIdle && mind.state.usage.total == 10 && mind.state.today.usage.total == 10)
        // Nothing of it is done again.
        let (_, again) = run(&mind, [.settled(effect, .consolidated(merge(mind)), milliseconds: 1)])
        #expect(again.isEmpty)
    }

    @Test("comes to nothing when memories changed meanwhile, and looks again", arguments: 0...3)
    func looksAgain(_ index: Int) throws {
        let changes = [
            Self.memory, .memoryForgotten(.init(memories: [3], by: "owner")),
            .memoryRestored(.init(memories: [3], by: "owner")), .memoryConsolidated(.init()),
        ]
        let before = mind(try mind(.idle), after: Array(repeating: Self.memory, count: 3))
        var after = mind(before, after: [changes[index]])
        let late = Mind.Input.settled(.consolidate(asOf: 5), .consolidated(merge(before)), milliseconds: 1)
        let (plan, events) = run(&after, [late])
        #expect(events.isEmpty && plan.begin == (index == 3 ? [] : [.consolidate(asOf: 6)]))
    }

    @Test("happens once a day when that is wished, if anything is new, and keeps nobody from resting")
    func happensDaily() throws {
        let day = Duration.seconds(86_400)
        var quiet = try mind(.daily)
        #expect(run(&quiet, [.look], at: start + day).0.isIdle)
        var mind = mind(quiet, after: [Self.memory])
        let (plan, _) = run(&mind, [.look])
        #expect(plan.isIdle && plan.lookAt == start + day)
        #expect(run(&mind, [.look], at: start + day).0.begin == [.consolidate(asOf: 3)])
        let settled = Mind.Input.settled(.consolidate(asOf: 3), .consolidated(Consolidation()), milliseconds: 1)
        #expect(run(&mind, [settled], at: start + day).0.lookAt == nil)
        // The next day begins with the last time.
        mind = self.mind(mind, after: [Self.memory], at: start + day)
        #expect(run(&mind, [.look], at: start + day + .seconds(86_399)).0.isIdle)
        #expect(!run(&mind, [.look], at: start + day + day).0.isIdle)
    }
}

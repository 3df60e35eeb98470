import AnimaCore
import AnimaRuntime
import AnimaTesting
import Testing

@Suite("An agent that puts its memory in order", .timeLimit(.minutes(5)))
struct AgentConsolidationTests {
    private let store = InMemoryLifeStore()
    private let clock = ManualClock()

    private func wake(
        _ lines: [ScriptedModel.Line],
        _ mode: MemoryPolicy.Consolidating = .idle,
        learning: MemoryPolicy.Learning = .off,
        limits: Limits = Limits(),
        facts: ModelFacts = ModelFacts()
    ) async throws -> (Agent, ScriptedModel) {
        var memory = MemoryPolicy.off
        memory.consolidation = mode
        memory.consolidateAfter = 3
        memory.learning = learning
        let model = ScriptedModel(lines, facts: facts)
        let policy = AgentPolicy(limits: limits, memory: memory)
        var generator = SeededGenerator(seed: 7)
        let agent = try await Agent.wake(
            AgentID("tester"),
            store: store,
            equipment: Equipment(model: model, policy: policy, clock: clock),
            using: &generator
        )
        return (agent, model)
    }

    /// Appends what an owner says while the agent sleeps.
    private func remember(_ texts: String..., subject: String? = "Ada") async throws {
        var seq = try await store.events(after: 0, turn: nil, limit: .max).count
        for text in texts {
            seq += 1
            let fact = Fact.MemoryStored(text: text, trust: .owner, subject: subject, speaker: "owner")
            let event = Event(seq: seq, at: clock.now, agent: try AgentID("tester"), fact: .memoryStored(fact))
            try await store.append(LifeBatch(events: [event]))
        }
    }

    private func consolidated() async throws -> [Fact.MemoryConsolidated] {
        try await store.events(after: 0, turn: nil, limit: .max)
            .compactMap { if case .memoryConsolidated(let fact) = $0.fact { fact } else { nil } }
    }

    private func current() async throws -> [String] {
        try await store.recall(RecallQuery("", limit: 50)).compactMap(\.passage.memory?.text)
    }

    private static func merging(_ text: String, _ from: String...) -> ScriptedModel.Line {
        let item: JSONValue = [
            "text": .string(text), "kind": "fact", "subject": "Ada", "importance": 5,
            "from": .array(from.map { .string($0) }),
        ]
        return .reply(
            ModelReply(
                text: JSONValue.object(["merges": [item]]).text,
                usage: Usage(inputTokens: 50, outputTokens: 9)
            )
        )
    }

    @Test("merges by rules what says the same, without asking a model")
    func mergesByRules() async throws {
        try await remember("Ada likes tea", "Ada likes tea", "Bob has a cat")
        let (agent, model) = try await wake([])
        try await agent.rest()
        #expect(try await current() == ["Ada likes tea", "Bob has a cat"])
        #expect(try await consolidated().map(\.merged) == [[.init(memory: 6, from: [1, 2])]])
        #expect(model.requests.isEmpty)
        await agent.stop()
    }

    @Test("merges by its model what rules can't, and counts what that cost")
    func mergesByModel() async throws {
        try await remember("Ada likes tea", "Ada likes coffee", "Ada likes tea")
        try await remember("Ada has a boat", "Ada has a red boat")
        let (agent, model) = try await wake([Self.merging("Ada has a boat, red", "m4", "m5")], learning: .model)
        try await agent.rest()
        #expect(Set(try await current()) == ["Ada likes tea", "Ada likes coffee", "Ada has a boat, red"])
        let fact = try #require(try await consolidated().first)
        #expect(fact.by == "scripted" && fact.merged.map(\.from) == [[1, 3], [4, 5]] && fact.problem == nil)
        #expect(await agent.state.usage.total == 59 && model.requests.count == 1)
        #expect(model.requests[0].turns[0].input.text.contains("Ada likes tea") == false)
        await agent.stop()
    }

    static let failures: [(ScriptedModel.Line, String, Bool)] = [
        (.failure(ModelError(code: .unavailable, message: "no line")), "no line", false),
        (.says("I'd rather not."), "did not answer as it was asked to", true),
    ]

    @Test("does what rules find when its model fails, and says so", arguments: 0..<2)
    func fallsBack(_ index: Int) async throws {
        let (line, problem, isPaid) = Self.failures[index]
        try await remember("Ada likes tea", "Ada likes tea", "Ada has a boat", "Ada has a cat")
        let (agent, _) = try await wake([line], learning: .model)
        try await agent.rest()
        let fact = try #require(try await consolidated().first)
        #expect(fact.by == "rules" && fact.merged.count == 1 && fact.problem?.contains(problem) == true)
        #expect((fact.model != nil) == isPaid)
        await agent.stop()
    }

    @Test("asks no model that a budget has nothing left for, or that understands no text")
    func keepsItsBudget() async throws {
        try await remember("Ada likes tea", "Ada has a boat", "Ada has a cat")
        var limits = Limits()
        limits.dayTokens = 20
        let (agent, model) = try await wake([.says("x")], learning: .model, limits: limits)
        try await agent.rest()
        #expect(try await consolidated().first?.problem?.contains("limits.day_tokens") == true)
        #expect(model.requests.isEmpty)
        await agent.stop()
    }

    @Test("lets a message go first, and comes back to it")
    func givesWay() async throws {
        try await remember("Ada likes tea", "Ada has a boat", "Ada has a cat")
        let door = Door()
        let slow = ScriptedModel.Line.waiting(door, afterText: "", ModelReply(text: "[]"))
        let (agent, model) = try await wake([slow, .says("hello"), .says("[]")], learning: .model)
        while model.requests.isEmpty { await Task.yield() }
        let turn = try await agent.ask(Envelope(id: EnvelopeID("one"), text: "hi", sentAt: clock.now))
        #expect(turn.ending?.text == "hello")
        try await agent.rest()
        #expect(try await consolidated().count == 1)
        door.open()
        await agent.stop()
    }

    @Test("learns from a turn although another message interrupted it")
    func learnsAfterAnInterruption() async throws {
        let door = Door()
        let slow = ScriptedModel.Line.waiting(door, afterText: "", ModelReply(text: "{\"memories\":[]}"))
        let empty = ScriptedModel.Line.says("{\"memories\":[]}")
        let (agent, model) = try await wake([.says("one"), slow, .says("two"), empty, empty], learning: .model)
        _ = try await agent.ask(Envelope(id: EnvelopeID("one"), text: "hi", sentAt: clock.now))
        while model.requests.count < 2 { await Task.yield() }
        _ = try await agent.ask(Envelope(id: EnvelopeID("two"), text: "ho", sentAt: clock.now))
        try await agent.rest()
        let learned = try await store.events(after: 0, turn: nil, limit: .max).filter { $0.fact.kind == .memoryLearned }
        #expect(learned.count == 2)
        door.open()
        await agent.stop()
    }

    @Test("does it once a day while it is awake, and rests meanwhile")
    func happensDaily() async throws {
        try await remember("Ada likes tea", "Ada likes tea")
        let (agent, _) = try await wake([], .daily)
        try await agent.rest()
        #expect(try await consolidated().isEmpty)
        clock.advance(by: .seconds(86_400))
        while try await consolidated().isEmpty { await Task.yield() }
        #expect(try await current() == ["Ada likes tea"])
        await agent.stop()
    }

    @Test("stays owed to the next process when it was cut off")
    func staysOwed() async throws {
        try await remember("Ada likes tea", "Ada has a boat", "Ada has a cat")
        let slow = ScriptedModel.Line.waiting(Door(), afterText: "", ModelReply(text: "[]"))
        let (agent, model) = try await wake([slow], learning: .model)
        while model.requests.isEmpty { await Task.yield() }
        #expect(await !agent.isAtRest)
        // As a crash would have it: nobody reports what it came to.
        let copy = InMemoryLifeStore()
        try await copy.append(LifeBatch(events: try await store.events(after: 0, turn: nil, limit: .max)))
        #expect(try await copy.wake().state().owed(at: clock.now) == [.consolidate(asOf: 3)])
        await agent.stop()
    }
}

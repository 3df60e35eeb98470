import AnimaCore
import Testing

/// Questions to the owner, as the rules of the loop see them.
@Suite("A question to the owner")
struct ApprovalTests {
    /// A mind whose model asks for `post` once and then answers.
    private struct Scene {
        var mind: Mind
        var now = Instant(microseconds: 1_700_000_000_000_000)
        var facts: [Fact] = []
        var plan = Mind.Plan()
        let call = ToolCallID(turn: TurnID(1), step: 1, index: 1)

        init(_ gate: Gate = Gate(rules: [.init(.ask, "post")]), limits: Limits = Limits()) throws {
            let spec = ToolSpec(
                name: "post",
                group: "world",
                description: "post",
                parameters: ArgumentSchema([.init("text", .string(), "Any text.")]),
                replay: .unsafe,
                gateArgument: "text"
            )
            mind = Mind(agent: try AgentID("clerk"), state: AgentState(), tools: [spec], seed: 1)
            let envelope = Envelope(id: try EnvelopeID("one"), text: "post it", sentAt: now)
            take([.configure(AgentPolicy(limits: limits, gate: gate), models: ["m"]), .deliver(envelope)])
            reply([.init(tool: "post", arguments: ["text": "hello"])])
        }

        mutating func take(_ inputs: [Mind.Input]) {
            let decision = mind.decide(inputs, at: now)
            facts += decision.batch.events.map(\.fact)
            plan = mind.commit(decision, at: now)
        }

        mutating func reply(_ calls: [ModelReply.Call], step: Int = 1) {
            let call = Effect.callModel(TurnID(1), step: step, attempt: 1)
            take([.settled(call, .reply(ModelReply(text: calls.isEmpty ? "done" : "", calls: calls)), milliseconds: 1)])
        }

        mutating func lookAround(_ circumstances: [String: String]) {
            take([.settled(.lookAround(call), .circumstances(circumstances), milliseconds: 1)])
        }

        mutating func answer(_ decision: Approval.Decision, because: String? = nil, always: Gate.Rule? = nil) {
            take([.decide(.init(call: call, decision: decision, by: "owner", because: because, always: always))])
        }

        var result: ToolResult? {
            facts.compactMap { if case .toolFinished(let fact) = $0 { fact.result } else { nil } }.last
        }
    }

    @Test("is put with what the call would run in, and holds the turn until it is answered")
    func waits() throws {
        var scene = try Scene()
        #expect(scene.plan.begin == [.lookAround(scene.call)])
        scene.lookAround(["directory": "/w"])
        let question = try #require(scene.mind.state.pendingApprovals.first)
        #expect(question.call.arguments == ["text": "hello"] && question.approval.circumstances == ["directory": "/w"])
        #expect(scene.plan.begin.isEmpty && scene.plan.parking == .owner && !scene.plan.isIdle)
        // Hours later it still waits: the time is not the turn's.
        scene.now = scene.now + .seconds(36_000)
        scene.take([.look])
        #expect(scene.mind.state.pendingApprovals.count == 1)
        scene.answer(.allow)
        #expect(scene.plan.begin == [.runTool(scene.call, attempt: 1)])
        scene.take([.settled(.runTool(scene.call, attempt: 1), .output(.success("posted")), milliseconds: 1)])
        scene.reply([], step: 2)
        #expect(scene.mind.state.turns.isEmpty)
        guard case .turnEnded(let ended) = scene.facts.last else {
            Issue.record("the turn did not end")
            return
        }
        #expect(ended.end == .answered)
    }

    @Test("a no is told to the model with its reason")
    func denies() throws {
        var scene = try Scene()
        scene.lookAround([:])
        scene.answer(.deny, because: "not today")
        #expect(scene.result?.outcome == .denied && scene.result?.content == "the owner denied it: not today")
        #expect(scene.plan.begin == [.callModel(TurnID(1), step: 2, attempt: 1)])
    }

    @Test("a turn that is cancelled ends although an allowed call found something else to run in")
    func endsWithAChange() throws {
        var scene = try Scene()
        scene.lookAround(["program": "a1"])
        scene.answer(.allow)
        scene.take([.cancel(nil, by: "owner")])
        #expect(scene.result == nil)
        let run = Effect.runTool(scene.call, attempt: 1)
        scene.take([.settled(run, .circumstances(["program": "b2"]), milliseconds: 1)])
        #expect(scene.result?.outcome == .notRun && scene.mind.state.turns.isEmpty && scene.plan.isIdle)
    }

    @Test("a yes counts for what was shown; when that changed the owner is asked again")
    func bindsTheAnswer() throws {
        var scene = try Scene()
        scene.lookAround(["program": "a1"])
        scene.answer(.allow)
        scene.take([.settled(.runTool(scene.call, attempt: 1), .circumstances(["program": "b2"]), milliseconds: 1)])
        #expect(scene.result == nil && scene.plan.parking == .owner)
        #expect(scene.mind.state.pendingApprovals.first?.approval.circumstances == ["program": "b2"])
        scene.answer(.allow)
        #expect(scene.plan.begin == [.runTool(scene.call, attempt: 1)])
    }

    @Test("counts once, for one call")
    func countsOnce() throws {
        var scene = try Scene()
        scene.lookAround([:])
        scene.answer(.allow)
        let before = scene.facts.count
        scene.answer(.deny)
        #expect(scene.facts.count == before)
        scene.take([.settled(.runTool(scene.call, attempt: 1), .output(.success("posted")), milliseconds: 1)])
        scene.reply([.init(tool: "post", arguments: ["text": "hello"])], step: 2)
        #expect(scene.plan.begin == [.lookAround(ToolCallID(turn: TurnID(1), step: 2, index: 1))])
    }

    @Test("nobody answers: the call is denied in the end")
    func expires() throws {
        var limits = Limits()
        limits.approvalTime = .seconds(60)
        var scene = try Scene(limits: limits)
        scene.lookAround([:])
        #expect(scene.plan.lookAt == scene.now + .seconds(60))
        scene.now = scene.now + .seconds(60)
        scene.take([.look])
        #expect(scene.result?.outcome == .denied && scene.result?.content.contains("limits.approval_seconds") == true)
    }

    @Test("an answer for good adds a rule to the life, which survives folding")
    func addsRules() throws {
        var scene = try Scene()
        scene.lookAround([:])
        scene.answer(.allow, always: Gate.Rule(.allow, "post:hello"))
        scene.take([.settled(.runTool(scene.call, attempt: 1), .output(.success("posted")), milliseconds: 1)])
        #expect(scene.mind.state.grants == [Gate.Rule(.allow, "post:hello")])
        scene.reply([.init(tool: "post", arguments: ["text": "hello"])], step: 2)
        #expect(scene.plan.begin == [.runTool(ToolCallID(turn: TurnID(1), step: 2, index: 1), attempt: 1)])
    }

    @Test("the same call with the same result is pointed out the third time, and not run a fourth")
    func stopsRepetition() throws {
        var scene = try Scene(Gate(rules: [.init(.allow, "post")]))
        for step in 1...3 {
            if step > 1 { scene.reply([.init(tool: "post", arguments: ["text": "hello"])], step: step) }
            let call = ToolCallID(turn: TurnID(1), step: step, index: 1)
            #expect(scene.plan.begin == [.runTool(call, attempt: 1)])
            scene.take([.settled(.runTool(call, attempt: 1), .output(.failure("no")), milliseconds: 1)])
        }
        #expect(scene.result?.shownContent.contains("do something else") == true)
        // It is said to the model, and is no part of the output that it may pass on.
        #expect(scene.result?.content == "no" && scene.result?.repetitions == 3)
        scene.reply([.init(tool: "post", arguments: ["text": "hello"])], step: 4)
        #expect(scene.result?.outcome == .invalid)
        scene.reply([.init(tool: "post", arguments: ["text": "other"])], step: 5)
        #expect(scene.plan.begin == [.runTool(ToolCallID(turn: TurnID(1), step: 5, index: 1), attempt: 1)])
    }
}

import AnimaCore
import AnimaRuntime
import AnimaTesting
import Testing

@Suite("An agent in trouble", .timeLimit(.minutes(10)))
struct TroubleTests {
    @Test("tries a failed model call again after the delay that it recorded")
    func retries() async throws {
        let error = ModelError(code: .unavailable, message: "overloaded", retryAfter: .seconds(3))
        let home = Household([.failure(error, afterText: "half a"), .says("whole")])
        let agent = try await home.wake()
        let heard = agent.live.listen()
        _ = try await agent.deliver(home.envelope("go"))
        // The alarm of the retry; the turn's own deadline is further away.
        await home.clock.sleepers(atLeast: 1)
        while try await !home.store.kinds().contains(.modelFailed) { await Task.yield() }
        home.clock.advance(by: .seconds(10))
        let turn = try await agent.answer(to: EnvelopeID("one"))
        #expect(turn.ending?.text == "whole")
        await agent.stop()
        var retracted = false
        var delay: Duration?
        for await event in heard {
            if case .retracted = event { retracted = true }
            if case .committed(let event) = event, case .modelFailed(let fact) = event.fact {
                delay = fact.retryAt.map { $0 - event.at }
            }
        }
        #expect(retracted)
        #expect(delay == .seconds(3))
    }

    @Test("ends the turn as failed when trying again can't help")
    func failsForGood() async throws {
        let home = Household([.failure(ModelError(code: .unauthorized, message: "no key is set"))])
        let turn = try await home.wake().ask(home.envelope("go"))
        #expect(turn.ending?.end == .failed(reason: "no key is set"))
    }

    @Test("ends a turn at the step limit with what there is")
    func stopsAtTheStepLimit() async throws {
        var home = Household(
            [
                .reply(ModelReply(text: "Let me look.", calls: [.init(tool: "look", arguments: [:])])),
                .calls(("look", [:])),
            ],
            tools: [ScriptedTool("look")]
        )
        home.limits.steps = 2
        let turn = try await home.wake().ask(home.envelope("go"))
        #expect(turn.ending?.text == "Let me look.")
        #expect(turn.ending?.end.reason?.contains("limits.steps = 2") == true)
    }

    @Test("ends a turn at its wall time with what the model had said")
    func stopsAtTheWallTime() async throws {
        var home = Household([.waiting(Door(), afterText: "So far so", ModelReply(text: "never"))])
        home.limits.turnTime = .seconds(60)
        let agent = try await home.wake()
        let heard = agent.live.listen()
        _ = try await agent.deliver(home.envelope("go"))
        var spoken = ""
        for await event in heard {
            if case .text(_, _, let text) = event { spoken += text }
            if spoken == "So far so" { break }
        }
        await home.clock.sleepers(atLeast: 1)
        home.clock.advance(by: .seconds(59))
        #expect(try await agent.isOpen(EnvelopeID("one")))
        home.clock.advance(by: .seconds(1))
        let turn = try await agent.answer(to: EnvelopeID("one"))
        #expect(turn.ending?.text == "So far so")
        #expect(turn.ending?.end.reason?.contains("limits.turn_seconds = 60") == true)
    }

    @Test("cancels a model that speaks and keeps what it had said")
    func cancelsAModel() async throws {
        let home = Household([.waiting(Door(), afterText: "I was about to", ModelReply(text: "never"))])
        let agent = try await home.wake()
        let heard = agent.live.listen()
        _ = try await agent.deliver(home.envelope("go"))
        var spoken = ""
        for await event in heard {
            if case .text(_, _, let text) = event { spoken += text }
            if spoken == "I was about to" { break }
        }
        try await agent.cancel(by: "the owner")
        let turn = try await agent.answer(to: EnvelopeID("one"))
        #expect(turn.ending?.end == .cancelled(by: "the owner"))
        #expect(turn.ending?.text == "I was about to")
    }

    @Test("cancels running tools, keeps what they report, and does not run the others")
    func cancelsTools() async throws {
        let began = Door()
        let slow = ScriptedTool("slow", replay: .unsafe, isExclusive: true) { _ in
            began.open()
            await Door().pass()
            return .failure("stopped half-way")
        }
        let home = Household([.calls(("slow", [:]), ("slow", [:]))], tools: [slow])
        let agent = try await home.wake()
        _ = try await agent.deliver(home.envelope("go"))
        await began.pass()
        try await agent.cancel(by: "the owner")
        let turn = try await agent.answer(to: EnvelopeID("one"))
        #expect(turn.steps[0].exchanges.map(\.result.outcome) == [.cancelled, .notRun])
        #expect(turn.steps[0].exchanges[0].result.content == "stopped half-way")
        #expect(slow.calls.count == 1)
    }

    @Test("a listener that never reads holds nobody up and is told what it missed")
    func survivesDeadListeners() async throws {
        let home = Household([.says(String(repeating: "word ", count: 500)), .says("end")])
        let agent = try await home.wake()
        let dead = agent.live.listen(capacity: 2)
        _ = try await agent.ask(home.envelope("go"))
        var iterator = dead.makeAsyncIterator()
        _ = await iterator.next()
        _ = await iterator.next()
        _ = try await agent.ask(home.envelope("more", id: "two"))
        var missed = 0
        if case .missed(let count) = await iterator.next() { missed = count }
        #expect(missed > 500)
        await agent.stop()
    }

    @Test("stops working when its life can't be written, and says why to everybody")
    func failsWithItsStore() async throws {
        let store = TroubledStore()
        let home = Household([.says("never recorded")], store: store)
        let agent = try await home.wake()
        store.fail(atAppend: store.appends + 2)
        let envelope = try home.envelope("go")
        _ = try await agent.deliver(envelope)
        await #expect(throws: StoreError.self) { try await agent.answer(to: envelope.id) }
        await #expect(throws: StoreError.self) { try await agent.deliver(home.envelope("more", id: "two")) }
    }

    @Test("goes on after a crash: reads again, asks probes, and never repeats what may not be")
    func resumesAfterACrash() async throws {
        let store = TroubledStore()
        let began = [Door(), Door(), Door()]
        func hanging(_ name: String, _ replay: Replay, _ door: Door) -> ScriptedTool {
            ScriptedTool(name, replay: replay) { _ in
                door.open()
                await Door().pass()
                return .failure("died")
            }
        }
        let first = Household(
            [.calls(("read", [:]), ("post", [:]), ("save", [:]))],
            store: store,
            tools: [
                hanging("read", .pure, began[0]), hanging("post", .unsafe, began[1]),
                hanging("save", .probe, began[2]),
            ]
        )
        let doomed = try await first.wake()
        _ = try await doomed.deliver(first.envelope("go"))
        for door in began { await door.pass() }
        // The process "dies" here: from now on nothing that the first agent does reaches the life.
        let died = Door()
        store.wait(at: died)

        let copy = InMemoryLifeStore()
        try await copy.append(LifeBatch(events: store.events(after: 0, turn: nil, limit: .max)))
        let read = ScriptedTool("read") { _ in .success("read again") }
        let post = ScriptedTool("post", replay: .unsafe) { _ in .success("posted twice") }
        let save = ScriptedTool("save", replay: .probe, probe: { _ in .success("it was saved") })
        let second = Household([.says("resumed")], store: copy, tools: [read, post, save])
        let agent = try await second.wake()
        let turn = try await agent.answer(to: EnvelopeID("one"))
        let results = turn.steps[0].exchanges.map(\.result)
        #expect(results.map(\.outcome) == [.succeeded, .unknown, .succeeded])
        #expect(results.map(\.content)[0] == "read again")
        #expect(results.map(\.content)[2] == "it was saved")
        #expect(post.calls.isEmpty)
        #expect(turn.ending?.text == "resumed")
        #expect(try await copy.kinds().contains(.agentWoke))
        died.open()
        await doomed.stop()
    }

    @Test("a tool that runs over its time is stopped and says so")
    func stopsSlowTools() async throws {
        let began = Door()
        let slow = ScriptedTool("slow") { _ in
            began.open()
            await Door().pass()
            return .success("half")
        }
        let home = Household([.calls(("slow", [:])), .says("ok")], tools: [slow])
        let agent = try await home.wake()
        _ = try await agent.deliver(home.envelope("go"))
        await began.pass()
        await home.clock.sleepers(atLeast: 1)
        home.clock.advance(by: .seconds(121))
        let turn = try await agent.answer(to: EnvelopeID("one"))
        #expect(turn.steps[0].exchanges[0].result.content.contains("limits.tool_seconds"))
        #expect(turn.steps[0].exchanges[0].result.outcome == .failed)
    }
}

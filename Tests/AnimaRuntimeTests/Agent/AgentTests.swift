import AnimaCore
import AnimaRuntime
import AnimaTesting
import Synchronization
import Testing

@Suite("An agent", .timeLimit(.minutes(10)))
struct AgentTests {
    @Test("answers a task and records each fact of the turn")
    func answersATask() async throws {
        let home = Household([.says("Forty-two.")])
        let agent = try await home.wake()
        let turn = try await agent.ask(home.envelope("What is it?"))
        #expect(turn.ending?.end == .answered)
        #expect(turn.ending?.text == "Forty-two.")
        #expect(
            try await home.store.kinds() == [
                .lifeBegan, .agentConfigured, .envelopeAccepted, .turnOpened, .modelReplied, .turnEnded,
            ]
        )
        #expect(await agent.isAtRest)
    }

    @Test("appends a turn without tools in two batches")
    func needsTwoAppendsForAPlainTurn() async throws {
        let store = TroubledStore()
        let home = Household([.says("Yes.")], store: store)
        let agent = try await home.wake()
        let before = store.appends
        _ = try await agent.ask(home.envelope("Well?"))
        #expect(store.appends - before == 2)
    }

    @Test("runs the tools of a step and shows the model their results")
    func runsTools() async throws {
        let tool = ScriptedTool("look") { _ in .success("a tree") }
        let home = Household(
            [.calls(("look", ["text": "x"]), ("look", ["text": "y"])), .says("Trees.")],
            tools: [tool]
        )
        let agent = try await home.wake()
        let turn = try await agent.ask(home.envelope("Look twice."))
        #expect(turn.ending?.text == "Trees.")
        #expect(turn.steps[0].exchanges.map(\.result.content) == ["a tree", "a tree"])
        #expect(home.model.requests[1].turns.last?.steps[0].exchanges.count == 2)
        #expect(Set(tool.calls.map(\.description)) == ["t1.1.1", "t1.1.2"])
    }

    @Test("runs calls of one step side by side unless a tool wants to be alone")
    func runsSideBySide() async throws {
        let running = Mutex((now: 0, most: 0))
        let both = Door()
        let body: @Sendable (ToolInvocation) async -> ToolOutput = { _ in
            let count = running.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                return state.now
            }
            if count == 2 { both.open() }
            await both.pass()
            running.withLock { $0.now -= 1 }
            return .success("ok")
        }
        let home = Household(
            [.calls(("read", [:]), ("read", [:]), ("write", [:]), ("read", [:])), .says("done")],
            tools: [ScriptedTool("read", body), ScriptedTool("write", replay: .unsafe, isExclusive: true, body)]
        )
        _ = try await home.wake().ask(home.envelope("go"))
        #expect(running.withLock { $0.most } == 2)
    }

    @Test("tells the model what is wrong with a call it can't run")
    func answersBadCalls() async throws {
        var home = Household(
            [.calls(("lok", [:]), ("look", ["wrong": 1]), ("secret", [:])), .says("Sorry.")],
            tools: [ScriptedTool("look"), ScriptedTool("secret")]
        )
        home.rules = [.init(.allow, "look")]
        let turn = try await home.wake().ask(home.envelope("go"))
        let results = turn.steps[0].exchanges.map(\.result)
        #expect(results.map(\.outcome) == [.invalid, .invalid, .denied])
        #expect(results[0].content.contains("Did you mean \"look\"?"))
        #expect(results[1].content.contains("\"wrong\" is unknown"))
        #expect(results[2].content.contains("no rule allows \"secret\""))
    }

    @Test("takes an envelope once, however often and late it comes")
    func takesAnEnvelopeOnce() async throws {
        let home = Household([.says("First."), .says("Second.")])
        let agent = try await home.wake()
        _ = try await agent.ask(home.envelope("one"))
        #expect(try await agent.deliver(home.envelope("one")) == .duplicate)
        #expect(try await agent.ask(home.envelope("two", id: "two")).ending?.text == "Second.")
        #expect(home.model.requests.count == 2)
    }

    @Test("refuses what is over a bound, with the bound's name")
    func refusesOverBounds() async throws {
        let door = Door()
        var home = Household([.waiting(door, afterText: "", ModelReply(text: "ok"))])
        home.limits.mailbox = 1
        home.limits.messageBytes = 10
        let agent = try await home.wake()
        _ = try await agent.deliver(home.envelope("one", id: "1"))
        _ = try await agent.deliver(home.envelope("two", id: "2"))
        #expect(try await agent.deliver(home.envelope("three", id: "3")) == .refused(.mailboxFull(limit: 1)))
        let long = try home.envelope("much too long", id: "4")
        #expect(try await agent.deliver(long) == .refused(.tooLong(bytes: 13, limit: 10)))
        await agent.stop()
    }

    @Test("lets its tools end what they left running, after the last call")
    func releasesItsTools() async throws {
        let tool = LastingTool()
        let home = Household([.calls(("last", [:])), .says("Done.")], tools: [tool])
        let agent = try await home.wake()
        _ = try await agent.ask(home.envelope("one"))
        #expect(tool.log == ["ran"])
        _ = try await agent.deliver(home.envelope("two", id: "two"))
        await agent.stop()
        #expect(tool.log.last == "released tester")
        #expect(tool.log.count { $0.hasPrefix("released") } == 1)
    }

    @Test("commits together what arrives together")
    func sharesCommits() async throws {
        let store = TroubledStore()
        let home = Household((0..<50).map { .says("\($0)") }, store: store)
        let agent = try await home.wake()
        let door = Door()
        store.wait(at: door)
        let before = store.appends
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = try await agent.deliver(home.envelope("hi", id: "e\(number)")) }
            }
            group.addTask {
                while store.appends == before { await Task.yield() }
                for _ in 0..<200 { await Task.yield() }
                store.wait(at: nil)
                door.open()
            }
            try await group.waitForAll()
        }
        #expect(store.deliveries < 40)
        try await agent.rest()
        #expect(try await store.kinds().filter { $0 == .turnEnded }.count == 50)
    }

    @Test("shows the model the conversation's past, and nothing of another conversation")
    func showsThePast() async throws {
        let home = Household([.says("Ada."), .says("Bob."), .says("You are Ada.")])
        let agent = try await home.wake()
        _ = try await agent.ask(home.envelope("I am Ada", id: "1"))
        _ = try await agent.ask(home.envelope("I am Bob", id: "2", conversation: ConversationID("other")))
        _ = try await agent.ask(home.envelope("Who am I?", id: "3"))
        #expect(home.model.requests[2].turns.map(\.input.text) == ["I am Ada", "Who am I?"])
        #expect(home.model.requests[1].turns.map(\.input.text) == ["I am Bob"])
    }

    @Test("keeps head and tail of a long result and the whole beside it")
    func spillsLongResults() async throws {
        let output = "begin" + String(repeating: "é", count: 50_000) + "end"
        var home = Household(
            [.calls(("look", [:])), .says("ok")],
            tools: [ScriptedTool("look") { _ in .success(output) }]
        )
        home.limits.resultBytes = 1000
        let turn = try await home.wake().ask(home.envelope("go"))
        let result = turn.steps[0].exchanges[0].result
        #expect(result.content.hasPrefix("begin") && result.content.hasSuffix("end"))
        #expect(result.content.utf8.count < 1300)
        let spill = try #require(result.spill)
        #expect(try await home.store.spill(hash: spill.hash) == Array(output.utf8))
    }

    @Test("stores what a tool remembers together with its result")
    func remembers() async throws {
        let tool = ScriptedTool("remember") { _ in .success("kept", remember: [MemoryDraft("the sky is blue")]) }
        let home = Household([.calls(("remember", [:])), .says("ok")], tools: [tool])
        _ = try await home.wake().ask(home.envelope("go"))
        #expect(try await home.store.memories(matching: "sky", limit: 5).map(\.text) == ["the sky is blue"])
    }
}

/// Notes when it ran and when it was released.
private final class LastingTool: Tool {
    let spec = ToolSpec(
        name: "last",
        group: "scripted",
        description: "Leaves something running.",
        parameters: ArgumentSchema(),
        replay: .pure
    )
    private let entries = Mutex<[String]>([])

    var log: [String] { entries.withLock { $0 } }

    func run(_ call: ToolInvocation) async -> ToolOutput {
        entries.withLock { $0.append("ran") }
        return .success("running")
    }

    func release(_ agent: AgentID) async { entries.withLock { $0.append("released \(agent)") } }
}

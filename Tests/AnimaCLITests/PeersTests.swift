import AnimaCore
import AnimaTesting
import Foundation
import Testing

/// The real program: agents that write to each other.
@Suite("Agents that write to each other", .timeLimit(.minutes(5)))
struct PeersTests {
    private static func agent(_ name: String, peers: String, model: String = "[model]\nuse = \"reflex\"") -> String {
        """
        agent.name = "\(name)"
        tools.use = ["peers", "memory", "basic"]
        gate.allow = ["peers", "memory", "basic"]
        memory.learn = "off"
        peers.allow = [\(peers)]
        \(model)
        """
    }

    private func program(writerTakes: String = "\"clerk\"") throws -> Program {
        let program = try Program(Self.agent("clerk", peers: "\"writer\", \"ghost\""))
        try program.put(Self.agent("writer", peers: writerTakes), at: "writer.toml")
        return program
    }

    private func events(_ program: Program, _ agent: String, _ kind: String) throws -> [JSONValue] {
        try program.events(agent).filter { $0["kind"]?.stringValue == kind }
    }

    @Test("a message begins work at the other agent, in the same process, told as another agent's word")
    func sends() throws {
        let program = try program()
        let result = try program.run("run", "clerk.toml", "tell @writer add 2 and 40")
        #expect(result.status == 0 && result.output == "The message to @writer is on its way.\n", "\(result.errors)")
        #expect(result.errors.contains("@writer turn.ended answered: 42"))
        let taken = try #require(try events(program, "writer", "envelope.accepted").first?["envelope"])
        #expect(taken["sender"] == "@clerk" && taken["trust"] == "agent" && taken["hops"] == 1)
        #expect(taken["conversation"] == "@clerk")
        #expect(try events(program, "clerk", "envelope.settled").map { $0["outcome"] } == ["delivered"])
        // Both lives are free again.
        #expect(try program.run("run", "writer.toml", "add 1 and 1").output == "2\n")
    }

    @Test("a question's answer comes back into the same turn, and a ring of questions is refused, not waited for")
    func asks() throws {
        let program = try program()
        let result = try program.run("run", "clerk.toml", "ask @writer to add 2 and 40, then add 1 to the result")
        #expect(result.status == 0 && result.output == "42\n43\n", "\(result.errors)")
        #expect(try events(program, "clerk", "turn.opened").count == 1)
        let answer = try #require(try events(program, "clerk", "envelope.accepted").last?["envelope"])
        #expect(answer["kind"] == "reply" && answer["report"]?["end"]?["kind"] == "answered")
        let log = try program.run("log", "clerk").output
        #expect(log.contains("t1.1.1 ask_agent waits for @writer") && log.contains("reply from @writer: 42"), "\(log)")
        let ring = try program.run("run", "clerk.toml", "ask @writer to ask @clerk to add 1 and 2")
        #expect(ring.output.contains("@clerk asked you"), "\(ring.output)")
        let ghost = try program.run("run", "clerk.toml", "ask @ghost to add 1 and 2")
        #expect(ghost.output.contains("@ghost was not asked: there is no such agent"), "\(ghost.output)")
    }

    @Test("killed at any append while it asks, it has its answer once, after the other was woken with it")
    func survivesKillsWhileAsking() throws {
        for point in (1...8).flatMap({ ["before:\($0)", "after:\($0)"] }) {
            let program = try program()
            let more = ["ANIMA_TEST_FAILPOINT": point]
            let killed = try program.run("run", "clerk.toml", "ask @writer to add 2 and 40", more: more)
            let resumed = try program.run("resume", "clerk.toml")
            guard (try? events(program, "clerk", "envelope.accepted").isEmpty) == false else {
                #expect(killed.status != 0, "\(point)")
                continue
            }
            let ends = try events(program, "clerk", "turn.ended").map { $0["text"] }
            #expect(ends == ["42"], "\(point): \(resumed.errors)")
            #expect(try events(program, "writer", "turn.opened").count == 1, "\(point)")
            // A kill between the arrival of the answer and its receipt leaves the receipt owed.
            #expect(try program.run("resume", "writer.toml").status == 0)
            #expect(
                try events(program, "writer", "envelope.settled").map { $0["outcome"] } == ["delivered"],
                "\(point)"
            )
        }
    }

    @Test("what the gate asks about the other's work is asked here, and answering it lets both go on")
    func asksTheOwnerForPeers() throws {
        let program = try program()
        try program.put(
            "gate.ask = [\"add\"]\n" + Self.agent("writer", peers: "\"clerk\""),
            at: "writer.toml"
        )
        let asked = try program.run("run", "clerk.toml", "ask @writer to add 2 and 40")
        #expect(asked.status == 4, "\(asked.status) \(asked.errors)")
        #expect(asked.errors.contains("@writer asks") && asked.errors.contains("anima approve ./writer.toml t1.1.1"))
        let approved = try program.run("approve", "writer.toml", "t1.1.1")
        #expect(approved.status == 0 && approved.output == "42\n", "\(approved.errors)")
        #expect(approved.errors.contains("@clerk turn.ended answered: 42"), "\(approved.errors)")
    }

    @Test("a memory is shared by the agent or by its owner, with where it is from, and comes to mind there")
    func shares() throws {
        let program = try program()
        #expect(try program.run("memory", "add", "clerk", "x").status != 0)
        #expect(try program.run("run", "clerk.toml", "remember that the kettle is blue").status == 0)
        let id = try #require(try events(program, "clerk", "memory.stored").first?["seq"]?.intValue)
        #expect(try program.run("run", "clerk.toml", "share m\(id) with @writer").status == 0)
        let listed = try program.run("memory", "list", "writer", "--json")
        let memory = try JSONValue(parsing: listed.output)
        #expect(memory["text"] == "the kettle is blue" && memory["trust"] == "agent")
        #expect(listed.output.contains("@clerk"))
        #expect(try events(program, "writer", "turn.opened").isEmpty)
        let recalled = try program.run("run", "writer.toml", "what do you remember about the kettle")
        #expect(recalled.output.contains("the kettle is blue (@clerk said it"), "\(recalled.output)")
        // The owner does the same from outside.
        _ = try program.run("memory", "add", "clerk", "The tea is in the tin.")
        let second = try #require(try events(program, "clerk", "memory.stored").last?["seq"]?.intValue)
        let shared = try program.run("memory", "share", "clerk.toml", "m\(second)", "--with", "writer")
        #expect(shared.status == 0, "\(shared.errors)")
        #expect(try program.run("memory", "list", "writer").output.contains("The tea is in the tin."))
        let missing = try program.run("memory", "share", "clerk.toml", "m9999", "--with", "writer")
        #expect(missing.status == 2 && missing.errors.contains("no memory m9999"), "\(missing.errors)")
    }

    @Test("an agent that does not take the sender's messages, or that there is not, refuses, and the sender is told")
    func refuses() throws {
        let program = try program(writerTakes: "")
        for (name, reason) in [("writer", "takes no messages of @clerk"), ("ghost", "there is no such agent")] {
            let result = try program.run("run", "clerk.toml", "tell @\(name) hello")
            #expect(result.status == 0 && result.errors.contains(reason), "\(result.errors)")
        }
        #expect(try events(program, "writer", "envelope.accepted").isEmpty)
        #expect(try events(program, "clerk", "envelope.settled").map { $0["outcome"] } == ["refused", "refused"])
        _ = try program.run("run", "clerk.toml", "remember that the kettle is blue")
        let id = try #require(try events(program, "clerk", "memory.stored").first?["seq"]?.intValue)
        #expect(try program.run("memory", "share", "clerk.toml", "m\(id)", "--with", "writer").status == 1)
    }

    @Test("a message to an agent that another process runs waits, and is carried later")
    func waits() async throws {
        let server = try await ScriptedServer.start { _ in [.hang] }
        let program = try program()
        try program.put(
            Self.agent(
                "writer",
                peers: "\"clerk\"",
                model:
                    "[model]\nprovider = \"openai\"\nname = \"tiny\"\nbase_url = \"\(server.baseURL)/v1\"\napi_key = \"x\""
            ),
            at: "writer.toml"
        )
        let busy = try program.start(["run", "writer.toml", "think long"])
        while server.requests.isEmpty { await Task.yield() }
        let sent = try await program.answer("run", "clerk.toml", "tell @writer add 2 and 40")
        #expect(sent.status == 0 && sent.errors.contains("can't be carried now"), "\(sent.errors)")
        #expect(try events(program, "clerk", "envelope.settled").isEmpty)
        kill(busy.process.processIdentifier, SIGKILL)
        _ = try await Task.detached { try busy.finish() }.value
        try program.put(Self.agent("writer", peers: "\"clerk\""), at: "writer.toml")
        let resumed = try await program.answer("resume", "clerk.toml")
        #expect(resumed.errors.contains("@writer turn.ended answered: 42"), "\(resumed.errors)")
        #expect(try events(program, "clerk", "envelope.settled").map { $0["outcome"] } == ["delivered"])
        await server.stop()
    }

    @Test(
        "what is published goes to those who subscribed, in a conversation of its topic; all hear what is told to all"
    )
    func publishes() throws {
        let program = try program()
        #expect(try program.run("run", "writer.toml", "subscribe to news").status == 0)
        let published = try program.run("run", "clerk.toml", "publish \"add 2 and 40\" on news")
        #expect(published.output == "The message about #news to @writer is on its way.\n", "\(published.errors)")
        let taken = try #require(try events(program, "writer", "envelope.accepted").last?["envelope"])
        #expect(taken["conversation"] == "#news" && taken["sender"] == "@clerk" && taken["text"] == "add 2 and 40")
        let listed = try program.run("run", "clerk.toml", "list agents").output
        #expect(listed.contains("writer (idle)") || listed.contains("writer (asleep)"), "\(listed)")
        #expect(listed.contains("wants: #news") && listed.contains("ghost: there is no such agent here"), "\(listed)")
        let all = try program.run("run", "clerk.toml", "tell @all add 1 and 1")
        #expect(all.errors.contains("@writer turn.ended answered: 2") && all.errors.contains("there is no such agent"))
        #expect(try program.run("run", "writer.toml", "unsubscribe from news").status == 0)
        let nobody = try program.run("run", "clerk.toml", "publish \"add 2 and 40\" on news")
        #expect(nobody.output.hasPrefix("Nobody was told"), "\(nobody.output)")
    }

    @Test("a line that begins with a name speaks to that agent, and the answers come in the order of the text")
    func addresses() throws {
        let program = try program()
        #expect(try program.run("run", "clerk.toml", "@writer add 2 and 40").output == "42\n")
        #expect(try events(program, "clerk", "turn.opened").isEmpty)
        let several = try program.run("ask", "clerk.toml", "add 1 and 1\n@writer add 2 and 2\n@all: echo hi")
        #expect(several.output == "@clerk: 2\n@writer: 4\n@clerk: hi\n@writer: hi\n", "\(several.errors)")
        #expect(several.errors.contains("@ghost was not told") && several.status == 0)
    }

    @Test("what is sent waits in the inbox, where the owner sees it, drops it, and sends it again when it failed")
    func keepsAnInbox() throws {
        let program = try program()
        #expect(try program.run("send", "clerk.toml", "add 1 and 2").output.hasPrefix("e3 waits in the inbox"))
        #expect(try program.run("send", "clerk.toml", "echo hi", "--conversation", "other").status == 0)
        let listed = try program.run("inbox", "clerk", "--json").output.split(separator: "\n")
        let items = try listed.map { try JSONValue(parsing: String($0)) }
        #expect(
            items.map { $0["status"] } == ["working", "waiting"]
                && items.map { $0["text"] } == ["add 1 and 2", "echo hi"]
        )
        let event = try #require(items.last?["event"]?.stringValue)
        #expect(try program.run("inbox", "clerk", "show", event).output.hasSuffix("waiting\necho hi\n"))
        #expect(try program.run("inbox", "clerk.toml", "drop", event).output == "dropped \(event)\n")
        #expect(try program.run("inbox", "clerk.toml", "drop", event).errors.contains("does not wait (dropped)"))
        #expect(try program.run("resume", "clerk.toml").output == "3\n")
        #expect(try program.run("inbox", "clerk").errors == "nothing waits\n")
        // What has ended is sent again as a message of its own.
        let all = try program.run("inbox", "clerk", "--all").output
        #expect(all.contains("answered in t1") && all.contains("dropped"), "\(all)")
        let retried = try program.run("inbox", "clerk.toml", "retry", "e3")
        #expect(retried.output.contains("waits in the inbox"), "\(retried.errors)")
        #expect(try program.run("resume", "clerk.toml").output == "3\n")
    }

    @Test("what nobody took is listed with the reason, and sent again when the reason is gone")
    func keepsDeadLetters() throws {
        let program = try program()
        _ = try program.run("run", "clerk.toml", "tell @ghost add 2 and 40")
        let listed = try JSONValue(parsing: try program.run("dead-letters", "--json").output)
        #expect(listed["agent"] == "clerk" && listed["to"] == "ghost" && listed["outcome"] == "refused")
        try program.put(Self.agent("ghost", peers: "\"clerk\""), at: "ghost.toml")
        let event = try #require(listed["event"]?.stringValue)
        let again = try program.run("dead-letters", "clerk.toml", "retry", event)
        #expect(again.output.contains("on its way again"), "\(again.errors)")
        #expect(try program.run("resume", "clerk.toml").errors.contains("@ghost turn.ended answered: 42"))
        #expect(try program.run("dead-letters").errors == "all was taken\n")
        #expect(try program.run("dead-letters", "clerk", "retry", event).errors.contains("is no dead letter"))
    }

    @Test("the owner sees who wants what, and publishes")
    func showsTopics() throws {
        let program = try program()
        #expect(try program.run("run", "writer.toml", "subscribe to news").status == 0)
        #expect(try program.run("topics", "writer").output == "wants #news\n")
        #expect(try program.run("topics", "clerk").output == "#news goes to @writer\n")
        let published = try program.run("topics", "clerk.toml", "publish", "news", "add 3 and 4")
        #expect(published.errors.contains("@writer turn.ended answered: 7"), "\(published.errors)")
        let nobody = try program.run("topics", "clerk.toml", "publish", "jokes", "x")
        #expect(nobody.status == 2 && nobody.errors.contains("has subscribed to #jokes"))
    }

    @Test("killed at any append, neither loses a message nor takes one twice")
    func survivesKills() throws {
        for point in (1...7).flatMap({ ["before:\($0)", "after:\($0)"] }) {
            let program = try program()
            let more = ["ANIMA_TEST_FAILPOINT": point]
            let task = "tell @writer remember that the kettle is blue"
            let killed = try program.run("run", "clerk.toml", task, more: more)
            if try program.run("resume", "clerk.toml").status != 0
                || !FileManager.default.fileExists(
                    atPath: program.home + "/agents/writer/life.sqlite"
                )
            {
                // It was killed before the task was taken: nothing was promised.
                #expect(
                    killed.status != 0 && (try? events(program, "clerk", "envelope.accepted").isEmpty) != false,
                    "\(point)"
                )
                continue
            }
            _ = try program.run("resume", "writer.toml")
            let taken = try events(program, "writer", "envelope.accepted").compactMap { $0["envelope"]?["id"] }
            #expect(taken.count == 1, "\(point)")
            #expect(try events(program, "writer", "memory.stored").count == 1, "\(point)")
            #expect(try events(program, "clerk", "envelope.sent").count == 1, "\(point)")
            #expect(try events(program, "clerk", "envelope.settled").map { $0["outcome"] } == ["delivered"], "\(point)")
        }
    }
}

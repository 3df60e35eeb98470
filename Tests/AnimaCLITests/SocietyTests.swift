import AnimaCore
import AnimaTesting
import Foundation
import Testing

/// The real program: agents that make others, and look after them.
@Suite("Agents that make others and look after them", .timeLimit(.minutes(5)))
struct SocietyTests {
    private static func agent(_ name: String, _ more: String, tools: String = "\"peers\", \"basic\"") -> String {
        """
        agent.name = "\(name)"
        model.use = "reflex"
        tools.use = [\(tools)]
        gate.allow = ["*"]
        memory.learn = "off"
        \(more)
        """
    }

    private func family(_ more: String = "", childTools: String = "\"basic\", \"files\"") throws -> Program {
        let program = try Program(
            Self.agent(
                "clerk",
                "peers.spawn = [\"researcher\"]\n\(more)",
                tools: "\"children\", \"basic\", \"files\""
            )
        )
        try program.put(Self.agent("researcher", "", tools: childTools), at: "researcher.toml")
        return program
    }

    private func events(_ program: Program, _ agent: String, _ kind: String) throws -> [JSONValue] {
        try program.events(agent).filter { $0["kind"]?.stringValue == kind }
    }

    // MARK: Children

    @Test(
        "a child does a task with its template's tools and its parent's, and its report is the result of waiting for it"
    )
    func makesChildren() throws {
        let program = try family(childTools: "\"basic\", \"files\", \"memory\"")
        let task = "have a researcher add 2 and 40, then wait for the report, then add 1 to the result"
        let result = try program.run("run", "clerk.toml", task)
        #expect(result.status == 0 && result.output.hasSuffix("\n42\n43\n"), "\(result.output)\(result.errors)")
        let birth = try #require(try events(program, "clerk", "envelope.sent").first?["envelope"]?["birth"])
        #expect(birth["parent"] == "clerk" && birth["template"] == "researcher")
        #expect((400_000...500_000).contains(birth["tokens"]?.intValue ?? 0))
        let report = try #require(try events(program, "clerk_1", "envelope.sent").last?["envelope"])
        #expect(report["kind"] == "childReport" && report["report"]?["end"]?["kind"] == "answered")
        #expect(report["report"]?["usage"]?["inputTokens"]?.intValue ?? 0 > 0)
        #expect(try program.run("list").output.contains("clerk_1"))
        // Its parent has no memory to remember with, so it has none either.
        let denied = try program.run(
            "run",
            "clerk.toml",
            "have a researcher remember that tea is hot, wait for the report"
        )
        #expect(denied.output.contains("needs the tool remember"), "\(denied.output)")
    }

    @Test("a parent goes on beside its child, whose report comes as a message")
    func goesOn() throws {
        let program = try family()
        let result = try program.run("run", "clerk.toml", "have a researcher add 2 and 40")
        #expect(result.status == 0 && result.errors.contains("Noted. @clerk_1: 42"), "\(result.errors)")
        #expect(try events(program, "clerk", "turn.opened").count == 2)
    }

    @Test(
        "a child works in a directory of its own, or in its parent's when that shares it, and is deleted when it is to be"
    )
    func keepsWorkspacesApart() throws {
        let program = try family("peers.ended_children = \"remove\"")
        let task = "have a researcher write secret to a.txt, then wait for the report"
        #expect(try program.run("run", "clerk.toml", task).status == 0)
        #expect(!FileManager.default.fileExists(atPath: program.directory + "/a.txt"))
        #expect(!FileManager.default.fileExists(atPath: program.home + "/agents/clerk_1"))
        let kept = try family()
        #expect(try kept.run("run", "clerk.toml", task).status == 0)
        let own = kept.home + "/agents/clerk_1/workspace/a.txt"
        #expect(try String(contentsOfFile: own, encoding: .utf8) == "secret")
    }

    @Test(
        "a language model makes a child in its own workspace, with fewer tools and a part of its tokens, and reads its report"
    )
    func worksForAModel() async throws {
        let arguments: JSONValue = [
            "template": "researcher", "task": "write secret to a.txt", "workspace": "shared", "tools": ["write_file"],
            "tokens": 5000,
        ]
        let server = try await ScriptedServer.start(scripts: [
            Reply.call("spawn", arguments: arguments.text), Reply.call("wait_for", arguments: "{}"),
            Reply.text("It is written."),
        ])
        let program = try Program.asking(
            server,
            tools: ["children", "files"],
            learn: "off",
            more: "[peers]\nspawn = [\"researcher\"]\nshare_workspace = true"
        )
        try program.put(Self.agent("researcher", "", tools: "\"basic\", \"files\""), at: "researcher.toml")
        let result = try await program.answer("run", "clerk.toml", "have a secret written")
        #expect(result.output == "It is written.\n", "\(result.errors)")
        #expect(try program.text("a.txt") == "secret")
        let birth = try #require(try events(program, "clerk", "envelope.sent").first?["envelope"]?["birth"])
        #expect(birth["tools"] == ["write_file"] && birth["tokens"] == 5000)
        // The report is what the model was shown as the result of waiting, as another agent's word.
        let shown = try #require(server.requests.last.map { String(decoding: $0.body, as: UTF8.self) })
        #expect(shown.contains("Wrote 6 bytes"))
        await server.stop()
    }

    @Test("killed at any append, a parent has one child and its report once")
    func survivesKills() throws {
        let task = "have a researcher add 2 and 40, then wait for the report"
        for point in (1...9).flatMap({ ["before:\($0)", "after:\($0)"] }) {
            let program = try family()
            let killed = try program.run("run", "clerk.toml", task, more: ["ANIMA_TEST_FAILPOINT": point])
            let resumed = try program.run("resume", "clerk.toml")
            if try events(program, "clerk", "envelope.accepted").isEmpty {
                #expect(killed.status != 0, "\(point)")
                continue
            }
            let answer = try events(program, "clerk", "turn.ended").map { $0["text"]?.stringValue?.hasSuffix("42") }
            #expect(answer == [true] && resumed.status == 0, "\(point): \(resumed.errors)")
            #expect(try events(program, "clerk", "envelope.sent").count == 1, "\(point)")
            let taken = try events(program, "clerk", "envelope.accepted").compactMap { $0["envelope"]?["kind"] }
            #expect(taken == ["task", "childReport"], "\(point)")
            #expect(try events(program, "clerk_1", "turn.ended").count == 1, "\(point)")
            #expect(try program.run("list").output.split(separator: "\n").count == 2, "\(point)")
        }
    }

    // MARK: Supervision

    private func team(_ more: String = "") throws -> Program {
        let program = try Program(
            Self.agent("clerk", "peers.allow = [\"writer\"]\nsupervisor.agents = [\"writer\"]\n\(more)")
        )
        try program.put(Self.agent("writer", "peers.allow = [\"clerk\"]"), at: "writer.toml")
        return program
    }

    @Test("an agent whose life can't be written for a moment is started again, and the question to it is answered")
    func restarts() throws {
        let program = try team()
        let fault = ["ANIMA_TEST_FAILPOINT": "fault:writer:4"]
        let result = try program.run("run", "clerk.toml", "ask @writer to add 2 and 40", more: fault)
        #expect(result.status == 0 && result.output == "42\n", "\(result.errors)")
        #expect(result.errors.contains("@writer went down: the failpoint of writer was reached"))
        #expect(result.errors.contains("@writer is started again in 0.1 s"))
        #expect(try events(program, "writer", "turn.ended").count == 1)
    }

    @Test("an agent that keeps going down is given up, and who waits for it is told at once")
    func givesUp() throws {
        let program = try team("supervisor.restarts = 2")
        let fault = ["ANIMA_TEST_FAILPOINT": "fault:writer:4-99"]
        let result = try program.run("run", "clerk.toml", "ask @writer to add 2 and 40", more: fault)
        #expect(result.output.contains("@writer is down") && result.output.contains("supervisor.restarts = 2"))
        #expect(result.errors.contains("@writer is given up"), "\(result.errors)")
        // Nothing is lost: with the disk in order it does what it owes.
        #expect(try program.run("resume", "writer.toml").status == 0)
        #expect(try events(program, "writer", "turn.ended").count == 1)
    }

    @Test("a damaged life stops its agent and is left as it is; the supervisor goes on")
    func leavesTheDamaged() throws {
        let program = try team()
        #expect(try program.run("run", "clerk.toml", "ask @writer to add 2 and 40").status == 0)
        let path = program.home + "/agents/writer/life.sqlite"
        try "this is no life".write(toFile: path, atomically: true, encoding: .utf8)
        let result = try program.run("run", "clerk.toml", "add 1 and 1")
        #expect(result.output == "2\n" && result.errors.contains("@writer is given up"), "\(result.errors)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "this is no life")
    }

    @Test(
        "no tool writes the file of an agent that this one works with, there or not: a peer could be given more than its maker has"
    )
    func protectsThoseItWorksWith() throws {
        let program = try Program(
            Self.agent(
                "clerk",
                "peers.allow = [\"writer\", \"ghost\"]\npeers.spawn = [\"template\"]"
                    + (Program.hasSandbox ? "" : "\nsandbox.mode = \"none\""),
                tools: "\"peers\", \"files\", \"shell\""
            )
        )
        let writer = Self.agent("writer", "peers.allow = [\"clerk\", \"third\"]")
        try program.put(writer, at: "writer.toml")
        // The third one is the second one's peer.
        for name in ["writer", "ghost", "template", "third", "clerk"] {
            let written = try program.run("run", "clerk.toml", "write 'x' to \(name).toml")
            #expect(written.output.contains("did not work"), "\(name): \(written.output)")
            guard Program.hasSandbox else { continue }
            _ = try program.run("run", "clerk.toml", "run `echo x > \(name).toml`")
        }
        #expect(try program.text("writer.toml") == writer)
        for name in ["ghost", "template", "third"] {
            #expect(!FileManager.default.fileExists(atPath: "\(program.directory)/\(name).toml"), "\(name)")
        }
        #expect(try program.run("run", "clerk.toml", "write 'x' to other.toml").output.hasPrefix("Wrote"))
    }

    // MARK: All of a home

    @Test("all agents that were left something to do go on in one process; those that rest are not even opened")
    func resumesAll() throws {
        let program = try Program()
        for name in ["one", "two", "three"] {
            #expect(try program.run("new", name).status == 0)
            #expect(try program.run("run", name, "say two").output == "two\n")
        }
        let nothing = try program.run("resume")
        #expect(nothing.status == 0 && nothing.errors == "nothing to resume\n", "\(nothing.errors)")
        #expect(try program.run("send", "one", "say five").status == 0)
        #expect(try program.run("run", "two", "say nine", more: ["ANIMA_TEST_FAILPOINT": "after:1"]).status != 0)
        // A file that can't be opened would be noticed.
        try "this is no life"
            .write(
                toFile: program.home + "/agents/three/life.sqlite",
                atomically: true,
                encoding: .utf8
            )
        let resumed = try program.run("resume")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(Set(resumed.output.split(separator: "\n")) == ["@one: five", "@two: nine"], "\(resumed.output)")
        #expect(try program.run("resume").errors == "nothing to resume\n")
    }

    @Test("a task is followed over all agents that worked on it, in a tree")
    func traces() throws {
        let program = try team()
        #expect(try program.run("run", "clerk.toml", "ask @writer to add 2 and 40").output == "42\n")
        let tree = try program.run("trace", "clerk").output.split(separator: "\n")
        #expect(tree.count == 2 && tree[0].hasPrefix("@clerk task from owner, answered in t1 after"), "\(tree)")
        #expect(tree[1].hasPrefix("  @writer ask from @clerk, answered in t1") && tree[1].hasSuffix("add 2 and 40"))
        // The same from the other end, for programs.
        let lines = try program.run("trace", "writer", "t1", "--json").output.split(separator: "\n")
            .map { try JSONValue(parsing: String($0)) }
        #expect(lines.map { $0["agent"] } == ["clerk", "writer"] && lines.map { $0["depth"] } == [0, 1])
        #expect(lines.allSatisfy { $0["tokens"]?.intValue ?? 0 > 0 })
        let wrong = try program.run("trace", "clerk", "t9")
        #expect(wrong.status == 2 && wrong.errors.contains("clerk took nothing as t9"))
    }
}

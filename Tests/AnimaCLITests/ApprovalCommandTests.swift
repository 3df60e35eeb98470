import AnimaCore
import Foundation
import Testing

@Suite("Questions to the owner, on the command line", .timeLimit(.minutes(5)))
struct ApprovalCommandTests {
    private static let asking = """
        agent.name = "clerk"
        model.use = "reflex"
        tools.use = ["files", "shell", "basic"]
        [gate]
        allow = ["files", "basic"]
        ask = ["shell"]
        """

    @Test("a task waits until its call is approved, across processes, and then goes on")
    func waitsAcrossProcesses() throws {
        let program = try Program(Self.asking)
        let parked = try program.run("run", "clerk.toml", "run `touch made` and then add 2 and 3")
        #expect(parked.status == 4 && parked.output == "")
        #expect(parked.errors.contains("\"touch made\"") && parked.errors.contains("anima approve clerk.toml t1.1.1"))
        #expect(throws: (any Error).self) { try program.text("made") }
        #expect(try program.run("resume", "clerk.toml").status == 4)
        let listed = try JSONValue(parsing: program.run("approvals", "--json").output)
        #expect(listed["call"] == "t1.1.1" && listed["arguments"]?["command"] == "touch made")
        let approved = try program.run("approve", "clerk.toml", "t1.1.1")
        #expect(approved.status == 0 && approved.output.contains("5"), "\(approved.errors)")
        #expect(try program.text("made") == "")
        #expect(try program.run("approvals").errors.contains("nobody asks"))
        #expect(try program.run("why", "clerk", "t1.1.1").output.contains("the owner said allow"))
        #expect(try program.run("approve", "clerk.toml", "t1.1.1").status == 1)
        #expect(try program.run("approve", "clerk.toml", "first").status == 2)
    }

    @Test("what was allowed for good can be taken back")
    func forgetsGrants() throws {
        let program = try Program(Self.asking)
        #expect(try program.run("gate", "forget", "clerk", "shell:uptime").errors.contains("no life"))
        _ = try program.run("run", "clerk.toml", "run `echo one`")
        let approved = try program.run("approve", "clerk.toml", "t1.1.1", "--always")
        #expect(approved.status == 0 && approved.output.contains("one"), "\(approved.errors)")
        #expect(try program.run("run", "clerk.toml", "run `echo one`").status == 0)
        #expect(try program.run("gate", "forget", "clerk").status == 2)
        let wrong = try program.run("gate", "forget", "clerk", "shell:echo ona")
        #expect(wrong.status == 2 && wrong.errors.contains("did you mean \"shell:echo one\""), "\(wrong.errors)")
        let forgotten = try program.run("gate", "forget", "clerk", "allow shell:echo one")
        #expect(forgotten.status == 0 && forgotten.output == "forgot: allow shell:echo one\n", "\(forgotten.errors)")
        #expect(try program.run("run", "clerk.toml", "run `echo one`").status == 4)
        let shown = try JSONValue(parsing: program.run("show", "clerk", "--json").output)
        #expect(shown["always"] == [])
        #expect(try program.run("gate", "forget", "clerk", "--all").status == 2)
    }

    @Test("rules for files count for what a call comes by, and an approval shows what it binds")
    func holdsFiles() throws {
        let program = try Program(Self.asking + "\ndeny = [\"files:private/**\"]")
        for directory in ["private", "sub"] {
            try FileManager.default.createDirectory(
                atPath: program.directory + "/" + directory,
                withIntermediateDirectories: true
            )
        }
        try program.put("the word is needle\n", at: "private/a.txt")
        try program.put("no needle here\n", at: "open.txt")
        try FileManager.default.createSymbolicLink(
            atPath: program.directory + "/way",
            withDestinationPath: "private/a.txt"
        )
        let found = try program.run("run", "clerk.toml", "search for needle in .")
        #expect(found.output.contains("open.txt:1") && !found.output.contains("the word is"), "\(found.output)")
        let read = try program.run("run", "clerk.toml", "read way")
        #expect(!read.output.contains("the word is") && read.output.contains("private/a.txt"), "\(read.output)")
        try program.put("echo hi\n", at: "sub/x.sh")
        _ = try program.run("run", "clerk.toml", "run `cd sub && sh x.sh`")
        let listed = try program.run("approvals").output
        #expect(listed.contains("sub/x.sh ") && listed.contains("sandbox"), "\(listed)")
        try program.put("echo bye\n", at: "sub/x.sh")
        let answered = try program.run("approve", "clerk.toml", "t3.1.1")
        #expect(answered.status == 4 && answered.output == "", "\(answered.errors)")
    }

    @Test("a script that was changed after the question is asked about again")
    func asksAgain() throws {
        let program = try Program(Self.asking)
        try program.put("echo first\n", at: "x.sh")
        _ = try program.run("run", "clerk.toml", "run `sh x.sh`")
        try program.put("echo second\n", at: "x.sh")
        let again = try program.run("approve", "clerk.toml", "t1.1.1")
        #expect(again.status == 4 && again.output == "", "\(again.errors)")
        let questions = try program.events().filter { $0["kind"] == "approval.asked" }
        #expect(questions.count == 2 && questions[0]["circumstances"] != questions[1]["circumstances"])
        let approved = try program.run("approve", "clerk.toml", "t1.1.1")
        #expect(approved.status == 0 && approved.output.contains("second"), "\(approved.errors)")
    }

    @Test(
        "presets are rules to begin with",
        arguments: [
            ("read-only", "read_file", "allow"), ("read-only", "write_file", "deny"), ("read-only", "shell", "deny"),
            ("workspace", "write_file", "allow"), ("workspace", "shell", "ask"), ("trusted", "shell", "allow"),
            ("workspace", "shell_start", "ask"), ("workspace", "shell_read", "allow"),
        ]
    )
    func hasPresets(preset: String, tool: String, decision: String) throws {
        let program = try Program(
            "agent.name = \"clerk\"\ntools.use = [\"files\", \"shell\"]\ngate.preset = \"\(preset)\""
        )
        let arguments = [
            "read_file": #"{"path":"a"}"#, "write_file": #"{"path":"a","content":"b"}"#, "shell": #"{"command":"ls"}"#,
            "shell_start": #"{"command":"ls"}"#, "shell_read": "{}",
        ]
        let result = try program.run("gate", "explain", "clerk.toml", tool, arguments[tool] ?? "{}", "--json")
        #expect(try JSONValue(parsing: result.output)["decision"]?.stringValue == decision, "\(result.errors)")
    }

    @Test("a refused call is told to the agent, with the reason")
    func refuses() throws {
        let program = try Program(Self.asking)
        _ = try program.run("run", "clerk.toml", "run `touch made`")
        let denied = try program.run("deny", "clerk.toml", "t1.1.1", "--because", "not on a Friday")
        #expect(denied.status == 0 && denied.output.contains("not on a Friday"))
        #expect(throws: (any Error).self) { try program.text("made") }
    }

    @Test("always means exactly this, and never a shell")
    func allowsForGood() throws {
        let program = try Program(Self.asking)
        _ = try program.run("run", "clerk.toml", "run `ls clerk.toml`")
        #expect(try program.run("approve", "clerk.toml", "t1.1.1", "--always").status == 0)
        #expect(try program.run("run", "clerk.toml", "run `ls clerk.toml`").status == 0)
        #expect(try program.run("run", "clerk.toml", "run `ls -a`").status == 4)
        #expect(try program.run("deny", "clerk.toml", "t3.1.1").status == 0)
        #expect(try program.run("run", "clerk.toml", "run `sh x.sh`").status == 4)
        let refused = try program.run("approve", "clerk.toml", "t4.1.1", "--always")
        #expect(refused.status == 2 && refused.errors.contains("can't be allowed for good"), "\(refused.errors)")
        #expect(try program.run("approvals").output.contains("t4.1.1"))
    }

    @Test("the gate can be asked beforehand, and tested against a file")
    func explains() throws {
        let program = try Program(Self.asking)
        let asked = try program.run("gate", "explain", "clerk.toml", "shell", #"{"command": "ls"}"#)
        #expect(asked.output.hasPrefix("ask: rule \"shell\""))
        let missing = try program.run("gate", "explain", "clerk.toml", "shel")
        #expect(missing.status == 2 && missing.errors.contains("did you mean shell"))
        try program.put(
            """
            {"tool": "shell", "arguments": {"command": "ls"}, "expect": "ask"}
            {"tool": "read_file", "arguments": {"path": "a"}, "expect": "allow"}

            """,
            at: "expectations.jsonl"
        )
        #expect(try program.run("gate", "test", "clerk.toml", "expectations.jsonl").status == 0)
        try program.put(#"{"tool": "shell", "arguments": {"command": "ls"}, "expect": "allow"}"#, at: "wrong.jsonl")
        let wrong = try program.run("gate", "test", "clerk.toml", "wrong.jsonl")
        #expect(wrong.status == 1 && wrong.output.contains("wrong.jsonl:1: expected allow, it is ask"))
    }
}

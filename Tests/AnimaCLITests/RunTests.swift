import AnimaCore
import Foundation
import Testing

@Suite("anima run", .timeLimit(.minutes(10)))
struct RunTests {
    @Test("does what it is told with real files, and answers on standard output alone")
    func doesRealWork() throws {
        let program = try Program()
        try program.put("one\ntwo\nthree\n", at: "README.md")
        let result = try program.run(
            "run",
            "clerk.toml",
            "Read README.md, count its lines with wc, write the number to notes/count.txt and then tell me what you did"
        )
        #expect(result.status == 0)
        #expect(
            result.output == """
                This is what I did:
                1. read README.md
                2. counted the lines of README.md with wc: 3
                3. wrote "3" to notes/count.txt

                """
        )
        #expect(try program.text("notes/count.txt") == "3")
        #expect(result.errors.contains("t1.2.1 shell"))
        #expect(!result.errors.contains("\u{1B}"))
    }

    @Test("events can be read as JSON, each with its place and cause")
    func logsJSON() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "add 2 and 40")
        let events = try program.events()
        #expect(events.compactMap { $0["seq"]?.intValue } == Array(1...events.count))
        for event in events {
            for member in ["id", "at", "kind", "conversation", "turn", "agent", "cause"] {
                #expect(event[member] != nil)
            }
        }
        let ended = try #require(events.last { $0["kind"] == "turn.ended" })
        #expect(ended["text"] == "42" && ended["turn"] == "t1")
        let streamed = try program.run("run", "clerk.toml", "add 1 and 1", "--json").output.split(separator: "\n")
        let kinds = try streamed.map { try JSONValue(parsing: String($0))["kind"]?.stringValue }
        #expect(kinds.suffix(2) == ["turn.ended", "memory.learned"])
    }

    @Test("what is passed on from a repeated call is its output alone")
    func passesOnOutputAlone() throws {
        let program = try Program()
        try program.put("hello\n", at: "r.md")
        let again = Array(repeating: "run `cat r.md`", count: 3).joined(separator: " and then ")
        let result = try program.run("run", "clerk.toml", again + " and then write the result to g.txt")
        #expect(result.status == 0 && !result.output.contains("same call"))
        #expect(try program.text("g.txt") == "hello\n")
    }

    @Test("exit codes say how it ended")
    func exitsWithCodes() throws {
        let program = try Program(Program.clerk + "\n[limits]\nsteps = 1")
        #expect(try program.run("run", "clerk.toml", "hello").status == 0)
        let limit = try program.run("run", "clerk.toml", "add 1 and 2 and then add 3 and 4")
        #expect(limit.status == 3 && limit.errors.contains("limits.steps = 1"))
        #expect(try program.run("run", "clerk.toml").status == 2)
        #expect(try program.run("run", "clerk.toml", "  ").status == 2)
        #expect(try program.run("nonsense").status == 2)
        #expect(try program.run("--help").status == 0)
        #expect(try program.run("--version").output == "anima 0.1.0\n")
        try program.put("[agent]\nname = \"x\"\n[limits]\nstep = 3", at: "bad.toml")
        let bad = try program.run("run", "bad.toml", "hello")
        #expect(bad.status == 2 && bad.errors.contains("bad.toml:4") && bad.errors.contains("did you mean"))
        let model = try program.run("run", "clerk.toml", "hello", "--model", "gpt-9")
        #expect(model.status == 2 && model.errors.contains("gpt-9"))
        let missing = try program.run("run", "none.toml", "hello")
        #expect(missing.status == 2, "\(missing.errors)")
        #expect(try program.run("log", "nobody").status == 2)
    }

    @Test("the task can come from standard input, and conversations are kept apart")
    func readsStandardInput() throws {
        let program = try Program()
        #expect(try program.run("run", "clerk.toml", "-", input: "add 20 and 22\n").output == "42\n")
        try program.put("x\ny\n", at: "a.txt")
        _ = try program.run("run", "clerk.toml", "read a.txt", "--conversation", "one")
        #expect(try program.run("run", "clerk.toml", "count its lines", "--conversation", "one").output == "2\n")
        #expect(try program.run("run", "clerk.toml", "count its lines", "--conversation", "two").output != "2\n")
    }

    @Test("without a model it says in one line that it uses reflex")
    func saysThatItUsesReflex() throws {
        let program = try Program("[agent]\nname = \"bare\"")
        let result = try program.run("run", "clerk.toml", "hello")
        #expect(result.errors.split(separator: "\n").filter { $0.contains("no model is configured") }.count == 1)
    }

    @Test("Ctrl-C ends the turn, its programs and the process, and the life stays whole")
    func interrupts() throws {
        let program = try Program()
        let running = try program.start(["run", "clerk.toml", "run `echo begun; sleep 61`", "--verbose"])
        #expect(running.hasSaid("begun"))
        kill(running.process.processIdentifier, SIGINT)
        let result = try running.finish()
        #expect(result.status == 130)
        #expect(try program.events().last?["end"]?["kind"] == "cancelled")
        #expect(try program.run("doctor").status == 0)
        #expect(try program.run("run", "clerk.toml", "add 1 and 1").output == "2\n")
    }

    @Test("Ctrl-C in work that was left does not begin the new task")
    func interruptsResumedWork() throws {
        let program = try Program()
        _ = try program.run(
            "run",
            "clerk.toml",
            "read clerk.toml and then run `echo begun; sleep 63`",
            more: ["ANIMA_TEST_FAILPOINT": "after:2"]
        )
        let running = try program.start(["run", "clerk.toml", "write x to new.txt", "--verbose"])
        #expect(running.hasSaid("begun"))
        kill(running.process.processIdentifier, SIGINT)
        #expect(try running.finish().status == 130)
        #expect(throws: (any Error).self) { try program.text("new.txt") }
    }

    @Test("what a process left is finished first, and said")
    func resumes() throws {
        let program = try Program()
        let killed = try program.run("run", "clerk.toml", "add 40 and 2", more: ["ANIMA_TEST_FAILPOINT": "after:2"])
        #expect(killed.status == -9)
        let next = try program.run("run", "clerk.toml", "add 1 and 1")
        #expect(next.output == "2\n")
        #expect(next.errors.contains("resuming t1") && next.errors.contains("t1 answered: 42"))
        let again = try program.run("run", "clerk.toml", "add 3 and 4", more: ["ANIMA_TEST_FAILPOINT": "after:1"])
        #expect(again.status == -9)
        #expect(try program.run("resume", "clerk.toml").output == "7\n")
        #expect(try program.run("resume", "clerk.toml").errors.contains("nothing to resume"))
    }

    @Test("a life has one writer; the second is told who")
    func refusesASecondProcess() throws {
        let program = try Program()
        let first = try program.start(["run", "clerk.toml", "run `echo begun; sleep 62`", "--verbose"])
        #expect(first.hasSaid("begun"))
        let second = try program.run("run", "clerk.toml", "hello")
        #expect(second.status == 1 && second.errors.contains("in use by process \(first.process.processIdentifier)"))
        #expect(try program.run("log", "clerk").output.contains("turn.opened"))
        kill(first.process.processIdentifier, SIGINT)
        _ = try first.finish()
    }

    @Test("what tools print can't move a terminal's cursor, and colours are for terminals")
    func isHarmless() throws {
        let program = try Program()
        let result = try program.run("run", "clerk.toml", "run `printf 'a\\033[31mb'`", more: ["TERM": "xterm"])
        // Not a terminal: bytes are passed on as they are, colours of our own are not added.
        #expect(!result.errors.contains("\u{1B}[36m"))
    }
}

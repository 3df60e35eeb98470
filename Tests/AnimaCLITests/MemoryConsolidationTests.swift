import AnimaCore
import AnimaStore
import AnimaTesting
import Foundation
import Testing

/// The real program: memories that are merged and closed, by itself and by command, and taken back.
@Suite("anima memory consolidate", .timeLimit(.minutes(5)))
struct MemoryConsolidationTests {
    private static func lines(_ result: Program.Result) throws -> [JSONValue] {
        try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    /// Has the agent remember a sentence, also for the second time; returns its name.
    private static func add(_ text: String, _ program: Program, _ more: String...) async throws -> String {
        let arguments = ["memory", "add", "clerk", text, "--force", "--json"] + more
        let running = try program.start(arguments)
        let added = try await Task.detached { try running.finish() }.value
        return try #require(try lines(added).first?["id"]?.stringValue, "\(added.errors)")
    }

    private static func current(_ program: Program) throws -> [String] {
        try lines(program.run("memory", "list", "clerk", "--json")).compactMap { $0["text"]?.stringValue }.sorted()
    }

    private static func merge(_ text: String, _ from: [String]) -> JSONValue {
        [
            "text": .string(text), "kind": "fact", "subject": "Ada", "importance": 5,
            "from": .array(from.map { .string($0) }),
        ]
    }

    /// The names of the memories that a model is asked about.
    private static func shown(_ request: String) -> [String] {
        request.matches(of: /m\d+(?= \(owner)/).map { String($0.output) }
    }

    @Test("shows what it would do, does it, and takes it back")
    func goesAndComesBack() async throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let one = try await Self.add("Ada has a red boat", program, "--importance", "7")
        let two = try await Self.add("Ada has a boat that is red", program, "--subject", "Ada")
        _ = try await Self.add("Bob feeds a cat", program)
        let before = try Self.current(program)
        let count = try program.events().count
        let dry = try program.run("memory", "consolidate", "clerk", "--dry-run")
        #expect(dry.output == "would merge \(one), \(two): Ada has a boat that is red\n" && dry.status == 0)
        #expect(try program.events().count == count)

        let done = try program.run("memory", "consolidate", "clerk")
        let merged = "m\(count + 1)"
        let event = "e\(count + 2)"
        #expect(done.output == "\(merged): Ada has a boat that is red  (in place of \(one), \(two))\n")
        #expect(done.errors.contains("2 memories into 1 (\(event); take it back with anima memory restore clerk"))
        #expect(try Self.current(program) == ["Ada has a boat that is red", "Bob feeds a cat"])
        let shown = try Self.lines(program.run("memory", "show", "clerk", merged, "--json")).first
        let old = try Self.lines(program.run("memory", "show", "clerk", one, "--json")).first
        #expect(shown?["importance"] == 7 && shown?["at"] == old?["at"] && shown?["subject"] == "Ada")
        #expect(try program.run("memory", "history", "clerk").output.contains("\(merged) from \(one) \(two)"))
        let audit = try Self.lines(program.run("memory", "audit", "clerk", "--json"))
        #expect(
            audit.first { $0["what"] == "consolidations" }
                == ["what": "consolidations", "count": 1, "merged": 2, "into": 1, "aged": 0]
        )
        let again = try program.run("memory", "consolidate", "clerk")
        #expect(again.output.isEmpty && again.errors.contains("nothing to merge or age"))

        let back = try program.run("memory", "restore", "clerk", "--consolidation", event)
        #expect(
            back.output.contains("forgot \(merged): ") && back.output.contains("restored \(two): "),
            "\(back.errors)"
        )
        #expect(try Self.current(program) == before)
        #expect(try program.run("memory", "search", "clerk", "red boat").output.contains(one))
        #expect(try program.run("memory", "history", "clerk").output.contains("took back the consolidation \(event)"))
        // Whoever took it back wants it so.
        #expect(try program.run("memory", "consolidate", "clerk").output.isEmpty)
        #expect(try Self.current(program) == before)
        let twice = try program.run("memory", "restore", "clerk", "--consolidation", event)
        #expect(twice.status == 2 && twice.errors.contains("taken back already"))
        #expect(try program.run("doctor").status == 0)
    }

    @Test("restores single memories, and says why others can't be")
    func restoresMemories() async throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let rome = try await Self.add("Ada lives in Rome", program)
        let oslo = try Self.lines(program.run("memory", "revise", "clerk", rome, "Ada lives in Oslo", "--json"))
        let new = try #require(oslo.first?["id"]?.stringValue)
        let cat = try await Self.add("Bob feeds a cat", program)
        _ = try program.run("memory", "forget", "clerk", cat)
        let count = try program.events().count
        for (arguments, reason) in [
            ([new], "\(new) holds"), (["m999"], "no memory m999"), ([cat, new], "\(new) holds"),
            ([], "name the memories"),
            ([cat, "--consolidation", "e1"], "name the memories"), (["--consolidation", "e1"], "e1 is life.began"),
            (["--consolidation", "e999"], "there is no e999"), (["--consolidation", "x"], "is no event"),
        ] {
            let refused = try program.start(["memory", "restore", "clerk"] + arguments).finish()
            #expect(refused.status == 2 && refused.errors.contains(reason), "\(arguments) \(refused.errors)")
        }
        #expect(try program.events().count == count)
        let restored = try program.run("memory", "restore", "clerk", cat, rome, cat, "--because", "all true")
        #expect(restored.output.contains("restored \(cat): Bob feeds a cat\nrestored \(rome): "), "\(restored.errors)")
        #expect(restored.errors.contains("\(new), which took its place, holds too"))
        #expect(try Self.current(program) == ["Ada lives in Oslo", "Ada lives in Rome", "Bob feeds a cat"])
        let event = try program.events().last
        #expect(event?["kind"] == "memory.restored" && event?["reason"] == "all true")
        #expect(try program.events().count == count + 1)
        let json = try Self.lines(program.run("memory", "restore", "clerk", cat, "--json"))
        #expect(json.isEmpty)
    }

    @Test("closes old memories that are of no use, and says so until they are restored")
    func ages() async throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let count = try program.events().count
        let id = try AgentID("clerk")
        let life = try SQLiteLife.open(at: "\(program.home)/agents/clerk/life.sqlite", agent: id, mode: .existing)
        let events = [("It rained on Ada", 1), ("Ada was born in Kiel", 9)].enumerated()
            .map { index, said in
                let fact = Fact.MemoryStored(text: said.0, trust: .owner, importance: said.1)
                let at = Instant(microseconds: 1_500_000_000_000_000)
                return Event(seq: count + 1 + index, at: at, agent: id, fact: .memoryStored(fact))
            }
        try await life.append(LifeBatch(events: events))
        await life.close()
        let old = "m\(count + 1)"
        let event = "e\(count + 3)"
        #expect(
            try program.run("memory", "consolidate", "clerk", "--dry-run").output
                == "would age \(old): It rained on Ada\n"
        )
        let done = try program.run("memory", "consolidate", "clerk")
        #expect(done.output == "aged \(old): It rained on Ada\n" && done.errors.contains("1 aged (\(event); "))
        #expect(try Self.current(program) == ["Ada was born in Kiel"])
        #expect(
            try program.run("memory", "list", "clerk", "--all").output.contains("It rained on Ada  (aged in \(event))")
        )
        #expect(try program.run("memory", "show", "clerk", old).output.contains("closed as old and of no use"))
        #expect(
            try program.run("memory", "history", "clerk", old).output
                .contains("closed as old and of no use in \(event)")
        )
        let revised = try program.run("memory", "revise", "clerk", old, "It rained")
        #expect(revised.status == 2 && revised.errors.contains("it was old and of no use"))
        let audit = try Self.lines(program.run("memory", "audit", "clerk", "--json"))
        #expect(audit.first { $0["what"] == "total" }?["aged"] == 1)
        #expect(try program.run("memory", "restore", "clerk", old).output == "restored \(old): It rained on Ada\n")
        #expect(try program.run("memory", "consolidate", "clerk").output.isEmpty)
        #expect(try Self.current(program) == ["Ada was born in Kiel", "It rained on Ada"])
    }

    @Test("leaves what has changed since when it takes back a consolidation")
    func takesBackWhatIsLeft() async throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        for text in ["Ada likes tea", "Ada likes tea", "Bob has a cat", "Bob has a cat"] {
            _ = try await Self.add(text, program)
        }
        let done = try Self.lines(program.run("memory", "consolidate", "clerk", "--json"))
        let merged = done.filter { $0["what"] == "merged" }.compactMap { $0["memory"]?.stringValue }
        let event = try #require(done.last?["event"]?.stringValue)
        #expect(merged.count == 2)
        _ = try program.run("memory", "revise", "clerk", merged[0], "Ada likes coffee")
        let back = try program.run("memory", "restore", "clerk", "--consolidation", event)
        #expect(back.errors.contains("\(merged[0]) holds no more") && back.errors.contains("stay closed"))
        #expect(try Self.current(program) == ["Ada likes coffee", "Bob has a cat", "Bob has a cat"])
    }

    @Test("an agent does it by itself when enough is new, by its model, and says how to take it back")
    func happensWhenIdle() async throws {
        let server = try await ScriptedServer.start { exchange in
            if exchange.text.contains("You put the memory of an agent in order") {
                let names = Self.shown(exchange.text)
                let good = Self.merge("Ada has a boat, red, and a cat", Array(names[1...2]))
                let bad = Self.merge("Mallory likes tea", [names[0], names[3]])
                return Reply.text(JSONValue.object(["merges": [good, bad]]).text)
            }
            return Reply.text(exchange.text.contains("You keep the memory") ? "{\"memories\":[]}" : "I see.")
        }
        let program = try Program.asking(server, keys: "memory.consolidate_after = 4", learn: "model")
        #expect(try await program.answer("run", "clerk.toml", "hello").errors.contains("consolidated") == false)
        for text in ["Ada likes tea", "Ada has a red boat", "Ada has a cat", "Ada is a captain"] {
            _ = try await Self.add(text, program, "--subject", "Ada")
        }
        let run = try await program.answer("run", "clerk.toml", "good morning")
        let event = try #require(try program.events().last { $0["kind"] == "memory.consolidated" })
        let id = try #require(event["id"]?.stringValue)
        let line =
            "consolidated: 2 memories into 1 (\(id); take it back with anima memory restore clerk --consolidation \(id))"
        #expect(run.output == "I see.\n" && run.errors.contains(line), "\(run.errors)")
        #expect(try Self.current(program) == ["Ada has a boat, red, and a cat", "Ada is a captain", "Ada likes tea"])
        #expect(event["by"] == "openai/tiny" && event["refused"]?.arrayValue?.first?["reason"] == "invented")
        #expect(event["usage"]?["inputTokens"] == 100)
        // Two answers, two lessons, and this.
        let usage = try JSONValue(parsing: await program.answer("usage", "clerk", "--json").output)
        #expect(usage["calls"] == 5)
        // Nothing is new, nothing is done.
        _ = try await program.answer("run", "clerk.toml", "good night")
        #expect(try program.events().filter { $0["kind"] == "memory.consolidated" }.count == 1)
        await server.stop()
    }

    @Test("the command asks the model of an agent that lives in the home, and a dry run does not")
    func asksTheModel() async throws {
        let server = try await ScriptedServer.start { exchange in
            guard exchange.text.contains("You put the memory of an agent in order") else { return Reply.text("I see.") }
            let good = Self.merge("Ada has a boat and a cat", Self.shown(exchange.text))
            return Reply.text(JSONValue.object(["merges": [good]]).text)
        }
        let program = try Program.asking(server, learn: "off")
        _ = try await program.answer("run", "clerk.toml", "hello")
        let text = try program.text("clerk.toml").replacingOccurrences(of: "\"off\"", with: "\"model\"")
        try text.write(toFile: "\(program.home)/agents/clerk/agent.toml", atomically: true, encoding: .utf8)
        _ = try await program.answer("run", "clerk", "hello")
        let count = server.requests.count
        _ = try await Self.add("Ada has a boat", program, "--subject", "Ada")
        _ = try await Self.add("Ada has a cat", program, "--subject", "Ada")
        _ = try await program.answer("memory", "consolidate", "clerk", "--dry-run")
        _ = try await program.answer("memory", "consolidate", "clerk", "--rules")
        #expect(server.requests.count == count)
        let done = try await program.answer("memory", "consolidate", "clerk", "--json")
        #expect(server.requests.count == count + 1, "\(done.errors)")
        let lines = try Self.lines(done)
        #expect(
            lines.map { $0["what"] } == ["merged", "consolidated"] && lines.last?["by"] == "openai/tiny",
            "\(lines)"
        )
        #expect(try Self.current(program) == ["Ada has a boat and a cat"])
        await server.stop()
    }

    @Test(
        "is neither lost nor done twice when the agent is killed around it",
        arguments: ["after:3", "before:4", "after:4"]
    )
    func survivesKills(point: String) async throws {
        let server = try await ScriptedServer.start { _ in Reply.text("I see.") }
        let program = try Program.asking(server, keys: "memory.consolidate_after = 3")
        _ = try await program.answer("run", "clerk.toml", "hello")
        _ = try await Self.add("Ada likes tea", program)
        _ = try await Self.add("Ada likes tea", program)
        let killed = try program.start(
            ["run", "clerk.toml", "My dog is called Rex."],
            more: ["ANIMA_TEST_FAILPOINT": point]
        )
        let status = try await Task.detached { try killed.finish().status }.value
        #expect(status == -9 || status == 9 || status == 137)
        let kinds = try program.events().compactMap { $0["kind"]?.stringValue }
        #expect(kinds.contains("memory.learned"))
        #expect(kinds.contains("memory.consolidated") == (point == "after:4"))
        for number in 1...2 {
            _ = try await program.answer("run", "clerk.toml", "ok", "--conversation", "c\(number)")
            #expect(try program.events().filter { $0["kind"] == "memory.consolidated" }.count == 1)
            #expect(try Self.current(program) == ["Ada likes tea", "My dog is called Rex."])
        }
        #expect(try program.run("doctor").status == 0)
        await server.stop()
    }
}

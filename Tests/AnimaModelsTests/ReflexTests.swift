import AnimaCore
import AnimaModels
import Synchronization
import Testing

@Suite("Reflex", .timeLimit(.minutes(10)))
struct ReflexTests {
    static let everything = [
        "read_file", "write_file", "edit_file", "list_files", "search_files", "shell", "add", "echo", "now", "remember",
        "recall",
    ]

    /// A conversation with reflex in which tools answer from a table, by the text of their arguments.
    struct Exchange {
        var calls: [[ModelReply.Call]] = []
        var answer = ""
        var steps = 0
    }

    private func converse(
        _ text: String,
        tools: [String] = everything,
        past: [TranscriptTurn] = [],
        _ result: (ModelReply.Call) -> ToolResult = { _ in ToolResult(outcome: .succeeded, content: "ok") }
    ) async throws -> Exchange {
        let specs = tools.map {
            ToolSpec(name: $0, group: "x", description: "x", parameters: ArgumentSchema(), replay: .pure)
        }
        let envelope = Envelope(id: try EnvelopeID("e"), text: text, sentAt: Instant(microseconds: 0))
        var steps: [TranscriptTurn.Step] = []
        var exchange = Exchange()
        while exchange.steps < 100 {
            exchange.steps += 1
            let turn = TranscriptTurn(id: TurnID(9), input: envelope, steps: steps)
            let heard = Mutex("")
            let reply = try await ReflexModel()
                .respond(to: ModelRequest(tools: specs, turns: past + [turn])) { delta in
                    if case .text(let text) = delta { heard.withLock { $0 += text } }
                }
            #expect(heard.withLock { $0 } == reply.text)
            if reply.calls.isEmpty {
                exchange.answer = reply.text
                return exchange
            }
            exchange.calls.append(reply.calls)
            let done = reply.calls.enumerated()
                .map { index, call in
                    TranscriptTurn.Exchange(
                        id: ToolCallID(turn: TurnID(9), step: steps.count + 1, index: index + 1),
                        tool: call.tool,
                        arguments: call.arguments,
                        result: result(call)
                    )
                }
            steps.append(TranscriptTurn.Step(text: reply.text, exchanges: done))
        }
        Issue.record("reflex never answered: \(text.prefix(100))")
        return exchange
    }

    private static func short(_ calls: [[ModelReply.Call]]) -> String {
        calls.map { $0.map { "\($0.tool)\($0.arguments.text)" }.joined(separator: " & ") }.joined(separator: " > ")
    }

    @Test(
        "requests become tool calls",
        arguments: [
            ("read README.md", "read_file{\"path\":\"README.md\"}"),
            ("Please read the file \"my notes.txt\".", "read_file{\"path\":\"my notes.txt\"}"),
            ("read a.txt and b.txt", "read_file{\"path\":\"a.txt\"} & read_file{\"path\":\"b.txt\"}"),
            ("read lines 3 to 7 of a.txt", "read_file{\"line_count\":5,\"path\":\"a.txt\",\"start_line\":3}"),
            ("list Sources", "list_files{\"path\":\"Sources\"}"),
            ("list the files in docs", "list_files{\"path\":\"docs\"}"),
            ("List the files.", "list_files{\"path\":\".\"}"),
            ("what files are there?", "list_files{\"path\":\".\"}"),
            ("search for TODO in Sources", "search_files{\"fixed\":true,\"path\":\"Sources\",\"pattern\":\"TODO\"}"),
            (
                "search for \"in the end\" in a/b",
                "search_files{\"fixed\":true,\"path\":\"a/b\",\"pattern\":\"in the end\"}"
            ),
            ("write hello to a.txt", "write_file{\"content\":\"hello\",\"path\":\"a.txt\"}"),
            ("write hello and goodbye to x.txt", "write_file{\"content\":\"hello and goodbye\",\"path\":\"x.txt\"}"),
            (
                "write 'read this, then run' to x.txt",
                "write_file{\"content\":\"read this, then run\",\"path\":\"x.txt\"}"
            ),
            ("write how to cook to x.txt", "write_file{\"content\":\"how to cook\",\"path\":\"x.txt\"}"),
            ("create a file n.txt with hi", "write_file{\"content\":\"hi\",\"path\":\"n.txt\"}"),
            ("append milk to list.txt", "write_file{\"append\":true,\"content\":\"milk\\n\",\"path\":\"list.txt\"}"),
            (
                "replace cat with dog in pets.txt",
                "edit_file{\"all\":true,\"new_text\":\"dog\",\"old_text\":\"cat\",\"path\":\"pets.txt\"}"
            ),
            ("run `ls -la | wc -l`", "shell{\"command\":\"ls -la | wc -l\"}"),
            ("run git status", "shell{\"command\":\"git status\"}"),
            ("count the lines of a.txt", "shell{\"command\":\"wc -l a.txt\"}"),
            ("count the lines of 'a b.txt'", "shell{\"command\":\"wc -l 'a b.txt'\"}"),
            ("how many lines does a.txt have?", "shell{\"command\":\"wc -l a.txt\"}"),
            ("add 2 and 40", "add{\"numbers\":[2,40]}"),
            ("what is 1.5 + 2", "add{\"numbers\":[1.5,2]}"),
            ("add 1, 2, and 3", "add{\"numbers\":[1,2,3]}"),
            ("remember that I like tea, and read books", "remember{\"text\":\"I like tea, and read books\"}"),
            ("what do you remember about tea?", "recall{\"query\":\"tea\"}"),
            ("echo \"a; b\"", "echo{\"text\":\"a; b\"}"),
            ("what time is it?", "now{}"),
        ]
    )
    func becomesCalls(_ request: String, _ expected: String) async throws {
        #expect(Self.short(try await converse(request).calls) == expected)
    }

    @Test("parts are done one after the other, and later ones use earlier results")
    func joinsParts() async throws {
        let exchange = try await converse(
            "Read README.md, count its lines with wc, write the number to notes/count.txt and then tell me what you did"
        ) { call in
            switch call.tool {
            case "read_file": ToolResult(outcome: .succeeded, content: "text\nmore\n")
            case "shell": ToolResult(outcome: .succeeded, content: "42 README.md\n")
            default: ToolResult(outcome: .succeeded, content: "written")
            }
        }
        #expect(
            Self.short(exchange.calls)
                == "read_file{\"path\":\"README.md\"} > shell{\"command\":\"wc -l README.md\"} > "
                + "write_file{\"content\":\"42\",\"path\":\"notes/count.txt\"}"
        )
        #expect(
            exchange.answer.contains(
                "1. read README.md\n2. counted the lines of README.md with wc: 42\n3. wrote \"42\""
            )
        )
    }

    @Test(
        "results are referred to in many ways",
        arguments: [
            ("add 2 and 40 and then write the result to out.txt", "\"content\":\"42\""),
            ("add 2 and 40; append it to out.txt", "\"content\":\"42\\n\""),
            ("add 2 and 40 and then add the result and 8", "[42,8]"),
            ("run date\nthen save the output in d.txt", "\"content\":\"42\""),
            ("1. add 1 and 41\n2. echo the answer", "echo{\"text\":\"42\"}"),
        ]
    )
    func refersToResults(_ request: String, _ expected: String) async throws {
        let exchange = try await converse(request) { _ in ToolResult(outcome: .succeeded, content: "42") }
        #expect(Self.short(exchange.calls).contains(expected))
    }

    @Test("a quoted reference is a text")
    func quotesAreLiteral() async throws {
        let exchange = try await converse("add 2 and 40 and then write \"the result\" to out.txt")
        #expect(Self.short(exchange.calls).contains("\"content\":\"the result\""))
    }

    @Test("a failure ends the work, and what was not done is said")
    func stopsAtFailures() async throws {
        let exchange = try await converse("read a.txt and then write it to b.txt and then list docs") { _ in
            ToolResult(outcome: .denied, content: "the gate denies it")
        }
        #expect(exchange.calls.count == 1)
        #expect(exchange.answer.contains("read a.txt did not work (denied): the gate denies it"))
        #expect(exchange.answer.contains("Not done: \"write it to b.txt\", \"list docs\"."))
    }

    @Test("what needs a tool that was not given is said, not pretended")
    func saysWhatIsMissing() async throws {
        let exchange = try await converse("add 1 and 2 and then run ls", tools: ["add"])
        #expect(exchange.calls.count == 1)
        #expect(exchange.answer.contains("needs the tool shell, which this agent was not given"))
        #expect(!exchange.answer.contains("Not done"))
        let failing = try await converse("read a.txt and then list docs") { _ in
            ToolResult(outcome: .failed, content: "no")
        }
        #expect(failing.answer == "read a.txt did not work (failed): no\nNot done: \"list docs\".")
        let counting = try await converse("count the lines of a", tools: ["read_file"]) { _ in
            ToolResult(outcome: .succeeded, content: "1\n2\n3\n")
        }
        #expect(counting.answer == "3")
    }

    @Test(
        "the unknown is answered honestly",
        arguments: [
            "prove the Riemann hypothesis", "", "\"\"", "'", "raed file.txt", "???", "read lines 0 to 3 of a",
            "read lines -9223372036854775808 to 9223372036854775807 of a",
            "read lines 1 to 9223372036854775807 of a", "read lines 7 to 3 of a",
        ]
    )
    func answersTheUnknown(_ request: String) async throws {
        let exchange = try await converse(request)
        #expect(exchange.calls.isEmpty)
        #expect(exchange.answer.contains("rule-based model"))
        if request.hasPrefix("raed") { #expect(exchange.answer.contains("Did you mean \"read\"?")) }
    }

    @Test("a file of the turn before is remembered")
    func remembersTheLastFile() async throws {
        let envelope = Envelope(id: try EnvelopeID("p"), text: "read a.txt", sentAt: Instant(microseconds: 0))
        let read = TranscriptTurn.Exchange(
            id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
            tool: "read_file",
            arguments: ["path": "a.txt"],
            result: ToolResult(outcome: .succeeded, content: "x")
        )
        let past = TranscriptTurn(id: TurnID(1), input: envelope, steps: [.init(text: "", exchanges: [read])])
        #expect(
            Self.short(try await converse("count its lines", past: [past]).calls)
                == "shell{\"command\":\"wc -l a.txt\"}"
        )
    }

    @Test("any text is answered within its number of parts")
    func survivesAnyText() async throws {
        let words = [
            "read", "write", "and", "then", ",", "\"", "'", "`", "to", "in", "a.txt", "the", "result", "with",
            "replace", "it", ";",
            "\n", "add", "2", "remember", "that", "“", "”", "ü", "\u{0}", "日本", "of", "lines", "count", "1.", "-",
            "say", "for",
        ]
        var chance = SeededGenerator(seed: 5)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...30, using: &chance))
                .map { _ in (words.randomElement(using: &chance) ?? "") + (Bool.random(using: &chance) ? " " : "") }
                .joined()
            let first = try await converse(text)
            let second = try await converse(text)
            #expect(first.answer == second.answer && first.steps <= 33)
        }
        let long = String(repeating: "word and then 'quote ", count: 40_000)
        #expect(try await converse(long).steps <= 33)
    }
}

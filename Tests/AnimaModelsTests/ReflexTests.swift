import AnimaCore
import AnimaModels
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite("Reflex", .timeLimit(.minutes(10)))
struct ReflexTests {
    static let everything = [
        "read_file", "write_file", "edit_file", "list_files", "search_files", "shell", "add", "echo", "now", "remember",
        "recall", "move_file", "delete_file", "send_message", "share_memory", "ask_agent", "reply", "broadcast",
        "publish", "subscribe", "unsubscribe",
        "list_agents", "spawn", "wait_for", "check_on", "stop_child",
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
            ("move a.txt to b/c.txt", "move_file{\"path\":\"a.txt\",\"to\":\"b/c.txt\"}"),
            ("rename the file a.txt to b.txt", "move_file{\"path\":\"a.txt\",\"to\":\"b.txt\"}"),
            ("delete a.txt", "delete_file{\"path\":\"a.txt\"}"),
            ("remove the file \"my notes.txt\"", "delete_file{\"path\":\"my notes.txt\"}"),
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
            ("what's the time?", "now{}"),
            ("CAT a.txt!", "read_file{\"path\":\"a.txt\"}"),
            ("what does a.txt say?", "read_file{\"path\":\"a.txt\"}"),
            ("read lines 3-7 of a.txt", "read_file{\"line_count\":5,\"path\":\"a.txt\",\"start_line\":3}"),
            ("show line 3 of a.txt", "read_file{\"line_count\":1,\"path\":\"a.txt\",\"start_line\":3}"),
            ("read the first 4 lines of a.txt", "read_file{\"line_count\":4,\"path\":\"a.txt\",\"start_line\":1}"),
            (
                "read \"a b.txt\", c.txt and the file d.txt",
                "read_file{\"path\":\"a b.txt\"} & read_file{\"path\":\"c.txt\"} & read_file{\"path\":\"d.txt\"}"
            ),
            ("read a.txt and read b.txt", "read_file{\"path\":\"a.txt\"} > read_file{\"path\":\"b.txt\"}"),
            ("list ..", "list_files{\"path\":\"..\"}"),
            ("list .., then list a/..?", "list_files{\"path\":\"..\"} > list_files{\"path\":\"a/..\"}"),
            ("list a/../..", "list_files{\"path\":\"a/../..\"}"),
            ("show the files", "list_files{\"path\":\".\"}"),
            ("what files are in docs?", "list_files{\"path\":\"docs\"}"),
            ("search for TODO in .", "search_files{\"fixed\":true,\"path\":\".\",\"pattern\":\"TODO\"}"),
            (
                "search for TODO in . and then list docs.",
                "search_files{\"fixed\":true,\"path\":\".\",\"pattern\":\"TODO\"} > list_files{\"path\":\"docs\"}"
            ),
            ("list .", "list_files{\"path\":\".\"}"), ("list the directory docs.", "list_files{\"path\":\"docs\"}"),
            ("grep TODO", "search_files{\"fixed\":true,\"path\":\".\",\"pattern\":\"TODO\"}"),
            ("create a file called n.txt with hi", "write_file{\"content\":\"hi\",\"path\":\"n.txt\"}"),
            ("write the text `a; b` to x", "write_file{\"content\":\"a; b\",\"path\":\"x\"}"),
            ("save “hi there” in x", "write_file{\"content\":\"hi there\",\"path\":\"x\"}"),
            ("add hello to a.txt", "write_file{\"append\":true,\"content\":\"hello\\n\",\"path\":\"a.txt\"}"),
            ("count lines of -x", "shell{\"command\":\"wc -l ./-x\"}"),
            ("count the lines of \"it's\"", "shell{\"command\":\"wc -l 'it'\\\\''s'\"}"),
            ("count the words of `a;rm b`", "shell{\"command\":\"wc -w 'a;rm b'\"}"),
            ("what's 2+40?", "add{\"numbers\":[2,40]}"),
            ("2 + -40", "add{\"numbers\":[2,-40]}"),
            ("sum of 1 and 2", "add{\"numbers\":[1,2]}"),
            ("what do you know about me?", "recall{\"query\":\"\"}"),
            ("read FILE", "read_file{\"path\":\"FILE\"}"),
            (
                "- read a\n* list b\n3) echo c",
                "read_file{\"path\":\"a\"} > list_files{\"path\":\"b\"} > echo{\"text\":\"c\"}"
            ),
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
            ("add 2 and 40 and add 8 to the result", "[8,42]"),
            ("read a.txt and write its contents to b.txt", "\"content\":\"42\""),
            ("read a.txt and write the content of it to b.txt", "\"content\":\"42\""),
            ("read a.txt, then replace x with y in that file", "\"path\":\"a.txt\""),
            ("count the lines of a.txt and then read it", "read_file{\"path\":\"a.txt\"}"),
            ("write x to a.txt and then read the same file", "read_file{\"path\":\"a.txt\"}"),
            ("count the lines of a, append the number to b and write it to c", "{\"content\":\"42\",\"path\":\"c\"}"),
        ]
    )
    func refersToResults(_ request: String, _ expected: String) async throws {
        let exchange = try await converse(request) { _ in ToolResult(outcome: .succeeded, content: "42") }
        #expect(Self.short(exchange.calls).contains(expected))
    }

    @Test(
        "what a word stands for is the bare text or number of the result",
        arguments: [
            ("add 1.5 and 2.25 and then add the result and 8", "3.75", "[3.75,8]"),
            ("run x and then append the number to n", "exit code 0\nstdout:\n42 x\nstderr:\nwarning", "\"42\\n\""),
            ("run x and then write the output to n", "exit code 0\nstdout:\na\nstderr:\nb", "\"content\":\"a\""),
            (
                "read lines 3 to 4 of a and then write it to b", "[lines 3-4 of 9; read on with x]\nc\nd\n",
                "\"c\\nd\\n\""
            ),
            ("list a and then write the number to n", "file-2.txt", "\"content\":\"2\""),
        ]
    )
    func takesBareResults(_ request: String, _ content: String, _ expected: String) async throws {
        let exchange = try await converse(request) { _ in ToolResult(outcome: .succeeded, content: content) }
        #expect(exchange.calls.count == 2)
        #expect(Self.short(exchange.calls).contains(expected))
    }

    @Test("a result that was not shown as a whole is never passed on as one")
    func passesOnOnlyWholeResults() async throws {
        let spilled = try await converse("read a and then write it to b and then list c") { _ in
            ToolResult(outcome: .succeeded, content: "x\n[…]\ny", spill: .init(hash: "0", bytes: 90_000))
        }
        #expect(spilled.calls.count == 1)
        #expect(spilled.answer.contains("I can't use \"it\": only a part of its 90000 bytes was shown to me"))
        #expect(spilled.answer.hasSuffix("Not done: \"list c\"."))
        let partial = try await converse("read a and then write it to b") { _ in
            ToolResult(outcome: .succeeded, content: "[lines 1-2 of 9; read on with x]\na\nb\n")
        }
        #expect(partial.calls.count == 1 && partial.answer.contains("only lines 1 to 2 of 9 were shown to me"))
        let uncounted = try await converse("count the lines of a", tools: ["read_file"]) { _ in
            ToolResult(outcome: .succeeded, content: "x\ny", spill: .init(hash: "0", bytes: 90_000))
        }
        #expect(uncounted.answer.contains("can't count the lines"))
        let headed = try await converse("count the lines of a", tools: ["read_file"]) { _ in
            ToolResult(outcome: .succeeded, content: "[lines 1-2 of 9; read on with x]\na\nb\n")
        }
        #expect(headed.answer == "9")
    }

    @Test(
        "a reference to nothing is said, not written",
        arguments: [
            "write the result to x.txt", "echo it", "count its lines", "read it", "add 3 to it",
            "write x to the file",
        ]
    )
    func refersToNothing(_ request: String) async throws {
        let exchange = try await converse(request)
        #expect(exchange.calls.isEmpty)
        #expect(exchange.answer.contains("could stand for"))
    }

    @Test("a result never becomes a command")
    func runsNoResults() async throws {
        let exchange = try await converse("read a.txt and then run it") { _ in
            ToolResult(outcome: .succeeded, content: "rm -rf x")
        }
        #expect(!Self.short(exchange.calls).contains("rm"))
    }

    @Test("of calls side by side, those that worked are told with those that did not")
    func tellsPartialFailures() async throws {
        let exchange = try await converse("read a and b and then list c") { call in
            call.arguments["path"] == "a"
                ? ToolResult(outcome: .succeeded, content: "text of a\n")
                : ToolResult(outcome: .failed, content: "no such file")
        }
        #expect(
            exchange.answer == "text of a\nread b did not work (failed): no such file\nNot done: \"list c\"."
        )
    }

    @Test(
        "every outcome but success ends the work",
        arguments: ToolResult.Outcome.allCases.filter { $0 != .succeeded }
    )
    func stopsAtEveryOutcome(_ outcome: ToolResult.Outcome) async throws {
        let exchange = try await converse("add 1 and 2, write it to a and tell me what you did") { call in
            call.tool == "add"
                ? ToolResult(outcome: .succeeded, content: "3") : ToolResult(outcome: outcome, content: "why")
        }
        #expect(exchange.calls.count == 2)
        #expect(
            exchange.answer
                == "This is what I did:\n1. added 1 and 2: 3\nwrote \"3\" to a did not work (\(outcome.rawValue)): why"
        )
    }

    @Test("an account does not hide what comes after it")
    func goesOnAfterReports() async throws {
        let exchange = try await converse("add 1 and 2, report and read a.txt") { call in
            ToolResult(outcome: .succeeded, content: call.tool == "add" ? "3" : "text")
        }
        #expect(exchange.answer == "This is what I did:\n1. added 1 and 2: 3\ntext")
    }

    @Test("long results are shortened, but not the last or only one")
    func shortensResults() async throws {
        let long = String(repeating: "line\n", count: 1000)
        func answer(_ request: String) async throws -> String {
            try await converse(request) { _ in ToolResult(outcome: .succeeded, content: long) }.answer
        }
        #expect(try await answer("read a") == long)
        #expect(try await answer("read a and b") == long + long)
        let two = try await answer("read a and then read b")
        #expect(two.hasSuffix("\n(5000 bytes in all)\n" + long) && two.utf8.count < 5200)
    }

    @Test("steps of another model are not taken for its own")
    func refusesForeignSteps() async throws {
        let call = TranscriptTurn.Exchange(
            id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
            tool: "shell",
            arguments: ["command": "ls"],
            result: ToolResult(outcome: .succeeded, content: "x")
        )
        let envelope = Envelope(id: try EnvelopeID("e"), text: "add 1 and 2", sentAt: Instant(microseconds: 0))
        let spec = ToolSpec(name: "add", group: "x", description: "", parameters: ArgumentSchema(), replay: .pure)
        func reply(_ steps: [TranscriptTurn.Step]) async throws -> ModelReply {
            let turn = TranscriptTurn(id: TurnID(1), input: envelope, steps: steps)
            return try await ReflexModel().respond(to: ModelRequest(tools: [spec], turns: [turn])) { _ in }
        }
        let foreign = try await reply([.init(text: "", exchanges: [call])])
        #expect(foreign.calls.isEmpty && foreign.text.contains("Another model began this turn (it called shell)"))
        // A step in which nothing was called did nothing.
        #expect(try await reply([.init(text: "hm")]).calls.count == 1)
        let empty = try await ReflexModel().respond(to: ModelRequest(turns: [])) { _ in }
        #expect(empty.calls.isEmpty && empty.stop == .end && !empty.text.isEmpty)
    }

    @Test("at most 32 parts and 32 files are done, and the rest is told")
    func limitsWork() async throws {
        let parts = try await converse(Array(repeating: "add 1 and 2", count: 40).joined(separator: "; "))
        #expect(parts.calls.count == 32)
        #expect(parts.answer.contains("at most 32 things") && parts.answer.contains("Not done: \"add 1 and 2\""))
        let files = try await converse("read " + Array(repeating: "a", count: 33).joined(separator: ", "))
        #expect(files.calls.isEmpty && files.answer.contains("at most 32 files"))
        let words = try await converse("write " + String(repeating: "a ", count: 3000) + "to b")
        #expect(words.calls.isEmpty && words.answer.contains("put a long text in quotes"))
        #expect(try await converse("write '" + String(repeating: "a ", count: 3000) + "' to b").calls.count == 1)
        #expect(try await converse("add 9223372036854775808 and 1").answer.contains("does not fit 64 bits"))
    }

    @Test("help tells only of tools that were given, and usage is counted")
    func helpsHonestly() async throws {
        let answer = try await converse("what can you do?", tools: ["add"]).answer
        #expect(answer.contains("add 2 and 40") && answer.contains("tell me what you did"))
        #expect(!answer.contains("read FILE") && !answer.contains("COMMAND LINE"))
        let envelope = Envelope(id: try EnvelopeID("e"), text: "say hi", sentAt: Instant(microseconds: 0))
        let request = ModelRequest(turns: [TranscriptTurn(id: TurnID(1), input: envelope)])
        let reply = try await ReflexModel().respond(to: request) { _ in }
        #expect(reply.text == "hi" && reply.usage.outputTokens == 1 && reply.usage.inputTokens > 0)
    }

    @Test("a cancelled task gets no answer")
    func isCancelled() async throws {
        let envelope = Envelope(id: try EnvelopeID("e"), text: "say hi", sentAt: Instant(microseconds: 0))
        let request = ModelRequest(turns: [TranscriptTurn(id: TurnID(1), input: envelope)])
        await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    _ = try await ReflexModel().respond(to: request) { _ in }
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            for await isThrown in group { #expect(isThrown) }
        }
    }

    @Test("each example in the rules is understood by its own rule's tool, and stands in the document")
    func documentsItsRules() async throws {
        let rows = ReflexModel.rulesTable.split(separator: "\n").dropFirst(2)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingSpaces }
            let exchange = try await converse(cells[0].replacing("FILE", with: "a.txt"))
            if cells[1].hasPrefix("`") {
                #expect("`\(exchange.calls.first?.first?.tool ?? "")`" == cells[1], "\(cells[0])")
            } else {
                #expect(exchange.calls.isEmpty && !exchange.answer.contains("did not understand"), "\(cells[0])")
            }
        }
        #expect(try documentText().contains(ReflexModel.rulesTable))
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
            "read my mind", "read a.txt thoroughly", "what is love", "add one and two", "add nan and inf",
            "don't read a.txt", "add 0x10 and 1",
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
            "say", "for", "its", "lines", "3-7", "99999999999999999999", "file", "number", "run", "report", "..", "»",
            "what's", "is", "+", "read", "\r\n", "\u{301}", "-1", "1e9", "help", "then,", "please",
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
        let long = [
            String(repeating: "word and then 'quote ", count: 10_000), String(repeating: "\"", count: 300_001),
            "please " + String(repeating: "remember and ", count: 30_000), String(repeating: "a", count: 1_000_000),
            String(repeating: "\n'", count: 300_000), "replace " + String(repeating: "with in ", count: 900),
            "read " + String(repeating: "\u{301}", count: 300_000), String(repeating: ", ", count: 300_000),
        ]
        for text in long { #expect(try await converse(text).steps <= 33) }
    }
}

/// The document that shows the rules, read without Foundation as the model is built without it.
private func documentText() throws -> String {
    let path = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/reflex.md"
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}

extension Substring {
    /// Without spaces at both ends.
    fileprivate var trimmingSpaces: String {
        let text = drop { $0 == " " }
        return String(text.prefix(upTo: text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.endIndex))
    }
}

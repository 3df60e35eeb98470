import AnimaCore
import AnimaTesting
import Foundation
import Synchronization
import Testing

/// The real program, real sockets, and models that fail in every way.
@Suite("anima run with a model over the network", .timeLimit(.minutes(5)))
struct ModelRunTests {
    // MARK: Answers

    @Test("streams an answer, sends what the task brings, and counts what it cost")
    func answers() async throws {
        let server = try await ScriptedServer.start { _ in Reply.text("It is a shelf.", cached: 40) }
        let program = try Program.asking(
            server,
            more: "[prices.\"openai/*\"]\ninput = 1.0\noutput = 10.0\ncached = 0.5"
        )
        let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x01]
        try Data(picture).write(to: URL(fileURLWithPath: program.directory + "/shelf.png"))
        try program.put(#"{"type":"object","properties":{"what":{"type":"string"}}}"#, at: "schema.json")
        let result = try await program.answer(
            "run",
            "clerk.toml",
            "what is this",
            "--image",
            "shelf.png",
            "--schema",
            "schema.json"
        )
        #expect(result.output == "It is a shelf.\n" && result.status == 0, "\(result.errors)")
        let request = try #require(server.requests.first)
        #expect(server.connections == 1)
        #expect(request.headers["authorization"] == "Bearer \(Program.key)")
        #expect(request.text.contains("data:image/png;base64," + Data(picture).base64EncodedString()))
        #expect(request.json?["response_format"]?["json_schema"]?["schema"]?["type"] == "object")
        // 60 tokens at 1 dollar a million, 40 cached ones at half of it, 10 at 10.
        let usage = try JSONValue(parsing: await program.answer("usage", "clerk", "--json").output)
        #expect(usage["inputTokens"] == 100 && usage["cachedTokens"] == 40 && usage["outputTokens"] == 10)
        #expect(usage["dollars"]?.numberValue == 0.00018)
        let table = try await program.answer("usage").output
        #expect(table.contains("40%") && table.contains("$0.0002"))
        await server.stop()
    }

    @Test("shows a model that sees the images that it reads, and tells another one of them")
    func showsImages() async throws {
        let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x01]
        let data = Data(picture).base64EncodedString()
        for sees in [true, false] {
            let server = try await ScriptedServer.start(scripts: [
                Reply.call("read_file", arguments: #"{"path":"shelf.png"}"#), Reply.text("It is a shelf."),
                Reply.text("Still a shelf."),
            ])
            let program = try Program.asking(server, more: "images = \(sees)")
            try Data(picture).write(to: URL(fileURLWithPath: program.directory + "/shelf.png"))
            #expect(try await program.answer("run", "clerk.toml", "look at shelf.png").status == 0)
            // It stays a part of the conversation, and of a copy of the life.
            #expect(try await program.answer("export", "clerk", "copy.life").status == 0)
            #expect(try await program.answer("import", "copy.life", "--as", "twin").status == 0)
            #expect(try await program.answer("run", "clerk.toml", "and now").output == "Still a shelf.\n")
            let requests = server.requests.map(\.text)
            #expect(requests.count == 3 && !requests[0].contains(data))
            #expect(requests.dropFirst().allSatisfy { $0.contains("data:image/png;base64," + data) == sees })
            #expect(requests.dropFirst().allSatisfy { $0.contains("an image that this model is not shown") != sees })
            await server.stop()
        }
    }

    @Test("reads on in an output that was too long to be shown")
    func readsOn() async throws {
        let server = try await ScriptedServer.start { exchange in
            let last = exchange.json?["messages"]?.arrayValue?.last?["content"]?.stringValue ?? ""
            if last.contains("middle") { return Reply.text("found it") }
            // It does what the result says.
            guard let hint = last.split(separator: "read on with read_output ").dropFirst().first,
                let end = hint.firstIndex(of: "}")
            else { return Reply.call("read_file", arguments: #"{"path":"a.txt"}"#) }
            return Reply.call("read_output", arguments: String(hint[...end]))
        }
        let program = try Program.asking(server, tools: ["files", "itself"])
        try program.put((1...9000).map { $0 == 5000 ? "middle" : "line \($0)" }.joined(separator: "\n"), at: "a.txt")
        let result = try await program.answer("run", "clerk.toml", "find it")
        #expect(result.output == "found it\n", "\(result.errors)")
        await server.stop()
    }

    @Test("gives secrets to tools, and neither to models nor to events")
    func keepsSecrets() async throws {
        // An address that gives back what it was sent, and one that sends on to it.
        let echo = try await ScriptedServer.start { exchange in
            exchange.path.hasPrefix("/away")
                ? ScriptedServer.answer(
                    status: 302,
                    headers: ["location": "http://127.0.0.1:\(exchange.path.dropFirst(6))/x"]
                )
                : ScriptedServer.answer(body: "you sent \(exchange.headers["authorization"] ?? "nothing")")
        }
        let other = try await ScriptedServer.start { exchange in
            ScriptedServer.answer(body: "you sent \(exchange.headers["authorization"] ?? "nothing")")
        }
        let token = "ghp-Zx81kLmN0pQrStUv"
        let get = { (url: String) in Reply.call("http_request", arguments: #"{"url":"\#(url)"}"#) }
        let server = try await ScriptedServer.start(scripts: [
            get(echo.baseURL + "/me"), get(other.baseURL + "/me"), get(echo.baseURL + "/away/\(other.port)"),
            get(other.baseURL + "/away/\(echo.port)"),
            Reply.call("shell", arguments: #"{"command":"echo \"$GH_TOKEN\"; printenv GH_TOKEN | base64"}"#),
            Reply.text("done"),
        ])
        let program = try Program.asking(
            server,
            tools: ["http", "shell"],
            keys: """
                tools.environment = ["GH_TOKEN=${secret:GH_TOKEN}"]
                tools.headers = ["\(echo.baseURL) Authorization: Bearer ${secret:GH_TOKEN}"]
                tools.hosts = ["127.0.0.1"]
                sandbox.mode = "none"
                """,
            mayReachOut: true
        )
        #expect(try await program.answer("keys", "set", "GH_TOKEN", input: token).status == 0)
        let result = try await program.answer("run", "clerk.toml", "who am I")
        #expect(result.output == "done\n", "\(result.errors)")
        #expect(echo.requests.map { $0.headers["authorization"] } == ["Bearer \(token)", "Bearer \(token)"])
        #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
        let seen = server.requests.map(\.text).joined() + (try program.events().map(\.text).joined())
        #expect(seen.contains("you sent Bearer") && seen.contains("you sent nothing"))
        #expect(!seen.contains(token) && !seen.contains(Data((token + "\n").utf8).base64EncodedString()))
        await server.stop()
        await echo.stop()
        await other.stop()
    }

    @Test("answers a broken call with what was wrong, and goes on")
    func answersBrokenCalls() async throws {
        let server = try await ScriptedServer.start(scripts: [
            Reply.call("read_file", arguments: "{\"path\": \"a.txt\""),
            Reply.call("read_file", arguments: #"{"path":"a.txt"}"#),
            Reply.text("It says hello."),
        ])
        let program = try Program.asking(server)
        try program.put("hello\n", at: "a.txt")
        let result = try await program.answer("run", "clerk.toml", "what does a.txt say")
        #expect(result.output == "It says hello.\n")
        let second = try #require(server.requests.dropFirst().first?.json?["messages"]?.arrayValue?.last)
        #expect(second["role"] == "tool" && second["content"]?.stringValue?.contains("JSON") == true)
        let third = try #require(server.requests.last?.json?["messages"]?.arrayValue?.last)
        #expect(third["content"]?.stringValue?.contains("hello") == true)
        await server.stop()
    }

    @Test("asks its owner, who answers hours later")
    func asksItsOwner() async throws {
        let server = try await ScriptedServer.start(scripts: [
            Reply.call("ask_owner", arguments: #"{"question":"Which colour?"}"#), Reply.text("Blue it is."),
        ])
        let program = try Program.asking(server, tools: ["itself"])
        let asked = try await program.answer("run", "clerk.toml", "paint it")
        #expect(asked.status == 4 && asked.errors.contains("Which colour?"))
        let answered = try await program.answer("approve", "clerk.toml", "t1.1.1", "--because", "blue")
        #expect(answered.output == "Blue it is.\n", "\(answered.errors)")
        let told = try #require(server.requests.last?.json?["messages"]?.arrayValue?.last)
        #expect(told["role"] == "tool" && told["content"] == "blue")
        await server.stop()
    }

    @Test("tells what is left, and stops a model that repeats itself")
    func knowsItsBudget() async throws {
        let server = try await ScriptedServer.start { exchange in
            exchange.number <= 4 ? Reply.call("think", arguments: #"{"thought":"hm"}"#) : Reply.text("I give up.")
        }
        let program = try Program.asking(server, tools: ["itself"])
        #expect(try await program.answer("run", "clerk.toml", "think hard").output == "I give up.\n")
        let results = try program.events().filter { $0["kind"] == "tool.finished" }.compactMap { $0["result"] }
        #expect(results.map { $0["outcome"]?.stringValue } == ["succeeded", "succeeded", "succeeded", "invalid"])
        #expect(results[2]["repetitions"] == 3)
        let told = try #require(server.requests.dropFirst(3).first?.json?["messages"]?.arrayValue?.last)
        #expect(told["content"]?.stringValue?.contains("do something else") == true)
        await server.stop()
    }

    // MARK: Failures

    @Test("tries again after failures that pass, and waits as long as the events say")
    func triesAgain() async throws {
        let server = try await ScriptedServer.start(scripts: [
            ScriptedServer.answer(status: 503), ScriptedServer.answer(status: 429, headers: ["retry-after": "1"]),
            [.head(200), .text("data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n"), .reset],
            ScriptedServer.answer(body: "<html><title>Sign in</title></html>"), Reply.text("Here I am."),
        ])
        let program = try Program.asking(server, more: "[retry]\nattempts = 6\nbase_seconds = 0.001")
        let result = try await program.answer("run", "clerk.toml", "hello")
        #expect(result.output == "Here I am.\n" && result.status == 0, "\(result.errors)")
        let events = try program.events()
        let failures = events.filter { $0["kind"] == "model.failed" }
        #expect(
            failures.compactMap { $0["error"]?["code"]?.stringValue } == [
                "unavailable", "rateLimited", "unavailable", "invalidReply",
            ]
        )
        #expect(failures.allSatisfy { $0["next"]?["kind"] == "retry" })
        func milliseconds(_ event: JSONValue) throws -> Int {
            let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return Int((try format.parse(event["at"]?.stringValue ?? "").timeIntervalSince1970 * 1000).rounded())
        }
        for (failure, following) in zip(
            failures,
            failures.dropFirst() + events.filter { $0["kind"] == "model.replied" }
        ) {
            let moment = try #require(failure["next"]?["at"]?.intValue) / 1000
            #expect(try milliseconds(following) >= moment)
        }
        #expect(result.errors.contains("Sign in"))
        await server.stop()
    }

    @Test("goes on with the next model when a key is wrong, and shows the key nowhere")
    func fallsBack() async throws {
        let first = try await ScriptedServer.start { _ in
            ScriptedServer.answer(status: 401, json: ["error": ["message": .string("the key \(Program.key) is wrong")]])
        }
        let second = try await ScriptedServer.start { _ in Reply.text("The other one.") }
        let program = try Program.asking(
            first,
            more: """
                fallback = ["other"]
                [models.other]
                provider = "openai"
                name = "second"
                base_url = "\(second.baseURL)/v1"
                api_key = "${OTHER_KEY}"
                """
        )
        let kept = try await program.answer("keys", "set", "OTHER_KEY", input: "sk-the-other-key\n")
        #expect(kept.status == 0, "\(kept.errors)")
        let result = try await program.answer("run", "clerk.toml", "hello", "--verbose")
        #expect(result.output == "The other one.\n" && result.errors.contains("going on with openai/second"))
        #expect(second.requests.first?.headers["authorization"] == "Bearer sk-the-other-key")
        #expect(first.requests.count == 1)
        // Neither what is shown nor what is kept has a key in it.
        var texts = [result.output, result.errors, try await program.answer("log", "clerk", "--json").output]
        texts.append(try await program.answer("config", "show", "clerk.toml").output)
        texts.append(try await program.answer("keys", "list", "--json").output)
        texts.append(try await program.answer("doctor").output)
        for file in ["life.sqlite", "life.sqlite-wal"] {
            let path = "\(program.home)/agents/clerk/\(file)"
            if let data = FileManager.default.contents(atPath: path) {
                texts.append(String(decoding: data, as: UTF8.self))
            }
        }
        for text in texts { #expect(!text.contains(Program.key) && !text.contains("sk-the-other-key")) }
        await first.stop()
        await second.stop()
    }

    @Test("keeps the task when nobody answers; resuming does what is left and nothing twice")
    func parks() async throws {
        let isUp = Mutex(true)
        let server = try await ScriptedServer.start { exchange in
            guard isUp.withLock({ $0 }) else { return ScriptedServer.answer(status: 503, body: "down for a while") }
            if exchange.number == 1 {
                return Reply.call("write_file", arguments: #"{"path":"n.txt","content":"x","append":true}"#)
            }
            return Reply.text("Written.")
        }
        let program = try Program.asking(server, more: "[retry]\nattempts = 2\nbase_seconds = 0.001")
        isUp.withLock { $0 = true }
        let first = Task { try await program.answer("run", "clerk.toml", "write it down") }
        // The cable is pulled after the first reply.
        #expect(await server.receives(1))
        isUp.withLock { $0 = false }
        let parked = try await first.value
        #expect(parked.status == 4 && parked.errors.contains("the task is kept"), "\(parked.errors)")
        #expect(parked.output == "")
        let still = try await program.answer("resume", "clerk.toml")
        #expect(still.status == 4)
        #expect(try await program.answer("list").output.contains("1 open"))
        isUp.withLock { $0 = true }
        let resumed = try await program.answer("resume", "clerk.toml")
        #expect(resumed.output == "Written.\n" && resumed.status == 0, "\(resumed.errors)")
        #expect(try program.text("n.txt") == "x")
        let events = try program.events()
        #expect(events.filter { $0["kind"] == "turn.ended" }.count == 1)
        #expect(events.filter { $0["next"]?["kind"] == "park" }.count == 2)
        await server.stop()
    }

    @Test("a new task is taken while an old one is parked")
    func takesTasksBesideParkedOnes() async throws {
        let isUp = Mutex(false)
        let server = try await ScriptedServer.start { _ in
            isUp.withLock { $0 } ? Reply.text("Done.") : ScriptedServer.answer(status: 503)
        }
        let program = try Program.asking(server, more: "[retry]\nattempts = 1")
        #expect(try await program.answer("run", "clerk.toml", "one").status == 4)
        #expect(try await program.answer("run", "clerk.toml", "two").status == 4)
        isUp.withLock { $0 = true }
        #expect(try await program.answer("resume", "clerk.toml").output == "Done.\nDone.\n")
        await server.stop()
    }

    @Test("fails clearly when that is wanted")
    func failsClearly() async throws {
        let program = try Program(
            """
            [agent]
            name = "clerk"
            [model]
            provider = "openai"
            name = "tiny"
            base_url = "http://127.0.0.1:1/v1"
            [retry]
            attempts = 2
            base_seconds = 0.001
            unavailable = "fail"
            """
        )
        let result = try await program.answer("run", "clerk.toml", "hello")
        #expect(result.status == 1 && result.errors.contains("can't connect to 127.0.0.1:1"), "\(result.errors)")
    }

    @Test("survives a cable that is pulled while the model speaks")
    func survivesACutCable() async throws {
        let server = try await ScriptedServer.start { _ in Reply.text(String(repeating: "word ", count: 400)) }
        let proxy = try await ScriptedProxy.start(
            hosts: ["model.test": server.port],
            rule: .cut(afterBytes: 3000, .reset)
        )
        let program = try Program.asking(
            server,
            address: "http://model.test/v1",
            more: "[retry]\nattempts = 2\nbase_seconds = 0.001",
            environment: ["HTTP_PROXY": proxy.url],
            key: nil
        )
        let cut = try await program.answer("run", "clerk.toml", "hello")
        #expect(cut.status == 4 && cut.output == "", "\(cut.errors)")
        let said = "\(proxy.requests) \(try program.events().map(\.text))"
        #expect(proxy.requests.count == 2, "\(said)")
        proxy.follow(.forward)
        let resumed = try await program.answer("resume", "clerk.toml")
        #expect(resumed.output == String(repeating: "word ", count: 400) + "\n", "\(resumed.errors)")
        #expect(try program.events().filter { $0["kind"] == "turn.ended" }.count == 1)
        await proxy.stop()
        await server.stop()
    }

    @Test("a process killed while the model speaks asks again, and answers once")
    func survivesKilling() async throws {
        let isHanging = Mutex(true)
        let server = try await ScriptedServer.start { _ in
            guard isHanging.withLock({ $0 }) else { return Reply.text("Whole.") }
            return ScriptedServer.events([#"{"choices":[{"delta":{"content":"half of"}}]}"#]) + [.hang]
        }
        let program = try Program.asking(server)
        let running = try program.start(["run", "clerk.toml", "hello"])
        #expect(await server.receives(1))
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.finish()
        isHanging.withLock { $0 = false }
        let resumed = try await program.answer("resume", "clerk.toml")
        #expect(resumed.output == "Whole.\n" && resumed.status == 0)
        await server.stop()
    }

    // MARK: Budgets

    @Test(
        "stops at a budget before the call that would break it",
        arguments: [
            ("turn_tokens = 150", "limits.turn_tokens"), ("day_tokens = 150", "limits.day_tokens"),
            ("life_dollars = 0.0003", "limits.life_dollars"), ("turn_dollars = 0.0003", "limits.turn_dollars"),
        ]
    )
    func keepsBudgets(limit: String, key: String) async throws {
        let server = try await ScriptedServer.start { exchange in
            exchange.number == 1 ? Reply.call("now", arguments: "{}") : Reply.text("Late.")
        }
        let program = try Program.asking(
            server,
            tools: ["now"],
            more: "[prices.\"openai/*\"]\ninput = 1.0\noutput = 10.0\n[limits]\n\(limit)"
        )
        let result = try await program.answer("run", "clerk.toml", "hello")
        #expect(result.status == 3 && result.errors.contains(key), "\(result.errors)")
        #expect(server.requests.count <= 1)
        #expect(server.connections == server.requests.count)
        await server.stop()
    }

    // MARK: Cassettes

    @Test("plays a recording back, without a server or a key")
    func playsBack() async throws {
        let server = try await ScriptedServer.start(scripts: [
            ScriptedServer.answer(status: 503), Reply.call("add", arguments: #"{"numbers":[2,40]}"#),
            Reply.text("It is 42."),
        ])
        let program = try Program.asking(server, tools: ["add"], more: "[retry]\nbase_seconds = 0.001")
        let recorded = try await program.answer("run", "clerk.toml", "add 2 and 40", "--record", "lunch.jsonl")
        #expect(recorded.output == "It is 42.\n", "\(recorded.errors)")
        await server.stop()
        #expect(!(try program.text("lunch.jsonl").contains(Program.key)))
        let text = try program.text("clerk.toml").replacing("\"clerk\"", with: "\"parrot\"")
        try program.put(text, at: "parrot.toml")
        let played = try await program.answer(
            "run",
            "parrot.toml",
            "add 2 and 40",
            "--model",
            "cassette/lunch.jsonl"
        )
        #expect(played.output == "It is 42.\n", "\(played.errors)")
        let again = try await program.answer("run", "clerk.toml", "hello", "--record", "lunch.jsonl")
        #expect(again.status == 2 && again.errors.contains("lunch.jsonl"))
    }

    // MARK: What can be reached

    @Test("lists the models of a server with windows and prices, and says what can't be asked")
    func lists() async throws {
        let server = try await ScriptedServer.start { exchange in
            #expect(exchange.method == "GET" && exchange.path == "/v1/models")
            let models: JSONValue = ["data": [["id": "tiny", "max_model_len": 4096], ["id": "large"]]]
            return ScriptedServer.answer(json: models)
        }
        let program = try Program(
            "[agent]\nname = \"clerk\"",
            environment: ["OPENAI_BASE_URL": server.baseURL + "/v1", "OLLAMA_HOST": "127.0.0.1:1"]
        )
        try FileManager.default.createDirectory(atPath: program.home, withIntermediateDirectories: true)
        try program.put("[prices.\"openai/tiny\"]\ninput = 0.5\noutput = 2.0", at: "../home/config.toml")
        let rows = try await program.answer("models", "--json").output.split(separator: "\n")
            .map { try JSONValue(parsing: String($0)) }
        let tiny = try #require(rows.last { $0["name"] == "openai/tiny" })
        #expect(tiny["contextTokens"] == 4096 && tiny["price"]?["output"]?.numberValue == 2)
        #expect(rows.contains { $0["name"] == "openai/large" && $0["price"] == .null })
        #expect(rows.contains { $0["provider"] == "ollama" && $0["error"] != nil })
        let text = try await program.answer("models").output
        #expect(text.contains("in use") && text.contains("$0.5 in, $2 out") && text.contains("can't be asked"))
        await server.stop()
    }
}

import AnimaCore
import Foundation
import Testing

/// The real program and real llama.cpp servers with a tiny model, which `make test-models` starts.
@Suite(
    "A real llama.cpp server",
    .enabled(if: RealServer.chat != nil, "no server is given; run: make test-models"),
    .timeLimit(.minutes(5))
)
struct RealServerTests {
    private static let sentence = "Hello from a tiny local model."

    private func program(_ more: String = "", style: String = "chat") throws -> Program {
        try Program(
            """
            [agent]
            name = "clerk"
            [model]
            provider = "openai"
            name = "tiny"
            base_url = "\(try #require(RealServer.chat))/v1"
            style = "\(style)"
            temperature = 0
            max_tokens = 64
            \(more)
            """
        )
    }

    @Test("answers a chat, streamed or whole, in all its interfaces", arguments: ["chat", "responses", "anthropic"])
    func chats(interface: String) throws {
        for streams in [true, false] {
            let program = try Program()
            let address = try #require(RealServer.chat)
            try program.put(
                """
                [models.tiny]
                provider = "\(interface == "anthropic" ? "anthropic" : "openai")"
                name = "tiny"
                base_url = "\(interface == "anthropic" ? address : address + "/v1")"
                style = "\(interface == "responses" ? "responses" : "chat")"
                temperature = 0
                stream = \(streams)
                """,
                at: "models.toml"
            )
            try FileManager.default.createDirectory(
                atPath: program.home,
                withIntermediateDirectories: true
            )
            try program.put(program.text("models.toml"), at: "../home/config.toml")
            let result = try program.run("models", "try", "tiny", "hello", "--json")
            let answer = try JSONValue(parsing: result.output)
            #expect(
                answer["text"]?.stringValue?.trimmingCharacters(in: .whitespaces) == Self.sentence,
                "\(result.errors)"
            )
            #expect(answer["stop"] == "end")
            #expect(try #require(answer["inputTokens"]?.intValue) > 0)
            #expect(answer["outputTokens"]?.intValue == 8)
        }
    }

    @Test("several agents think with it side by side: one looks who is there, another one is spoken to by its name")
    func thinksForATeam() throws {
        let program = try program(
            """
            [tools]
            use = ["list_agents"]
            [gate]
            allow = ["list_agents"]
            [peers]
            allow = ["writer"]
            """
        )
        let writer = try program.text("clerk.toml").replacing("\"clerk\"", with: "\"writer\"")
            .replacing("[\"list_agents\"]", with: "[]").replacing("[\"writer\"]", with: "[\"clerk\"]")
        try program.put(writer, at: "writer.toml")
        let result = try program.run("ask", "clerk.toml", "who is there\n@writer hello")
        let answers = result.output.split(separator: "\n").map { $0.filter { $0 != " " } }
        let sentence = Self.sentence.filter { $0 != " " }
        #expect(answers == ["@clerk:\(sentence)", "@writer:\(sentence)"], "\(result.errors)")
        let results = try program.events("clerk").filter { $0["kind"] == "tool.finished" }
        #expect(results.contains { $0["result"]?["content"]?.stringValue?.hasPrefix("writer (") == true })
    }

    @Test("goes through a whole loop with a real tool", arguments: ["chat", "responses"])
    func usesTools(style: String) throws {
        let program = try program(
            """
            [tools]
            use = ["now"]
            [gate]
            allow = ["now"]
            """,
            style: style
        )
        let result = try program.run("run", "clerk.toml", "what time is it")
        #expect(result.output.trimmingCharacters(in: .whitespacesAndNewlines) == Self.sentence, "\(result.errors)")
        // After the turn the model is asked what to keep of it, and answers only what it was made to answer.
        let kinds = try program.events().compactMap { $0["kind"]?.stringValue }
        #expect(kinds.suffix(5) == ["model.replied", "tool.finished", "model.replied", "turn.ended", "memory.learned"])
        let finished = try #require(try program.events().first { $0["kind"] == "tool.finished" })
        #expect(finished["tool"] == "now" && finished["result"]?["outcome"] == "succeeded")
        // Its past is a part of the next request.
        let again = try program.run("run", "clerk.toml", "and now")
        #expect(again.status == 0, "\(again.errors)")
        let usage = try JSONValue(parsing: program.run("usage", "clerk", "--json").output)
        #expect(usage["model"] == "openai/tiny" && usage["calls"] == 6)
    }

    @Test("works with files through the text protocol for models without tools")
    func speaksOfToolsInText() throws {
        let program = try program("tools = \"text\"\n[tools]\nuse = [\"files\"]\n[gate]\nallow = [\"files\"]")
        let result = try program.run("run", "clerk.toml", "hello")
        #expect(result.output.trimmingCharacters(in: .whitespacesAndNewlines) == Self.sentence, "\(result.errors)")
    }

    @Test("follows a JSON schema")
    func followsASchema() throws {
        let program = try program()
        try program.put(
            #"{"type":"object","properties":{"open":{"type":"boolean"}},"required":["open"],"additionalProperties":false}"#,
            at: "schema.json"
        )
        let result = try program.run("run", "clerk.toml", "is it open", "--schema", "schema.json")
        let answer = try JSONValue(parsing: result.output)
        #expect(answer["open"]?.boolValue != nil, "\(result.output)")
    }

    @Test("a task that is too long fails clearly after one shorter try, and the next one is not held up by it")
    func recoversFromOverflow() throws {
        let program = try program()
        let long = String(repeating: "word ", count: 20_000)
        let result = try program.run("run", "clerk.toml", "-", input: long)
        #expect(result.status == 1 && result.errors.contains("32768"), "\(result.errors)")
        let failures = try program.events().filter { $0["kind"] == "model.failed" }
        #expect(failures.compactMap { $0["next"]?["kind"]?.stringValue } == ["compact", "giveUp"])
        #expect(failures.allSatisfy { $0["error"]?["code"] == "contextOverflow" })
        // The long task is in the conversation's past now; it is left out once the server has said how much fits.
        let next = try program.run("run", "clerk.toml", "hello")
        #expect(next.output.trimmingCharacters(in: .whitespacesAndNewlines) == Self.sentence, "\(next.errors)")
    }

    @Test("turns texts into vectors")
    func embeds() throws {
        let program = try Program(environment: ["OPENAI_BASE_URL": try #require(RealServer.embeddings) + "/v1"])
        let result = try program.run("models", "embed", "openai/tiny", "one text", "another", "--json")
        let rows = try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(rows.compactMap { $0["vector"]?.arrayValue?.count } == [512, 512], "\(result.errors)")
        #expect(rows.first?["vector"] != rows.last?["vector"])
    }

    @Test("is found by its address alone")
    func isFound() throws {
        let program = try Program(
            "[agent]\nname = \"clerk\"",
            environment: ["OPENAI_BASE_URL": try #require(RealServer.chat) + "/v1"]
        )
        let result = try program.run("run", "clerk.toml", "hello")
        #expect(result.output.trimmingCharacters(in: .whitespacesAndNewlines) == Self.sentence)
        #expect(result.errors.contains("no model is configured: using openai/"))
        #expect(try program.run("models").output.contains("in use"))
    }
}

/// The servers that the tests may use.
private enum RealServer {
    static let chat = ProcessInfo.processInfo.environment["ANIMA_TEST_CHAT"]
    static let embeddings = ProcessInfo.processInfo.environment["ANIMA_TEST_EMBEDDINGS"]
}

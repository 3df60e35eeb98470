import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaModels

@Suite("Models behind HTTP")
struct HTTPModelTests {
    private static let chat = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n"

    private static func ask(
        _ description: ModelDescription,
        _ transport: ScriptedTransport,
        _ text: String = "Hi"
    ) async throws -> ModelReply {
        try await description.httpModel(transport: transport, clock: ManualClock())
            .respond(to: ModelRequest(turns: [try Conversations.turn(1, text, end: nil)])) { _ in }
    }

    @Test(
        "ask the usual address with the key where the provider wants it",
        arguments: [
            (.openai, "https://api.openai.com/v1/chat/completions", "authorization", "Bearer key-of-mine"),
            (.anthropic, "https://api.anthropic.com/v1/messages", "x-api-key", "key-of-mine"),
            (.ollama, "http://127.0.0.1:11434/api/chat", "authorization", "Bearer key-of-mine"),
        ] as [(ModelDescription.Provider, String, String, String)]
    )
    func sendKeys(_ provider: ModelDescription.Provider, _ url: String, _ field: String, _ value: String) async throws {
        var description = ModelDescription(provider: provider, name: "m")
        description.key = Secret("key-of-mine")
        let transport = ScriptedTransport(.init(500, ""))
        _ = try? await Self.ask(description, transport)
        let call = try #require(transport.calls.first)
        #expect(call.method == "POST")
        #expect(call.url == url)
        #expect(call.headers.filter { $0.value.contains("key-of-mine") }.map(\.name) == [field])
        #expect(call.headers.first { $0.name == field }?.value == value)
        #expect(call.headers.contains { $0.name == "content-type" && $0.value == "application/json" })
        #expect(call.headers.contains { $0.name == "anthropic-version" } == (provider == .anthropic))
        #expect(try JSONValue(parsing: call.body)["model"] == "m")
    }

    @Test(
        "ask a configured address, however it was written",
        arguments: [
            (.openai, "http://host:8000/v1/", "http://host:8000/v1/chat/completions"),
            (.anthropic, "https://proxy/v1", "https://proxy/v1/messages"),
            (.ollama, "http://host:11434/api/", "http://host:11434/api/chat"),
        ] as [(ModelDescription.Provider, String, String)]
    )
    func useAddresses(_ provider: ModelDescription.Provider, _ base: String, _ url: String) async throws {
        var description = ModelDescription(provider: provider, name: "m")
        description.baseURL = base
        let transport = ScriptedTransport(.init(500, ""))
        _ = try? await Self.ask(description, transport)
        #expect(transport.calls.map(\.url) == [url])
    }

    @Test("limit replies in the word that the server knows")
    func nameTheLimit() async throws {
        for (base, field) in [(nil, "max_completion_tokens"), ("http://host/v1", "max_tokens")] as [(String?, String)] {
            var description = ModelDescription(provider: .openai, name: "m")
            description.baseURL = base
            let transport = ScriptedTransport(.init(200, Self.chat))
            var request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
            request.maxOutputTokens = 9
            _ = try await description.httpModel(transport: transport, clock: ManualClock())
                .respond(to: request) { _ in }
            let call = try #require(transport.calls.first)
            #expect(try JSONValue(parsing: call.body)[field] == 9)
        }
    }

    @Test("estimate what a call cost when the provider does not say, and tell the owner")
    func estimateUsage() async throws {
        let description = ModelDescription(provider: .openai, name: "m")
        let reply = try await Self.ask(description, ScriptedTransport(.init(200, Self.chat)))
        #expect(reply.usage.inputTokens > 0)
        #expect(reply.usage.outputTokens > 0)
        #expect(reply.notices == ["openai/m did not say what the call cost; its tokens are estimated"])
    }

    @Test("tell the owner that Ollama cut a prompt")
    func tellOfCuts() async throws {
        let body = "{\"message\":{\"content\":\"Hi\"},\"done\":true,\"prompt_eval_count\":8192,\"eval_count\":1}\n"
        let text = String(repeating: "word ", count: 40_000)
        let description = ModelDescription(provider: .ollama, name: "m")
        let reply = try await Self.ask(description, ScriptedTransport(.init(200, body)), text)
        #expect(reply.notices.count == 1)
        #expect(reply.notices.first?.contains("ollama/m read only 8192 tokens") == true)
    }

    @Test("say where a server sends on to, and don't follow")
    func refuseRedirections() async throws {
        let answer = ScriptedTransport.Answer(308, "", headers: [("location", "https://other/v1")])
        let error = await #expect(throws: ModelError.self) {
            try await Self.ask(ModelDescription(provider: .openai, name: "m"), ScriptedTransport(answer))
        }
        #expect(error?.message.contains("https://other/v1") == true)
        #expect(error?.isTransient == false)
    }

    @Test(
        "wait as long as the provider says",
        arguments: [
            ([("retry-after", "2")], 2), ([("retry-after", "0.5")], 0.5), ([("retry-after-ms", "250")], 0.25),
            ([("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")], 10), ([("retry-after", "soon")], nil),
            ([("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m6.5s")], 66.5),
            ([("x-ratelimit-remaining-requests", "3"), ("x-ratelimit-reset-requests", "1m")], nil),
            (
                [
                    ("anthropic-ratelimit-tokens-remaining", "0"),
                    ("anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:25Z"),
                ], 5
            ),
            ([], nil),
        ] as [([(String, String)], Double?)]
    )
    func findWaits(_ headers: [(String, String)], _ seconds: Double?) {
        let head = HTTPHead(status: 429, headers: headers.map { (name: $0.0, value: $0.1) })
        let now = Instant(microseconds: 1_700_000_000_000_000)
        #expect(RetryHints.wait(head, now: now) == seconds.map { .seconds($0) })
    }
}

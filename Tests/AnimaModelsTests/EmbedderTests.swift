import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaModels

@Suite("Embedders")
struct EmbedderTests {
    private static func embedder(_ transport: ScriptedTransport, ollama isOllama: Bool = false) -> HTTPEmbedder {
        let description = ModelDescription(provider: isOllama ? .ollama : .openai, name: "m")
        return HTTPEmbedder(
            name: description.name,
            model: "m",
            isOllama: isOllama,
            endpoint: description.endpoint,
            transport: transport,
            clock: ManualClock()
        )
    }

    @Test("put OpenAI's vectors into the order of the texts")
    func readOpenAI() async throws {
        let transport = ScriptedTransport(
            .init(
                200,
                """
                {"object":"list","data":[{"object":"embedding","index":1,"embedding":[0,1]},
                {"object":"embedding","index":0,"embedding":[0.5,-2]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}
                """
            )
        )
        let found = try await Self.embedder(transport).embed(["a", "b"])
        #expect(found == Embeddings(vectors: [[0.5, -2], [0, 1]], usage: Usage(inputTokens: 8)))
        let call = try #require(transport.calls.first)
        #expect(call.url == "https://api.openai.com/v1/embeddings")
        #expect(try JSONValue(parsing: call.body) == ["model": "m", "input": ["a", "b"]])
    }

    @Test("read Ollama's vectors")
    func readOllama() async throws {
        let transport = ScriptedTransport(
            .init(200, "{\"model\":\"m\",\"embeddings\":[[1,2.5]],", "\"prompt_eval_count\":4}")
        )
        let found = try await Self.embedder(transport, ollama: true).embed(["é"])
        #expect(found == Embeddings(vectors: [[1, 2.5]], usage: Usage(inputTokens: 4)))
        #expect(transport.calls.first?.url == "http://127.0.0.1:11434/api/embed")
    }

    @Test("ask for many texts in several requests, and for none not at all")
    func splitBatches() async throws {
        func answer(_ count: Int) -> ScriptedTransport.Answer {
            let vectors = Array(repeating: "[1]", count: count).joined(separator: ",")
            return .init(200, "{\"embeddings\":[\(vectors)],\"prompt_eval_count\":\(count)}")
        }
        let transport = ScriptedTransport(answer(64), answer(6))
        let found = try await Self.embedder(transport, ollama: true).embed(Array(repeating: "x", count: 70))
        #expect(found.vectors.count == 70)
        #expect(found.usage.inputTokens == 70)
        #expect(transport.calls.count == 2)
        #expect(try await Self.embedder(transport).embed([]) == Embeddings(vectors: []))
        #expect(transport.calls.count == 2)
    }

    @Test(
        "refuse answers that don't fit the texts",
        arguments: [
            ("{\"data\":[{\"embedding\":[1]}]}", "2 texts were sent and 1 vectors came back"),
            ("{\"data\":[{\"embedding\":[1]},{\"embedding\":[1,2]}]}", "different lengths"),
            ("{\"data\":[{\"embedding\":[]},{\"embedding\":[]}]}", "empty"),
            ("{\"data\":[{\"embedding\":[\"x\"]},{\"embedding\":[1]}]}", "a vector holds a string"),
            ("{}", "0 vectors"), ("<html>", "not JSON"),
        ]
    )
    func refuseMisfits(_ body: String, _ says: String) async {
        let embedder = Self.embedder(ScriptedTransport(.init(200, body)))
        let error = await #expect(throws: ModelError.self) { try await embedder.embed(["a", "b"]) }
        #expect(error?.code == .invalidReply)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test("report the provider's errors")
    func reportErrors() async {
        let answer = ScriptedTransport.Answer(404, "{\"error\":\"model 'm' not found\"}")
        let error = await #expect(throws: ModelError.self) {
            try await Self.embedder(ScriptedTransport(answer), ollama: true).embed(["a"])
        }
        #expect(error?.code == .modelNotFound)
        let nobody = await #expect(throws: ModelError.self) {
            try await Self.embedder(ScriptedTransport()).embed(["a"])
        }
        #expect(nobody?.code == .unavailable)
    }
}

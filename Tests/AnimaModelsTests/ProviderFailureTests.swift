import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaModels

@Suite("Failures of providers")
struct ProviderFailureTests {
    /// An answer with an error, and what it means.
    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let body: String
        let code: ModelError.Code

        init(_ name: String, _ status: Int, _ body: String, _ code: ModelError.Code) {
            testDescription = name
            self.status = status
            self.body = body
            self.code = code
        }
    }

    private static let openAI: [Failure] = [
        Failure(
            "OpenAI: wrong key",
            401,
            #"{"error":{"message":"Incorrect API key provided: sk-...","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            .unauthorized
        ),
        Failure(
            "OpenAI: too fast",
            429,
            #"{"error":{"message":"Rate limit reached for m in organization o on tokens per min (TPM): Limit 30000, Used 29000.","type":"tokens","code":"rate_limit_exceeded"}}"#,
            .rateLimited
        ),
        Failure(
            "OpenAI: no credit",
            429,
            #"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            .quotaExceeded
        ),
        Failure(
            "OpenAI: too long",
            400,
            #"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            .contextOverflow
        ),
        Failure(
            "OpenAI: no such model",
            404,
            #"{"error":{"message":"The model `x` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#,
            .modelNotFound
        ),
        Failure(
            "OpenAI: wrong field",
            400,
            #"{"error":{"message":"Unsupported parameter: 'max_tokens'","type":"invalid_request_error","code":"unsupported_parameter"}}"#,
            .invalidRequest
        ),
        Failure(
            "OpenAI: broken",
            500,
            #"{"error":{"message":"The server had an error","type":"server_error"}}"#,
            .unavailable
        ),
    ]

    private static let anthropic: [Failure] = [
        Failure(
            "Anthropic: wrong key",
            401,
            #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            .unauthorized
        ),
        Failure(
            "Anthropic: no rights",
            403,
            #"{"type":"error","error":{"type":"permission_error","message":"Your API key may not use this"}}"#,
            .unauthorized
        ),
        Failure(
            "Anthropic: no such model",
            404,
            #"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#,
            .modelNotFound
        ),
        Failure(
            "Anthropic: too fast",
            429,
            #"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 40,000 input tokens per minute"}}"#,
            .rateLimited
        ),
        Failure(
            "Anthropic: no credit",
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#,
            .quotaExceeded
        ),
        Failure(
            "Anthropic: prompt too long",
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
            .contextOverflow
        ),
        Failure(
            "Anthropic: prompt and reply too long",
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 195000 + 8192 > 200000"}}"#,
            .contextOverflow
        ),
        Failure(
            "Anthropic: too many bytes",
            413,
            #"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            .contextOverflow
        ),
        Failure(
            "Anthropic: overloaded",
            529,
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            .unavailable
        ),
        Failure(
            "Anthropic: broken",
            500,
            #"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
            .unavailable
        ),
    ]

    private static let others: [Failure] = [
        Failure("Ollama: no such model", 404, #"{"error":"model 'x' not found"}"#, .modelNotFound),
        Failure("Ollama: no tools", 400, #"{"error":"registry/x does not support tools"}"#, .invalidRequest),
        Failure("Ollama: broken", 500, #"{"error":"llama runner process has terminated"}"#, .unavailable),
        Failure(
            "Google: wrong key",
            400,
            #"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
            .unauthorized
        ),
        Failure(
            "Google: too fast",
            429,
            #"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 34s.","status":"RESOURCE_EXHAUSTED"}}]"#,
            .rateLimited
        ),
        Failure(
            "Google: too long",
            400,
            #"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#,
            .contextOverflow
        ),
        Failure(
            "llama.cpp: too long",
            400,
            #"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_ctx":4096}}"#,
            .contextOverflow
        ),
        Failure(
            "llama.cpp: loading",
            503,
            #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            .unavailable
        ),
        Failure(
            "vLLM: no such model",
            404,
            #"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#,
            .modelNotFound
        ),
        Failure("FastAPI: wrong field", 422, #"{"detail":[{"loc":["body","x"],"msg":"no"}]}"#, .invalidRequest),
        Failure(
            "OpenRouter: no credit",
            402,
            #"{"error":{"code":402,"message":"This request requires more credits"}}"#,
            .quotaExceeded
        ),
        Failure(
            "a refused field with a word of trouble in its name",
            400,
            #"{"error":{"message":"Unknown field: timeout, internal_id"}}"#,
            .invalidRequest
        ),
        Failure("too many tokens a minute", 429, #"{"message":"Too many tokens, please wait"}"#, .rateLimited),
        Failure("a web page", 502, "<html><title>Bad gateway</title></html>", .unavailable),
        Failure("a wrong address", 404, "404 page not found", .invalidRequest),
        Failure("nothing", 503, "", .unavailable),
        Failure("a gateway that waited", 504, "upstream request timeout", .timeout),
    ]

    @Test("have the code that the retry policy needs", arguments: openAI + anthropic + others)
    func haveCodes(_ failure: Failure) {
        let error = ProviderFailure(status: failure.status, body: Array(failure.body.utf8))
        #expect(error.code == failure.code, "\(error)")
        #expect(error.status == failure.status)
    }

    @Test(
        "inside of a stream have a code without a status",
        arguments: [
            (#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#, .rateLimited),
            (#"{"error":{"message":"x","code":429}}"#, .rateLimited),
            (#"{"error":{"message":"x","code":"insufficient_quota"}}"#, .quotaExceeded),
            (#"{"error":{"message":"x","type":"overloaded_error"}}"#, .unavailable),
            (#"{"error":{"message":"x","code":"context_length_exceeded"}}"#, .contextOverflow),
            (#"{"error":"something unheard of"}"#, .unavailable),
            (#"{"error":{"type":"authentication_error","message":"x"}}"#, .unauthorized),
        ] as [(String, ModelError.Code)]
    )
    func haveCodesInStreams(_ body: String, _ code: ModelError.Code) throws {
        #expect(ProviderFailure(in: try JSONValue(parsing: body))?.code == code)
    }

    @Test("say what the provider said", arguments: openAI + anthropic + others)
    func sayWhatWasSaid(_ failure: Failure) async throws {
        let answer = ScriptedTransport.Answer(
            failure.status,
            failure.body,
            headers: [("retry-after", "7")]
        )
        var description = ModelDescription(provider: .anthropic, name: "m")
        description.key = Secret("secret-key-123")
        let model = description.httpModel(transport: ScriptedTransport(answer), clock: ManualClock())
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let error = await #expect(throws: ModelError.self) { try await model.respond(to: request) { _ in } }
        #expect(error?.code == failure.code)
        #expect(error?.message.hasPrefix("anthropic/m: ") == true)
        let waits = failure.code == .rateLimited || failure.code == .unavailable
        #expect(error?.retryAfter == (waits ? .seconds(7) : nil))
    }

    @Test("never repeat the key")
    func hideTheKey() async throws {
        let answer = ScriptedTransport.Answer(401, #"{"error":{"message":"Wrong key: secret-key-123."}}"#)
        var description = ModelDescription(provider: .openai, name: "m")
        description.key = Secret("secret-key-123")
        let model = description.httpModel(transport: ScriptedTransport(answer), clock: ManualClock())
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let error = await #expect(throws: ModelError.self) { try await model.respond(to: request) { _ in } }
        #expect(error?.message.contains("secret-key-123") == false)
        #expect(error?.message.contains("OPENAI_API_KEY") == true)
    }

    @Test("a reply that is a web page is an error that says what to look at")
    func refusePages() async throws {
        var answer = ScriptedTransport.Answer(200, "<html><title>Sign in</title></html>")
        answer.headers = [("content-type", "text/html; charset=utf-8")]
        let model = ModelDescription(provider: .openai, name: "m")
            .httpModel(transport: ScriptedTransport(answer), clock: ManualClock())
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let error = await #expect(throws: ModelError.self) { try await model.respond(to: request) { _ in } }
        #expect(error?.code == .invalidReply)
        #expect(error?.message.contains("\"Sign in\"") == true)
        #expect(error?.message.contains("base_url") == true)
    }

    @Test("a connection that breaks in the middle gives no reply", arguments: ModelDescription.Provider.overHTTP)
    func refuseHalves(_ provider: ModelDescription.Provider) async throws {
        var answer = ScriptedTransport.Answer(200, "data: {}\n\n")
        answer.failure = TransportError(kind: .cut, message: "the connection ended")
        let model = ModelDescription(provider: provider, name: "m")
            .httpModel(transport: ScriptedTransport(answer), clock: ManualClock())
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let error = await #expect(throws: ModelError.self) { try await model.respond(to: request) { _ in } }
        #expect(error?.isTransient == true)
    }
}

extension ModelDescription.Provider {
    fileprivate static let overHTTP: [Self] = [.openai, .anthropic, .ollama]
}

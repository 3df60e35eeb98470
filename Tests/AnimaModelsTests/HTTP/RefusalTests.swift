import AnimaCore
import AnimaModels
import AnimaTesting
import Testing

@Suite("Refusals of providers", .timeLimit(.minutes(5)))
struct RefusalTests {
    /// What a provider answers, and what a model call makes of it.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let status: Int
        var headers: [String: String] = [:]
        var body = ""
        let code: ModelError.Code
        var retryAfter: Duration?

        var testDescription: String { "\(status) \(headers.sorted { $0.key < $1.key }) \(body) → \(code)" }
    }

    private static func error(_ message: String, type: String = "", code: String = "") -> String {
        let error: JSONValue = ["message": .string(message), "type": .string(type), "code": .string(code)]
        return JSONValue.object(["error": error]).text
    }

    private static let waits: [Refusal] = [
        Refusal(status: 429, code: .rateLimited),
        Refusal(status: 429, headers: ["retry-after": "7"], code: .rateLimited, retryAfter: .seconds(7)),
        Refusal(status: 429, headers: ["Retry-After": "0"], code: .rateLimited, retryAfter: .zero),
        Refusal(
            status: 429,
            headers: ["retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"],
            code: .rateLimited,
            retryAfter: .seconds(30)
        ),
        Refusal(
            status: 429,
            headers: ["retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"],
            code: .rateLimited,
            retryAfter: .zero
        ),
        Refusal(
            status: 429,
            headers: ["retry-after-ms": "1500", "retry-after": "7"],
            code: .rateLimited,
            retryAfter: .milliseconds(1500)
        ),
        Refusal(status: 429, headers: ["retry-after": "soon"], code: .rateLimited),
        Refusal(status: 429, headers: ["retry-after": "1e300"], code: .rateLimited, retryAfter: .seconds(86_400)),
        Refusal(
            status: 429,
            headers: [
                "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s",
                "x-ratelimit-remaining-tokens": "900", "x-ratelimit-reset-tokens": "6h",
            ],
            code: .rateLimited,
            retryAfter: .seconds(90)
        ),
        Refusal(
            status: 429,
            headers: [
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2023-11-14T22:14:00Z",
            ],
            code: .rateLimited,
            retryAfter: .seconds(40)
        ),
        Refusal(status: 503, headers: ["retry-after": "3"], code: .unavailable, retryAfter: .seconds(3)),
    ]

    private static let codes: [Refusal] = [
        Refusal(status: 500, body: error("The server had an error", type: "server_error"), code: .unavailable),
        Refusal(status: 502, body: "<html><title>502 Bad Gateway</title></html>", code: .unavailable),
        Refusal(status: 503, body: error("Loading model", type: "unavailable_error"), code: .unavailable),
        Refusal(status: 529, body: error("Overloaded", type: "overloaded_error"), code: .unavailable),
        Refusal(status: 408, code: .timeout),
        Refusal(status: 504, code: .timeout),
        Refusal(status: 401, body: error("Incorrect API key: \(Asking.key)"), code: .unauthorized),
        Refusal(status: 403, body: error("Country not supported"), code: .unauthorized),
        Refusal(status: 402, body: error("Insufficient Balance"), code: .quotaExceeded),
        Refusal(
            status: 429,
            headers: ["retry-after": "7"],
            body: error("You exceeded your current quota", type: "insufficient_quota", code: "insufficient_quota"),
            code: .quotaExceeded
        ),
        Refusal(
            status: 429,
            body: error("Too many tokens, please wait before trying again.", type: "ThrottlingException"),
            code: .rateLimited
        ),
        Refusal(
            status: 404,
            body: error("The model `m-1` does not exist", code: "model_not_found"),
            code: .modelNotFound
        ),
        Refusal(status: 404, body: "404 page not found", code: .invalidRequest),
        Refusal(
            status: 400,
            body: error("This model's maximum context length is 8192 tokens", code: "context_length_exceeded"),
            code: .contextOverflow
        ),
        Refusal(status: 413, body: "too large", code: .contextOverflow),
        Refusal(
            status: 400,
            body: error("messages: unknown role", type: "invalid_request_error"),
            code: .invalidRequest
        ),
        Refusal(status: 422, body: "{\"detail\":[{\"msg\":\"field required\"}]}", code: .invalidRequest),
    ]

    @Test("a refusal has a code and a wait", arguments: waits + codes)
    func understands(_ refusal: Refusal) async throws {
        let script = ScriptedServer.answer(status: refusal.status, headers: refusal.headers, body: refusal.body)
        let server = try await ScriptedServer.start(scripts: [script])
        try await Asking.with(server) { server in
            let error = try await Asking.failure(of: Asking.model(at: server.baseURL))
            #expect(error.code == refusal.code, "\(error)")
            #expect(error.retryAfter == refusal.retryAfter)
            #expect(error.message.contains("(\(refusal.status))"))
        }
    }

    @Test func keepsOnlyTheBeginningOfALongError() async throws {
        let body = String(repeating: "no ", count: 100_000)
        let server = try await ScriptedServer.start(scripts: [ScriptedServer.answer(status: 500, body: body)])
        try await Asking.with(server) { server in
            let error = try await Asking.failure(of: Asking.model(at: server.baseURL))
            #expect(error.code == .unavailable)
            #expect(error.message.utf8.count < 500)
        }
    }
}

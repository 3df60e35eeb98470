import AnimaCore
import AnimaModels
import AnimaTesting
import Testing

@Suite("Where streams end", .timeLimit(.minutes(5)))
struct StreamEndTests {
    /// How one kind of provider streams "Hello".
    struct Dialect: Sendable, CustomTestStringConvertible {
        let provider: ModelDescription.Provider
        var style = ModelDescription.Style.chat
        /// What is sent, in order; with the last one the reply is whole.
        let pieces: [String]

        var testDescription: String { "\(provider) \(style)" }

        func model(_ server: ScriptedServer, idle: Duration = .seconds(20)) throws -> any ModelProvider {
            let timeouts = Asking.timeouts(idle: idle)
            return try Asking.model(at: server.baseURL, provider: provider, style: style, timeouts: timeouts)
        }

        func script(_ count: Int, _ last: ScriptedServer.Step) -> [ScriptedServer.Step] {
            [.head(200)] + pieces.prefix(count).map { .text($0) } + [last]
        }
    }

    private static func events(_ events: String...) -> [String] { events.map { "data: \($0)\n\n" } }

    static let dialects: [Dialect] = [
        Dialect(
            provider: .openai,
            pieces: events(
                #"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
                #"{"choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
                #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#,
                "[DONE]"
            )
        ),
        Dialect(
            provider: .openai,
            style: .responses,
            pieces: events(
                #"{"type":"response.created","response":{"status":"in_progress"}}"#,
                #"{"type":"response.output_text.delta","delta":"Hel"}"#,
                #"{"type":"response.output_text.delta","delta":"lo"}"#,
                #"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello"}]}}"#,
                #"{"type":"response.completed","response":{"status":"completed","output":[],"usage":{"input_tokens":9,"output_tokens":2}}}"#
            )
        ),
        Dialect(
            provider: .anthropic,
            pieces: events(
                #"{"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
                #"{"type":"message_stop"}"#
            )
        ),
        Dialect(
            provider: .ollama,
            pieces: [
                #"{"message":{"role":"assistant","content":"Hel"},"done":false}"# + "\n",
                #"{"message":{"role":"assistant","content":"lo"},"done":false}"# + "\n",
                #"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}"#
                    + "\n",
            ]
        ),
    ]

    @Test("a reply is whole when its stream says so", arguments: dialects)
    func readsAWholeStream(_ dialect: Dialect) async throws {
        let server = try await ScriptedServer.start(scripts: [dialect.script(dialect.pieces.count, .end)])
        try await Asking.with(server) { server in
            let reply = try await Asking.reply(of: dialect.model(server))
            #expect(reply.text == "Hello")
            #expect(reply.usage == Usage(inputTokens: 9, outputTokens: 2))
            #expect(reply.stop == .end)
        }
    }

    @Test("a stream that ends early is no reply", arguments: dialects)
    func refusesAPartOfAReply(_ dialect: Dialect) async throws {
        let server = try await ScriptedServer.start { exchange in dialect.script(exchange.number, .end) }
        try await Asking.with(server) { server in
            for count in 1..<dialect.pieces.count {
                // A model of its own each time, since a circuit breaker would cut in.
                do {
                    let reply = try await Asking.reply(of: dialect.model(server))
                    #expect(reply.text == "Hello")
                    #expect(dialect.pieces.prefix(count).contains { $0.contains("finish_reason") })
                } catch let error as ModelError {
                    #expect(error.code == .invalidReply, "\(error)")
                }
            }
        }
    }

    @Test(
        "a reply that is whole counts, however its connection ends",
        arguments: dialects,
        [ScriptedServer.Step.close, .hang]
    )
    func keepsAWholeReply(_ dialect: Dialect, end: ScriptedServer.Step) async throws {
        let server = try await ScriptedServer.start(scripts: [dialect.script(dialect.pieces.count, end)])
        try await Asking.with(server) { server in
            let reply = try await Asking.reply(of: dialect.model(server, idle: .milliseconds(500)))
            #expect(reply.text == "Hello")
            #expect(reply.usage == Usage(inputTokens: 9, outputTokens: 2))
        }
    }

    @Test(
        "numbers of a hostile server do no harm",
        arguments: dialects,
        ["9223372036854775807", "-9223372036854775808"]
    )
    func survivesNumbers(_ dialect: Dialect, number: String) async throws {
        let pieces = dialect.pieces.map {
            $0.replacing(":9", with: ":\(number)").replacing(":2", with: ":\(number)")
                .replacing("index\":0", with: "index\":\(number)")
        }
        let server = try await ScriptedServer.start { _ in [.head(200)] + pieces.map { .text($0) } + [.end] }
        try await Asking.with(server) { server in
            // What choice it is counts for one dialect; the others have a reply.
            guard let reply = try? await Asking.reply(of: dialect.model(server)) else { return }
            #expect(reply.usage.inputTokens >= 0)
            #expect(reply.usage.outputTokens >= 0)
            #expect(reply.usage.total >= 0)
            _ = ModelPrice(input: 1, cached: 1, cacheWrite: 1, output: 1).microdollars(of: reply.usage)
        }
    }
}

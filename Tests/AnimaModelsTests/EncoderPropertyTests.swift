import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Encoded requests")
struct EncoderPropertyTests {
    private static let seeds = Array(UInt64(1)...300)

    private static func broken(_ seed: UInt64, _ check: (ModelRequest) throws -> Void) -> String? {
        var generator = RequestGenerator(seed: seed)
        do {
            try check(try generator.request())
            return nil
        } catch {
            return "seed \(seed): \(error)"
        }
    }

    @Test("follow the rules of chat completions and keep all calls")
    func chat() throws {
        let format = ChatCompletions(options: Conversations.options(), isOpenAI: true)
        let breaches = Self.seeds.compactMap { seed in
            Self.broken(seed) { request in
                var rules = ChatRules()
                try rules.check(format.encode(request).body)
                try expectSame(rules.calls, request)
            }
        }
        #expect(breaches == [])
    }

    @Test("follow the rules of messages and keep all calls")
    func messages() throws {
        let format = Messages(options: Conversations.options())
        let breaches = Self.seeds.compactMap { seed in
            Self.broken(seed) { request in
                var rules = MessagesRules()
                try rules.check(format.encode(request).body)
                try expectSame(rules.calls, request)
            }
        }
        #expect(breaches == [])
    }

    @Test("follow the rules of responses and keep all calls")
    func responses() throws {
        let format = Responses(options: Conversations.options())
        let breaches = Self.seeds.compactMap { seed in
            Self.broken(seed) { request in
                var rules = ResponsesRules()
                try rules.check(format.encode(request).body)
                try expectSame(rules.calls, request)
            }
        }
        #expect(breaches == [])
    }

    @Test("follow the rules of Ollama's chat and keep all calls")
    func ollama() throws {
        let format = OllamaChat(options: Conversations.options())
        let breaches = Self.seeds.compactMap { seed in
            Self.broken(seed) { request in
                var rules = OllamaRules()
                try rules.check(format.encode(request).body)
                try expectSame(rules.calls, request)
            }
        }
        #expect(breaches == [])
    }

    @Test("say the same in text, in turns of user and assistant")
    func text() throws {
        let format = ChatCompletions(options: Conversations.options(), isOpenAI: true)
        let breaches = Self.seeds.compactMap { seed in
            Self.broken(seed) { request in
                let body = format.encode(TextToolProtocol.asText(request)).body
                var rules = ChatRules()
                try rules.check(body)
                try require(rules.calls.isEmpty, "a call is left in the request")
                var calls: [ModelReply.Call] = []
                for message in body["messages"]?.arrayValue ?? [] where message["role"] == "assistant" {
                    calls += TextToolProtocol.withCalls(ModelReply(text: message["content"]?.stringValue ?? "")).calls
                }
                let exchanges = request.turns.flatMap { $0.steps.flatMap(\.exchanges) }
                try require(calls.count == exchanges.count, "\(calls.count) calls of \(exchanges.count)")
                for (call, exchange) in zip(calls, exchanges) where call.problem == nil {
                    try require(call.tool == exchange.tool, "\(call.tool) instead of \(exchange.tool)")
                    if case .string = exchange.arguments { continue }
                    try require(call.arguments == exchange.arguments, "\(call.arguments) is not \(exchange.arguments)")
                }
            }
        }
        #expect(breaches == [])
    }

    /// The calls of a request are those of its transcript, as far as providers can take them.
    private func expectSame(_ calls: [ReadCall], _ request: ModelRequest) throws {
        let exchanges = request.turns.flatMap { $0.steps.flatMap(\.exchanges) }
        try require(calls.count == exchanges.count, "\(calls.count) calls of \(exchanges.count)")
        for (call, exchange) in zip(calls, exchanges) {
            if ["add", "now", "read_file"].contains(exchange.tool) {
                try require(call.tool == exchange.tool, "\(call.tool) instead of \(exchange.tool)")
            }
            if case .string(let raw) = exchange.arguments {
                try require(call.arguments == ["_raw": .string(raw)], "\(call.arguments) is not \(raw)")
            } else {
                try require(call.arguments == exchange.arguments, "\(call.arguments) is not \(exchange.arguments)")
            }
        }
    }
}

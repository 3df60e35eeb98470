import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Encoded requests")
struct EncoderPropertyTests {
    private static let seeds = Array(UInt64(1)...300)

    @Test("show the images that a tool returned, each interface in its way")
    func showsImagesOfResults() throws {
        let picture = Conversations.picture
        let image = try #require(Envelope.Image(of: picture))
        let data = "iVBORw=="
        func request(shown: Bool) throws -> ModelRequest {
            let exchanges = [
                Conversations.exchange(1, 1, 1, "read_file", images: [picture]), Conversations.exchange(1, 1, 2),
            ]
            let step = TranscriptTurn.Step(text: "", exchanges: exchanges)
            let turn = try Conversations.turn(1, "Look", steps: [step], end: nil)
            return ModelRequest(turns: [turn], images: shown ? [image.hash: picture] : [:])
        }
        let options = Conversations.options()
        let formats: [(any WireFormat, String)] = [
            (
                ChatCompletions(options: options, isOpenAI: true),
                #"{"content":[{"text":"(what the tools returned, in this order: read_file)","type":"text"},"#
                    + #"{"image_url":{"url":"data:image/png;base64,\#(data)"},"type":"image_url"}],"role":"user"}]"#
            ),
            (
                Responses(options: options),
                #""output":[{"text":"3","type":"input_text"},"#
                    + #"{"image_url":"data:image/png;base64,\#(data)","type":"input_image"}]"#
            ),
            (
                Messages(options: options),
                #""content":[{"text":"3","type":"text"},"#
                    + #"{"source":{"data":"\#(data)","media_type":"image/png","type":"base64"},"type":"image"}]"#
            ),
            (
                OllamaChat(options: options),
                #"{"content":"(what the tools returned, in this order: read_file)","images":["\#(data)"],"role":"user"}"#
            ),
        ]
        for (format, expected) in formats {
            let body = format.encode(try request(shown: true)).body.text
            #expect(body.contains(expected), "\(body)")
            let blind = format.encode(try request(shown: false)).body.text
            #expect(!blind.contains(data) && blind.contains("3\\n(an image that this model is not shown)"), "\(blind)")
        }
    }

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

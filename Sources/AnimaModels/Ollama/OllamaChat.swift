import AnimaCore

/// Ollama's own chat (`POST /api/chat`), which sets the window and says how much of the prompt was read.
///
/// Source: the API documentation of Ollama.
struct OllamaChat: WireFormat {
    static let dialect = "ollama"
    /// The window when nothing says another one; Ollama's own default is small, and what does not fit is cut silently.
    static let defaultContext = 8192

    let options: ModelOptions

    private var origin: String { "\(Self.dialect)/\(options.model)" }
    private var context: Int { options.contextTokens ?? Self.defaultContext }

    // MARK: Asking

    func encode(_ request: ModelRequest) -> (path: String, body: JSONValue) {
        var settings: [String: JSONValue] = ["num_ctx": .int(context)]
        if let tokens = request.maxOutputTokens { settings["num_predict"] = .int(tokens) }
        if let temperature = options.temperature { settings["temperature"] = .double(temperature) }
        if let topP = options.topP { settings["top_p"] = .double(topP) }
        if let seed = options.seed { settings["seed"] = .int(seed) }
        if !options.stop.isEmpty { settings["stop"] = .array(options.stop.map { .string($0) }) }
        var body: [String: JSONValue] = [
            "model": .string(options.model),
            "messages": .array(messages(request)),
            "options": .object(settings),
            // Without it, Ollama streams.
            "stream": .bool(options.streams),
        ]
        if !request.tools.isEmpty { body["tools"] = .array(request.tools.map(ChatCompletions.tool)) }
        if let schema = request.answerSchema { body["format"] = schema }
        if let time = options.keepAlive { body["keep_alive"] = Int(time).map { .int($0) } ?? .string(time) }
        switch options.effort {
        case nil: break
        // Models of the gpt-oss family take the word, others only whether to think.
        case let effort? where options.model.contains("gpt-oss"): body["think"] = .string(effort)
        default: body["think"] = true
        }
        return ("/api/chat", .object(body))
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var messages: [JSONValue] = []
        if !request.instructions.isEmpty {
            messages.append(["role": "system", "content": .string(request.instructions)])
        }
        for message in request.messages {
            switch message {
            case .user(let text, let images):
                messages.append(Self.user(text, images))
            case .assistant(let text, let step, let calls, let isOpenTurn):
                var members: [String: JSONValue] = ["role": "assistant", "content": .string(text)]
                if isOpenTurn, let reasoning = step?.reasoning { members["thinking"] = .string(reasoning) }
                if !calls.isEmpty {
                    members["tool_calls"] = .array(
                        calls.map { ["function": ["name": .string($0.tool), "arguments": $0.object]] }
                    )
                }
                messages.append(.object(members))
            case .results(let results):
                messages += results.map { result in
                    ["role": "tool", "tool_name": .string(result.tool), "content": .string(result.text)]
                }
                if let (text, images) = results.pictures { messages.append(Self.user(text, images)) }
            }
        }
        return messages
    }

    private static func user(_ text: String, _ images: [WireImage]) -> JSONValue {
        var members: [String: JSONValue] = ["role": "user", "content": .string(text)]
        if !images.isEmpty { members["images"] = .array(images.map { .string($0.bytes.base64) }) }
        return .object(members)
    }

    // MARK: Reading

    func decoder(sink: @escaping @Sendable (ModelDelta) -> Void) -> any ReplyDecoder {
        Decoder(origin: origin, sink)
    }

    /// Reads objects, one a line; an answer in one piece is one line.
    private struct Decoder: ReplyDecoder {
        private let origin: String
        private var lines = LineSplitter(.lineFeed)
        private var parts: Parts

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            parts = Parts(sink)
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws { try lines.take(bytes) { try parts.take($0) } }

        mutating func finish() throws -> ModelReply {
            try lines.finish { try parts.take($0) }
            guard parts.isOver else { throw WireError(message: "the stream ended before the reply did") }
            return parts.builder.reply(origin: origin)
        }
    }

    /// What the lines amount to.
    private struct Parts {
        private(set) var builder: ReplyBuilder
        private(set) var isOver = false

        init(_ sink: @escaping @Sendable (ModelDelta) -> Void) { builder = ReplyBuilder(sink: sink) }

        mutating func take(_ line: UnsafeRawBufferPointer) throws {
            guard !isOver, line.contains(where: { $0 > 0x20 }) else { return }
            let value = try JSONValue(parsing: line)
            if let failure = ProviderFailure(in: value) { throw failure }
            let message = value["message"] ?? .null
            builder.add(reasoning: message["thinking"]?.stringValue ?? "")
            builder.add(text: message["content"]?.stringValue ?? "")
            for call in message["tool_calls"]?.arrayValue ?? [] {
                let function = call["function"] ?? .null
                let arguments = function["arguments"] ?? [:]
                builder.add(
                    call: nil,
                    id: call["id"]?.stringValue,
                    name: function["name"]?.stringValue,
                    arguments: arguments.stringValue ?? arguments.text
                )
            }
            guard value["done"]?.boolValue == true else { return }
            isOver = true
            builder.stop = value["done_reason"]?.stringValue == "length" ? .length : .end
            guard let output = value["eval_count"]?.intValue else { return }
            // A prompt that was cached whole may be reported without a count.
            builder.usage = Usage(inputTokens: value["prompt_eval_count"]?.intValue ?? 0, outputTokens: output)
        }
    }

    /// What to tell the owner when less of the prompt was read than was sent.
    ///
    /// - Parameters:
    ///   - read: The tokens that the server says it read.
    ///   - bytes: The bytes of text that were sent; a token rarely has more than six.
    static func cutNotice(read: Int, bytes: Int, context: Int, model: String) -> String? {
        guard read > 0, bytes / 6 > read, bytes / 6 > context / 2 else { return nil }
        return
            "\(model) read only \(read) tokens of a prompt of about \(bytes / 4): it was cut without a word. Its window "
            + "is \(context) tokens; set model.context to a larger one, or limits.context_tokens to a smaller one"
    }
}

import AnimaCore

/// OpenAI's chat completions (`POST /chat/completions`), which most other providers and local servers speak too.
///
/// Source: the API reference of OpenAI; what others do differently is noted where it is handled.
struct ChatCompletions: WireFormat {
    static let dialect = "openai-chat"

    let options: ModelOptions
    /// Whether the server is OpenAI's own: it takes `max_completion_tokens`, others know only `max_tokens`.
    let isOpenAI: Bool

    private var origin: String { "\(Self.dialect)/\(options.model)" }

    // MARK: Asking

    func encode(_ request: ModelRequest) -> (path: String, body: JSONValue) {
        var body: [String: JSONValue] = [
            "model": .string(options.model),
            "messages": .array(messages(request)),
        ]
        if options.streams {
            body["stream"] = true
            body["stream_options"] = ["include_usage": true]
        }
        if !request.tools.isEmpty { body["tools"] = .array(request.tools.map(Self.tool)) }
        if let tokens = request.maxOutputTokens {
            body[isOpenAI ? "max_completion_tokens" : "max_tokens"] = .int(tokens)
        }
        if let temperature = options.temperature { body["temperature"] = .double(temperature) }
        if let topP = options.topP { body["top_p"] = .double(topP) }
        if let seed = options.seed { body["seed"] = .int(seed) }
        if !options.stop.isEmpty { body["stop"] = .array(options.stop.map { .string($0) }) }
        if let effort = options.effort { body["reasoning_effort"] = .string(effort) }
        if let schema = request.answerSchema {
            body["response_format"] = [
                "type": "json_schema", "json_schema": ["name": "answer", "schema": schema, "strict": true],
            ]
        }
        return ("/chat/completions", .object(body))
    }

    static func tool(_ spec: ToolSpec) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(spec.name), "description": .string(spec.description),
                "parameters": spec.parameters.jsonSchema,
            ],
        ]
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var messages: [JSONValue] = []
        if !request.instructions.isEmpty {
            messages.append(["role": "system", "content": .string(request.instructions)])
        }
        for message in request.messages {
            switch message {
            case .user(let text, let images):
                messages.append(["role": "user", "content": Self.content(text, images)])
            case .assistant(let text, let step, let calls, let isOpenTurn):
                messages.append(assistant(text, step, calls, isOpenTurn: isOpenTurn))
            case .results(let results):
                for result in results {
                    messages.append([
                        "role": "tool", "tool_call_id": .string(result.id), "content": .string(result.text),
                    ])
                }
                if let (text, images) = results.pictures {
                    messages.append(["role": "user", "content": Self.content(text, images)])
                }
            }
        }
        return messages
    }

    private static func content(_ text: String, _ images: [WireImage]) -> JSONValue {
        if images.isEmpty { return .string(text) }
        let parts: [JSONValue] = images.map { ["type": "image_url", "image_url": ["url": .string($0.dataURL)]] }
        return .array([["type": "text", "text": .string(text)]] + parts)
    }

    private func assistant(
        _ text: String,
        _ step: TranscriptTurn.Step?,
        _ calls: [WireCall],
        isOpenTurn: Bool
    ) -> JSONValue {
        var message: [String: JSONValue] = ["role": "assistant"]
        message["content"] = text.isEmpty ? .null : .string(text)
        if !calls.isEmpty {
            message["tool_calls"] = .array(
                calls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.tool), "arguments": .string(call.text)],
                    ]
                }
            )
        }
        // Reasoning goes back while its turn is open, in the field that it came in.
        for part in isOpenTurn ? step?.keepsake?.parts(for: origin) ?? [] : [] {
            if let field = part["field"]?.stringValue, let value = part["value"] { message[field] = value }
        }
        return .object(message)
    }

    // MARK: Reading

    func decoder(sink: @escaping @Sendable (ModelDelta) -> Void) -> any ReplyDecoder {
        let whole = WholeDecoder(origin: origin, sink)
        return options.streams ? StreamOrWhole(StreamDecoder(origin: origin, sink), whole) : whole
    }

    /// Reads a stream of chunks.
    private struct StreamDecoder: ReplyDecoder {
        private var events = EventStream()
        private var reply: Chunks
        private var isDone = false

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) { reply = Chunks(origin, sink) }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            try events.take(bytes) { data in
                if isDone { return }
                if data.elementsEqual("[DONE]".utf8) {
                    isDone = true
                } else {
                    try reply.take(JSONValue(parsing: data), whole: false)
                }
            }
        }

        mutating func finish() throws -> ModelReply {
            events.finish()
            guard reply.builder.stop != nil || (isDone && !reply.builder.isEmpty) else {
                throw WireError(message: isDone ? "the reply is empty" : "the stream ended before the reply did")
            }
            return reply.finish()
        }
    }

    /// Reads a completion in one piece.
    private struct WholeDecoder: ReplyDecoder {
        private var body: [UInt8] = []
        private var reply: Chunks

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) { reply = Chunks(origin, sink) }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws { try body.appendBounded(bytes) }

        mutating func finish() throws -> ModelReply {
            try reply.take(JSONValue(parsing: body), whole: true)
            guard reply.builder.stop != nil || !reply.builder.isEmpty else {
                throw WireError(message: "the answer holds no choice")
            }
            return reply.finish()
        }
    }

    /// What chunks, or a whole completion, amount to.
    private struct Chunks {
        var builder: ReplyBuilder
        private let origin: String
        /// Reasoning by the field that it came in: `reasoning_content` or `reasoning`.
        private var reasoning: [(field: String, text: String)] = []
        private var reasoningDetails: [JSONValue] = []
        /// What marks the calls so far, in their order.
        private var marks: [(index: Int?, id: String?)] = []
        private var isRefused = false

        init(_ origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            builder = ReplyBuilder(sink: sink)
        }

        /// - Parameter isWhole: Whether it is a completion, not a chunk of one.
        mutating func take(_ value: JSONValue, whole isWhole: Bool) throws {
            if let error = ProviderFailure(in: value) { throw error }
            if let usage = value["usage"].flatMap(ChatCompletions.usage) { builder.usage = usage }
            // Only the first choice was asked for.
            guard let choice = value["choices"]?.arrayValue?.first(where: { ($0["index"]?.intValue ?? 0) == 0 }) else {
                return
            }
            if let parts = choice[isWhole ? "message" : "delta"] { take(parts: parts, whole: isWhole) }
            guard let reason = choice["finish_reason"]?.stringValue else { return }
            // OpenRouter and Mistral; DeepSeek.
            if reason == "error" || reason == "insufficient_system_resource" {
                throw ProviderFailure(message: "the provider ended the reply with \"\(reason)\"")
            }
            builder.stop = ChatCompletions.stop(reason)
        }

        private mutating func take(parts: JSONValue, whole isWhole: Bool) {
            for field in ["reasoning_content", "reasoning"] {
                guard let text = parts[field]?.stringValue, !text.isEmpty else { continue }
                builder.add(reasoning: text)
                if let index = reasoning.firstIndex(where: { $0.field == field }) {
                    reasoning[index].text += text
                } else {
                    reasoning.append((field, text))
                }
                break
            }
            reasoningDetails += parts["reasoning_details"]?.arrayValue ?? []
            if let text = parts["content"]?.stringValue {
                builder.add(text: text)
            } else if let pieces = parts["content"]?.arrayValue {
                for piece in pieces {
                    // Mistral's models think in parts of the content.
                    for thought in piece["thinking"]?.arrayValue ?? [] {
                        builder.add(reasoning: thought["text"]?.stringValue ?? "")
                    }
                    builder.add(text: piece["text"]?.stringValue ?? "")
                }
            }
            if let refusal = parts["refusal"]?.stringValue, !refusal.isEmpty {
                builder.add(text: refusal)
                isRefused = true
            }
            for call in parts["tool_calls"]?.arrayValue ?? [] { take(call: call, whole: isWhole) }
        }

        private mutating func take(call: JSONValue, whole isWhole: Bool) {
            let function = call["function"] ?? .null
            let id = call["id"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            let arguments: String
            switch function["arguments"] {
            case .string(let text)?: arguments = text
            case .object(let members)?: arguments = JSONValue.object(members).text
            default: arguments = ""
            }
            let name = function["name"]?.stringValue
            let begins = name.map { !$0.isEmpty } ?? false
            let index = call["index"]?.intValue
            builder.add(
                call: isWhole ? begin(index, id) : position(index: index, id: id, begins: begins),
                id: id,
                name: name,
                arguments: arguments
            )
        }

        private mutating func begin(_ index: Int?, _ id: String?) -> Int {
            marks.append((index, id))
            return marks.count - 1
        }

        /// Which call a part belongs to.
        ///
        /// Some servers leave out the index, or give all calls the same one, and tell them apart by their ids; some leave out
        /// both.
        ///
        /// - Parameter begins: Whether the part names a tool, as the first one of a call does.
        private mutating func position(index: Int?, id: String?, begins: Bool) -> Int {
            var known: Int?
            if let index {
                known = marks.lastIndex { $0.index == index }
                if let last = known, begins, let id, let other = marks[last].id, other != id {
                    known = marks.lastIndex { $0.index == index && $0.id == id }
                }
            } else if let id {
                known = marks.lastIndex { $0.id == id }
            } else if !begins, !marks.isEmpty {
                known = marks.count - 1
            }
            return known ?? begin(index, id)
        }

        mutating func finish() -> ModelReply {
            // A refusal ends as an answer does.
            if isRefused { builder.stop = .filtered }
            if !reasoningDetails.isEmpty {
                builder.keepsake = [
                    ["field": "reasoning_details", "value": .array(Self.joined(reasoningDetails))]
                ]
            } else {
                builder.keepsake = reasoning.map { ["field": .string($0.field), "value": .string($0.text)] }
            }
            return builder.reply(origin: origin)
        }

        /// Details that came in pieces, put together by their index (OpenRouter).
        private static func joined(_ pieces: [JSONValue]) -> [JSONValue] {
            var details: [[String: JSONValue]] = []
            for piece in pieces {
                guard case .object(let members) = piece else { continue }
                let index = members["index"]
                guard index != nil, let last = details.lastIndex(where: { $0["index"] == index }),
                    details[last]["type"] == members["type"]
                else {
                    details.append(members)
                    continue
                }
                for (name, value) in members {
                    if ["text", "summary", "data", "signature"].contains(name), case .string(let more) = value,
                        case .string(let sofar)? = details[last][name]
                    {
                        details[last][name] = .string(sofar + more)
                    } else if value != .null {
                        details[last][name] = value
                    }
                }
            }
            return details.map { .object($0) }
        }
    }

    static func stop(_ reason: String) -> ModelReply.Stop {
        switch reason {
        case "length", "model_length": .length
        case "tool_calls", "function_call": .toolUse
        case "content_filter": .filtered
        default: .end
        }
    }

    static func usage(_ value: JSONValue) -> Usage? {
        guard let input = value["prompt_tokens"]?.intValue else { return nil }
        return Usage(
            inputTokens: input,
            cachedTokens: value["prompt_tokens_details"]?["cached_tokens"]?.intValue
                ?? value["prompt_cache_hit_tokens"]?.intValue ?? 0,
            outputTokens: value["completion_tokens"]?.intValue ?? 0,
            reasoningTokens: value["completion_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0
        )
    }
}

extension [UInt8] {
    /// Takes more of a body that is read whole.
    mutating func appendBounded(_ bytes: UnsafeRawBufferPointer) throws {
        guard count + bytes.count <= 64 * 1024 * 1024 else {
            throw WireError(message: "the answer is larger than 64 MiB")
        }
        append(contentsOf: bytes)
    }
}

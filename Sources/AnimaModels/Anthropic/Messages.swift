import AnimaCore

/// Anthropic's messages (`POST /v1/messages`).
///
/// Source: the API reference of Anthropic.
struct Messages: WireFormat {
    static let dialect = "anthropic"

    let options: ModelOptions

    private var origin: String { "\(Self.dialect)/\(options.model)" }

    // MARK: Asking

    func encode(_ request: ModelRequest) -> (path: String, body: JSONValue) {
        var body: [String: JSONValue] = [
            "model": .string(options.model),
            "messages": .array(messages(request)),
            "max_tokens": .int(max(request.maxOutputTokens ?? 4096, 1)),
        ]
        // Tools come before instructions, and these before messages, in what the provider caches: one mark at the end of
        // the stable prefix, and one at the end of the conversation, which the next request repeats.
        // A block without words is refused.
        let hasInstructions = !request.instructions.allSatisfy(\.isWhitespace)
        if hasInstructions {
            body["system"] = [Self.marked(["type": "text", "text": .string(request.instructions)])]
        }
        if !request.tools.isEmpty {
            var tools = request.tools.map(Self.tool)
            if !hasInstructions, let last = tools.indices.last { tools[last] = Self.marked(tools[last]) }
            body["tools"] = .array(tools)
        }
        if options.streams { body["stream"] = true }
        // Who thinks chooses words freely: with another temperature or share, a thinking request is refused.
        if let temperature = options.temperature, options.effort == nil { body["temperature"] = .double(temperature) }
        if let topP = options.topP, options.effort == nil { body["top_p"] = .double(topP) }
        if !options.stop.isEmpty { body["stop_sequences"] = .array(options.stop.map { .string($0) }) }
        var output: [String: JSONValue] = [:]
        if let effort = options.effort {
            body["thinking"] = ["type": "adaptive"]
            output["effort"] = .string(effort)
        }
        if let schema = request.answerSchema { output["format"] = ["type": "json_schema", "schema": schema] }
        if !output.isEmpty { body["output_config"] = .object(output) }
        return ("/v1/messages", .object(body))
    }

    private static func tool(_ spec: ToolSpec) -> JSONValue {
        [
            "name": .string(spec.name), "description": .string(spec.description),
            "input_schema": spec.parameters.jsonSchema,
        ]
    }

    /// The block with a mark up to which the request is to be cached.
    private static func marked(_ block: JSONValue) -> JSONValue {
        guard case .object(var members) = block else { return block }
        members["cache_control"] = ["type": "ephemeral"]
        return .object(members)
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var messages: [(role: String, blocks: [JSONValue])] = []
        func add(_ role: String, _ blocks: [JSONValue]) {
            // Results of tools and a text of the user after them are one message of the user.
            if messages.last?.role == role {
                messages[messages.count - 1].blocks += blocks
            } else {
                messages.append((role, blocks))
            }
        }
        for message in request.messages {
            switch message {
            case .user(let text, let images):
                add("user", images.map(Self.image) + [["type": "text", "text": .string(text)]])
            case .assistant(let text, let step, let calls, _): add("assistant", assistant(text, step, calls))
            case .results(let results): add("user", results.map(Self.result))
            }
        }
        if let last = messages.indices.last, let block = messages[last].blocks.indices.last {
            messages[last].blocks[block] = Self.marked(messages[last].blocks[block])
        }
        return messages.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func image(_ image: WireImage) -> JSONValue {
        [
            "type": "image",
            "source": ["type": "base64", "media_type": .string(image.mediaType), "data": .string(image.bytes.base64)],
        ]
    }

    private func assistant(_ text: String, _ step: TranscriptTurn.Step?, _ calls: [WireCall]) -> [JSONValue] {
        let kept = step?.keepsake?.parts(for: origin) ?? []
        var uses =
            calls.map { call -> JSONValue in
                ["type": "tool_use", "id": .string(call.id), "name": .string(call.tool), "input": call.object]
            }[...]
        // Thinking goes back as it came, signatures included, and in its place when it did not come first.
        let isWhole = kept.contains { !Self.isThinking($0) } && kept.last.map(Self.isThinking) == false
        if isWhole, kept.count(where: { $0["type"] == "tool_use" }) == uses.count {
            return kept.compactMap { $0["type"] == "tool_use" ? uses.popFirst() : $0 }
        }
        var blocks = kept.filter(Self.isThinking)
        if !text.allSatisfy(\.isWhitespace) { blocks.append(["type": "text", "text": .string(text)]) }
        return blocks + uses
    }

    private static func isThinking(_ block: JSONValue) -> Bool {
        block["type"] == "thinking" || block["type"] == "redacted_thinking"
    }

    private static func result(_ result: WireResult) -> JSONValue {
        var content = JSONValue.string(result.text)
        if !result.images.isEmpty {
            content = .array([["type": "text", "text": content]] + result.images.map(image))
        }
        var block: [String: JSONValue] = [
            "type": "tool_result", "tool_use_id": .string(result.id), "content": content,
        ]
        if result.result.isError { block["is_error"] = true }
        return .object(block)
    }

    // MARK: Reading

    func decoder(sink: @escaping @Sendable (ModelDelta) -> Void) -> any ReplyDecoder {
        let whole = WholeDecoder(origin: origin, sink)
        return options.streams ? StreamOrWhole(StreamDecoder(origin: origin, sink), whole) : whole
    }

    /// Reads a stream of events.
    private struct StreamDecoder: ReplyDecoder {
        private let origin: String
        private var events = EventStream()
        private var blocks: Blocks

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            blocks = Blocks(sink)
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            try events.take(bytes) { data in
                if !blocks.isOver { try blocks.take(event: JSONValue(parsing: data)) }
            }
        }

        mutating func finish() throws -> ModelReply {
            events.finish()
            guard blocks.isOver else { throw WireError(message: "the stream ended before the reply did") }
            return blocks.reply(origin: origin)
        }
    }

    /// Reads a message in one piece.
    private struct WholeDecoder: ReplyDecoder {
        private let origin: String
        private var body: [UInt8] = []
        private var blocks: Blocks

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            blocks = Blocks(sink)
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws { try body.appendBounded(bytes) }

        mutating func finish() throws -> ModelReply {
            let message = try JSONValue(parsing: body)
            if let failure = ProviderFailure(in: message) { throw failure }
            guard let content = message["content"]?.arrayValue else {
                throw WireError(message: "the answer holds no content")
            }
            for (index, block) in content.enumerated() { blocks.begin(block, at: index) }
            blocks.take(usage: message["usage"])
            blocks.take(stop: message["stop_reason"]?.stringValue)
            return blocks.reply(origin: origin)
        }
    }

    /// What the blocks of a message amount to.
    private struct Blocks {
        private var builder: ReplyBuilder
        private var thinking: [Int: [String: JSONValue]] = [:]
        /// The other blocks, by their place.
        private var texts: [Int: String] = [:]
        private var uses: Set<Int> = []
        private var usage = Usage()
        private var hasUsage = false
        /// Whether a stream said that the message is whole.
        private(set) var isOver = false

        init(_ sink: @escaping @Sendable (ModelDelta) -> Void) { builder = ReplyBuilder(sink: sink) }

        /// An event of a stream.
        mutating func take(event: JSONValue) throws {
            switch event["type"]?.stringValue ?? "" {
            case "message_start": take(usage: event["message"]?["usage"])
            case "content_block_start":
                if let block = event["content_block"] { begin(block, at: event["index"]?.intValue ?? 0) }
            case "content_block_delta":
                if let delta = event["delta"] { take(delta, at: event["index"]?.intValue ?? 0) }
            case "message_delta":
                take(usage: event["usage"])
                take(stop: event["delta"]?["stop_reason"]?.stringValue)
            case "message_stop": isOver = true
            case "error": throw ProviderFailure(in: event) ?? ProviderFailure(message: "the stream reported an error")
            default: break
            }
        }

        mutating func begin(_ block: JSONValue, at index: Int) {
            switch block["type"]?.stringValue ?? "" {
            case "text": add(text: block["text"]?.stringValue ?? "", at: index)
            case "thinking":
                let text = block["thinking"]?.stringValue ?? ""
                builder.add(reasoning: text)
                thinking[index] = [
                    "type": "thinking", "thinking": .string(text),
                    "signature": .string(block["signature"]?.stringValue ?? ""),
                ]
            case "redacted_thinking":
                thinking[index] = ["type": "redacted_thinking", "data": block["data"] ?? ""]
            case "tool_use":
                // In a stream the input is empty here and comes in parts.
                let input = block["input"] ?? [:]
                uses.insert(index)
                builder.add(
                    call: index,
                    id: block["id"]?.stringValue,
                    name: block["name"]?.stringValue,
                    arguments: input == [:] || input == .null ? "" : input.text
                )
            default: break
            }
        }

        mutating func take(_ delta: JSONValue, at index: Int) {
            switch delta["type"]?.stringValue ?? "" {
            case "text_delta": add(text: delta["text"]?.stringValue ?? "", at: index)
            case "input_json_delta": builder.add(call: index, arguments: delta["partial_json"]?.stringValue ?? "")
            case "thinking_delta":
                let text = delta["thinking"]?.stringValue ?? ""
                builder.add(reasoning: text)
                append(text, to: "thinking", at: index)
            case "signature_delta": append(delta["signature"]?.stringValue ?? "", to: "signature", at: index)
            default: break
            }
        }

        private mutating func add(text: String, at index: Int) {
            builder.add(text: text)
            texts[index, default: ""] += text
        }

        private mutating func append(_ text: String, to member: String, at index: Int) {
            let before = thinking[index]?[member]?.stringValue ?? ""
            thinking[index]?[member] = .string(before + text)
        }

        /// Counts of a later event replace those of an earlier one.
        mutating func take(usage value: JSONValue?) {
            guard let value, case .object = value else { return }
            hasUsage = true
            if let read = value["cache_read_input_tokens"]?.intValue { usage.cachedTokens = read }
            if let written = value["cache_creation_input_tokens"]?.intValue { usage.cacheWriteTokens = written }
            // Here the tokens from and to the cache are not among those sent.
            if let fresh = value["input_tokens"]?.intValue, fresh > 0 { usage.inputTokens = fresh }
            if let output = value["output_tokens"]?.intValue { usage.outputTokens = output }
            if let thought = value["output_tokens_details"]?["thinking_tokens"]?.intValue {
                usage.reasoningTokens = thought
            }
        }

        mutating func take(stop reason: String?) {
            switch reason {
            case nil: break
            case "max_tokens", "model_context_window_exceeded": builder.stop = .length
            case "tool_use": builder.stop = .toolUse
            case "refusal": builder.stop = .filtered
            default: builder.stop = .end
            }
        }

        /// The thinking that can go back; with texts and places of calls between, where it did not come first.
        private var kept: [JSONValue] {
            var parts = thinking.filter { $0.value["signature"] != "" }.mapValues { JSONValue.object($0) }
            guard let last = parts.keys.max() else { return [] }
            let said = texts.filter { !$0.value.allSatisfy(\.isWhitespace) }
            if said.keys.contains(where: { $0 < last }) || uses.contains(where: { $0 < last }) {
                for (index, text) in said { parts[index] = ["type": "text", "text": .string(text)] }
                for index in uses { parts[index] = ["type": "tool_use"] }
            }
            return parts.sorted { $0.key < $1.key }.map(\.value)
        }

        func reply(origin: String) -> ModelReply {
            var builder = builder
            builder.keepsake = kept
            if hasUsage {
                var usage = usage
                usage.inputTokens += usage.cachedTokens + usage.cacheWriteTokens
                builder.usage = usage
            }
            return builder.reply(origin: origin)
        }
    }
}

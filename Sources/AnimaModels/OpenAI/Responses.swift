import AnimaCore

/// OpenAI's responses (`POST /responses`), without state on the provider's side.
///
/// Reasoning comes back encrypted and is returned as it came, so that a model goes on thinking where it was.
/// Source: the API reference of OpenAI.
struct Responses: WireFormat {
    static let dialect = "openai-responses"

    let options: ModelOptions

    private var origin: String { "\(Self.dialect)/\(options.model)" }

    // MARK: Asking

    func encode(_ request: ModelRequest) -> (path: String, body: JSONValue) {
        var body: [String: JSONValue] = [
            "model": .string(options.model),
            "input": .array(items(request)),
            "store": false,
        ]
        if mayReason { body["include"] = ["reasoning.encrypted_content"] }
        if !request.instructions.isEmpty { body["instructions"] = .string(request.instructions) }
        if options.streams { body["stream"] = true }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { spec in
                    [
                        "type": "function", "name": .string(spec.name), "description": .string(spec.description),
                        "parameters": spec.parameters.jsonSchema, "strict": false,
                    ]
                }
            )
        }
        if let tokens = request.maxOutputTokens { body["max_output_tokens"] = .int(max(tokens, 16)) }
        if let temperature = options.temperature { body["temperature"] = .double(temperature) }
        if let topP = options.topP { body["top_p"] = .double(topP) }
        if let effort = options.effort { body["reasoning"] = ["effort": .string(effort), "summary": "auto"] }
        if let schema = request.answerSchema {
            body["text"] = [
                "format": ["type": "json_schema", "name": "answer", "schema": schema, "strict": true]
            ]
        }
        return ("/responses", .object(body))
    }

    /// Whether the model may reason; one that does not refuses to be asked for what it thought.
    private var mayReason: Bool {
        let name = options.model.split(separator: "/").last ?? ""
        return !["gpt-3.5", "gpt-4", "chatgpt-4"].contains { name.hasPrefix($0) }
    }

    private func items(_ request: ModelRequest) -> [JSONValue] {
        var items: [JSONValue] = []
        for message in request.messages {
            switch message {
            case .user(let text, let images):
                items.append(["type": "message", "role": "user", "content": Self.content(text, images)])
            case .assistant(let text, let step, let calls, _):
                items += assistant(text, calls, kept: step?.keepsake?.parts(for: origin) ?? [])
            case .results(let results):
                items += results.map { result in
                    let output =
                        result.images.isEmpty ? .string(result.text) : Self.content(result.text, result.images)
                    return ["type": "function_call_output", "call_id": .string(result.id), "output": output]
                }
            }
        }
        return items
    }

    private static func content(_ text: String, _ images: [WireImage]) -> JSONValue {
        let pictures: [JSONValue] = images.map { ["type": "input_image", "image_url": .string($0.dataURL)] }
        return .array([["type": "input_text", "text": .string(text)]] + pictures)
    }

    private func assistant(_ text: String, _ calls: [WireCall], kept: [JSONValue]) -> [JSONValue] {
        func message(_ text: String) -> JSONValue {
            [
                "type": "message", "role": "assistant",
                "content": [["type": "output_text", "text": .string(text)]],
            ]
        }
        var asked =
            calls.map { call -> JSONValue in
                [
                    "type": "function_call", "call_id": .string(call.id), "name": .string(call.tool),
                    "arguments": .string(call.text),
                ]
            }[...]
        // Each piece of reasoning is followed by what it led to.
        if kept.last.map({ $0["type"] != "reasoning" }) == true,
            kept.count(where: { $0["type"] == "function_call" }) == asked.count
        {
            return kept.compactMap { part in
                switch part["type"] {
                case "function_call": asked.popFirst()
                case "message": message(part["text"]?.stringValue ?? "")
                default: part
                }
            }
        }
        let said = text.isEmpty ? [] : [message(text)]
        return kept.filter { $0["type"] == "reasoning" } + said + asked
    }

    // MARK: Reading

    func decoder(sink: @escaping @Sendable (ModelDelta) -> Void) -> any ReplyDecoder {
        let whole = WholeDecoder(origin: origin, sink)
        return options.streams ? StreamOrWhole(StreamDecoder(origin: origin, sink), whole) : whole
    }

    /// Reads a stream: shows the parts, and takes the reply from the response that ends it.
    private struct StreamDecoder: ReplyDecoder {
        private var events = EventStream()
        private var parts: Parts

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) { parts = Parts(origin: origin, sink) }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            try events.take(bytes) { data in
                if parts.reply != nil || data.elementsEqual("[DONE]".utf8) { return }
                try parts.take(JSONValue(parsing: data))
            }
        }

        mutating func finish() throws -> ModelReply {
            events.finish()
            guard let reply = parts.reply else { throw WireError(message: "the stream ended before the reply did") }
            return reply
        }
    }

    /// What the events of a stream amount to.
    private struct Parts {
        private let origin: String
        private var builder: ReplyBuilder
        /// The items that are whole, by their place.
        private var items: [Int: JSONValue] = [:]
        /// The reply, once the response is whole.
        private(set) var reply: ModelReply?

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            builder = ReplyBuilder(sink: sink)
        }

        mutating func take(_ event: JSONValue) throws {
            switch event["type"]?.stringValue ?? "" {
            case "response.output_text.delta", "response.refusal.delta":
                builder.add(text: event["delta"]?.stringValue ?? "")
            case "response.reasoning_summary_part.added":
                if builder.hasReasoning { builder.add(reasoning: "\n\n") }
            case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
                builder.add(reasoning: event["delta"]?.stringValue ?? "")
            case "response.output_item.done":
                if let item = event["item"] { items[event["output_index"]?.intValue ?? items.count] = item }
            case "response.completed", "response.incomplete":
                guard let response = event["response"] else { return }
                var output = response["output"]?.arrayValue ?? []
                if output.isEmpty { output = items.sorted { $0.key < $1.key }.map(\.value) }
                reply = try Responses.reply(response, output, origin: origin, shown: builder)
            case "response.failed":
                throw ProviderFailure(in: event["response"] ?? event) ?? ProviderFailure(message: "the response failed")
            case "error":
                // Here the members of the error stand in the event itself.
                throw ProviderFailure(in: ["error": event["error"] ?? event])
                    ?? ProviderFailure(message: "the stream reported an error")
            default: break
            }
        }
    }

    /// Reads a response in one piece.
    private struct WholeDecoder: ReplyDecoder {
        private let origin: String
        private let sink: @Sendable (ModelDelta) -> Void
        private var body: [UInt8] = []

        init(origin: String, _ sink: @escaping @Sendable (ModelDelta) -> Void) {
            self.origin = origin
            self.sink = sink
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws { try body.appendBounded(bytes) }

        mutating func finish() throws -> ModelReply {
            let response = try JSONValue(parsing: body)
            let output = response["output"]?.arrayValue ?? []
            return try Responses.reply(response, output, origin: origin, shown: ReplyBuilder(sink: sink))
        }
    }

    /// The reply that a finished response amounts to.
    ///
    /// - Parameter shown: What was streamed of it; what is missing there is passed on now.
    private static func reply(
        _ response: JSONValue,
        _ output: [JSONValue],
        origin: String,
        shown: ReplyBuilder
    ) throws -> ModelReply {
        if let failure = ProviderFailure(in: response) { throw failure }
        let status = response["status"]?.stringValue
        if status == "failed" { throw ProviderFailure(message: "the response failed") }
        var builder = shown
        var text = ""
        var isRefused = false
        /// The reasoning with the texts and the places of calls between.
        var places: [JSONValue] = []
        for (index, item) in output.enumerated() {
            switch item["type"]?.stringValue ?? "" {
            case "message":
                var said = ""
                for part in item["content"]?.arrayValue ?? [] {
                    if let refusal = part["refusal"]?.stringValue {
                        said += refusal
                        isRefused = true
                    } else {
                        said += part["text"]?.stringValue ?? ""
                    }
                }
                text += said
                if !said.isEmpty { places.append(["type": "message", "text": .string(said)]) }
            case "reasoning":
                if let kept = kept(item) { places.append(kept) }
                guard !shown.hasReasoning else { continue }
                for part in (item["summary"]?.arrayValue ?? []) + (item["content"]?.arrayValue ?? []) {
                    if builder.hasReasoning { builder.add(reasoning: "\n\n") }
                    builder.add(reasoning: part["text"]?.stringValue ?? "")
                }
            case "function_call":
                places.append(["type": "function_call"])
                builder.add(
                    call: index,
                    id: item["call_id"]?.stringValue ?? item["id"]?.stringValue,
                    name: item["name"]?.stringValue,
                    arguments: item["arguments"]?.stringValue ?? ""
                )
            default: break
            }
        }
        if shown.text.isEmpty { builder.add(text: text) }
        // Reasoning that came before all else needs no places.
        let thoughts = places.filter { $0["type"] == "reasoning" }
        builder.keepsake = places.starts(with: thoughts) ? thoughts : places
        let reason = response["incomplete_details"]?["reason"]?.stringValue
        switch (status, reason) {
        case ("incomplete", "content_filter"): builder.stop = .filtered
        case ("incomplete", _): builder.stop = .length
        default: builder.stop = isRefused ? .filtered : .end
        }
        builder.usage = response["usage"].flatMap(usage)
        guard !builder.isEmpty || status == "completed" else { throw WireError(message: "the answer holds no output") }
        return builder.reply(origin: origin)
    }

    /// A reasoning item without what only describes it: the encrypted content is enough to go on from.
    ///
    /// Nil for one without content: as nothing is stored, its id would refer to nothing.
    private static func kept(_ item: JSONValue) -> JSONValue? {
        guard case .object(var members) = item else { return nil }
        let content = members["content"]?.arrayValue ?? []
        guard members["encrypted_content"]?.stringValue != nil || !content.isEmpty else { return nil }
        members["status"] = nil
        return .object(members)
    }

    private static func usage(_ value: JSONValue) -> Usage? {
        guard let input = value["input_tokens"]?.intValue else { return nil }
        return Usage(
            inputTokens: input,
            cachedTokens: value["input_tokens_details"]?["cached_tokens"]?.intValue ?? 0,
            outputTokens: value["output_tokens"]?.intValue ?? 0,
            reasoningTokens: value["output_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0
        )
    }
}

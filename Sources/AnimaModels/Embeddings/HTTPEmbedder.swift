import AnimaCore

/// An embedder that is asked over HTTP: OpenAI's `POST /embeddings`, or Ollama's `POST /api/embed`.
struct HTTPEmbedder: Embedder {
    let name: String
    let model: String
    let isOllama: Bool
    let endpoint: Endpoint
    let transport: any HTTPTransport
    let clock: any AgentClock

    /// As many texts go into one request; more are asked for in several.
    static let textsPerRequest = 64

    func embed(_ texts: [String]) async throws -> Embeddings {
        var vectors: [[Float]] = []
        var usage = Usage()
        var rest = texts[...]
        while !rest.isEmpty {
            let batch = try await embed(batch: Array(rest.prefix(Self.textsPerRequest)))
            vectors += batch.vectors
            usage += batch.usage
            rest = rest.dropFirst(Self.textsPerRequest)
        }
        return Embeddings(vectors: vectors, usage: usage)
    }

    private func embed(batch texts: [String]) async throws -> Embeddings {
        let body: JSONValue = ["model": .string(model), "input": .array(texts.map { .string($0) })]
        let call = endpoint.call(path: isOllama ? "/api/embed" : "/embeddings", body: body)
        let receiver = BodyReceiver()
        do {
            try await transport.perform(call, receiver)
            return try read(receiver.json(), count: texts.count)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw endpoint.modelError(error, head: receiver.head, model: name, url: call.url, now: clock.now)
        }
    }

    private func read(_ answer: JSONValue, count: Int) throws -> Embeddings {
        let lists: [JSONValue]
        if isOllama {
            lists = answer["embeddings"]?.arrayValue ?? []
        } else {
            let data = answer["data"]?.arrayValue ?? []
            let inOrder = data.enumerated()
                .sorted { ($0.element["index"]?.intValue ?? $0.offset) < ($1.element["index"]?.intValue ?? $1.offset) }
            lists = inOrder.map { $0.element["embedding"] ?? .null }
        }
        let vectors = try lists.map { list in
            try (list.arrayValue ?? [])
                .map { number in
                    switch number {
                    case .double(let value): Float(value)
                    case .int(let value): Float(value)
                    default: throw WireError(message: "a vector holds a \(number.typeName)")
                    }
                }
        }
        guard vectors.count == count else {
            throw WireError(message: "\(count) texts were sent and \(vectors.count) vectors came back")
        }
        guard let length = vectors.first?.count, length > 0, vectors.allSatisfy({ $0.count == length }) else {
            throw WireError(message: "the vectors are empty or of different lengths")
        }
        let tokens = answer["usage"]?["prompt_tokens"]?.intValue ?? answer["prompt_eval_count"]?.intValue ?? 0
        return Embeddings(vectors: vectors, usage: Usage(inputTokens: tokens).bounded)
    }
}

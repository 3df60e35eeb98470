import AnimaCore

/// An agent's memories, searched by meaning too: each question is turned into a vector, and so are passages that have none yet.
///
/// Passages without a vector are embedded with the next question, a bounded number in the same request; so what is new is found
/// by its meaning from the next question on, and a past without vectors, or with those of another embedder, is caught up with
/// little by little. Where the embedder does not answer in time, words alone decide.
struct MeaningfulMemories: MemoryReader {
    let store: any LifeStore
    let embedder: any Embedder

    /// So many passages are embedded with one question.
    static let passagesPerQuestion = 48
    /// A question waits no longer for its vector.
    static let limit = Duration.seconds(5)

    func recall(_ query: RecallQuery) async throws -> [RecallHit] {
        guard query.vector == nil, query.parts.contains(.vectors), query.text.contains(where: { !$0.isWhitespace })
        else { return try await store.recall(query) }
        var query = query
        query.vector = try await vector(for: query)
        return try await store.recall(query)
    }

    func memory(_ id: Int) async throws -> Memory? { try await store.memory(id) }

    func episodes(around seq: Int, count: Int) async throws -> [Episode] {
        try await store.episodes(around: seq, count: count)
    }

    func place(of turn: TurnID) async throws -> Int? { try await store.place(of: turn) }

    private func vector(for query: RecallQuery) async throws -> QueryVector? {
        let filler = VectorFiller(store: store, embedder: embedder)
        let waiting = try await filler.missing(scope: query.scope, limit: Self.passagesPerQuestion)
        let texts = ([query.text] + waiting.map(\.text)).map(VectorFiller.shortened)
        guard let vectors = await embed(texts), vectors.count == texts.count, let own = vectors.first else {
            return nil
        }
        try await filler.keep(waiting, vectors.dropFirst())
        return own.isEmpty ? nil : QueryVector(embedder: embedder.name, values: own)
    }

    /// The vectors of some texts; nil when they don't come in time, or not at all.
    private func embed(_ texts: [String]) async -> [[Float]]? {
        await withTaskGroup(of: [[Float]]?.self) { group in
            group.addTask { try? await embedder.embed(texts).vectors }
            group.addTask {
                try? await Task.sleep(for: Self.limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}

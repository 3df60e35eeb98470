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
    /// Of a passage so many bytes are embedded.
    static let mostBytes = 4000

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
        let waiting = try await store.passages(
            withoutVectorOf: embedder.name,
            scope: query.scope,
            before: .max,
            limit: Self.passagesPerQuestion
        )
        let texts = [Self.shortened(query.text)] + waiting.map { Self.shortened($0.text) }
        guard let vectors = await embed(texts), vectors.count == texts.count, let own = vectors.first else {
            return nil
        }
        let found = zip(waiting, vectors.dropFirst()).map { PassageVector(passage: $0.id, values: $1) }
        if !found.isEmpty {
            // Another embedder's vectors are of no use any more.
            if try await store.vectorCounts().keys.contains(where: { $0 != embedder.name }) {
                try await store.deleteVectors(exceptOf: embedder.name)
            }
            try await store.store(found, of: embedder.name)
        }
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

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= mostBytes ? text : String(decoding: Array(text.utf8.prefix(mostBytes)), as: UTF8.self)
    }
}

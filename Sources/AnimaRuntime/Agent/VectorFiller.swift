public import AnimaCore

/// Gives passages the vectors that they lack, newest first, a bounded number at a time.
public struct VectorFiller: Sendable {
    private let store: any VectorStore
    private let embedder: any Embedder

    /// So many passages are embedded at once.
    public static let batch = 64
    /// Of a passage so many bytes are embedded.
    static let mostBytes = 4000

    /// Fills a store by an embedder.
    public init(store: any VectorStore, embedder: any Embedder) {
        self.store = store
        self.embedder = embedder
    }

    /// Fills the newest passages that have no vector.
    ///
    /// - Parameters:
    ///   - before: Only passages with a lower number, to go on where an earlier call stopped.
    ///   - scope: Which passages.
    /// - Returns: How many got one, and the number before which to go on; nil when there are no more.
    /// - Throws: ``StoreError``, ``ModelError``; nothing of the batch is kept then.
    public func fill(
        before: Int = .max,
        scope: RecallQuery.Scope = .both
    ) async throws -> (filled: Int, next: Int)? {
        let passages = try await missing(before: before, scope: scope, limit: Self.batch)
        guard let last = passages.last else { return nil }
        let vectors = try await embedder.embed(passages.map { Self.shortened($0.text) }).vectors
        return (try await keep(passages, vectors), last.id)
    }

    /// The newest passages that have no vector, newest first.
    func missing(before: Int = .max, scope: RecallQuery.Scope, limit: Int) async throws -> [Passage] {
        try await store.passages(withoutVectorOf: embedder.name, scope: scope, before: before, limit: limit)
    }

    /// Keeps the vectors of some passages.
    @discardableResult
    func keep(_ passages: [Passage], _ vectors: some Sequence<[Float]>) async throws -> Int {
        let found = zip(passages, vectors).map { PassageVector(passage: $0.id, values: $1) }
        guard !found.isEmpty else { return 0 }
        // Another embedder's vectors are of no use any more.
        if try await store.vectorCounts().keys.contains(where: { $0 != embedder.name }) {
            try await store.deleteVectors(exceptOf: embedder.name)
        }
        return try await store.store(found, of: embedder.name)
    }

    static func shortened(_ text: String) -> String {
        text.utf8.count <= mostBytes ? text : String(decoding: Array(text.utf8.prefix(mostBytes)), as: UTF8.self)
    }
}

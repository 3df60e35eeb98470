/// Keeps the meaning of passages as vectors, beside the words that they are found by.
///
/// A passage never changes, so its vectors never become stale. When a memory is superseded or forgotten, its vectors go
/// with it in the same transaction. Vectors of different embedders or lengths are never compared.
public protocol VectorStore: Sendable {
    /// The newest passages without a vector of an embedder, newest first: memories that hold, and episodes.
    ///
    /// - Parameters:
    ///   - embedder: The embedder's name.
    ///   - scope: Which passages.
    ///   - before: Only passages with a lower number, to go on where an earlier call stopped.
    ///   - limit: At most so many.
    func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage]

    /// Keeps vectors of passages, each in the place of an older one of the same embedder.
    ///
    /// Passages that are unknown or no longer hold, and vectors without a direction (empty, zero, not finite) are left
    /// out. What was learned by another length of the same embedder goes.
    ///
    /// - Returns: How many were kept.
    @discardableResult
    func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int

    /// Forgets the vectors of all embedders but one; of all with nil.
    ///
    /// - Returns: How many there were.
    @discardableResult
    func deleteVectors(exceptOf embedder: String?) async throws -> Int

    /// How many vectors there are, by embedder.
    func vectorCounts() async throws -> [String: Int]
}

/// The meaning of a passage.
public struct PassageVector: Hashable, Sendable {
    /// The passage's number.
    public let passage: Int
    /// Its meaning; the direction counts.
    public let values: [Float]

    /// Puts a passage and its meaning together.
    public init(passage: Int, values: [Float]) {
        self.passage = passage
        self.values = values
    }
}

public import AnimaCore

/// A store with something done around each append: counting, delaying, failing.
public final class InterceptedLifeStore: LifeStore {
    private let inner: any LifeStore
    private let before: @Sendable (LifeBatch) async throws -> Void
    private let after: @Sendable (LifeBatch) async throws -> Void

    /// Wraps a store.
    ///
    /// - Parameters:
    ///   - before: Runs before a batch is appended; what it throws is thrown instead of appending.
    ///   - after: Runs when a batch was appended, before the caller is told.
    public init(
        _ inner: any LifeStore,
        before: @escaping @Sendable (LifeBatch) async throws -> Void = { _ in },
        after: @escaping @Sendable (LifeBatch) async throws -> Void = { _ in }
    ) {
        self.inner = inner
        self.before = before
        self.after = after
    }

    public func append(_ batch: LifeBatch) async throws {
        try await before(batch)
        try await inner.append(batch)
        try await after(batch)
    }

    public func wake() async throws -> Awakening { try await inner.wake() }

    public func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try await inner.events(after: seq, turn: turn, limit: limit)
    }

    public func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] {
        try await inner.transcript(of: conversation, bytes: bytes)
    }

    public func summary(of conversation: ConversationID) async throws -> ConversationSummary? {
        try await inner.summary(of: conversation)
    }

    public func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try await inner.turn(answering: envelope)
    }

    public func recall(_ query: RecallQuery) async throws -> [RecallHit] { try await inner.recall(query) }

    public func episodes(around seq: Int, count: Int) async throws -> [Episode] {
        try await inner.episodes(around: seq, count: count)
    }

    public func place(of turn: TurnID) async throws -> Int? { try await inner.place(of: turn) }

    public func memory(_ id: Int) async throws -> Memory? { try await inner.memory(id) }

    public func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage] {
        try await inner.passages(withoutVectorOf: embedder, scope: scope, before: before, limit: limit)
    }

    public func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int {
        try await inner.store(vectors, of: embedder)
    }

    public func deleteVectors(exceptOf embedder: String?) async throws -> Int {
        try await inner.deleteVectors(exceptOf: embedder)
    }

    public func vectorCounts() async throws -> [String: Int] { try await inner.vectorCounts() }

    public func consolidationMaterial() async throws -> Consolidation.Material {
        try await inner.consolidationMaterial()
    }

    public func hasTaken(_ envelope: EnvelopeID) async throws -> Bool { try await inner.hasTaken(envelope) }

    public func spill(hash: String) async throws -> [UInt8]? { try await inner.spill(hash: hash) }

    public func close(atRest: Bool) async { await inner.close(atRest: atRest) }
}

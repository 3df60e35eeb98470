import Anima
import Synchronization

/// A store that counts the batches that must be flushed.
final class CountingStore: LifeStore {
    private let inner: any LifeStore
    private let count = Mutex(0)

    init(_ inner: any LifeStore) { self.inner = inner }

    var flushes: Int { count.withLock { $0 } }

    func append(_ batch: LifeBatch) async throws {
        if batch.isFlushed { count.withLock { $0 += 1 } }
        try await inner.append(batch)
    }

    func wake() async throws -> Awakening { try await inner.wake() }
    func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try await inner.events(after: seq, turn: turn, limit: limit)
    }
    func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] {
        try await inner.transcript(of: conversation, bytes: bytes)
    }
    func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try await inner.turn(answering: envelope)
    }
    func memories(matching query: String, limit: Int) async throws -> [Memory] {
        try await inner.memories(matching: query, limit: limit)
    }
    func spill(hash: String) async throws -> [UInt8]? { try await inner.spill(hash: hash) }
    func close() async { await inner.close() }
}

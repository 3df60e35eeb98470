import AnimaCore
import AnimaRuntime
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Kills the process at a chosen append, for the crash test: `ANIMA_TEST_FAILPOINT=before:3` or `after:3`.
///
/// Only a process with that variable ever has one; it can lose nothing that a real crash could not.
final class Failpoint: LifeStore {
    private enum Side: String {
        case before
        case after
    }

    private let inner: any LifeStore
    private let side: Side
    private let number: Int
    private let count = Mutex(0)

    private init(_ inner: any LifeStore, _ side: Side, _ number: Int) {
        self.inner = inner
        self.side = side
        self.number = number
    }

    /// The store itself, unless the environment asks for a failpoint.
    static func wrap(_ store: any LifeStore, _ environment: [String: String]) -> any LifeStore {
        let parts = environment["ANIMA_TEST_FAILPOINT"]?.split(separator: ":") ?? []
        guard parts.count == 2, let side = Side(rawValue: String(parts[0])), let number = Int(parts[1]) else {
            return store
        }
        return Failpoint(store, side, number)
    }

    func append(_ batch: LifeBatch) async throws {
        let current = count.withLock { count in
            count += 1
            return count
        }
        if current == number, side == .before { kill(getpid(), SIGKILL) }
        try await inner.append(batch)
        if current == number, side == .after { kill(getpid(), SIGKILL) }
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

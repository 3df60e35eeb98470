import AnimaCore
import Synchronization

/// Work that must end in time.
enum Deadline {
    /// Does the work; cancels it when its time is over.
    ///
    /// - Parameter key: The key of the limit, for the message.
    /// - Throws: ``SessionError`` when the time is over, and what the work throws.
    static func run<Value: Sendable>(
        _ limit: Duration,
        of key: String,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else {
                throw SessionError("no answer within \(limit.components.seconds) s (\(key))")
            }
            return value
        }
    }
}

/// When something happened first.
final class FirstMoment: Sendable {
    private let state = Mutex<Instant?>(nil)

    /// The moment; nil before it.
    var moment: Instant? { state.withLock { $0 } }

    /// Takes note of a moment, if it is the first one.
    func note(_ now: Instant) { state.withLock { $0 = $0 ?? now } }
}

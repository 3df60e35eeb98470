/// Tells the time and waits; the only source of both.
public protocol AgentClock: Sendable {
    /// The moment now.
    var now: Instant { get }

    /// Returns at a moment, or at once when it has passed.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func sleep(until moment: Instant) async throws
}

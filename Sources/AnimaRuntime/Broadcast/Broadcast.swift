import AnimaCore
import Synchronization

/// Tells any number of listeners what an agent does, and never waits for one.
///
/// Each listener has a bounded buffer. One that is too slow misses what doesn't fit and is told how much that was; one
/// that went away is forgotten.
public final class Broadcast: Sendable {
    private struct State {
        var listeners: [Int: Listener] = [:]
        var nextNumber = 0
    }

    private let state = Mutex(State())

    /// Makes a broadcast without listeners.
    public init() {}

    /// Listens from now on; ends when the iteration does, or with ``finish()``.
    ///
    /// - Parameter capacity: How many events may wait for this listener.
    public func listen(capacity: Int = 4096) -> AsyncStream<LiveEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LiveEvent.self,
            bufferingPolicy: .bufferingOldest(max(1, capacity))
        )
        let number = state.withLock { state in
            state.nextNumber += 1
            state.listeners[state.nextNumber] = Listener(continuation)
            return state.nextNumber
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// Ends all listening.
    public func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    func send(_ event: @autoclosure () -> LiveEvent) {
        let listeners = state.withLock { $0.listeners.isEmpty ? [] : Array($0.listeners.values) }
        guard !listeners.isEmpty else { return }
        let event = event()
        for listener in listeners { listener.send(event) }
    }
}

/// One listener and how much it missed.
private final class Listener: Sendable {
    private let continuation: AsyncStream<LiveEvent>.Continuation
    private let missed = Mutex(0)

    init(_ continuation: AsyncStream<LiveEvent>.Continuation) { self.continuation = continuation }

    func send(_ event: LiveEvent) {
        let missedBefore = missed.withLock { count in
            defer { count = 0 }
            return count
        }
        var lost = 0
        if missedBefore > 0, case .dropped = continuation.yield(.missed(missedBefore)) { lost += missedBefore }
        if lost > 0 {
            lost += 1
        } else if case .dropped = continuation.yield(event) {
            lost += 1
        }
        if lost > 0 { missed.withLock { $0 += lost } }
    }

    func finish() { continuation.finish() }
}

public import AnimaCore
import Synchronization

/// A clock that stands still until it is moved by hand.
public final class ManualClock: AgentClock {
    private struct Sleeper {
        let moment: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Instant
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var nextNumber = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// Starts at a moment.
    public init(at start: Instant = Instant(microseconds: 1_700_000_000_000_000)) {
        state = Mutex(State(now: start))
    }

    public var now: Instant { state.withLock { $0.now } }

    public func sleep(until moment: Instant) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, watchers) = state.withLock { state -> (Result<Void, any Error>?, [Sleeping]) in
                    if state.cancelled.remove(number) != nil { return (.failure(CancellationError()), []) }
                    if moment <= state.now { return (.success(()), []) }
                    state.sleepers[number] = Sleeper(moment: moment, continuation: continuation)
                    let count = state.sleepers.count
                    let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
                    state.watchers.removeAll { $0.count <= count }
                    return (nil, ready)
                }
                for watcher in watchers { watcher.resume() }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                if let sleeper = state.sleepers.removeValue(forKey: number) { return sleeper }
                state.cancelled.insert(number)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private typealias Sleeping = CheckedContinuation<Void, Never>

    /// Moves the time on and wakes whoever waited for a moment that has come.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now + duration
            let now = state.now
            let due = state.sleepers.filter { $0.value.moment <= now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.moment < $1.moment }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until at least so many tasks sleep on this clock.
    public func sleepers(atLeast count: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}

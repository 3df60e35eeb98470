import Synchronization

/// What is known of a job: what it printed, how it ended, and who waits for either.
///
/// A class with a lock: the reader of the output fills it, and calls look at it from elsewhere.
final class JobRecord: OutputSink {
    /// How a job ended.
    struct Ending: Hashable, Sendable {
        /// For the model: `ended with exit code 1 after 3 s`.
        let words: String
    }

    private struct Waiter {
        /// Output beyond this place is waited for too; nil for the end alone.
        let place: Int?
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var ring = OutputRing()
        /// How far the last read went.
        var readTo = 0
        var ending: Ending?
        var isStopped = false
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0

        func hasNews(after place: Int?) -> Bool { ending != nil || place.map { ring.total > $0 } ?? false }

        /// Those who need not wait any longer.
        mutating func served() -> [CheckedContinuation<Void, Never>] {
            let served = waiters.filter { hasNews(after: $0.value.place) }
            for number in served.keys { waiters[number] = nil }
            return served.values.map(\.continuation)
        }
    }

    private let state = Mutex(State())

    /// How it ended; nil while it runs.
    var ending: Ending? { state.withLock(\.ending) }
    /// How many bytes it has printed.
    var total: Int { state.withLock(\.ring.total) }
    /// Where the last read ended.
    var readTo: Int { state.withLock(\.readTo) }
    /// Whether it was asked to end.
    var isStopped: Bool { state.withLock(\.isStopped) }

    func take(_ bytes: UnsafeRawBufferPointer) {
        let served = state.withLock { state in
            state.ring.take(bytes)
            return state.served()
        }
        for waiter in served { waiter.resume() }
    }

    func finish() {}

    /// Notes that it was asked to end.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Notes how it ended.
    func end(_ ending: Ending) {
        let served = state.withLock { state in
            state.ending = ending
            state.ring.trim()
            return state.served()
        }
        for waiter in served { waiter.resume() }
    }

    /// Reads on, or from a place.
    ///
    /// - Parameter limit: At most so many bytes.
    func read(from place: Int?, limit: Int) -> OutputRing.Part {
        state.withLock { state in
            let part = state.ring.part(from: place ?? state.readTo, limit: limit, isWhole: state.ending != nil)
            state.readTo = part.end
            return part
        }
    }

    /// Waits for the end, or for output beyond a place; until the time is over or the task is cancelled.
    func wait(for place: Int?, atMost limit: Duration) async {
        guard limit > .zero, !state.withLock({ $0.hasNews(after: place) }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.news(after: place) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func news(after place: Int?) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isServed = state.withLock { state in
                    // A cancellation before this moment is seen here, a later one finds the waiter.
                    if Task.isCancelled || state.hasNews(after: place) { return true }
                    state.waiters[number] = Waiter(place: place, continuation: continuation)
                    return false
                }
                if isServed { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
    }
}

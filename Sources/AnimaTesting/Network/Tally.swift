import Synchronization

/// A count that tasks can wait for.
final class Tally: Sendable {
    private struct State {
        var count = 0
        var waiting: [(count: Int, door: Door)] = []
    }

    private let state = Mutex(State())

    /// How far it is.
    var count: Int { state.withLock { $0.count } }

    /// Counts one more.
    ///
    /// - Returns: Which one it was, from 1.
    @discardableResult
    func add() -> Int {
        let (count, doors) = state.withLock { state in
            state.count += 1
            let count = state.count
            let due = state.waiting.filter { $0.count <= count }.map(\.door)
            state.waiting.removeAll { $0.count <= count }
            return (count, due)
        }
        for door in doors { door.open() }
        return count
    }

    /// Waits until so many are counted, the task is cancelled or the time is up.
    ///
    /// - Returns: Whether they are counted.
    func reaches(_ count: Int, within limit: Duration) async -> Bool {
        let door = state.withLock { state -> Door? in
            if state.count >= count { return nil }
            let door = Door()
            state.waiting.append((count, door))
            return door
        }
        guard let door else { return true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await door.pass() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return self.count >= count
    }
}

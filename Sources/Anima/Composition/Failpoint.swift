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
enum Failpoint {
    /// The store itself, unless the environment asks for a failpoint.
    static func wrap(_ store: any LifeStore, _ environment: [String: String]) -> any LifeStore {
        let parts = environment["ANIMA_TEST_FAILPOINT"]?.split(separator: ":") ?? []
        guard parts.count == 2, let number = Int(parts[1]) else { return store }
        let appends = Counter()
        switch parts[0] {
        case "before": return InterceptedLifeStore(store, before: { _ in if appends.next() == number { die() } })
        case "after": return InterceptedLifeStore(store, after: { _ in if appends.next() == number { die() } })
        default: return store
        }
    }

    private static func die() { kill(getpid(), SIGKILL) }
}

/// Counts from 1.
private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

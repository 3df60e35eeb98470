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

/// Makes trouble at chosen appends, for tests of the real program: `ANIMA_TEST_FAILPOINT=before:3` or `after:3` kills the process at
/// the third append to a life; `fault:writer:3` or `fault:writer:3-5` lets appends of that agent fail, counted over all its lives in
/// the process.
///
/// Only a process with that variable ever has one; it can lose nothing that a real crash or a full disk could not.
enum Failpoint {
    /// The store itself, unless the environment asks for a failpoint.
    static func wrap(_ store: any LifeStore, of agent: AgentID, _ environment: [String: String]) -> any LifeStore {
        let parts = environment["ANIMA_TEST_FAILPOINT"]?.split(separator: ":").map(String.init) ?? []
        if parts.count == 3, parts[0] == "fault", parts[1] == agent.name {
            let numbers = parts[2].split(separator: "-").compactMap { Int($0) }
            guard let first = numbers.first, let last = numbers.last else { return store }
            return InterceptedLifeStore(
                store,
                before: { _ in
                    guard (first...max(first, last)).contains(faults.next()) else { return }
                    throw StoreError(code: .io, message: "the failpoint of \(agent) was reached")
                }
            )
        }
        guard parts.count == 2, let number = Int(parts[1]) else { return store }
        let appends = Counter()
        switch parts[0] {
        case "before": return InterceptedLifeStore(store, before: { _ in if appends.next() == number { die() } })
        case "after": return InterceptedLifeStore(store, after: { _ in if appends.next() == number { die() } })
        default: return store
        }
    }

    /// Appends of the one agent that has trouble.
    private static let faults = Counter()

    private static func die() { kill(getpid(), SIGKILL) }
}

/// Counts from 1.
private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

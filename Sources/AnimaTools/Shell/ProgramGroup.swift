import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The processes of one program, as long as their number is surely theirs.
final class ProgramGroup: Sendable {
    private let leader = Mutex<pid_t?>(nil)

    func begin(_ process: pid_t) { leader.withLock { $0 = process } }
    func end() { leader.withLock { $0 = nil } }

    /// Asks all of them to end.
    func ask() {
        // Under the lock: the leader is not waited for before `end()`, so nobody else can have got its number.
        leader.withLock { if let process = $0 { _ = kill(-process, SIGTERM) } }
    }
}

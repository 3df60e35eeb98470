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
    private struct State {
        var leader: pid_t?
        var isAsked = false

        /// Asks them, if there are any.
        func ask() {
            guard isAsked, let leader else { return }
            // As long as it is a child of ours, also one that has exited, nobody else can have got its number.
            var info = siginfo_t()
            guard waitid(P_PID, id_t(leader), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return }
            _ = kill(-leader, SIGTERM)
        }
    }

    private let state = Mutex(State())

    /// They have begun; when they were asked to end before that, they are told now.
    func begin(_ process: pid_t) {
        state.withLock { state in
            state.leader = process
            state.ask()
        }
    }

    /// They have ended.
    func end() { state.withLock { $0.leader = nil } }

    /// Asks all of them to end.
    func ask() {
        state.withLock { state in
            state.isAsked = true
            state.ask()
        }
    }
}

import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The standard input of a job: the end of a pipe that this process writes to.
final class JobInput: Sendable {
    /// What became of a text.
    enum Outcome: Hashable, Sendable {
        /// All of it is in the pipe.
        case written
        /// The pipe was full, and nobody read from it in time; so many bytes are in it.
        case notRead(Int)
        /// Nobody can read it any more.
        case closed
    }

    private enum Step {
        case wrote(Int)
        case full
        case closed
    }

    private let pipe: Mutex<Descriptor?>

    private init(owning value: CInt) { pipe = Mutex(Descriptor(owning: value)) }

    /// Makes the pipe.
    ///
    /// - Returns: What is written to, and the descriptor that the program reads from.
    static func make() throws(Unstartable) -> (input: JobInput, reading: CInt) {
        var ends: [CInt] = [-1, -1]
        guard Self.open(&ends) == 0 else {
            throw Unstartable(message: "can't make a pipe for stdin: \(systemReason(errno))")
        }
        // What is started in between doesn't keep them: programs get their three streams and nothing else.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #if canImport(Darwin)
        _ = fcntl(ends[1], F_SETNOSIGPIPE, 1)
        #endif
        // Only this end: the program's own would surprise it.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (JobInput(owning: ends[1]), ends[0])
    }

    /// Writes all of it, or what the program reads in time.
    func write(_ bytes: [UInt8], within limit: Duration) async -> Outcome {
        let deadline = ContinuousClock.now + limit
        var written = 0
        while written < bytes.count {
            switch step(bytes[written...]) {
            case .wrote(let count): written += count
            case .closed: return .closed
            case .full:
                guard ContinuousClock.now < deadline, !Task.isCancelled else { return .notRead(written) }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        return .written
    }

    /// Lets the program see the end of its input.
    func close() { pipe.withLock { $0 = nil } }

    private func step(_ bytes: ArraySlice<UInt8>) -> Step {
        pipe.withLock { pipe in
            guard let value = pipe?.value else { return .closed }
            let (count, reason) = bytes.withUnsafeBytes { Self.write($0, to: value) }
            if count >= 0 { return .wrote(count) }
            switch reason {
            case EAGAIN, EINTR: return .full
            default:
                pipe = nil
                return .closed
            }
        }
    }

    private static func open(_ ends: inout [CInt]) -> CInt {
        #if canImport(Glibc)
        Glibc.pipe(&ends)
        #elseif canImport(Musl)
        Musl.pipe(&ends)
        #else
        Darwin.pipe(&ends)
        #endif
    }

    /// Writes without the signal that ends a process whose reader is gone.
    private static func write(_ bytes: UnsafeRawBufferPointer, to value: CInt) -> (count: Int, reason: CInt) {
        #if canImport(Darwin)
        let count = Darwin.write(value, bytes.baseAddress, bytes.count)
        return (count, errno)
        #else
        // Held off on this thread for the moment; nothing is awaited in between.
        var signals = sigset_t()
        var before = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        #if canImport(Glibc)
        let count = Glibc.write(value, bytes.baseAddress, bytes.count)
        #else
        let count = Musl.write(value, bytes.baseAddress, bytes.count)
        #endif
        let reason = errno
        if count < 0, reason == EPIPE {
            var moment = timespec()
            while sigtimedwait(&signals, nil, &moment) < 0, errno == EINTR {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return (count, reason)
        #endif
    }
}

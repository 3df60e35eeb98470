import ArgumentParser
import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Ctrl-C: the first one is passed on, the second one ends the process at once.
final class Interrupts: Sendable {
    /// One element at the first interrupt.
    let first: AsyncStream<Void>
    /// Dispatch sources may be used from any thread; it is only cancelled.
    private nonisolated(unsafe) let source: any DispatchSourceSignal
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        first = stream
        self.continuation = continuation
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        // A handler's calls don't overlap, so the count needs no lock.
        nonisolated(unsafe) var count = 0
        source.setEventHandler {
            count += 1
            if count > 1 { _exit(CommandExit.interrupted.rawValue) }
            continuation.yield()
        }
        source.resume()
        self.source = source
    }

    /// Stops listening; Ctrl-C ends the process again.
    func end() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
        continuation.finish()
    }
}

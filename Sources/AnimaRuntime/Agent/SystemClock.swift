public import AnimaCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The time of the machine.
public struct SystemClock: AgentClock {
    /// Makes a clock.
    public init() {}

    public var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    public func sleep(until moment: Instant) async throws {
        // In slices, so that a change of the machine's time is noticed.
        while true {
            let left = moment - now
            guard left > .zero else { return try Task.checkCancellation() }
            try await Task.sleep(for: min(left, .seconds(60)))
        }
    }
}

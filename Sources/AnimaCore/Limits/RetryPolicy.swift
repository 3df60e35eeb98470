/// What is done about failed model calls: exponential backoff with full jitter, then the next model, then parking.
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct RetryPolicy: Hashable, Sendable, Codable {
    /// What becomes of a turn when no model answers and waiting may help.
    public enum Unavailable: String, Hashable, Sendable, Codable, CaseIterable {
        /// It waits in the life and is tried again later.
        case park
        /// It ends as failed.
        case fail
    }

    /// Tries of one model in all, the first included; at least 1 (key `attempts`).
    public var attempts = 4
    /// The longest wait before the second try; it doubles with each further one (key `base_seconds`).
    @Milliseconds public var base: Duration = .seconds(1)
    /// No wait is longer than this, unless the provider asks for it (key `max_seconds`).
    @Milliseconds public var max: Duration = .seconds(60)
    /// What becomes of a turn when no model answers (key `unavailable`).
    public var unavailable = Unavailable.park
    /// How long a turn is parked at most before it ends as failed (key `park_seconds`).
    @Milliseconds public var parkTime: Duration = .seconds(86_400)

    /// The first wait of a parked turn; it doubles with each further one.
    static let firstParking: Duration = .seconds(30)
    /// The longest wait of a parked turn, unless the provider asks for a longer one.
    static let longestParking: Duration = .seconds(900)

    /// The defaults.
    public init() {}

    /// How long to wait after a failure; nil when this model is not tried again.
    ///
    /// - Parameters:
    ///   - error: What went wrong. When the provider asks for a wait, that is the shortest one.
    ///   - failures: How many tries of the model have failed, this one included.
    public func delay(
        after error: ModelError,
        failures: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard error.isTransient, failures < attempts else { return nil }
        let ceiling = Self.doubled(base, times: failures - 1, atMost: max)
        let wait = Duration.microseconds(Int64.random(in: 0...ceiling, using: &generator))
        return Swift.max(wait, error.retryAfter ?? .zero)
    }

    /// How long a turn waits when it is parked; nil when it has waited long enough.
    ///
    /// - Parameters:
    ///   - parkings: How often it was parked before.
    ///   - waited: How long ago it was parked first.
    public func parking(
        after error: ModelError,
        parkings: Int,
        waited: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard unavailable == .park, waited < parkTime else { return nil }
        // Between half and the whole, so that agents that failed together don't come back together.
        let ceiling = Self.doubled(Self.firstParking, times: parkings, atMost: Self.longestParking)
        let wait = Duration.microseconds(Int64.random(in: ceiling / 2...ceiling, using: &generator))
        return min(Swift.max(wait, error.retryAfter ?? .zero), parkTime - waited)
    }

    private static func doubled(_ base: Duration, times: Int, atMost limit: Duration) -> Int64 {
        let factor = Double(UInt64(1) << UInt64(min(Swift.max(times, 0), 32)))
        let ceiling = Swift.min(Double(base.microseconds) * factor, Double(Swift.max(limit.microseconds, 0)))
        return Int64(Swift.max(ceiling, 0))
    }
}

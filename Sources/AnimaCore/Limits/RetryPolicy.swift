/// When a failed model call is tried again: exponential backoff with full jitter.
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct RetryPolicy: Hashable, Sendable, Codable {
    /// Tries in all, the first included; at least 1 (key `attempts`).
    public var attempts = 4
    /// The longest wait before the second try; it doubles with each further one (key `base_seconds`).
    @Milliseconds public var base: Duration = .seconds(1)
    /// No wait is longer than this (key `max_seconds`).
    @Milliseconds public var max: Duration = .seconds(60)

    /// The defaults.
    public init() {}

    /// How long to wait after a failure; nil when it is not tried again.
    ///
    /// - Parameters:
    ///   - error: What went wrong. When the provider asks for a wait, that is the shortest one.
    ///   - failures: How many tries have failed, this one included.
    public func delay(
        after error: ModelError,
        failures: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard error.isTransient, failures < attempts else { return nil }
        let doubled = Double(base.microseconds) * Double(UInt64(1) << UInt64(min(Swift.max(failures, 1) - 1, 32)))
        let ceiling = Swift.min(doubled, Double(Swift.max(max.microseconds, 0)))
        let wait = Duration.microseconds(Int64(Double.random(in: 0...Swift.max(ceiling, 0), using: &generator)))
        return Swift.max(wait, error.retryAfter ?? .zero)
    }
}

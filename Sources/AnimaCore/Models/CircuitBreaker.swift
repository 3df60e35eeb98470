/// Leaves a provider alone that fails: after failures in a row nobody calls it for a while, then one call tries it.
///
/// ```
/// closed ── failures in a row, or one that only the owner can mend ──▶ open ── time passed ──▶ one trial
///   ▲ success                                                            ▲ failure: twice as long     │
///   └────────────────────────────────────────────────────────────────────┴────────────────────────────┘
/// ```
/// Source: M. Nygard, "Release It!", 2007.
public struct CircuitBreaker: Hashable, Sendable {
    /// Whether a call may be made.
    public enum Permission: Hashable, Sendable {
        /// It may.
        case granted
        /// Not before this moment; why.
        case refused(until: Instant, reason: String)
    }

    /// So many failures in a row open it.
    public var threshold = 5
    /// How long it is open at first.
    public var firstPause: Duration = .seconds(15)
    /// How long it is open at most.
    public var longestPause: Duration = .seconds(300)

    private var failures = 0
    private var openUntil: Instant?
    private var pause: Duration?
    private var trialSince: Instant?
    private var reason = ""

    /// A closed one.
    public init() {}

    /// Whether no call is kept back.
    public var isClosed: Bool { openUntil == nil }

    /// Asks for a call; each granted one must be reported with ``succeeded()``, ``failed(_:at:)`` or ``abandoned()``.
    public mutating func request(at now: Instant) -> Permission {
        guard let openUntil else { return .granted }
        if now < openUntil { return .refused(until: openUntil, reason: reason) }
        // One trial at a time; a trial that nobody reported is given up after a while.
        if let trialSince, now < trialSince + longestPause {
            return .refused(until: now + firstPause, reason: reason)
        }
        trialSince = now
        return .granted
    }

    /// A call succeeded.
    public mutating func succeeded() {
        failures = 0
        openUntil = nil
        pause = nil
        trialSince = nil
    }

    /// A call was given up by its caller; it says nothing about the provider.
    public mutating func abandoned() { trialSince = nil }

    /// A call failed.
    public mutating func failed(_ error: ModelError, at now: Instant) {
        let wasTrial = trialSince != nil
        trialSince = nil
        switch error.code {
        case .unauthorized, .quotaExceeded: open(error, at: now)
        case .unavailable, .timeout, .rateLimited:
            failures += 1
            if wasTrial || failures >= threshold { open(error, at: now) }
        // The provider works; it was the request or one reply that did not.
        case .invalidRequest, .modelNotFound, .contextOverflow, .invalidReply: if wasTrial { succeeded() }
        case .circuitOpen: break
        }
    }

    private mutating func open(_ error: ModelError, at now: Instant) {
        let next = pause.map { min($0 * 2, longestPause) } ?? firstPause
        pause = next
        openUntil = now + max(next, error.retryAfter ?? .zero)
        reason = error.message
    }
}

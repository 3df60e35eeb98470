/// A model call that failed.
public struct ModelError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// What kind of failure it was; coarse, so that the retry policy can decide by it.
    public enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        /// Not reachable, connection lost, overloaded, server error: trying again may help.
        case unavailable
        /// Too many requests: trying again later helps.
        case rateLimited
        /// No complete answer within the time: trying again may help.
        case timeout
        /// The provider failed so often that it is left alone for a while.
        case circuitOpen
        /// The key is missing, wrong or without rights: only the owner can help.
        case unauthorized
        /// The account has no credit left: only the owner can help.
        case quotaExceeded
        /// The provider refused the request: trying the same again does not help.
        case invalidRequest
        /// There is no such model.
        case modelNotFound
        /// The conversation is longer than the model's window.
        case contextOverflow
        /// The provider's answer could not be understood: trying again may help.
        case invalidReply
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, on what, and what to do.
    public let message: String
    /// How long the provider asks to wait, in milliseconds.
    public let retryAfterMilliseconds: Int?
    /// The share of a request that was too long, from 0 to 1, that would have fit; nil when the provider doesn't say.
    public let fittingShare: Double?

    /// Makes an error.
    public init(code: Code, message: String, retryAfter: Duration? = nil, fittingShare: Double? = nil) {
        self.code = code
        self.message = message
        self.fittingShare = fittingShare
        // Rounded up: not a moment before the provider's.
        retryAfterMilliseconds = retryAfter.map { Int(clamping: ($0.microseconds &+ 999) / 1000) }
    }

    /// How long the provider asks to wait.
    public var retryAfter: Duration? { retryAfterMilliseconds.map { .milliseconds($0) } }

    /// Whether the same request may succeed later without the owner.
    public var isTransient: Bool {
        switch code {
        case .unavailable, .rateLimited, .timeout, .circuitOpen, .invalidReply: true
        case .unauthorized, .quotaExceeded, .invalidRequest, .modelNotFound, .contextOverflow: false
        }
    }

    public var description: String { message }
}

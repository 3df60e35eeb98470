/// What model calls cost, in tokens as the provider counts them.
public struct Usage: Hashable, Sendable, Codable {
    /// Tokens sent.
    public var inputTokens: Int
    /// The part of the tokens sent that the provider had cached.
    public var cachedTokens: Int
    /// Tokens received.
    public var outputTokens: Int

    /// Counts tokens; nothing by default.
    public init(inputTokens: Int = 0, cachedTokens: Int = 0, outputTokens: Int = 0) {
        self.inputTokens = inputTokens
        self.cachedTokens = cachedTokens
        self.outputTokens = outputTokens
    }

    /// Sent and received together.
    public var total: Int { inputTokens &+ outputTokens }

    /// Adds another count.
    public static func += (left: inout Usage, right: Usage) {
        left.inputTokens &+= right.inputTokens
        left.cachedTokens &+= right.cachedTokens
        left.outputTokens &+= right.outputTokens
    }
}

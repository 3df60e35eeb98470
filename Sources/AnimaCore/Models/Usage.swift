/// What model calls cost, in tokens as the provider counts them and in money.
public struct Usage: Hashable, Sendable, Codable {
    /// Tokens sent.
    public var inputTokens: Int
    /// The part of the tokens sent that the provider had cached.
    public var cachedTokens: Int
    /// The part of the tokens sent that the provider put into its cache.
    public var cacheWriteTokens: Int
    /// Tokens received.
    public var outputTokens: Int
    /// The part of the tokens received that was reasoning.
    public var reasoningTokens: Int
    /// What it cost, in millionths of a US dollar; 0 when the price is not known.
    public var microdollars: Int

    /// Counts tokens; nothing by default.
    public init(
        inputTokens: Int = 0,
        cachedTokens: Int = 0,
        cacheWriteTokens: Int = 0,
        outputTokens: Int = 0,
        reasoningTokens: Int = 0,
        microdollars: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.cachedTokens = cachedTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.outputTokens = outputTokens
        self.reasoningTokens = reasoningTokens
        self.microdollars = microdollars
    }

    /// Sent and received together.
    public var total: Int { inputTokens &+ outputTokens }

    /// Adds another count.
    public static func += (left: inout Usage, right: Usage) {
        left.inputTokens &+= right.inputTokens
        left.cachedTokens &+= right.cachedTokens
        left.cacheWriteTokens &+= right.cacheWriteTokens
        left.outputTokens &+= right.outputTokens
        left.reasoningTokens &+= right.reasoningTokens
        left.microdollars &+= right.microdollars
    }
}

extension Usage {
    private enum CodingKeys: String, CodingKey {
        case inputTokens
        case cachedTokens
        case cacheWriteTokens
        case outputTokens
        case reasoningTokens
        case microdollars
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            inputTokens: try container.decode(Int.self, forKey: .inputTokens),
            cachedTokens: try container.decode(Int.self, forKey: .cachedTokens),
            cacheWriteTokens: try container.decodeIfPresent(Int.self, forKey: .cacheWriteTokens) ?? 0,
            outputTokens: try container.decode(Int.self, forKey: .outputTokens),
            reasoningTokens: try container.decodeIfPresent(Int.self, forKey: .reasoningTokens) ?? 0,
            microdollars: try container.decodeIfPresent(Int.self, forKey: .microdollars) ?? 0
        )
    }

    /// What most calls have none of is left out, so that events stay small.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(inputTokens, forKey: .inputTokens)
        try container.encode(cachedTokens, forKey: .cachedTokens)
        if cacheWriteTokens != 0 { try container.encode(cacheWriteTokens, forKey: .cacheWriteTokens) }
        try container.encode(outputTokens, forKey: .outputTokens)
        if reasoningTokens != 0 { try container.encode(reasoningTokens, forKey: .reasoningTokens) }
        if microdollars != 0 { try container.encode(microdollars, forKey: .microdollars) }
    }
}

/// What a model's tokens cost, in US dollars per million tokens, which is millionths of a dollar per token.
public struct ModelPrice: Hashable, Sendable {
    /// Tokens sent.
    public var input: Double
    /// Tokens sent that the provider had cached.
    public var cached: Double
    /// Tokens sent that the provider puts into its cache.
    public var cacheWrite: Double
    /// Tokens received, reasoning included.
    public var output: Double

    /// Makes a price; cached tokens cost what other ones do when nothing else is said.
    public init(input: Double, cached: Double? = nil, cacheWrite: Double? = nil, output: Double) {
        self.input = input
        self.cached = cached ?? input
        self.cacheWrite = cacheWrite ?? input
        self.output = output
    }

    /// What a usage costs, in millionths of a dollar, rounded up.
    public func microdollars(of usage: Usage) -> Int {
        let cachedTokens = min(max(usage.cachedTokens, 0), usage.inputTokens)
        let writtenTokens = min(max(usage.cacheWriteTokens, 0), usage.inputTokens - cachedTokens)
        let otherTokens = usage.inputTokens - cachedTokens - writtenTokens
        let sum =
            Double(otherTokens) * input + Double(cachedTokens) * cached + Double(writtenTokens) * cacheWrite
            + Double(usage.outputTokens) * output
        guard sum.isFinite, sum > 0 else { return 0 }
        return Int(exactly: sum.rounded(.up)) ?? .max
    }

    /// The most one token sent may cost.
    public var dearestInput: Double { Swift.max(input, cached, cacheWrite) }
}

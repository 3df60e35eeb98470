public import AnimaCore

/// A model as a table of the configuration describes it: `[model]`, `[models.NAME]` or `[embedder]`.
public struct ModelConfiguration: Sendable, Hashable {
    /// The short form: a name of `[models.NAME]`, `provider/name`, or `reflex`.
    public var use: String?
    /// Who provides it: `openai`, `anthropic`, `ollama`, `reflex` or `cassette`.
    public var provider: String?
    /// Its name, as the provider knows it; the file of a cassette.
    public var name: String?
    /// Which of OpenAI's interfaces is spoken: `chat` or `responses`.
    public var style: String?
    /// The address before the API's paths.
    public var baseURL: String?
    /// The key.
    public var apiKey: Secret?
    /// How freely it chooses words.
    public var temperature: Double?
    /// The most tokens of one reply.
    public var maxTokens: Int?
    /// The share of likely words that it chooses from.
    public var topP: Double?
    /// The same seed gives about the same reply.
    public var seed: Int?
    /// Texts that end a reply.
    public var stop: [String] = []
    /// How much it thinks: `low`, `medium` or `high`.
    public var effort: String?
    /// The window in tokens.
    public var context: Int?
    /// Whether replies are streamed.
    public var streams = true
    /// How it is told of tools: `native` or `text`.
    public var tools: String?
    /// Whether it is shown the images that tools return.
    public var images: Bool?
    /// How long a local server keeps it in memory.
    public var keepAlive: String?
    /// Models that are tried, in order, when it does not answer; the short forms.
    public var fallback: [String] = []
    /// How long the connection may take.
    public var connectTime: Duration = .seconds(10)
    /// How long the answer may take to begin.
    public var firstByteTime: Duration = .seconds(180)
    /// How long the answer may pause.
    public var idleTime: Duration = .seconds(60)

    /// Nothing is set.
    public init() {}

    /// Whether it says which model is meant.
    public var isChosen: Bool { use != nil || provider != nil }
}

/// What the tokens of some models cost, in US dollars per million: `[prices."provider/name*"]`.
public struct PriceConfiguration: Sendable, Hashable {
    /// Tokens sent.
    public var input: Double?
    /// Tokens sent that the provider had cached.
    public var cached: Double?
    /// Tokens sent that the provider puts into its cache.
    public var cacheWrite: Double?
    /// Tokens received.
    public var output: Double?

    /// Nothing is set.
    public init() {}
}

extension AgentConfiguration {
    /// A model of `[models.NAME]`; one that is not there is empty, and is there once something is set.
    subscript(model name: String) -> ModelConfiguration {
        get { models[name] ?? ModelConfiguration() }
        set { models[name] = newValue }
    }

    /// A price of `[prices."PATTERN"]`; one that is not there is empty, and is there once something is set.
    subscript(price pattern: String) -> PriceConfiguration {
        get { prices[pattern] ?? PriceConfiguration() }
        set { prices[pattern] = newValue }
    }
}

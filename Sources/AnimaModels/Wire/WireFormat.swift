import AnimaCore

/// How a kind of provider wants to be asked and how it answers.
protocol WireFormat: Sendable {
    /// The format's name, which keepsakes are marked with.
    static var dialect: String { get }

    /// The path below the base address, and the body.
    func encode(_ request: ModelRequest) -> (path: String, body: JSONValue)

    /// What reads one answer.
    ///
    /// - Parameter sink: Takes the parts of the reply as they come.
    func decoder(sink: @escaping @Sendable (ModelDelta) -> Void) -> any ReplyDecoder
}

/// Reads one answer; used by one exchange.
protocol ReplyDecoder {
    /// Takes more of the body.
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws

    /// The body ended: the reply.
    mutating func finish() throws -> ModelReply
}

/// How a model is to be asked, whoever provides it.
public struct ModelOptions: Hashable, Sendable {
    /// The model's name, as its provider knows it.
    public var model: String
    /// How freely it chooses words, 0 for the likeliest ones; nil for the provider's default.
    public var temperature: Double?
    /// The share of likely words that it chooses from; nil for the provider's default.
    public var topP: Double?
    /// The same seed gives about the same reply, where the provider knows seeds.
    public var seed: Int?
    /// Texts that end a reply.
    public var stop: [String] = []
    /// How much it thinks before it answers: `low`, `medium` or `high`; nil for the provider's default.
    public var effort: String?
    /// Whether replies are streamed.
    public var streams = true
    /// The window in tokens; nil when unknown.
    public var contextTokens: Int?
    /// How long a local server keeps the model in memory, as it wants it written: `5m`, `-1`.
    public var keepAlive: String?

    /// Options for a model.
    public init(model: String) { self.model = model }
}

/// A stream that is not what its format says.
struct WireError: Error, Hashable {
    let message: String
}

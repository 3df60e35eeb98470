/// A language model: a request in, a stream of events and one reply out.
public protocol ModelProvider: Sendable {
    /// How logs and events name it: `reflex`, `anthropic/claude-…`.
    var name: String { get }

    /// What is known about it without asking it.
    var facts: ModelFacts { get }

    /// Asks the model once; no retries here.
    ///
    /// - Parameters:
    ///   - request: What the model sees.
    ///   - sink: Takes the parts of the reply as they come, in order; never blocks. What it took adds up to the reply.
    /// - Throws: ``ModelError``; `CancellationError` when the task is cancelled.
    @concurrent func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply
}

extension ModelProvider {
    public var facts: ModelFacts { ModelFacts() }
}

/// A part of a reply while it streams.
public enum ModelDelta: Hashable, Sendable {
    /// More of the answer's text.
    case text(String)
    /// More of the model's reasoning.
    case reasoning(String)
}

/// What is known about a model without asking it.
public struct ModelFacts: Hashable, Sendable {
    /// The window in tokens, request and reply together; nil when unknown.
    public var contextTokens: Int?
    /// The most tokens of one reply; nil when unknown.
    public var outputTokens: Int?
    /// What its tokens cost; nil when unknown, which counts as nothing.
    public var price: ModelPrice?
    /// Whether it is shown the images that tools return; those of a task always are.
    public var seesImages: Bool
    /// Whether it understands any text; the built-in rules don't.
    public var understandsText = true

    /// Nothing is known by default.
    public init(
        contextTokens: Int? = nil,
        outputTokens: Int? = nil,
        price: ModelPrice? = nil,
        seesImages: Bool = false
    ) {
        self.contextTokens = contextTokens
        self.outputTokens = outputTokens
        self.price = price
        self.seesImages = seesImages
    }
}

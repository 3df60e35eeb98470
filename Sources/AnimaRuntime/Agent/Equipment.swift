public import AnimaCore

/// What an agent works with; many agents may share one.
public final class Equipment: Sendable {
    /// The models it thinks with, in the order in which they are tried; at least one.
    public let models: [any ModelProvider]
    /// The tools it has, in the order in which the model sees them.
    public let tools: [any Tool]
    /// Who it is and how it works: the stable beginning of every request.
    public let instructions: String
    /// What it may do.
    public var policy: AgentPolicy { configured.policy }
    /// The same with its models, as it stands in the life.
    let configured: Fact.AgentConfigured
    /// Tells it the time.
    public let clock: any AgentClock
    /// The version of the program, for the life.
    public let program: String
    /// After so many events the state is saved again.
    public let snapshotInterval: Int

    /// Takes the owner's secrets out of what tools give back.
    public let mask: SecretMask
    /// Turns texts into vectors, so that memories are found by their meaning too; nil for words alone.
    public let embedder: (any Embedder)?

    let specs: [ToolSpec]
    let toolsByName: [String: any Tool]

    /// Puts an agent's equipment together.
    ///
    /// - Parameters:
    ///   - fallbacks: Models that are tried, in order, when the first one does not answer.
    ///   - mask: Takes the owner's secrets out of what tools give back.
    ///   - embedder: Turns texts into vectors, so that memories are found by their meaning too.
    public init(
        model: any ModelProvider,
        fallbacks: [any ModelProvider] = [],
        tools: [any Tool] = [],
        instructions: String = "",
        policy: AgentPolicy,
        clock: any AgentClock = SystemClock(),
        program: String = "embedded",
        snapshotInterval: Int = 64,
        mask: SecretMask = SecretMask([]),
        embedder: (any Embedder)? = nil
    ) {
        models = [model] + fallbacks
        self.tools = tools
        self.instructions = instructions
        configured = Fact.AgentConfigured(policy: policy, models: models.map(\.name))
        self.clock = clock
        self.program = program
        self.snapshotInterval = snapshotInterval
        self.mask = mask
        self.embedder = embedder
        specs = tools.map(\.spec)
        toolsByName = Dictionary(tools.map { ($0.spec.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// What a child is: it goes with the task that it is made for, and bounds everything that it does.
public struct Birth: Hashable, Sendable, Codable {
    /// Who made it, and hears how its work ended.
    public let parent: AgentID
    /// The agent whose configuration it has.
    public let template: AgentID
    /// The names of the tools that it may have at most.
    public let tools: [String]
    /// Its parent's gate.
    public let gate: Gate
    /// The rules of its parent and of all above it, as they were when it was made; nil in lives of older programs, which knew
    /// only `gate`.
    public let gates: [Gates.Layer]?
    /// The tokens that it and its children may use in all.
    public let tokens: Int
    /// The millionths of a dollar that it and its children may use in all; nil for no bound of its own.
    public let microdollars: Int?
    /// How many generations there may be below it.
    public let generations: Int
    /// How many agents it may make, with theirs.
    public let agents: Int
    /// Whether it works in its parent's workspace.
    public let sharesWorkspace: Bool

    /// Makes a birth.
    public init(
        parent: AgentID,
        template: AgentID,
        tools: [String],
        gates: [Gates.Layer],
        tokens: Int,
        microdollars: Int? = nil,
        generations: Int = 0,
        agents: Int = 0,
        sharesWorkspace: Bool = false
    ) {
        self.parent = parent
        self.template = template
        self.tools = tools
        gate = gates.first?.gate ?? Gate()
        self.gates = gates
        self.tokens = tokens
        self.microdollars = microdollars
        self.generations = generations
        self.agents = agents
        self.sharesWorkspace = sharesWorkspace
    }

    /// What allows each of its calls beside its template's gate: its parent's rules and those of all above it.
    var layers: [Gates.Layer] { gates ?? [Gates.Layer(gate)] }
}

extension AgentPolicy {
    /// The policy of a child that is made after one with this policy.
    ///
    /// It learns nothing: what it finds out is its report.
    public func born(as birth: Birth) -> AgentPolicy {
        var policy = self
        policy.birth = birth
        policy.topics = []
        policy.memory.learning = .off
        policy.memory.consolidation = .off
        policy.monitors = []
        policy.links = []
        policy.supervision = SupervisionPolicy()
        return policy
    }
}

/// What an agent asks for when it makes a child.
public struct SpawnRequest: Hashable, Sendable {
    /// The agent whose configuration it is to have.
    public let template: AgentID
    /// What it is to do.
    public let task: String
    /// The tools that it is to have; nil for all that its template and its parent have both.
    public let tools: [String]?
    /// The tokens that it may use; nil for half of what the turn has left.
    public let tokens: Int?
    /// How long it may take; nil for as long as the turn.
    public let timeout: Duration?
    /// Whether it works in its parent's workspace.
    public let sharesWorkspace: Bool

    /// Makes a request.
    public init(
        template: AgentID,
        task: String,
        tools: [String]? = nil,
        tokens: Int? = nil,
        timeout: Duration? = nil,
        sharesWorkspace: Bool = false
    ) {
        self.template = template
        self.task = task
        self.tools = tools
        self.tokens = tokens
        self.timeout = timeout
        self.sharesWorkspace = sharesWorkspace
    }

    /// The request without what a mask hides.
    public func masked(by mask: SecretMask) -> SpawnRequest {
        SpawnRequest(
            template: template,
            task: mask.masked(task),
            tools: tools,
            tokens: tokens,
            timeout: timeout,
            sharesWorkspace: sharesWorkspace
        )
    }
}

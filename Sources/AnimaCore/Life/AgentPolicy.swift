/// What an agent may do and how it goes about it; part of the life, so that the log alone decides what is owed.
public struct AgentPolicy: Hashable, Sendable, Codable {
    /// How much it may do.
    public var limits: Limits
    /// When failed model calls are tried again.
    public var retry: RetryPolicy
    /// Which tool calls may run.
    public var gate: Gate
    /// What it remembers by itself.
    public var memory: MemoryPolicy
    /// The agents that it may write to, and whose messages it takes.
    public var peers: [AgentID] = []
    /// The topics that it always wants its peers' messages of.
    public var topics: [String] = []
    /// The agents whose configurations its children may have.
    public var templates: [AgentID] = []
    /// Whether children may work in its workspace.
    public var sharesWorkspace = false
    /// What it is, when another agent has made it.
    public var birth: Birth?
    /// The agents that it is told of when they go down.
    public var monitors: [AgentID] = []
    /// The agents with which it goes down.
    public var links: [AgentID] = []
    /// The agents that it looks after.
    public var supervision = SupervisionPolicy()
    /// What becomes of a message that comes while a turn of its conversation is open.
    public var inbox = InboxPolicy.steer

    /// A policy; by default nothing is allowed, and nothing is remembered by itself.
    public init(
        limits: Limits = Limits(),
        retry: RetryPolicy = RetryPolicy(),
        gate: Gate = Gate(),
        memory: MemoryPolicy = .off
    ) {
        self.limits = limits
        self.retry = retry
        self.gate = gate
        self.memory = memory
    }
}

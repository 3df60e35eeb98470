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

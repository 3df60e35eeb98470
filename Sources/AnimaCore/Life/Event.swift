/// One fact in an agent's life, with when, where and why.
public struct Event: Hashable, Sendable {
    /// Its place in the life, from 1 without gaps; written `e12`.
    public let seq: Int
    /// When it was recorded.
    public let at: Instant
    /// The agent that it happened to.
    public let agent: AgentID
    /// The conversation that it belongs to; nil for the agent's own.
    public let conversation: ConversationID?
    /// The turn that it belongs to.
    public let turn: TurnID?
    /// The step of the turn, from 1.
    public let step: Int?
    /// The sequence number of the event that led to it.
    public let cause: Int?
    /// What happened.
    public let fact: Fact

    /// Makes an event.
    public init(
        seq: Int,
        at: Instant,
        agent: AgentID,
        conversation: ConversationID? = nil,
        turn: TurnID? = nil,
        step: Int? = nil,
        cause: Int? = nil,
        fact: Fact
    ) {
        self.seq = seq
        self.at = at
        self.agent = agent
        self.conversation = conversation
        self.turn = turn
        self.step = step
        self.cause = cause
        self.fact = fact
    }

    /// The written form of its number, `e12`.
    public var id: String { "e\(seq)" }
}

/// How much an agent may do; every limit has a default and a configuration key in `[limits]`.
public struct Limits: Hashable, Sendable, Codable {
    /// Model calls in one turn (key `steps`).
    public var steps = 40
    /// Wall time of one turn (key `turn_seconds`).
    @Milliseconds public var turnTime: Duration = .seconds(1800)
    /// Wall time of one model call (key `model_seconds`).
    @Milliseconds public var modelTime: Duration = .seconds(300)
    /// Wall time of one tool call (key `tool_seconds`).
    @Milliseconds public var toolTime: Duration = .seconds(120)
    /// Tokens, sent and received, of one turn (key `turn_tokens`).
    public var turnTokens = 1_000_000
    /// Tokens of one day, UTC, all conversations together; nil for no limit (key `day_tokens`).
    public var dayTokens: Int?
    /// Tokens of the agent's whole life; nil for no limit (key `life_tokens`).
    public var lifeTokens: Int?
    /// Money of one turn, in millionths of a dollar; nil for no limit (key `turn_dollars`).
    public var turnMicrodollars: Int?
    /// Money of one day, UTC, in millionths of a dollar; nil for no limit (key `day_dollars`).
    public var dayMicrodollars: Int?
    /// Money of the agent's whole life, in millionths of a dollar; nil for no limit (key `life_dollars`).
    public var lifeMicrodollars: Int?
    /// Tokens of one reply (key `reply_tokens`).
    public var replyTokens = 8192
    /// Tokens of the conversation's past that a request carries (key `context_tokens`).
    public var contextTokens = 32_768
    /// Tool calls that one reply may ask for (key `calls_per_step`).
    public var callsPerStep = 32
    /// Bytes of a tool result that the model sees; head and tail are kept (key `result_bytes`).
    public var resultBytes = 32_768
    /// Bytes of a message (key `message_bytes`).
    public var messageBytes = 1_048_576
    /// Bytes of the images of a message together (key `image_bytes`).
    public var imageBytes = 16_777_216
    /// How long the owner may take to answer a question (key `approval_seconds`).
    @Milliseconds public var approvalTime: Duration = .seconds(604_800)
    /// How long a question to another agent waits for its answer (key `ask_seconds`).
    @Milliseconds public var askTime: Duration = .seconds(600)
    /// Children whose work goes on at a time (key `children`).
    public var children = 8
    /// Agents that it may have made at a time, with those that they make (key `tree_agents`).
    public var treeAgents = 16
    /// Generations of children below it (key `depth`).
    public var depth = 3
    /// Envelopes that may wait (key `mailbox`).
    public var mailbox = 1000
    /// Agents that a message may go through (key `hops`).
    public var hops = 16
    /// How often the same agents may write to each other in turn before that counts as going round (key `rounds`).
    public var rounds = 6
    /// Messages to other agents in one hour (key `messages_per_hour`).
    public var messagesPerHour = 1000
    /// Conversations with an open turn at a time (key `open_turns`).
    public var openTurns = 1

    /// The defaults.
    public init() {}
}

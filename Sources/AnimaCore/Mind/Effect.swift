/// Something that a state owes.
public enum Effect: Hashable, Sendable {
    /// Record a fact that follows from the state alone.
    case record(Draft)
    /// Ask the model for a step of a turn.
    case callModel(TurnID, step: Int, attempt: Int)
    /// Find out what a call would run in, for the owner to decide about.
    case lookAround(ToolCallID)
    /// Run a tool call.
    case runTool(ToolCallID, attempt: Int)
    /// Ask the tool whether an interrupted call took effect, and run it if it did not.
    case probeTool(ToolCallID, attempt: Int)
    /// Carry an envelope to its recipient.
    case deliver(EnvelopeID, attempt: Int)
    /// Learn from a turn that has ended.
    case learn(TurnID)
    /// Merge and age the memories as they are after this event.
    case consolidate(asOf: Int)
    /// End a tool call that runs, and report what there is of its result.
    case stopTool(ToolCallID)
    /// Nothing now; look again at this moment at the latest.
    case wait(until: Instant)
}

extension Effect {
    /// What it is, for a person: `the tool call t1.2.1`.
    public var name: String {
        switch self {
        case .record, .wait: "waiting"
        case .callModel(let turn, let step, _): "the model call \(turn).\(step)"
        case .lookAround(let id), .runTool(let id, _), .probeTool(let id, _), .stopTool(let id): "the tool call \(id)"
        case .deliver(let id, _): "carrying \(id)"
        case .learn(let turn): "learning from \(turn)"
        case .consolidate: "consolidating"
        }
    }
}

/// An event that has no number and time yet.
public struct Draft: Hashable, Sendable {
    /// The conversation that it belongs to.
    public let conversation: ConversationID?
    /// The turn that it belongs to.
    public let turn: TurnID?
    /// The step of the turn.
    public let step: Int?
    /// The sequence number of the event that led to it.
    public let cause: Int?
    /// What happened.
    public let fact: Fact

    /// Drafts an event of the agent's own.
    public init(_ fact: Fact, cause: Int? = nil) {
        self.init(conversation: nil, turn: nil, step: nil, cause: cause, fact: fact)
    }

    init(conversation: ConversationID?, turn: TurnID?, step: Int? = nil, cause: Int?, fact: Fact) {
        self.conversation = conversation
        self.turn = turn
        self.step = step
        self.cause = cause
        self.fact = fact
    }
}

extension Turn {
    /// Drafts an event of this turn.
    func draft(_ fact: Fact, step: Int? = nil, cause: Int? = nil) -> Draft {
        Draft(conversation: conversation, turn: id, step: step, cause: cause ?? lastSeq, fact: fact)
    }
}

/// A tool call of an open turn: what was asked, what the gate said, and how far it is.
public struct ToolCall: Hashable, Sendable, Codable {
    /// What was decided about the call when the model asked for it.
    public enum Verdict: Hashable, Sendable, Codable {
        /// It may run; the rule that says so.
        case allowed(rule: String)
        /// The owner is asked; the rule that says so.
        case asks(rule: String)
        /// It may not; the reason, for the model.
        case denied(reason: String)
        /// It makes no sense; what is wrong, for the model.
        case invalid(reason: String)
    }

    /// How far a call is.
    public enum Status: Hashable, Sendable, Codable {
        /// Nothing was tried. Next: started (or finished at once, for calls that only read or may not run).
        case requested
        /// The intent is on record; the effect may have happened. Next: finished, interrupted.
        case started(attempt: Int)
        /// The process died after the intent. Next: started again, or finished as unknown.
        case interrupted(attempt: Int)
        /// Another agent's answer to an envelope is to be its result, until this moment at the latest. Next: finished.
        case waiting(EnvelopeID, from: AgentID, until: Instant)
        /// It has its one result. Last.
        case finished(ToolResult)
    }

    /// Its place in the life.
    public let id: ToolCallID
    /// The tool's name as the model gave it.
    public let tool: String
    /// The arguments, coerced to the schema when they fit it.
    public let arguments: JSONValue
    /// The provider's own id of the call.
    public let providerID: String?
    /// What was decided.
    public let verdict: Verdict
    /// What may happen to it after a crash.
    public let replay: Replay
    /// Whether it runs alone.
    public let isExclusive: Bool
    /// How far it is.
    public var status: Status
    /// How far the owner is with it, when the gate asks; nil until the question is put.
    public internal(set) var approval: Approval?

    /// Makes a call.
    public init(
        id: ToolCallID,
        tool: String,
        arguments: JSONValue,
        providerID: String? = nil,
        verdict: Verdict,
        replay: Replay,
        isExclusive: Bool,
        status: Status = .requested
    ) {
        self.id = id
        self.tool = tool
        self.arguments = arguments
        self.providerID = providerID
        self.verdict = verdict
        self.replay = replay
        self.isExclusive = isExclusive
        self.status = status
    }

    /// Its result, once it has one.
    public var result: ToolResult? {
        if case .finished(let result) = status { result } else { nil }
    }
}

extension ToolCall.Verdict {
    private enum CodingKeys: String, CodingKey {
        case kind
        case rule
        case reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "asks": self = .asks(rule: try container.decode(String.self, forKey: .rule))
        case "allowed": self = .allowed(rule: try container.decode(String.self, forKey: .rule))
        case "denied": self = .denied(reason: try container.decode(String.self, forKey: .reason))
        case "invalid": self = .invalid(reason: try container.decode(String.self, forKey: .reason))
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .kind,
                in: container,
                debugDescription: "\"\(other)\" is no verdict"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .allowed(let rule):
            try container.encode("allowed", forKey: .kind)
            try container.encode(rule, forKey: .rule)
        case .asks(let rule):
            try container.encode("asks", forKey: .kind)
            try container.encode(rule, forKey: .rule)
        case .denied(let reason):
            try container.encode("denied", forKey: .kind)
            try container.encode(reason, forKey: .reason)
        case .invalid(let reason):
            try container.encode("invalid", forKey: .kind)
            try container.encode(reason, forKey: .reason)
        }
    }
}

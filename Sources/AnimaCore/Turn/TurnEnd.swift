/// How a turn ended.
public enum TurnEnd: Hashable, Sendable, Codable {
    /// The model gave its answer.
    case answered
    /// The work did not succeed; why.
    case failed(reason: String)
    /// A limit was reached; the answer is what there was.
    case limit(LimitName, reason: String)
    /// Somebody asked for the end; who or what.
    case cancelled(by: String)

    /// The limits that can end a turn.
    public enum LimitName: String, Hashable, Sendable, Codable, CaseIterable {
        /// Model calls in one turn.
        case steps
        /// Wall time of one turn.
        case turnTime
        /// Tokens of one turn, day or life.
        case tokens
        /// Money of one turn, day or life.
        case cost
        /// Tokens of one reply.
        case replyLength
    }

    /// The word for it in listings and JSON: `answered`, `failed`, `limit` or `cancelled`.
    public var name: String {
        switch self {
        case .answered: "answered"
        case .failed: "failed"
        case .limit: "limit"
        case .cancelled: "cancelled"
        }
    }

    /// What is to be said about it; nil for an answer.
    public var reason: String? {
        switch self {
        case .answered: nil
        case .failed(let reason): reason
        case .limit(_, let reason): reason
        case .cancelled(let by): "cancelled by \(by)"
        }
    }
}

extension TurnEnd {
    private enum CodingKeys: String, CodingKey {
        case kind
        case reason
        case limit
        case by
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "answered": self = .answered
        case "failed": self = .failed(reason: try container.decode(String.self, forKey: .reason))
        case "limit":
            self = .limit(
                try container.decode(LimitName.self, forKey: .limit),
                reason: try container.decode(String.self, forKey: .reason)
            )
        case "cancelled": self = .cancelled(by: try container.decode(String.self, forKey: .by))
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .kind,
                in: container,
                debugDescription: "\"\(other)\" is no way for a turn to end"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .kind)
        switch self {
        case .answered: break
        case .failed(let reason): try container.encode(reason, forKey: .reason)
        case .limit(let limit, let reason):
            try container.encode(limit, forKey: .limit)
            try container.encode(reason, forKey: .reason)
        case .cancelled(let by): try container.encode(by, forKey: .by)
        }
    }
}

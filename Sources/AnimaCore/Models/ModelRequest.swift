/// What a model sees: a stable prefix (instructions, tools), then turns, the last of which may be open.
public struct ModelRequest: Hashable, Sendable {
    /// Who the agent is and how it works; does not change during a conversation.
    public var instructions: String
    /// The tools it may call, in a fixed order.
    public var tools: [ToolSpec]
    /// The conversation, oldest first; the last turn is the one to answer.
    public var turns: [TranscriptTurn]
    /// The most tokens the reply may have; nil leaves it to the model.
    public var maxOutputTokens: Int?
    /// The JSON schema that the answer must follow; nil for free text.
    public var answerSchema: JSONValue?
    /// The bytes of the images that the turns refer to, by hash; one that is missing is named to the model instead.
    public var images: [String: [UInt8]]

    /// Makes a request.
    public init(
        instructions: String = "",
        tools: [ToolSpec] = [],
        turns: [TranscriptTurn],
        maxOutputTokens: Int? = nil,
        answerSchema: JSONValue? = nil,
        images: [String: [UInt8]] = [:]
    ) {
        self.instructions = instructions
        self.tools = tools
        self.turns = turns
        self.maxOutputTokens = maxOutputTokens
        self.answerSchema = answerSchema
        self.images = images
    }

    /// About how many tokens it has; a little too many for plain English, so that what fits by this count does fit.
    public var approximateTokens: Int {
        var bytes = instructions.utf8.count + (answerSchema?.approximateBytes ?? 0)
        for tool in tools { bytes += tool.approximateBytes }
        for turn in turns { bytes += turn.approximateBytes }
        return bytes / 3 + images.count * Self.tokensPerImage
    }

    /// The hashes of the images in it: those of the tasks, and for a model that sees those that tools returned.
    public func imageHashes(seen: Bool) -> [String] {
        turns.flatMap { turn in
            let results = seen ? turn.steps.flatMap(\.exchanges).flatMap { $0.result.images ?? [] } : []
            return ((turn.input.images ?? []) + results).map(\.hash)
        }
    }

    /// What an image is taken for; providers scale larger ones down to about this.
    static let tokensPerImage = 1600
}

extension ModelRequest {
    /// Where untrusted text in it comes from; nil when there is none.
    public var untrustedSource: String? {
        for turn in turns {
            if let summary = turn.summary, let source = summary.untrusted { return "\(source), by way of a summary" }
            for envelope in [turn.input] + (turn.joined ?? []).map(\.envelope) where envelope.trust == .untrusted {
                return "\(turn.id) from \(envelope.sender.description)"
            }
            for exchange in turn.steps.flatMap(\.exchanges) where exchange.result.trust == .untrusted {
                return "\(exchange.id) \(exchange.tool)"
            }
        }
        return nil
    }
}

extension ToolSpec {
    /// About how many bytes it takes in a request.
    var approximateBytes: Int {
        name.utf8.count + description.utf8.count + parameters.approximateBytes + 96
    }
}

extension ArgumentSchema {
    /// About how many bytes it takes as JSON Schema.
    fileprivate var approximateBytes: Int {
        fields.reduce(0) { $0 + $1.name.utf8.count * 2 + $1.description.utf8.count + $1.type.approximateBytes + 48 }
    }
}

extension ArgumentSchema.FieldType {
    fileprivate var approximateBytes: Int {
        switch self {
        case .string, .integer, .number, .boolean: 16
        case .choice(let choices): choices.reduce(16) { $0 + $1.utf8.count + 3 }
        case .array(let element, _): 32 + element.approximateBytes
        case .object(let schema): 64 + schema.approximateBytes
        }
    }
}

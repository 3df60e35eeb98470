/// A turn as a model sees it and as the past keeps it: every tool call stands with its result.
public struct TranscriptTurn: Hashable, Sendable, Codable {
    /// A tool call with its one result.
    public struct Exchange: Hashable, Sendable, Codable {
        /// The call's place in the life.
        public let id: ToolCallID
        /// The tool's name as the model gave it.
        public let tool: String
        /// The arguments.
        public let arguments: JSONValue
        /// The provider's own id of the call.
        public let providerID: String?
        /// The result.
        public let result: ToolResult

        /// Puts a call and its result together.
        public init(
            id: ToolCallID,
            tool: String,
            arguments: JSONValue,
            providerID: String? = nil,
            result: ToolResult
        ) {
            self.id = id
            self.tool = tool
            self.arguments = arguments
            self.providerID = providerID
            self.result = result
        }
    }

    /// One model call and what came of its tool calls.
    public struct Step: Hashable, Sendable, Codable {
        /// What the model said.
        public let text: String
        /// What it thought, when it shows it.
        public let reasoning: String?
        /// What its provider wants back unchanged.
        public let keepsake: ModelKeepsake?
        /// The tool calls with their results, in the model's order.
        public let exchanges: [Exchange]

        /// Makes a step.
        public init(
            text: String,
            reasoning: String? = nil,
            keepsake: ModelKeepsake? = nil,
            exchanges: [Exchange] = []
        ) {
            self.text = text
            self.reasoning = reasoning
            self.keepsake = keepsake
            self.exchanges = exchanges
        }
    }

    /// How a turn of the past ended.
    public struct Ending: Hashable, Sendable, Codable {
        /// How.
        public let end: TurnEnd
        /// The answer, or what there was of one.
        public let text: String
        /// When.
        public let at: Instant
        /// What its model calls cost.
        public let usage: Usage

        /// Makes an ending.
        public init(end: TurnEnd, text: String, at: Instant, usage: Usage = Usage()) {
            self.end = end
            self.text = text
            self.at = at
            self.usage = usage
        }
    }

    /// Its number in the life.
    public let id: TurnID
    /// What it answers.
    public let input: Envelope
    /// What was taken into it while it was open, in order; nil for nothing.
    public let joined: [JoinedMessage]?
    /// The steps, in order.
    ///
    /// A step without calls ends the turn.
    public var steps: [Step]
    /// How it ended; nil while it is open.
    public let ending: Ending?
    /// What the model is shown after the input while the turn is open, and never again: memories that came to mind.
    public var tail: String?
    /// What the model is shown before the input: what stands for the turns before it; only on the first turn of a request.
    public var summary: ConversationSummary?

    /// Makes a turn.
    public init(
        id: TurnID,
        input: Envelope,
        steps: [Step] = [],
        ending: Ending? = nil,
        tail: String? = nil,
        joined: [JoinedMessage] = []
    ) {
        self.joined = joined.isEmpty ? nil : joined
        self.tail = tail
        self.id = id
        self.input = input
        self.steps = steps
        self.ending = ending
    }

    /// The envelopes that it works on.
    public var envelopes: [EnvelopeID] { [input.id] + (joined ?? []).map(\.envelope.id) }

    /// The trust of what was said to the agent in it.
    public var trust: Trust { (joined ?? []).reduce(input.trust) { min($0, $1.envelope.trust) } }

    /// All that was said to the agent in it.
    public var saidText: String { ([input.text] + (joined ?? []).map(\.envelope.text)).joined(separator: "\n") }

    /// What the model is shown as its message: the summary of what went before, the input, what came to mind.
    ///
    /// - Parameter notes: Lines about the input, after it.
    public func shownText(notes: [String] = []) -> String {
        let text = [input.shownText(notes: notes), joinedText(afterStep: 0)].compactMap(\.self)
            .joined(separator: "\n\n")
        let shown = text.allSatisfy(\.isWhitespace) ? "(no text)" : text
        return [summary?.shown, shown, tail].compactMap(\.self).joined(separator: "\n\n")
    }

    /// What the model is shown of messages that were taken in after so many steps; nil for none.
    public func joinedText(afterStep step: Int) -> String? {
        let texts = (joined ?? []).filter { $0.step == step }.map { $0.envelope.shownText() }
        return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
    }

    /// About how many bytes it takes in a request; a token is about four.
    public var approximateBytes: Int { approximateInputBytes + steps.reduce(0) { $0 + $1.approximateBytes } }

    /// About how many bytes its message takes.
    var approximateInputBytes: Int {
        let beside = (tail?.utf8.count ?? 0) + (summary.map { $0.text.utf8.count + 64 } ?? 0)
        let joined = (joined ?? []).reduce(0) { $0 + $1.envelope.text.utf8.count + 64 }
        return input.text.utf8.count + joined + beside + 64 + (input.images?.count ?? 0) * 64
    }
}

extension Envelope {
    /// What the model is shown of it: another agent can't pass for the owner, nor end what it says.
    fileprivate func shownText(notes: [String] = []) -> String {
        let text = ([text] + notes).joined(separator: "\n")
        if sender == .owner { return text }
        let kind =
            switch kind {
            case .ask: " awaits=\"your answer\""
            case .reply: " is=\"a late answer\""
            case .childReport: " is=\"the report of your child: \(report?.end.name ?? "ended")\""
            case .notice, .agentDown: " is=\"a notice\""
            default: ""
            }
        let topic = conversation.topic.map { " topic=\"\($0.replacing("\"", with: "'"))\"" } ?? ""
        let said = text.replacing("</message", with: "<\\/message")
        return "<message from=\"\(sender.description)\"\(kind)\(topic)>\n\(said)\n</message>"
    }
}

extension TranscriptTurn.Step {
    /// About how many bytes it takes in a request.
    var approximateBytes: Int {
        var bytes = text.utf8.count + (reasoning?.utf8.count ?? 0) + 16
        for part in keepsake?.parts ?? [] { bytes += part.approximateBytes }
        for exchange in exchanges {
            bytes += exchange.tool.utf8.count + exchange.arguments.approximateBytes + 32
            bytes += exchange.result.content.utf8.count + (exchange.result.images?.count ?? 0) * 64
        }
        return bytes
    }
}

extension JSONValue {
    /// About how many bytes it takes as JSON.
    var approximateBytes: Int {
        switch self {
        case .null, .bool: 4
        case .int, .double: 8
        case .string(let text): text.utf8.count + 2
        case .array(let values): values.reduce(2) { $0 + $1.approximateBytes + 1 }
        case .object(let members): members.reduce(2) { $0 + $1.key.utf8.count + $1.value.approximateBytes + 4 }
        }
    }
}

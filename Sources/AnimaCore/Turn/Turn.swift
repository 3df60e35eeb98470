/// A turn that is open: from an envelope to its final answer.
public struct Turn: Hashable, Sendable, Codable {
    /// One model call and the tool calls it asked for.
    public struct Step: Hashable, Sendable, Codable {
        /// The event of the model's reply.
        public let seq: Int
        /// What the model said.
        public let text: String
        /// What it thought, when it shows it.
        public let reasoning: String?
        /// Why the reply ended.
        public let stop: ModelReply.Stop
        /// The tool calls, in the model's order.
        public var calls: [ToolCall]

        /// Whether a call has no result yet.
        public var isOpen: Bool { calls.contains { $0.result == nil } }
    }

    /// Its number in the life.
    public let id: TurnID
    /// What it answers.
    public let envelope: Envelope
    /// When it was opened.
    public let openedAt: Instant
    /// The steps so far; only the last may have open calls.
    public internal(set) var steps: [Step] = []
    /// What its model calls cost so far.
    public internal(set) var usage = Usage()
    /// Model calls that failed since the last reply.
    public internal(set) var failedAttempts = 0
    /// Not before this moment is the model asked again.
    public internal(set) var retryAt: Instant?
    /// The failure after which the model is not asked again.
    public internal(set) var modelFailure: String?
    /// How it is about to end; open calls are being settled.
    public internal(set) var closing: TurnEnd?
    /// What the model had said when the turn was closed while it spoke.
    public internal(set) var partialText: String?

    /// The last event of the turn.
    public internal(set) var lastSeq: Int

    init(id: TurnID, envelope: Envelope, openedAt: Instant, lastSeq: Int) {
        self.id = id
        self.envelope = envelope
        self.openedAt = openedAt
        self.lastSeq = lastSeq
    }

    /// The conversation that it belongs to.
    public var conversation: ConversationID { envelope.conversation }

    /// The call with this id; nil when the turn has none such.
    public func call(_ id: ToolCallID) -> ToolCall? {
        guard id.turn == self.id, steps.indices.contains(id.step - 1) else { return nil }
        let calls = steps[id.step - 1].calls
        return calls.indices.contains(id.index - 1) ? calls[id.index - 1] : nil
    }

    /// Changes the status of a call that has no result yet; ignores others, so that a call has one result.
    mutating func setStatus(_ status: ToolCall.Status, of id: ToolCallID) {
        guard let call = call(id), call.result == nil else { return }
        steps[id.step - 1].calls[id.index - 1].status = status
    }

    /// What there is to answer with when the turn ends before its answer.
    var textSoFar: String {
        if let partialText, !partialText.isEmpty { return partialText }
        return steps.last { !$0.text.isEmpty }?.text ?? ""
    }

    /// The turn as a model sees it; calls without result are told as unknown, so none is ever left dangling.
    public func transcript(ending: TranscriptTurn.Ending? = nil) -> TranscriptTurn {
        TranscriptTurn(
            id: id,
            input: envelope,
            steps: steps.map { step in
                TranscriptTurn.Step(
                    text: step.text,
                    reasoning: step.reasoning,
                    exchanges: step.calls.map {
                        TranscriptTurn.Exchange(
                            id: $0.id,
                            tool: $0.tool,
                            arguments: $0.arguments,
                            providerID: $0.providerID,
                            result: $0.result ?? .outcomeUnknown(tool: $0.tool)
                        )
                    }
                )
            },
            ending: ending
        )
    }
}

extension ToolResult {
    /// The result of a call that a crash interrupted and that may not be repeated.
    static func outcomeUnknown(tool: String) -> ToolResult {
        ToolResult(
            outcome: .unknown,
            content: "outcome unknown: the process ended while \"\(tool)\" ran, and it is not repeated because it may "
                + "have taken effect. Find out what happened before you try again."
        )
    }
}

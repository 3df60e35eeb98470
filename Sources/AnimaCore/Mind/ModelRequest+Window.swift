extension ModelRequest {
    /// What a model sees of an open turn: the stable prefix, as much of the conversation's past as the window holds, and
    /// the turn itself.
    ///
    /// - Parameters:
    ///   - past: The conversation's ended turns, oldest first; the oldest ones are left out when they don't fit.
    ///   - limits: `contextTokens` bounds the past (a token is taken as four bytes).
    ///   - facts: The model's window bounds the whole, when it is known.
    ///   - tail: What is shown after the turn's message.
    public init(
        instructions: String,
        tools: [ToolSpec],
        past: [TranscriptTurn],
        open turn: Turn,
        limits: Limits,
        facts: ModelFacts = ModelFacts(),
        tail: String? = nil
    ) {
        var reply = min(limits.replyTokens, facts.outputTokens ?? .max)
        // A reply may not take the room that the request needs.
        if let window = facts.contextTokens { reply = min(reply, max(window / 4, 1)) }
        var transcript = turn.transcript()
        transcript.tail = tail
        self.init(
            instructions: instructions,
            tools: tools,
            turns: [transcript],
            maxOutputTokens: reply,
            answerSchema: turn.envelope.answerSchema
        )
        var tokens = limits.contextTokens
        if let window = facts.contextTokens { tokens = min(tokens, max(window - reply - approximateTokens, 0)) }
        let (bytes, overflow) = tokens.multipliedReportingOverflow(by: facts.contextTokens == nil ? 4 : 3)
        let fitting = past.newest(withinBytes: overflow ? .max : bytes)
        turns = fitting + turns
        if let share = turn.asking.keptShare { compact(to: share, past: fitting) }
    }

    /// Makes the request shorter: results lose their middle, then the oldest turns go.
    private mutating func compact(to share: Double, past: ArraySlice<TranscriptTurn>) {
        let target = Int(Double(approximateTokens) * share)
        let open = turns.suffix(1).map { $0.elided(resultBytes: Self.elidedResultBytes) }
        turns = open
        turns = past.newest(withinBytes: max(target - approximateTokens, 0) * 3) + open
    }

    /// How much of a result stays in a request that had been too long.
    static let elidedResultBytes = 1024
}

extension TranscriptTurn {
    /// The turn with only heads and tails of its results, except those of the newest step.
    func elided(resultBytes: Int) -> TranscriptTurn {
        guard let newest = steps.last else { return self }
        let older = steps.dropLast()
            .map { step in
                Step(
                    text: step.text,
                    reasoning: step.reasoning,
                    keepsake: step.keepsake,
                    exchanges: step.exchanges.map { $0.elided(resultBytes: resultBytes) }
                )
            }
        return TranscriptTurn(
            id: id,
            input: input,
            steps: older + [
                Step(
                    text: newest.text,
                    reasoning: newest.reasoning,
                    keepsake: newest.keepsake,
                    exchanges: newest.exchanges.map { $0.elided(resultBytes: resultBytes * 4, keepsImages: true) }
                )
            ],
            ending: ending,
            tail: tail
        )
    }
}

extension TranscriptTurn.Exchange {
    fileprivate func elided(resultBytes: Int, keepsImages: Bool = false) -> Self {
        Self(
            id: id,
            tool: tool,
            arguments: arguments,
            providerID: providerID,
            result: result.elided(bytes: resultBytes, keepsImages: keepsImages)
        )
    }
}

extension BidirectionalCollection<TranscriptTurn> {
    /// The newest turns whose approximate sizes add up to at most so many bytes, oldest first.
    public func newest(withinBytes bytes: Int) -> SubSequence {
        var left = bytes
        var first = endIndex
        while first > startIndex {
            let before = index(before: first)
            left -= self[before].approximateBytes
            if left < 0 { break }
            first = before
        }
        return self[first...]
    }
}

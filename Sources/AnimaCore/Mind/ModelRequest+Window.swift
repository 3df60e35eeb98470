extension ModelRequest {
    /// What a model sees of an open turn: the stable prefix, as much of the conversation's past as the window holds, and
    /// the turn itself.
    ///
    /// - Parameters:
    ///   - past: The conversation's ended turns, oldest first; the oldest ones are left out when they don't fit.
    ///   - limits: `contextTokens` bounds the past (a token is taken as four bytes).
    ///   - facts: The model's window bounds the whole, when it is known.
    public init(
        instructions: String,
        tools: [ToolSpec],
        past: [TranscriptTurn],
        open turn: Turn,
        limits: Limits,
        facts: ModelFacts = ModelFacts()
    ) {
        var transcript = turn.transcript()
        var reply = min(limits.replyTokens, facts.outputTokens ?? .max)
        // A reply may not take the room that the request needs.
        if let window = facts.contextTokens { reply = min(reply, max(window / 4, 1)) }
        if turn.asking.isCompacted { transcript = transcript.elided(resultBytes: Self.elidedResultBytes) }
        self.init(
            instructions: instructions,
            tools: tools,
            turns: [transcript],
            maxOutputTokens: reply,
            answerSchema: turn.envelope.answerSchema
        )
        var tokens = limits.contextTokens
        if let window = facts.contextTokens { tokens = min(tokens, max(window - reply - approximateTokens, 0)) }
        if turn.asking.isCompacted { tokens /= 2 }
        let (bytes, overflow) = tokens.multipliedReportingOverflow(by: facts.contextTokens == nil ? 4 : 3)
        turns = past.newest(withinBytes: overflow ? .max : bytes) + [transcript]
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
                    exchanges: newest.exchanges.map { $0.elided(resultBytes: resultBytes * 4) }
                )
            ],
            ending: ending
        )
    }
}

extension TranscriptTurn.Exchange {
    fileprivate func elided(resultBytes: Int) -> Self {
        Self(
            id: id,
            tool: tool,
            arguments: arguments,
            providerID: providerID,
            result: result.elided(bytes: resultBytes)
        )
    }
}

extension [TranscriptTurn] {
    /// The newest turns whose approximate sizes add up to at most so many bytes, oldest first.
    public func newest(withinBytes bytes: Int) -> ArraySlice<TranscriptTurn> {
        var left = bytes
        var first = endIndex
        while first > startIndex {
            left -= self[first - 1].approximateBytes
            if left < 0 { break }
            first -= 1
        }
        return self[first...]
    }
}

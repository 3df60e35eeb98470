extension ModelRequest {
    /// What a model sees of an open turn: the stable prefix, as much of the conversation's past as the window holds, and
    /// the turn itself.
    ///
    /// - Parameters:
    ///   - past: The conversation's ended turns since its summary, oldest first; the oldest ones are left out when they
    ///     don't fit.
    ///   - summary: What stands for the turns before `past`.
    ///   - limits: `contextTokens` bounds the past (a token is taken as four bytes).
    ///   - facts: The model's window bounds the whole, when it is known.
    ///   - tail: What is shown after the turn's message.
    public init(
        instructions: String,
        tools: [ToolSpec],
        past: [TranscriptTurn],
        summary: ConversationSummary? = nil,
        open turn: Turn,
        limits: Limits,
        facts: ModelFacts = ModelFacts(),
        tail: String? = nil
    ) {
        var reply = min(limits.replyTokens, facts.outputTokens ?? .max)
        // A reply may not take the room that the request needs.
        if let window = facts.contextTokens { reply = min(reply, max(window / 4, 1)) }
        self.init(
            instructions: instructions,
            tools: tools,
            turns: [],
            maxOutputTokens: reply,
            answerSchema: turn.envelope.answerSchema
        )
        var transcript = turn.transcript()
        transcript.tail = tail
        if let window = facts.contextTokens {
            transcript = transcript.fitting(bytes: max(window - reply - approximateTokens, 0) * 3)
        }
        turns = [transcript]
        let summaryBytes = summary?.text.utf8.count ?? 0
        let fitting = past.newest(withinBytes: roomForPast(limits, facts) - summaryBytes)
        turns = fitting + turns
        if let share = turn.asking.keptShare { compact(to: share, past: fitting) }
        turns[0].summary = summary
    }

    /// How many bytes of the conversation's past fit beside what is there.
    func roomForPast(_ limits: Limits, _ facts: ModelFacts) -> Int {
        var tokens = limits.contextTokens
        if let window = facts.contextTokens {
            tokens = min(tokens, max(window - (maxOutputTokens ?? 0) - approximateTokens, 0))
        }
        let (bytes, overflow) = tokens.multipliedReportingOverflow(by: facts.contextTokens == nil ? 4 : 3)
        return overflow ? .max : bytes
    }

    /// Makes the request shorter: results lose their middle, then the oldest turns go.
    private mutating func compact(to share: Double, past: ArraySlice<TranscriptTurn>) {
        let target = Int(Double(approximateTokens) * share)
        let open = turns.suffix(1).map { $0.elided(resultBytes: Self.elidedResultBytes) }
        turns = open
        turns = past.newest(withinBytes: max(target - approximateTokens, 0) * 3) + open
    }

    /// How much of a result stays in a request that is too long.
    static let elidedResultBytes = 1024
}

extension TranscriptTurn {
    /// The turn with only heads and tails of its results, except those of the newest step.
    func elided(resultBytes: Int) -> TranscriptTurn {
        guard let newest = steps.last else { return self }
        var turn = self
        turn.steps = steps.dropLast().map { $0.elided(resultBytes: resultBytes) }
        turn.steps.append(newest.elided(resultBytes: resultBytes * 4, keepsImages: true))
        return turn
    }

    /// The turn with only heads and tails of the results of its oldest steps, as many as have to be.
    ///
    /// Each time that a step makes the turn too long, it is made half as long as it may be: until then what stands before the
    /// newest step stays byte for byte as it was, and providers' caches hold.
    package func fitting(bytes limit: Int) -> TranscriptTurn {
        var bytes = approximateInputBytes
        var shown: [Step] = []
        /// Of each shortness, how many of the oldest steps have it.
        var reached = Self.resultBytes.map { _ in 0 }
        for step in steps {
            bytes += step.approximateBytes
            shown.append(step)
            guard bytes > limit else { continue }
            for (level, resultBytes) in Self.resultBytes.enumerated() {
                while bytes > limit / 2, reached[level] < shown.count - 1 {
                    let index = reached[level]
                    let short = steps[index].elided(resultBytes: resultBytes)
                    bytes -= shown[index].approximateBytes - short.approximateBytes
                    shown[index] = short
                    reached[level] += 1
                }
            }
        }
        guard reached.contains(where: { $0 > 0 }) else { return self }
        var turn = self
        turn.steps = shown
        return turn
    }

    /// How much of its old results a growing turn keeps, first and when that is still too much.
    private static let resultBytes = [ModelRequest.elidedResultBytes, ModelRequest.elidedResultBytes / 8]
}

extension TranscriptTurn.Step {
    /// The step with only heads and tails of its results.
    fileprivate func elided(resultBytes: Int, keepsImages: Bool = false) -> Self {
        Self(
            text: text,
            reasoning: reasoning,
            keepsake: keepsake,
            exchanges: exchanges.map { exchange in
                TranscriptTurn.Exchange(
                    id: exchange.id,
                    tool: exchange.tool,
                    arguments: exchange.arguments,
                    providerID: exchange.providerID,
                    result: exchange.result.elided(bytes: resultBytes, keepsImages: keepsImages)
                )
            }
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

extension ModelRequest {
    /// What a model sees of an open turn: the stable prefix, as much of the conversation's past as the window holds, and
    /// the turn itself.
    ///
    /// - Parameters:
    ///   - past: The conversation's ended turns, oldest first; the oldest ones are left out when they don't fit.
    ///   - limits: `contextTokens` bounds the past (a token is taken as four bytes).
    public init(
        instructions: String,
        tools: [ToolSpec],
        past: [TranscriptTurn],
        open turn: Turn,
        limits: Limits
    ) {
        let (budget, overflow) = limits.contextTokens.multipliedReportingOverflow(by: 4)
        self.init(
            instructions: instructions,
            tools: tools,
            turns: past.newest(withinBytes: overflow ? .max : budget) + [turn.transcript()],
            maxOutputTokens: limits.replyTokens
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

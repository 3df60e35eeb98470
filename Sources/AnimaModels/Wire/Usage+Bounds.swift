import AnimaCore

extension Usage {
    /// The counts as far as they can be true; a provider's numbers go into sums that budgets rely on.
    var bounded: Usage {
        func bounded(_ count: Int) -> Int { min(max(count, 0), 1_000_000_000_000) }
        return Usage(
            inputTokens: bounded(inputTokens),
            cachedTokens: bounded(cachedTokens),
            cacheWriteTokens: bounded(cacheWriteTokens),
            outputTokens: bounded(outputTokens),
            reasoningTokens: bounded(reasoningTokens),
            microdollars: microdollars
        )
    }
}

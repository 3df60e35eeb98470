extension Turn {
    /// What is done about a failed model call.
    ///
    /// The same model again while that may help; else, or when the wait would be long, the next one; when none is left, the
    /// turn is parked if waiting may help.
    func next(
        after error: ModelError,
        _ state: AgentState,
        at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) -> Fact.ModelFailed.Next {
        let retry = state.policy.retry
        let following = asking.model + 1
        let fallback = state.models.indices.contains(following) ? state.models[following] : nil
        if error.code == .contextOverflow, asking.keptShare == nil { return .compact }
        if error.code == .circuitOpen, let fallback { return .fallback(model: fallback) }
        let delay = retry.delay(after: error, failures: asking.failuresOfModel + 1, using: &generator)
        if let delay, delay <= retry.max { return .retry(at: now + delay) }
        if let fallback { return .fallback(model: fallback) }
        guard asking.mayRecover || error.isTransient else { return .giveUp }
        let wait = retry.parking(
            after: error,
            parkings: asking.parkings,
            waited: asking.parkedSince.map { now - $0 } ?? .zero,
            using: &generator
        )
        if let wait { return .park(until: now + wait) }
        // Who doesn't want parking gets the long wait, as long as the turn's time allows.
        if let delay { return .retry(at: now + delay) }
        return .giveUp
    }
}

extension AgentState {
    /// The name of the model that a turn asks.
    public func model(of turn: Turn) -> String {
        models.indices.contains(turn.asking.model) ? models[turn.asking.model] : models.first ?? ""
    }
}

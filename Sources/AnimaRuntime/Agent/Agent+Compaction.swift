import AnimaCore

// Long conversations: what no longer fits a request is summarised before the model is asked.
extension Agent {
    /// A summary of the turns that a request has no room for; nil when there are none, or none is to be had now.
    ///
    /// Without one the request goes out as it is, without its oldest turns. They stay in the life, so nothing has to be saved
    /// before: learning reads each turn from there, too.
    func compaction(
        for request: ModelRequest,
        _ past: Past,
        _ turn: Turn,
        _ effect: Effect
    ) async throws -> Compaction? {
        let policy = mind.state.policy
        let model = equipment.models[min(turn.asking.model, equipment.models.count - 1)]
        guard policy.memory.compaction != .off, turn.asking.keptShare == nil,
            let plan = CompactionPlan(
                for: request,
                past: past.turns,
                before: past.summary,
                tokens: policy.memory.summaryTokens,
                limits: policy.limits,
                facts: model.facts
            )
        else { return nil }
        guard policy.memory.compaction == .model, model.facts.understandsText else { return Compaction(plan.byRules) }
        var asked = SummaryPrompt.request(for: plan, now: equipment.clock.now)
        guard let reservation = mind.reservation(for: effect),
            case .success(let tokens) = reservation.replyTokens(
                inputTokens: asked.approximateTokens,
                wanted: asked.maxOutputTokens ?? policy.memory.summaryTokens,
                price: model.facts.price
            )
        else { return nil }
        asked.maxOutputTokens = tokens
        var reply: ModelReply
        do { reply = try await model.respond(to: asked) { _ in } } catch {
            if Task.isCancelled { throw error }
            return nil
        }
        if let price = model.facts.price { reply.usage.microdollars = price.microdollars(of: reply.usage) }
        guard let summary = SummaryPrompt.summary(from: reply, for: plan) else {
            let problem = "\(model.name) did not answer as it was asked to"
            return Compaction(plan.byRules, model: model.name, usage: reply.usage, problem: problem)
        }
        return Compaction(summary, by: model.name, model: model.name, usage: reply.usage)
    }
}

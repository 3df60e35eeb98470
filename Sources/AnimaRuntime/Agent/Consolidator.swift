public import AnimaCore

/// Finds out what of a memory is to be merged and closed: by rules, and by a model where there is one to ask.
///
/// It changes nothing; whoever asks it appends what it found.
public struct Consolidator: Sendable {
    private let store: any LifeStore
    private let models: [any ModelProvider]

    /// Looks into a store, with the help of the first of some models that understands text.
    public init(store: any LifeStore, models: [any ModelProvider]) {
        self.store = store
        self.models = models
    }

    /// What is to be done.
    ///
    /// Comparing many memories takes a while, in which its caller can do other things.
    ///
    /// - Parameter allowance: What the model call may use; none is made without.
    /// - Throws: ``StoreError``. A model that fails is no error: its `problem` is recorded, and what rules found stands.
    @concurrent
    public func consolidation(
        _ policy: MemoryPolicy,
        allowance: Allowance?,
        at now: Instant
    ) async throws -> Consolidation {
        let material = try await store.consolidationMaterial()
        var consolidation = Consolidation.byRules(material, ageDays: policy.ageDays, now: now)
        guard policy.learning == .model, let model = models.first(where: { $0.facts.understandsText }) else {
            return consolidation
        }
        let shown = ConsolidationPrompt.shown(of: material, after: consolidation)
        guard shown.count > 1, let allowance else { return consolidation }
        var request = ConsolidationPrompt.request(about: shown, tokens: policy.learningTokens, now: now)
        let allowed = allowance.replyTokens(
            inputTokens: request.approximateTokens,
            wanted: policy.learningTokens,
            price: model.facts.price
        )
        switch allowed {
        case .success(let tokens): request.maxOutputTokens = tokens
        case .failure(let refusal):
            consolidation.problem = refusal.reason
            return consolidation
        }
        do {
            var reply = try await model.respond(to: request) { _ in }
            if let price = model.facts.price { reply.usage.microdollars = price.microdollars(of: reply.usage) }
            consolidation.model = model.name
            consolidation.usage = reply.usage
            if ConsolidationPrompt.take(reply.text, shown: shown, into: &consolidation) {
                consolidation.by = model.name
            } else {
                consolidation.problem = "\(model.name) did not answer as it was asked to"
            }
        } catch {
            consolidation.problem = (error as? ModelError)?.message ?? "\(error)"
        }
        return consolidation
    }
}

import AnimaCore

// What comes to mind before a turn, and what is learned after it.
extension Agent {
    /// The stable beginning of every request: who the agent is, and the blocks that are always in view.
    var instructions: String {
        let blocks = mind.state.blocks
        guard !blocks.isEmpty else { return equipment.instructions }
        return equipment.instructions + "\n\n# What you always keep in mind\n\n" + blocks.instructions
    }

    /// Its memories, found by meaning too when there is an embedder.
    var memories: any MemoryReader {
        equipment.embedder.map { MeaningfulMemories(store: store, embedder: $0) } ?? store
    }

    /// What the model is shown beside a turn's message.
    struct Recollection: Sendable {
        /// What is shown; nil when nothing fits.
        let tail: String?
        /// The memories in it, for the record.
        let recalled: [Fact.ModelReplied.Recalled]
    }

    /// The memories that fit a turn's message: found for its first step, the same ones for the others.
    ///
    /// Recalling reads only, so it needs no event of its own; what was found is recorded with the reply. A life that can't
    /// be searched, or not in time, gives nothing: the turn goes on without.
    ///
    /// - Returns: nil when the agent does not recall by itself.
    func whatComesToMind(for turn: Turn) async -> Recollection? {
        let policy = mind.state.policy.memory
        guard policy.recalls else { return nil }
        let now = equipment.clock.now
        if let recalled = turn.recalled {
            var passages: [Passage] = []
            for id in recalled {
                guard let memory = try? await store.memory(id) else { continue }
                passages.append(.memory(memory))
            }
            let notice = RecallNotice.text(passages, tokens: policy.recallTokens, now: turn.openedAt)
            return Recollection(tail: notice?.text, recalled: [])
        }
        let query = RecallQuery(
            String(turn.envelope.text.prefix(4000)),
            now: now,
            asker: turn.envelope.sender.description,
            // What a stranger said comes up only when it is looked for.
            trust: .agent,
            limit: policy.recallCount,
            minimumRelevance: Double(policy.recallRelevance) / 100
        )
        guard let hits = try? await memories.recall(query), !hits.isEmpty else {
            return Recollection(tail: nil, recalled: [])
        }
        let notice = RecallNotice.text(hits.map(\.passage), tokens: policy.recallTokens, now: turn.openedAt)
        let shown = Set((notice?.shown ?? []).map(\.id))
        return Recollection(
            tail: notice?.text,
            recalled: hits.filter { shown.contains($0.passage.id) }
                .map { .init(memory: $0.passage.id, relevance: Int(($0.relevance * 100).rounded())) }
        )
    }

    // MARK: Learning

    /// What an ended turn gives to remember; nil when the agent is being stopped, and it stays owed.
    func learn(_ id: TurnID, _ effect: Effect) async -> Mind.Outcome? {
        guard let entry = mind.state.unlearned.first(where: { $0.turn == id }) else { return nil }
        do {
            guard let turn = try await store.turn(answering: entry.envelope) else {
                return .learned(Lesson(problem: "the turn is no longer there"))
            }
            var lesson = Lesson()
            var drafts: [MemoryDraft]?
            if mind.state.policy.memory.learning == .model {
                drafts = try await draftsByModel(turn, entry, effect, &lesson)
            }
            if Task.isCancelled, !overTime.contains(effect) { return nil }
            let byRules = drafts ?? Self.draftsByRules(turn)
            for draft in byRules {
                let query = RecallQuery(draft.text, limit: 8, parts: [.words, .expansion])
                let similar = try await store.recall(query).compactMap(\.passage.memory)
                lesson.found.append(.init(draft, similar: similar))
            }
            for id in entry.recalled {
                if let memory = try await store.memory(id) { lesson.shown.append(memory.text) }
            }
            return .learned(lesson)
        } catch {
            if Task.isCancelled, !overTime.contains(effect) { return nil }
            return .learned(Lesson(problem: "\(error)"))
        }
    }

    // MARK: Consolidating

    /// A model is asked only when nothing came for so long: a process that has just begun mostly has a message to deliver, which would
    /// end a call that is paid for all the same.
    private static let quiet = Duration.milliseconds(300)

    /// What is to be merged and closed; nil when other work came meanwhile, and it stays owed.
    func consolidate(_ effect: Effect) async -> Mind.Outcome? {
        let consolidator = Consolidator(store: store, models: equipment.models)
        let policy = mind.state.policy.memory
        if policy.learning == .model, equipment.models.contains(where: { $0.facts.understandsText }) {
            guard (try? await Task.sleep(for: Self.quiet)) != nil else { return nil }
        }
        let allowance = mind.reservation(for: effect)
        do {
            let found = try await consolidator.consolidation(policy, allowance: allowance, at: equipment.clock.now)
            return Task.isCancelled && !overTime.contains(effect) ? nil : .consolidated(found)
        } catch {
            // A life that can't be read is no reason to try again at once.
            return Task.isCancelled ? nil : .consolidated(Consolidation(problem: "\(error)"))
        }
    }

    /// What the rules find: in what the owner said, and nobody else.
    private static func draftsByRules(_ turn: TranscriptTurn) -> [MemoryDraft] {
        guard turn.trust == .owner else { return [] }
        return LearningRules.drafts(
            from: turn.saidText,
            speaker: turn.input.sender.description,
            now: turn.input.sentAt
        )
    }

    /// What the model finds; nil when none can be asked, with the reason in the lesson.
    private func draftsByModel(
        _ turn: TranscriptTurn,
        _ entry: AgentState.Unlearned,
        _ effect: Effect,
        _ lesson: inout Lesson
    ) async throws -> [MemoryDraft]? {
        guard let model = equipment.models.first(where: { $0.facts.understandsText }) else { return nil }
        let now = equipment.clock.now
        // What a stranger said is not shown as known: repeated by the model it would look like the agent's own.
        let query = RecallQuery(String(turn.saidText.prefix(4000)), now: now, trust: .agent, limit: 12)
        let known = try await store.recall(query).compactMap(\.passage.memory)
        let tokens = mind.state.policy.memory.learningTokens
        var request = LearningPrompt.request(for: turn, known: known, tokens: tokens, now: now)
        guard let reservation = mind.reservation(for: effect) else { return nil }
        switch reservation.replyTokens(
            inputTokens: request.approximateTokens,
            wanted: tokens,
            price: model.facts.price
        ) {
        case .success(let allowed): request.maxOutputTokens = allowed
        case .failure(let refusal):
            lesson.problem = refusal.reason
            return nil
        }
        do {
            var reply = try await model.respond(to: request) { _ in }
            if let price = model.facts.price { reply.usage.microdollars = price.microdollars(of: reply.usage) }
            lesson.model = model.name
            lesson.usage = reply.usage
            let drafts = LearningPrompt.drafts(
                from: reply.text,
                turn: turn,
                sawUntrusted: entry.sawUntrusted,
                now: turn.input.sentAt
            )
            guard let drafts else {
                lesson.problem = "\(model.name) did not answer as it was asked to"
                return nil
            }
            lesson.by = model.name
            return drafts
        } catch {
            if Task.isCancelled, !overTime.contains(effect) { throw error }
            lesson.problem = (error as? ModelError)?.message ?? "\(error)"
            return nil
        }
    }
}

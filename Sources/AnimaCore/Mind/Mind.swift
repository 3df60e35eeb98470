/// The rules of an agent's loop: takes inputs, decides what to append, and says what to begin and what to end.
///
/// It performs nothing. The actor around it (`Agent` in AnimaRuntime) and the simulated world around it (AnimaTesting)
/// run the same rules: ``decide(_:at:partialTexts:)`` → append the batch → ``commit(_:at:)`` → perform the plan, whose
/// outcomes are the next inputs. A decision that could not be appended is dropped, and the mind with it.
public struct Mind: Sendable {
    /// What can happen to an agent.
    public enum Input: Hashable, Sendable {
        /// Its life begins, or goes on in a copy.
        case begin(LifeID, program: String, parent: LifeID?)
        /// Its configuration is this; recorded when it differs from the last one.
        case configured(Fact.AgentConfigured)
        /// A process took it over; recorded when something was open.
        case wake(program: String)
        /// An envelope came, with the bytes that it refers to.
        case deliver(Envelope, attachments: [LifeBatch.Spill] = [])
        /// The owner has the agent send something, as an envelope with this id.
        case send(OutgoingMessage, EnvelopeID)
        /// The owner has an envelope sent again that nobody took.
        case resend(Fact.EnvelopeSent)
        /// Somebody takes an envelope that waits out of the inbox; left alone when none such waits.
        case drop(EnvelopeID, by: String)
        /// Another agent is given up: nothing more is to be expected of it.
        case lose(AgentID, reason: String)
        /// An effect that was begun came to this.
        case settled(Effect, Outcome, milliseconds: Int)
        /// An effect that was begun gave way to other work and came to nothing; it stays owed.
        case gaveWay(Effect)
        /// The owner's answer to a question; left alone when there is no such question.
        case decide(Fact.ApprovalDecided)
        /// Somebody wants a turn to end; nil stands for all open ones.
        case cancel(TurnID?, by: String)
        /// Time went by.
        case look

        /// Its configuration is this.
        public static func configure(_ policy: AgentPolicy, models: [String]) -> Input {
            .configured(.init(policy: policy, models: models))
        }
    }

    /// What an effect came to.
    public enum Outcome: Hashable, Sendable {
        /// The model's reply, and where untrusted text that it saw comes from.
        case reply(ModelReply, untrusted: String? = nil, recalled: [Fact.ModelReplied.Recalled]? = nil)
        /// The model call failed.
        case modelFailed(ModelError)
        /// The model was not called: no budget has enough left.
        case overBudget(OverBudget)
        /// The tool's output.
        case output(ToolOutput)
        /// What a call would run in; nothing was run.
        case circumstances([String: String])
        /// The interrupted call had not taken effect.
        case didNotHappen
        /// The model was not called yet: the conversation was made shorter first.
        case compacted(Compaction)
        /// What became of an envelope that was carried to its recipient.
        case delivered(Receipt)
        /// Nobody knows what became of it, for this reason.
        case undelivered(String)
        /// What a turn that has ended gives to remember.
        case learned(Lesson)
        /// What is to be merged and aged.
        case consolidated(Consolidation)
    }

    /// What was decided about some inputs; nothing has changed yet.
    public struct Decision: Sendable {
        /// What to append; may be without events.
        public var batch: LifeBatch
        /// For each input, in order: what became of the envelope that it delivered.
        public var receipts: [Receipt?]
        fileprivate var next: AgentState
    }

    /// What is to be done after a commit.
    public struct Plan: Hashable, Sendable {
        /// Nothing is to be done.
        public init() {}

        /// Effects to begin.
        public var begin: [Effect] = []
        /// Effects in flight to cancel; those of tools still report what they came to.
        public var cancel: [Effect] = []
        /// When to look again at the latest, also when nothing is owed until then.
        public var lookAt: Instant?
        /// Whether nothing is owed at all.
        public var isIdle = true
        /// What everything waits for; nil when something goes on.
        public var parking: Parking?
    }

    /// The agent.
    public let agent: AgentID
    /// The fold of everything appended.
    public private(set) var state: AgentState
    let tools: [String: ToolSpec]
    private let snapshotInterval: Int
    private var lastSnapshotSeq: Int
    private var generator: SeededGenerator
    private var inFlight: Set<Effect> = []
    /// What each model call in flight may use.
    private var reservations: [Effect: Allowance] = [:]
    /// What all model calls in flight may use.
    var allReserved: [Allowance] { Array(reservations.values) }

    /// Takes up a state.
    ///
    /// - Parameters:
    ///   - tools: The tools there are; calls of others are answered with an error.
    ///   - seed: For the jitter of retries.
    ///   - snapshotInterval: After so many events the state is saved again.
    public init(agent: AgentID, state: AgentState, tools: [ToolSpec], seed: UInt64, snapshotInterval: Int = 64) {
        self.agent = agent
        self.state = state
        self.tools = Dictionary(tools.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.snapshotInterval = snapshotInterval
        lastSnapshotSeq = state.lastSeq
        generator = SeededGenerator(seed: seed)
    }

    /// Decides what to append for some inputs, and for everything that follows from them without outside work.
    ///
    /// - Parameter partialTexts: What models that speak have said so far, for turns that end meanwhile.
    public mutating func decide(
        _ inputs: [Input],
        at now: Instant,
        partialTexts: [TurnID: String] = [:]
    ) -> Decision {
        var work = Work(agent: agent, now: now, state: state)
        var receipts: [Receipt?] = []
        for input in inputs {
            receipts.append(take(input, &work, partialTexts))
        }
        while true {
            let drafts = work.state.owed(at: now)
                .compactMap { effect in
                    if case .record(let draft) = effect { draft } else { nil }
                }
            if drafts.isEmpty { break }
            for draft in drafts { record(draft.with(partialTexts), &work) }
        }
        joinMessages(asked: turnsBeingAsked, &work)
        if work.state.lastSeq - lastSnapshotSeq >= snapshotInterval { work.batch.snapshot = work.state }
        work.batch.isFlushed = work.batch.events.contains(where: \.fact.mustBeFlushed)
        return Decision(batch: work.batch, receipts: receipts, next: work.state)
    }

    /// Takes a decision into account whose batch was appended, and says what is to be done.
    public mutating func commit(_ decision: Decision, at now: Instant) -> Plan {
        state = decision.next
        if decision.batch.snapshot != nil { lastSnapshotSeq = state.lastSeq }
        var plan = Plan()
        let owed = state.owed(at: now)
        plan.parking = state.parking(at: now, owing: owed)
        var wanted: Set<Effect> = []
        for effect in owed {
            plan.isIdle = false
            switch effect {
            case .wait(let moment): plan.lookAt = min(plan.lookAt ?? moment, moment)
            // Time moved on since the decision: the next one records it.
            case .record: plan.lookAt = now
            case .stopTool: break
            case .callModel, .lookAround, .runTool, .probeTool, .deliver, .learn, .consolidate:
                wanted.insert(effect)
                guard inFlight.insert(effect).inserted else { continue }
                plan.begin.append(effect)
                if let turn = payer(of: effect, at: now) {
                    reservations[effect] = state.allowance(of: turn, at: now, beside: allReserved)
                }
            }
        }
        // Nothing is owed until then, and nobody waits for it.
        if plan.isIdle { plan.lookAt = state.memoryGrowth.isDueFrom(state.policy.memory) }
        if inFlight.count > wanted.count {
            plan.cancel = inFlight.subtracting(wanted).sorted { "\($0)" < "\($1)" }
        }
        return plan
    }

    /// The turns whose model is being asked.
    private var turnsBeingAsked: Set<TurnID> {
        Set(inFlight.compactMap { if case .callModel(let turn, _, _) = $0 { turn } else { nil } })
    }

    /// The turn whose budget a model call uses; learning and consolidating have the budget of a turn of their own.
    private func payer(of effect: Effect, at now: Instant) -> Turn? {
        switch effect {
        case .callModel(let id, _, _): return state.turn(id)
        case .learn(let id):
            guard let entry = state.unlearned.first(where: { $0.turn == id }) else { return nil }
            let envelope = Envelope(id: entry.envelope, conversation: entry.conversation, text: "", sentAt: now)
            return Turn(id: id, envelope: envelope, openedAt: now, lastSeq: entry.seq)
        case .consolidate: return state.turnOfItsOwn(at: now)
        default: return nil
        }
    }

    /// How much a model call that was begun may use.
    public func reservation(for effect: Effect) -> Allowance? { reservations[effect] }

    // MARK: Inputs

    private mutating func take(_ input: Input, _ work: inout Work, _ partialTexts: [TurnID: String]) -> Receipt? {
        switch input {
        case .begin(let life, let program, let parent):
            work.append(Draft(.lifeBegan(.init(life: life, program: program, parent: parent))))
        case .configured(let fact):
            guard work.state.policy != fact.policy || work.state.models != fact.models else { break }
            let before = work.state
            work.append(Draft(.agentConfigured(fact)))
            announceTopics(after: before, &work)
        case .wake(let program):
            if !work.state.turns.isEmpty || work.state.inbox.contains(where: \.envelope.beginsTurn)
                || !work.state.outbox.isEmpty
            {
                work.append(Draft(.agentWoke(.init(program: program, openTurns: work.state.turns.map(\.id)))))
            }
        case .deliver(let envelope, let attachments):
            return deliver(envelope, attachments, &work)
        case .send(let message, let id):
            let envelope = envelope(message, id, in: nil, work)
            work.append(Draft(.envelopeSent(.init(to: message.recipient, envelope: envelope))))
        case .resend(let fact):
            guard !work.state.outbox.contains(where: { $0.envelope.id == fact.envelope.id }) else { break }
            work.append(Draft(.envelopeSent(fact)))
        case .drop(let id, let by): drop(id, by: by, &work)
        case .lose(let peer, let reason): lose(peer, because: reason, &work)
        case .settled(let effect, let outcome, let milliseconds):
            inFlight.remove(effect)
            reservations[effect] = nil
            settle(effect, outcome, milliseconds, &work)
        case .gaveWay(let effect):
            inFlight.remove(effect)
            reservations[effect] = nil
        case .decide(let fact):
            guard let turn = work.state.turn(fact.call.turn), let call = turn.call(fact.call), call.result == nil,
                let approval = call.approval, approval.decision == nil, turn.closing == nil
            else { return nil }
            work.append(turn.draft(.approvalDecided(fact), step: fact.call.step, cause: approval.seq))
        case .cancel(let id, let by):
            for turn in work.state.turns where (id ?? turn.id) == turn.id && turn.closing == nil {
                work.append(turn.draft(.turnClosing(.init(end: .cancelled(by: by)))).with(partialTexts))
            }
        case .look: break
        }
        return nil
    }

    private mutating func settle(_ effect: Effect, _ outcome: Outcome, _ milliseconds: Int, _ work: inout Work) {
        switch (effect, outcome) {
        case (.callModel(let id, let step, let attempt), .reply(let reply, let source, let recalled)):
            guard let turn = work.state.turn(id), turn.awaitsModel(step: step, attempt: attempt) else { return }
            let fact = judged(reply, turn, step: step, attempt: attempt, milliseconds, source, recalled, work.state)
            work.append(turn.draft(.modelReplied(fact), step: step))
        case (.deliver(let id, _), .delivered(let receipt)):
            guard let item = work.state.outbox.first(where: { $0.envelope.id == id }) else { return }
            let refusal = receipt.refusal
            let fact = Fact.EnvelopeSettled(
                envelope: id,
                to: item.recipient,
                outcome: refusal == nil ? .delivered : .refused,
                reason: refusal?.description
            )
            record(Draft(.envelopeSettled(fact), cause: item.seq), &work)
        case (.deliver(let id, let attempt), .undelivered(let reason)):
            guard let item = work.state.outbox.first(where: { $0.envelope.id == id }), item.failures + 1 == attempt
            else { return }
            let next = work.now + item.delay(using: &generator)
            let fact = Fact.EnvelopeDelayed(envelope: id, reason: String(reason.prefix(500)), next: next)
            work.append(Draft(.envelopeDelayed(fact), cause: item.seq))
        case (.learn(let id), .learned(let lesson)): learn(lesson, from: id, &work)
        case (.callModel(let id, let step, let attempt), .compacted(let compaction)):
            guard let turn = work.state.turn(id), turn.awaitsModel(step: step, attempt: attempt) else { return }
            work.append(turn.draft(.conversationCompacted(.init(compaction)), step: step))
        case (.consolidate(let seq), .consolidated(let consolidation)):
            // Memories that changed meanwhile are looked at again.
            guard work.state.memoryGrowth.changedBy == seq else { return }
            for fact in consolidation.facts(after: work.state.lastSeq) { work.append(Draft(fact)) }
        case (.callModel(let id, let step, let attempt), .modelFailed(let error)):
            guard let turn = work.state.turn(id), turn.awaitsModel(step: step, attempt: attempt) else { return }
            let next = turn.next(after: error, work.state, at: work.now, using: &generator)
            let model = work.state.model(of: turn)
            let fact = Fact.ModelFailed(model: model, error: error, attempt: attempt, next: next)
            work.append(turn.draft(.modelFailed(fact), step: step))
        case (.callModel(let id, let step, let attempt), .overBudget(let refusal)):
            guard let turn = work.state.turn(id), turn.awaitsModel(step: step, attempt: attempt) else { return }
            let end = TurnEnd.limit(refusal.limit, reason: refusal.reason)
            work.append(turn.draft(.turnClosing(.init(end: end)), step: step))
        case (.runTool(let id, _), .output(let output)), (.probeTool(let id, _), .output(let output)):
            guard let turn = work.state.turn(id.turn), let call = turn.call(id), call.result == nil else { return }
            finish(call, of: turn, output, milliseconds, &work)
        case (.lookAround(let id), .circumstances(let found)), (.runTool(let id, _), .circumstances(let found)):
            guard let turn = work.state.turn(id.turn), let call = turn.call(id), call.result == nil else { return }
            guard turn.closing == nil else {
                // Nobody is asked again in a turn that ends; a call that was to run needs its result all the same.
                if case .runTool = effect { refuse(call, of: turn, &work) }
                return
            }
            let fact = Fact.ApprovalAsked(
                call: id,
                tool: call.tool,
                circumstances: found,
                expiresAt: work.now + work.state.policy.limits.approvalTime
            )
            work.append(turn.draft(.approvalAsked(fact), step: id.step, cause: turn.steps[id.step - 1].seq))
        case (.probeTool(let id, let attempt), .didNotHappen):
            guard let turn = work.state.turn(id.turn), let call = turn.call(id), call.result == nil else { return }
            let fact = Fact.ToolStarted(call: id, tool: call.tool, attempt: attempt)
            work.append(turn.draft(.toolStarted(fact), step: id.step, cause: turn.steps[id.step - 1].seq))
        default: return
        }
    }

    /// Ends a call that was not run, for what the owner had allowed it for has changed.
    private func refuse(_ call: ToolCall, of turn: Turn, _ work: inout Work) {
        let content =
            "not run: what it would have run in had changed since the owner allowed it, and the turn was ended"
        let fact = Fact.ToolFinished(
            call: call.id,
            tool: call.tool,
            result: ToolResult(outcome: .notRun, content: content)
        )
        work.append(turn.draft(.toolFinished(fact), step: call.id.step, cause: turn.steps[call.id.step - 1].seq))
    }

    func finish(
        _ call: ToolCall,
        of turn: Turn,
        _ output: ToolOutput,
        _ milliseconds: Int,
        _ work: inout Work
    ) {
        var output = output
        if let refusal = refusal(of: output.send, turn, work) {
            finish(call, of: turn, .failure(refusal.reason), milliseconds, &work)
            if refusal.isStop, turn.closing == nil { tell(of: refusal, output.send, call.id, in: turn, &work) }
            return
        }
        if turn.closing == nil, let wait = output.wait, !output.isError {
            guard let refusal = self.wait(wait, call, of: turn, &work) else { return }
            output = refusal
        }
        if turn.closing == nil, let question = output.send.first(where: \.isQuestion) {
            ask(question, call, of: turn, &work)
            return
        }
        var child: Fact.EnvelopeSent?
        if turn.closing == nil, let request = output.spawn {
            do throws(NoChild) {
                let made = try spawn(request, call.id, in: turn, work)
                child = made
                output.content =
                    "@\(made.to) works on it; its report comes as a message, or as the result of wait_for."
            } catch { output = .failure(error.reason) }
        }
        var (result, spills) = ToolResult.capped(
            output,
            outcome: turn.closing == nil ? nil : .cancelled,
            trust: min(tools[call.tool]?.trust ?? .untrusted, output.trust ?? .owner),
            limit: work.state.policy.limits.resultBytes,
            imageLimit: work.state.policy.limits.imageBytes,
            readOn: { line in
                tools["read_output"]
                    .map { tool in
                        let arguments: JSONValue = ["call": .string("\(call.id)"), "start_line": .int(line)]
                        return "\(tool.name) \(arguments.text)"
                    }
            }
        )
        let (count, last) = turn.repetitions(of: call.tool, call.arguments)
        if count >= Self.mostRepetitions - 1, last?.saysTheSame(as: result) == true { result.repetitions = count + 1 }
        let step = turn.steps[call.id.step - 1]
        let fact = Fact.ToolFinished(
            call: call.id,
            tool: call.tool,
            result: result,
            milliseconds: milliseconds,
            changes: output.changes
        )
        work.append(turn.draft(.toolFinished(fact), step: call.id.step, cause: step.seq))
        work.batch.spills += output.keeps
        work.batch.spills += spills
        send(output.send, call.id, of: turn, &work)
        if let child { work.append(turn.draft(.envelopeSent(child), step: call.id.step, cause: work.state.lastSeq)) }
        if let topics = output.topics, Topic.tidy(topics) != work.state.subscriptions {
            let before = work.state
            let fact = Fact.TopicsChanged(topics: Topic.tidy(topics))
            work.append(turn.draft(.topicsChanged(fact), step: call.id.step, cause: work.state.lastSeq))
            announceTopics(after: before, &work)
        }
        let trust = turn.trustOfView
        for draft in output.remember {
            let fact = Fact.MemoryStored(draft, trust: min(draft.trust ?? .owner, trust), call: call.id)
            work.append(turn.draft(.memoryStored(fact), step: call.id.step, cause: work.state.lastSeq))
        }
        if !output.forget.isEmpty {
            let fact = Fact.MemoryForgotten(memories: output.forget, by: agent.name)
            work.append(turn.draft(.memoryForgotten(fact), step: call.id.step, cause: work.state.lastSeq))
        }
        for (name, text) in output.blocks.sorted(by: { $0.key < $1.key }) {
            guard MemoryBlock.refusal(of: name, text, work.state.blocks, work.state.policy.memory) == nil else {
                continue
            }
            let fact = Fact.BlockEdited(name: name, text: text, by: agent.name, call: call.id)
            work.append(turn.draft(.blockEdited(fact), step: call.id.step, cause: work.state.lastSeq))
        }
    }

    /// Keeps of a lesson what the gate of memory lets through, and records the rest with the reason.
    private func learn(_ lesson: Lesson, from id: TurnID, _ work: inout Work) {
        guard let entry = work.state.unlearned.first(where: { $0.turn == id }) else { return }
        func append(_ fact: Fact) {
            work.append(Draft(conversation: entry.conversation, turn: id, cause: entry.seq, fact: fact))
        }
        var kept: [Memory] = []
        var refused: [Fact.MemoryLearned.Refused] = []
        for found in lesson.found {
            let trust = min(found.draft.trust ?? .owner, entry.trust)
            switch MemoryGate.judge(found.draft, similar: found.similar + kept, shown: lesson.shown, trust: trust) {
            case .keep(let superseded):
                var draft = found.draft
                draft.supersedes = superseded
                let gone = Set(superseded)
                kept.removeAll { gone.contains($0.id) }
                append(.memoryStored(.init(draft, trust: trust, source: entry.seq)))
                if let memory = work.batch.events.last.flatMap(Memory.init) { kept.append(memory) }
            case .refuse(let reason):
                let text = reason == .secret ? "(\(found.draft.text.utf8.count) bytes)" : found.draft.text
                refused.append(.init(text: String(text.prefix(500)), reason: reason))
            }
        }
        append(
            .memoryLearned(
                .init(
                    turn: id,
                    by: lesson.by,
                    kept: kept.count,
                    refused: refused,
                    model: lesson.model,
                    usage: lesson.usage,
                    problem: lesson.problem
                )
            )
        )
    }

    /// The reply with what is decided about each of its calls.
    private func judged(
        _ reply: ModelReply,
        _ turn: Turn,
        step: Int,
        attempt: Int,
        _ milliseconds: Int,
        _ source: String?,
        _ recalled: [Fact.ModelReplied.Recalled]?,
        _ state: AgentState
    ) -> Fact.ModelReplied {
        let calls = reply.calls.enumerated()
            .map { index, call in
                judge(call, id: ToolCallID(turn: turn.id, step: step, index: index + 1), turn, source, state)
            }
        return Fact.ModelReplied(
            model: state.model(of: turn),
            text: reply.text,
            reasoning: reply.reasoning,
            keepsake: reply.keepsake,
            calls: calls,
            stop: reply.stop,
            usage: reply.usage,
            attempt: attempt,
            milliseconds: milliseconds,
            notices: reply.notices,
            untrusted: source,
            recalled: recalled
        )
    }

    /// So often in a row the same call may get the same result in a turn; after that it is not run again.
    static let mostRepetitions = 3

    private func judge(
        _ call: ModelReply.Call,
        id: ToolCallID,
        _ turn: Turn,
        _ source: String?,
        _ state: AgentState
    ) -> Fact.ModelReplied.Call {
        let policy = state.policy
        func decided(_ verdict: ToolCall.Verdict, _ arguments: JSONValue, _ spec: ToolSpec?) -> Fact.ModelReplied.Call {
            Fact.ModelReplied.Call(
                id: id,
                tool: call.tool,
                arguments: arguments,
                providerID: call.providerID,
                verdict: verdict,
                replay: spec?.replay ?? .unsafe,
                isExclusive: spec?.isExclusive ?? false
            )
        }
        if let problem = call.problem { return decided(.invalid(reason: problem), call.arguments, tools[call.tool]) }
        guard let spec = tools[call.tool] else {
            let names = tools.keys.sorted()
            let hint = Spelling.closest(to: call.tool, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
            let list = names.isEmpty ? "There are none." : "There are: \(names.joined(separator: ", "))."
            let reason = "there is no tool \"\(call.tool.prefix(64))\".\(hint) \(list)"
            return decided(.invalid(reason: reason), call.arguments, nil)
        }
        guard id.index <= policy.limits.callsPerStep else {
            let limit = policy.limits.callsPerStep
            let reason = "more than \(limit) calls in one reply (limits.calls_per_step); ask for it again on its own"
            return decided(.invalid(reason: reason), call.arguments, spec)
        }
        do {
            let arguments = try spec.parameters.validate(call.arguments)
            let repetitions = turn.repetitions(of: call.tool, arguments).count
            if repetitions >= Self.mostRepetitions {
                let reason =
                    "this call was made \(repetitions) times in a row with the same result; it is not run again in "
                    + "this turn: do something else, or answer with what there is"
                return decided(.invalid(reason: reason), arguments, spec)
            }
            return decided(state.gates.decide(spec, arguments, untrusted: source), arguments, spec)
        } catch {
            return decided(.invalid(reason: "the arguments don't fit: \(error)"), call.arguments, spec)
        }
    }
}

extension Draft {
    /// A closing that knows what the model had said; other drafts as they are.
    fileprivate func with(_ partialTexts: [TurnID: String]) -> Draft {
        guard case .turnClosing(let closing) = fact, let turn, let text = partialTexts[turn] else { return self }
        let fact = Fact.turnClosing(.init(end: closing.end, partialText: text))
        return Draft(conversation: conversation, turn: turn, step: step, cause: cause, fact: fact)
    }
}

extension Turn {
    /// Whether a model call with this step and attempt is what the turn waits for.
    fileprivate func awaitsModel(step: Int, attempt: Int) -> Bool {
        closing == nil && steps.count + 1 == step && asking.failures + 1 == attempt && steps.last?.isOpen != true
    }
}

extension Fact {
    /// Whether it must be on the disk before anything is done because of it: what was promised to a sender, what the
    /// owner said, what may not be repeated, and what was answered.
    ///
    /// Everything else may be lost in a power cut and happens again.
    fileprivate var mustBeFlushed: Bool {
        switch self {
        case .envelopeAccepted, .envelopeDropped, .envelopeSent, .approvalDecided, .grantsForgotten, .toolStarted,
            .turnEnded,
            .memoryForgotten,
            .memoryRestored, .blockEdited, .filesRestored:
            true
        // What undoes a change must not be lost when the change is not.
        case .toolFinished(let fact): fact.changes != nil
        case .lifeBegan, .agentConfigured, .agentWoke, .turnOpened, .modelReplied, .modelFailed, .approvalAsked,
            .toolWaiting, .envelopeJoined, .topicsChanged, .childLost, .turnClosing, .memoryStored, .memoryLearned,
            .memoryConsolidated,
            .conversationCompacted,
            .envelopeDelayed,
            .envelopeSettled:
            false
        }
    }
}

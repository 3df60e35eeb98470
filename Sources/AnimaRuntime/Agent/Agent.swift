public import AnimaCore

/// An addressable actor with a life: performs what its mind says and appends what came of it.
///
/// While nothing is owed it has no task, but perhaps an alarm for what it does once a day, and holds no more than its state. Every change goes through one committer:
/// what arrives while an append is under way is decided and appended together after it.
public actor Agent {
    /// Its name.
    public nonisolated let id: AgentID
    /// What it tells its listeners.
    public nonisolated let live: Broadcast

    nonisolated let equipment: Equipment
    /// Carries its messages; without one they stay on their way.
    let transport: (any Transport)?
    /// Knows other agents.
    let directory: any AgentDirectory
    /// Hears when it goes down.
    private let wentDown: @Sendable (Agent, AgentDown) async -> Void
    let store: any LifeStore
    let spoken = SpokenText()
    var mind: Mind

    private var pending: [Pending] = []
    private var isCommitting = false
    private var isStopping = false
    /// Why it can't go on: its life could not be written.
    private var fault: (any Error)?
    /// The effects in flight.
    ///
    /// Their ends are reported by calls to this actor, so they can't be children of one call; the agent owns them,
    /// and `stop()` cancels and awaits each.
    private var tasks: [Effect: Task<Void, Never>] = [:]
    /// When each effect in flight has used up its time, and which ones have.
    private var deadlines: [Effect: Instant] = [:]
    var overTime: Set<Effect> = []
    /// One timer for everything that time decides.
    ///
    /// It may ring early, and is then set again: a timer for each call would cost more than the call.
    private var alarm: (moment: Instant, task: Task<Void, Never>)?
    /// Who waits until no effect is in flight.
    private var tasksEnded: CheckedContinuation<Void, Never>?
    /// Tells that it went down; the agent owns it, and it ends by itself.
    private var telling: Task<Void, Never>?
    private var answerWaiters: [EnvelopeID: [CheckedContinuation<TranscriptTurn, any Error>]] = [:]
    private var restWaiters: [RestWaiter] = []
    private var isIdle = true
    /// Gives passages the vectors that they lack while nothing is to be done; the agent owns it, and `stop()` ends it.
    private var filling: Task<Void, Never>?
    /// Whether passages may have come since all had vectors.
    private var mayLackVectors = true
    /// What all its open work waits for; nil when some of it goes on, or when there is none.
    public private(set) var parking: Parking?
    private var pasts: [ConversationID: Past] = [:]

    /// An input that waits for the committer, and who wants to know what became of it.
    private struct Pending {
        let input: Mind.Input
        let continuation: CheckedContinuation<Receipt?, any Error>?
    }

    /// Who waits until nothing is owed, or until it can't go on for one of these reasons.
    private struct RestWaiter {
        let reasons: Set<Parking>
        let continuation: CheckedContinuation<Void, any Error>
    }

    private init(
        _ id: AgentID,
        state: AgentState,
        store: any LifeStore,
        equipment: Equipment,
        transport: (any Transport)?,
        directory: any AgentDirectory,
        wentDown: @escaping @Sendable (Agent, AgentDown) async -> Void,
        live: Broadcast,
        seed: UInt64
    ) {
        self.id = id
        self.live = live
        self.store = store
        self.equipment = equipment
        self.transport = transport
        self.directory = directory
        self.wentDown = wentDown
        mind = Mind(
            agent: id,
            state: state,
            tools: equipment.specs,
            seed: seed,
            snapshotInterval: equipment.snapshotInterval
        )
    }

    /// Brings an agent to life from its store: folds what there is, and goes on with what is owed.
    ///
    /// A new life, the hundredth start and the recovery after a crash are this one path.
    ///
    /// - Parameters:
    ///   - parent: The life that the store's events were copied from, when this is the first start of a copy.
    ///   - transport: Carries its messages to other agents; without one they stay on their way.
    ///   - directory: Knows more about other agents than their names.
    ///   - wentDown: Hears once when it goes down: its life can't be written, or it is stuck. It stays down; wake it anew.
    ///   - live: Tells listeners what happens; give one that already has listeners to miss nothing.
    ///   - generator: For the life's identity and the jitter of retries.
    /// - Throws: ``StoreError`` when the life can't be read or written.
    public static func wake(
        _ id: AgentID,
        store: any LifeStore,
        equipment: Equipment,
        copiedFrom parent: LifeID? = nil,
        transport: (any Transport)? = nil,
        directory: any AgentDirectory = NoDirectory(),
        wentDown: @escaping @Sendable (Agent, AgentDown) async -> Void = { _, _ in },
        live: Broadcast = Broadcast(),
        using generator: inout some RandomNumberGenerator
    ) async throws -> Agent {
        let state = try await store.wake().state()
        let agent = Agent(
            id,
            state: state,
            store: store,
            equipment: equipment,
            transport: transport,
            directory: directory,
            wentDown: wentDown,
            live: live,
            seed: generator.next()
        )
        var inputs: [Mind.Input] = []
        if state.life == nil || parent != nil {
            let life = LifeID(IdentifierSource.make(at: equipment.clock.now, using: &generator))
            inputs.append(.begin(life, program: equipment.program, parent: parent))
        }
        inputs.append(.wake(program: equipment.program))
        inputs.append(.configured(equipment.configured))
        try await agent.begin(inputs)
        return agent
    }

    /// What is open in its life now.
    public var state: AgentState { mind.state }

    /// Whether nothing is owed.
    public var isAtRest: Bool { isIdle }

    /// Hands it an envelope; returns when that is committed, or refused.
    ///
    /// - Parameter attachments: The bytes of the images that the envelope refers to.
    /// - Throws: ``StoreError`` when the life can't be written; nothing was accepted then.
    public func deliver(_ envelope: Envelope, attachments: [LifeBatch.Spill] = []) async throws -> Receipt {
        guard let receipt = try await submit(.deliver(envelope, attachments: attachments)) else {
            preconditionFailure("a delivery always has a receipt")
        }
        // What was taken long ago is not refused now: the first receipt was lost on its way.
        if receipt.refusal != nil, try await store.hasTaken(envelope.id) { return .duplicate }
        return receipt
    }

    /// Takes note that another agent is given up: who waits for its answer or its report waits no longer.
    public func lose(_ peer: AgentID, because reason: String) async throws {
        _ = try await submit(.lose(peer, reason: reason))
    }

    /// Whether an envelope waits, or a turn that answers it is open.
    public func isOpen(_ envelope: EnvelopeID) -> Bool {
        mind.state.inbox.contains { $0.envelope.id == envelope }
            || mind.state.turns.contains { $0.works(on: envelope) }
    }

    /// Waits for the end of the turn that answers an envelope.
    ///
    /// - Throws: ``AgentError`` when the agent stops first or never took the envelope; `CancellationError` is not
    ///   thrown: cancel the turn instead.
    public func answer(to envelope: EnvelopeID) async throws -> TranscriptTurn {
        if let fault { throw fault }
        if !isOpen(envelope) {
            guard let turn = try await store.turn(answering: envelope) else {
                throw AgentError(code: .unknownEnvelope, message: "agent \"\(id)\" never took the envelope \(envelope)")
            }
            return turn
        }
        guard !isStopping else { throw AgentError.stopped(id) }
        return try await withCheckedThrowingContinuation { answerWaiters[envelope, default: []].append($0) }
    }

    /// Waits until nothing is owed.
    ///
    /// - Parameter reasons: Return also when all open work waits for one of these.
    public func rest(orParkedFor reasons: Set<Parking> = []) async throws {
        if let fault { throw fault }
        if isResting(reasons) { return }
        guard !isStopping else { throw AgentError.stopped(id) }
        try await withCheckedThrowingContinuation {
            restWaiters.append(RestWaiter(reasons: reasons, continuation: $0))
        }
    }

    func isResting(_ reasons: Set<Parking>) -> Bool {
        fault == nil && (isIdle || parking.map(reasons.contains) ?? false)
    }

    /// Asks a turn, or all open ones, to end now; returns when that is on record.
    ///
    /// Model calls, programs and waits are cancelled; the turn ends with what there is.
    public func cancel(_ turn: TurnID? = nil, by who: String) async throws {
        _ = try await submit(.cancel(turn, by: who))
    }

    /// The rule that would allow calls exactly like this one; nil when none could be trusted to mean only them.
    public nonisolated func alwaysRule(for call: ToolCall) -> Gate.Rule? {
        equipment.toolsByName[call.tool]?.spec.alwaysRule(for: call.arguments)
    }

    /// Sends something to another agent because the owner wants it; returns when it is on its way.
    ///
    /// - Parameter envelope: Names it; the recipient takes it once.
    public func send(_ message: OutgoingMessage, as envelope: EnvelopeID) async throws {
        _ = try await submit(.send(message, envelope))
    }

    /// A memory by its number; nil when there is none.
    public func memory(_ id: Int) async throws -> Memory? { try await store.memory(id) }

    /// Takes the owner's answer to a question of the gate; returns when that is on record.
    ///
    /// - Throws: ``AgentError`` `.noSuchQuestion` when the call does not wait for an answer; ``StoreError``.
    public func decide(_ answer: Fact.ApprovalDecided) async throws {
        guard mind.state.pendingApprovals.contains(where: { $0.call.id == answer.call }) else {
            throw AgentError(
                code: .noSuchQuestion,
                message:
                    "the call \(answer.call) of agent \"\(id)\" does not wait for an answer; see: anima approvals \(id)"
            )
        }
        _ = try await submit(.decide(answer))
    }

    /// Ends the agent's activity and gives up its life.
    ///
    /// What is owed stays owed for the next start.
    ///
    /// Running tools are cancelled; what they report is still recorded. What earlier calls left running ends.
    ///
    /// - Parameter endsListening: Whether its listeners have heard all that there will be.
    public func stop(endsListening: Bool = true) async {
        isStopping = true
        alarm?.task.cancel()
        alarm = nil
        // What ends may commit, and begins nothing more.
        await endTasks()
        filling?.cancel()
        await filling?.value
        for tool in equipment.tools { await tool.release(id) }
        failWaiters(AgentError.stopped(id))
        if endsListening { live.finish() }
        await store.close(atRest: isIdle && fault == nil && mind.state.outbox.isEmpty)
    }

    /// Ends the agent at once, as if its process had died: nothing more is written, and what is owed stays owed.
    ///
    /// What it runs is told to stop, and its programs are killed.
    func terminate(_ down: AgentDown) async {
        fail(down)
        isStopping = true
        filling?.cancel()
        for tool in equipment.tools { await tool.release(id) }
        await endTasks()
        await store.close()
    }

    /// Tells everything in flight to stop, and waits for that no longer than ``grace``: what does not hear is left alone.
    private func endTasks() async {
        for task in tasks.values { task.cancel() }
        guard !tasks.isEmpty else { return }
        let clock = equipment.clock
        let timer = Task {
            guard (try? await clock.sleep(until: clock.now + Self.grace)) != nil else { return }
            self.tasksEnded?.resume()
            self.tasksEnded = nil
        }
        await withCheckedContinuation { tasksEnded = $0 }
        timer.cancel()
    }

    /// So long what was told to stop may go on before the agent counts as stuck.
    static let grace = Duration.seconds(10)

    // MARK: The committer

    private func begin(_ inputs: [Mind.Input]) async throws {
        isCommitting = true
        defer { isCommitting = false }
        _ = try await commit(inputs)
    }

    /// Commits an input, alone or with others that wait, and returns what became of it.
    private func submit(_ input: Mind.Input) async throws -> Receipt? {
        if let fault { throw fault }
        guard !isStopping else { throw AgentError.stopped(id) }
        if isCommitting {
            return try await withCheckedThrowingContinuation {
                pending.append(Pending(input: input, continuation: $0))
            }
        }
        isCommitting = true
        defer { isCommitting = false }
        let receipts = try await commit([input])
        await commitPending()
        return receipts.first ?? nil
    }

    /// Commits an input that nobody waits for.
    func post(_ input: Mind.Input) async {
        guard fault == nil else { return }
        pending.append(Pending(input: input, continuation: nil))
        guard !isCommitting else { return }
        isCommitting = true
        defer { isCommitting = false }
        await commitPending()
    }

    private func commitPending() async {
        while !pending.isEmpty, fault == nil {
            let taken = pending
            pending = []
            do {
                let receipts = try await commit(taken.map(\.input))
                for (item, receipt) in zip(taken, receipts) { item.continuation?.resume(returning: receipt) }
            } catch {
                for item in taken { item.continuation?.resume(throwing: error) }
            }
        }
    }

    private func commit(_ inputs: [Mind.Input]) async throws -> [Receipt?] {
        var inputs = inputs
        var duplicates: Set<Int> = []
        while true {
            let decision = mind.decide(inputs, at: equipment.clock.now, partialTexts: spoken.all)
            do {
                if !decision.batch.events.isEmpty { try await store.append(decision.batch) }
            } catch let error as StoreError {
                guard case .duplicateEnvelope(let id) = error.code,
                    let index = inputs.indices.first(where: { inputs[$0].delivers(id) && !duplicates.contains($0) })
                else {
                    goDown(error)
                    throw error
                }
                // Taken long ago: the state no longer knows it, the life does. The others go on without it.
                duplicates.insert(index)
                inputs[index] = .look
                continue
            } catch {
                goDown(error)
                throw error
            }
            let plan = mind.commit(decision, at: equipment.clock.now)
            settle(decision.batch)
            perform(plan)
            return decision.receipts.enumerated().map { duplicates.contains($0.offset) ? .duplicate : $0.element }
        }
    }

    private func settle(_ batch: LifeBatch) {
        if !batch.events.isEmpty { mayLackVectors = true }
        for event in batch.events {
            live.send(.committed(event))
            if case .conversationCompacted(let fact) = event.fact, let conversation = event.conversation {
                pasts[conversation]?.take(fact.summary)
            }
            if event.fact.endsSpeech, let turn = event.turn { spoken.clear(turn) }
        }
        for turn in batch.endedTurns {
            // Only what was loaded is kept up to date; the rest is read when it is needed.
            pasts[turn.input.conversation]?.turns.append(turn)
            for waiter in turn.envelopes.flatMap({ answerWaiters.removeValue(forKey: $0) ?? [] }) {
                waiter.resume(returning: turn)
            }
        }
    }

    private func perform(_ plan: Mind.Plan) {
        for effect in plan.cancel { tasks[effect]?.cancel() }
        isIdle = plan.isIdle
        parking = plan.parking
        guard !isStopping else { return }
        for effect in plan.begin {
            deadlines[effect] = timeLimit(of: effect).map { equipment.clock.now + $0 }
            tasks[effect] = Task {
                let isSettled = await self.run(effect)
                self.tasks[effect] = nil
                self.deadlines[effect] = nil
                self.overTime.remove(effect)
                if self.tasks.isEmpty {
                    self.tasksEnded?.resume()
                    self.tasksEnded = nil
                }
                // What gave way to other work may begin anew, when that is done.
                if !isSettled, !self.isStopping { await self.post(.gaveWay(effect)) }
            }
        }
        setAlarm(plan.lookAt)
        let waiters = restWaiters.filter { isResting($0.reasons) }
        restWaiters.removeAll { isResting($0.reasons) }
        for waiter in waiters { waiter.continuation.resume() }
        fillVectors()
    }

    /// Begins to give passages the vectors that they lack, when there is an embedder and nothing else to do.
    private func fillVectors() {
        guard isIdle, mayLackVectors, filling == nil, !isStopping, let embedder = equipment.embedder else { return }
        mayLackVectors = false
        filling = Task {
            await self.fillVectors(by: embedder)
            self.filling = nil
            self.fillVectors()
        }
    }

    private func fillVectors(by embedder: any Embedder) async {
        // After a moment of quiet: an agent that is about to stop begins nothing.
        let clock = equipment.clock
        guard (try? await clock.sleep(until: clock.now + Self.quiet)) != nil else { return }
        let filler = VectorFiller(store: store, embedder: embedder)
        var next = Int.max
        while !Task.isCancelled {
            guard isIdle else {
                mayLackVectors = true
                return
            }
            // What fails is tried again when something has happened; until then words alone decide.
            guard let batch = try? await filler.fill(before: next) else { return }
            next = batch.next
        }
    }

    /// So long nothing must have happened before passages are given vectors.
    private static let quiet = Duration.seconds(1)

    /// Makes sure that the agent looks again at a moment, and when an effect has used up its time, at the latest.
    private func setAlarm(_ moment: Instant?) {
        guard let next = ([moment].compactMap(\.self) + deadlines.values).min() else { return }
        if let alarm, alarm.moment <= next { return }
        alarm?.task.cancel()
        let clock = equipment.clock
        let task = Task {
            guard (try? await clock.sleep(until: next)) != nil else { return }
            await self.ring()
        }
        alarm = (next, task)
    }

    private func ring() async {
        alarm = nil
        let now = equipment.clock.now
        for (effect, deadline) in deadlines where deadline <= now {
            guard overTime.insert(effect).inserted || !effect.isOfTurn else {
                let seconds = Self.grace.components.seconds
                goDown(AgentDown(.stuck, "\(effect.name) went on for \(seconds) s after it was told to stop"))
                return
            }
            deadlines[effect] = now + Self.grace
            tasks[effect]?.cancel()
        }
        let state = mind.state
        let isMemoryDue = state.memoryGrowth.isDueFrom(state.policy.memory).map { $0 <= now } ?? false
        if !isIdle || isMemoryDue { await post(.look) }
    }

    /// The life can't be written: whoever runs the agent hears of it.
    private func goDown(_ error: any Error) {
        guard fault == nil else { return }
        fail(error)
        let down = error as? AgentDown ?? AgentDown(.fault, "\(error)")
        telling = Task { await self.wentDown(self, down) }
    }

    /// Nothing more is begun, and whoever waits is told.
    private func fail(_ error: any Error) {
        fault = fault ?? error
        alarm?.task.cancel()
        alarm = nil
        for task in tasks.values { task.cancel() }
        failWaiters(error)
    }

    private func failWaiters(_ error: any Error) {
        for item in pending { item.continuation?.resume(throwing: error) }
        pending = []
        for waiter in answerWaiters.values.joined() { waiter.resume(throwing: error) }
        answerWaiters = [:]
        for waiter in restWaiters { waiter.continuation.resume(throwing: error) }
        restWaiters = []
    }

    // MARK: The past

    /// What a conversation's next request is made of, beside its open turn.
    struct Past: Sendable {
        /// What stands for the turns before.
        var summary: ConversationSummary?
        /// The ended turns since, oldest first; at least as many as fit the window.
        var turns: [TranscriptTurn]

        /// Lets a summary take the place of the turns that it covers.
        mutating func take(_ summary: ConversationSummary) {
            self.summary = summary
            turns.removeAll { $0.id <= summary.through }
        }
    }

    /// A conversation's past, read once while the agent is awake.
    func past(of conversation: ConversationID) async throws -> Past {
        // More than fits, so that what does not fit is seen, and summarised.
        let bytes = mind.state.policy.limits.contextTokens.multipliedReportingOverflow(by: 8)
        let window = bytes.overflow ? Int.max : bytes.partialValue
        if var found = pasts[conversation] {
            let fitting = found.turns.newest(withinBytes: window)
            if fitting.count < found.turns.count {
                found.turns = Array(fitting)
                pasts[conversation] = found
            }
            return found
        }
        var read = Past(turns: try await store.transcript(of: conversation, bytes: window))
        if let summary = try await store.summary(of: conversation) { read.take(summary) }
        // A few conversations are kept at hand; which one goes does not matter, it is read again.
        if pasts.count >= 4 { pasts.removeValue(forKey: pasts.first?.key ?? conversation) }
        pasts[conversation] = read
        return read
    }
}

extension Mind.Input {
    fileprivate func delivers(_ id: EnvelopeID) -> Bool {
        if case .deliver(let envelope, _) = self { envelope.id == id } else { false }
    }
}

extension Fact {
    /// Whether what a model had said so far is now in the life, or void.
    fileprivate var endsSpeech: Bool {
        switch kind {
        case .modelReplied, .modelFailed, .turnClosing, .turnEnded: true
        default: false
        }
    }
}

extension Effect {
    /// Whether it is a model's or a tool's work for a turn, which has to end soon after it is told to.
    fileprivate var isOfTurn: Bool {
        switch self {
        case .callModel, .lookAround, .runTool, .probeTool: true
        case .record, .deliver, .learn, .consolidate, .stopTool, .wait: false
        }
    }
}

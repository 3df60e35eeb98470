import AnimaCore

/// One agent of a simulated society: its mind, its life on a simulated disk, and what it has begun.
struct SimulatedMember: Sendable {
    let name: AgentID
    let policy: AgentPolicy
    private(set) var mind: Mind
    private(set) var log: [Event] = []
    /// Effects that were begun.
    var running: [Effect] = []
    /// How often it was woken.
    private(set) var lives = 0

    /// What was taken, in the order in which it came.
    private(set) var accepted: [EnvelopeID] = []
    private(set) var taken: Set<EnvelopeID> = []
    private let tool: ToolSpec
    private let seed: UInt64
    private var snapshot: AgentState?
    private var flushedCount = 0

    init(_ name: AgentID, _ policy: AgentPolicy, tool: ToolSpec, seed: UInt64) {
        self.name = name
        self.policy = policy
        self.tool = tool
        self.seed = seed
        mind = Mind(agent: name, state: AgentState(), tools: [tool], seed: seed, snapshotInterval: 16)
    }

    mutating func begin(at now: Instant) {
        let life = LifeID("life-\(name)")
        let inputs: [Mind.Input] = [
            .begin(life, program: "simulation", parent: nil), .configure(policy, models: ["simulated"]),
        ]
        take(inputs, at: now, isAppended: true, isCommitted: true)
        // What it is is on the disk before anything is done because of it.
        flushedCount = log.count
    }

    /// Decides, appends and commits, or only some of that.
    @discardableResult
    mutating func take(
        _ inputs: [Mind.Input],
        at now: Instant,
        isAppended: Bool,
        isCommitted: Bool
    ) -> [Receipt?] {
        let decision = mind.decide(inputs, at: now)
        guard isAppended else { return [] }
        append(decision.batch)
        guard isCommitted else { return [] }
        perform(mind.commit(decision, at: now))
        return decision.receipts
    }

    private mutating func append(_ batch: LifeBatch) {
        log += batch.events
        if batch.isFlushed { flushedCount = log.count }
        if let state = batch.snapshot { snapshot = state }
        for case .envelopeAccepted(let fact) in batch.events.lazy.map(\.fact) {
            accepted.append(fact.envelope.id)
            taken.insert(fact.envelope.id)
        }
    }

    private mutating func perform(_ plan: Mind.Plan) {
        running += plan.begin
        let cancelled = Set(plan.cancel)
        // A cancelled tool still reports, and so does a delivery that is under way.
        running.removeAll { effect in
            if case .callModel = effect { cancelled.contains(effect) } else { false }
        }
    }

    mutating func crash(losesUnflushed: Bool, at now: Instant) {
        lives += 1
        running = []
        if losesUnflushed, flushedCount < log.count {
            log.removeLast(log.count - flushedCount)
            if let seq = snapshot?.lastSeq, seq > log.count { snapshot = nil }
            accepted = log.compactMap {
                if case .envelopeAccepted(let fact) = $0.fact { fact.envelope.id } else { nil }
            }
            taken = Set(accepted)
        }
        let tail = Array(log.suffix(log.count - (snapshot?.lastSeq ?? 0)))
        let state = Awakening(snapshot: snapshot, tail: tail).state()
        mind = Mind(agent: name, state: state, tools: [tool], seed: seed, snapshotInterval: 16)
        take(
            [.wake(program: "simulation"), .configure(policy, models: ["simulated"])],
            at: now,
            isAppended: true,
            isCommitted: true
        )
    }

    // MARK: What must hold

    /// What is wrong with it now; nil for nothing.
    func problem(at now: Instant) -> String? {
        let state = mind.state
        let limits = state.policy.limits
        func reserved(_ turn: TurnID?) -> Int {
            state.openChildren.filter { turn == nil || $0.turn == turn }.reduce(0) { $0 + $1.birth.tokens }
        }
        for turn in state.turns where turn.usage.total + reserved(turn.id) > limits.turnTokens {
            return
                "\(turn.id) used and gave away \(turn.usage.total + reserved(turn.id)) of \(limits.turnTokens) tokens"
        }
        if let birth = state.policy.birth, state.usage.total + reserved(nil) > birth.tokens {
            return
                "it used and gave away \(state.usage.total + reserved(nil)) of the \(birth.tokens) tokens that it was given"
        }
        if let limit = limits.dayTokens, state.today.usage.total > limit {
            return "it used \(state.today.usage.total) of \(limit) tokens in a day"
        }
        if state.inbox.count > limits.mailbox { return "its mailbox is over its bound" }
        if state.outbox.count > limits.mailbox + 2 * limits.children + limits.openTurns + 64 {
            return "its outbox is over its bound: \(state.outbox.count)"
        }
        if state.openChildren.count > limits.children { return "it has too many children" }
        if !state.turns.isEmpty, state.owed(at: now).isEmpty { return "turns are open and nothing is owed" }
        return nil
    }

    /// What is open, for a message.
    var open: String {
        let state = mind.state
        return "\(state.turns.count) turns, \(state.inbox.count) waiting, \(state.outbox.count) on their way, "
            + "\(state.openChildren.count) children; running \(running)"
    }

    /// What is wrong with it when nothing is owed any more.
    func problemAtTheEnd() -> String? {
        let state = mind.state
        if Awakening(snapshot: nil, tail: log).state() != state { return "the fold of its log is not the living state" }
        if !state.turns.isEmpty || !state.outbox.isEmpty || !state.openChildren.isEmpty {
            return "it is not done: \(open)"
        }
        if let waiting = state.inbox.first(where: { $0.envelope.kind != .notice }) {
            return "\(waiting.envelope.id) still waits"
        }
        var results: [ToolCallID: Int] = [:]
        var calls: [ToolCallID] = []
        var ends: [EnvelopeID: Int] = [:]
        for event in log {
            switch event.fact {
            case .modelReplied(let fact): calls += fact.calls.map(\.id)
            case .toolFinished(let fact): results[fact.call, default: 0] += 1
            case .turnOpened(let fact): ends[fact.envelope, default: 0] += 1
            case .envelopeJoined(let fact): ends[fact.envelope, default: 0] += 1
            case .envelopeDropped(let fact): ends[fact.envelope, default: 0] += 1
            default: break
            }
        }
        if let call = calls.first(where: { results[$0] != 1 }) { return "\(call) has \(results[call] ?? 0) results" }
        if let twice = ends.first(where: { $0.value > 1 }) { return "\(twice.key) was worked on twice" }
        let waiting = Set(state.inbox.map(\.envelope.id))
        for event in log {
            guard case .envelopeAccepted(let fact) = event.fact else { continue }
            let envelope = fact.envelope
            switch envelope.kind {
            // They may have been the result of a call.
            case .reply, .childReport, .stop, .notice: continue
            default:
                guard ends[envelope.id] == 1 || waiting.contains(envelope.id) else {
                    return "\(envelope.id) was taken and never worked on"
                }
            }
        }
        return nil
    }

    /// An envelope that it sent, and what became of it.
    struct Letter {
        let to: AgentID
        let envelope: Envelope
        var outcome: Fact.EnvelopeSettled.Outcome?
    }

    /// What it sent.
    var letters: [EnvelopeID: Letter] {
        var letters: [EnvelopeID: Letter] = [:]
        for event in log {
            switch event.fact {
            case .envelopeSent(let fact): letters[fact.envelope.id] = Letter(to: fact.to, envelope: fact.envelope)
            case .envelopeSettled(let fact): letters[fact.envelope]?.outcome = fact.outcome
            default: break
            }
        }
        return letters
    }

    /// What it sent to another one, in order.
    func sent(to other: AgentID) -> [Envelope] {
        log.compactMap { event in
            if case .envelopeSent(let fact) = event.fact, fact.to == other { fact.envelope } else { nil }
        }
    }

    /// What turns took, in order, by conversation.
    var takenIntoTurns: [ConversationID: [EnvelopeID]] {
        var taken: [ConversationID: [EnvelopeID]] = [:]
        for event in log {
            guard let conversation = event.conversation else { continue }
            switch event.fact {
            case .turnOpened(let fact): taken[conversation, default: []].append(fact.envelope)
            case .envelopeJoined(let fact): taken[conversation, default: []].append(fact.envelope)
            default: break
            }
        }
        return taken
    }
}

public import AnimaCore

/// One agent in a world of chance: a scripted model and tools that fail, a clock that jumps, crashes at any append.
///
/// The rules are the real ones (``Mind``); everything around them is simulated from one seed, without tasks, files or
/// sockets, so the same seed gives the same history. After every step the invariants are checked.
public struct SimulatedWorld: Sendable {
    /// A broken invariant, with the seed that leads to it.
    public struct Violation: Error, CustomStringConvertible {
        /// The seed of the world.
        public let seed: UInt64
        /// How many steps it had made.
        public let step: Int
        /// What was broken.
        public let message: String

        public var description: String { "seed \(seed), step \(step): \(message)" }
    }

    /// What happened in a history, summed up.
    public struct Tally: Hashable, Sendable {
        /// Steps made.
        public var steps = 0
        /// Events in the log at the end.
        public var events = 0
        /// Envelopes that were accepted.
        public var accepted = 0
        /// Turns that ended.
        public var ended = 0
        /// Envelopes that were taken into an open turn.
        public var joined = 0
        /// Tool calls that got their result.
        public var calls = 0
        /// Crashes of the process.
        public var crashes = 0
        /// Crashes that lost what had not been flushed.
        public var powerCuts = 0
        /// Calls whose outcome nobody knows.
        public var unknown = 0
        /// Envelopes that other agents took.
        public var delivered = 0
        /// Envelopes that they did not take, or that came too late.
        public var undelivered = 0

        /// Times that memory was consolidated.
        public var consolidations = 0

        /// Nothing happened.
        public init() {}

        /// Adds another history.
        public static func += (left: inout Tally, right: Tally) {
            left.steps += right.steps
            left.events += right.events
            left.accepted += right.accepted
            left.ended += right.ended
            left.joined += right.joined
            left.calls += right.calls
            left.crashes += right.crashes
            left.powerCuts += right.powerCuts
            left.unknown += right.unknown
            left.delivered += right.delivered
            left.undelivered += right.undelivered
            left.consolidations += right.consolidations
        }
    }

    /// What happened so far.
    public private(set) var tally = Tally()
    /// The events on the simulated disk.
    public private(set) var log: [Event] = []

    private let seed: UInt64
    private var chance: SeededGenerator
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    private var flushedCount = 0
    private var snapshot: AgentState?
    /// The fold of the log, kept up with it; now and then it is compared with a fold in one piece.
    private var folded = AgentState()
    /// The memories of the log, kept up with it.
    private var memories = MemoryLedger()
    private var mind: Mind
    private var running: [Effect] = []
    private var accepted: Set<EnvelopeID> = []
    private var envelopeCount = 0
    private var reality = SimulatedReality()

    /// A world before its first event.
    public init(seed: UInt64) {
        self.seed = seed
        chance = SeededGenerator(seed: seed)
        mind = Mind(agent: Self.agent, state: AgentState(), tools: SimulatedReality.tools, seed: seed)
        mind = newMind(AgentState())
    }

    /// Lets chance act so many times, then ends all work without further trouble.
    public mutating func run(steps: Int) throws(Violation) {
        try begin()
        for _ in 0..<steps { try act() }
        try settle()
        tally.events = log.count
    }

    // MARK: What happens

    private mutating func act() throws(Violation) {
        tally.steps += 1
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<18: try deliver()
        case 18..<22: try take([.deliver(envelope(isRepeated: true))])
        case 22..<72: try finishOne(withoutTrouble: false)
        case 72..<80:
            now = now + .milliseconds(Int.random(in: 0...4000, using: &chance))
            try take([.look])
        case 80..<82:
            now = now + .seconds(Int.random(in: 0...120, using: &chance))
            try take([.look])
        case 82..<83:
            try take([.cancel(mind.state.turns.randomElement(using: &chance)?.id, by: "chance")])
        case 83..<84: reality.move()
        case 84..<88: try answerOwner(alwaysAllowing: false)
        case 88..<95: try crash()
        case 95..<97: try pause()
        default: try deliver(andFinishOne: true)
        }
        try checkInvariants()
    }

    /// Work goes on in peace for a while, and then perhaps a day goes by.
    private mutating func pause() throws(Violation) {
        for _ in 0..<100 where !running.isEmpty { try finishOne(withoutTrouble: true) }
        now = now + .seconds(Int.random(in: 0...100_000, using: &chance))
        try take([.look])
        for _ in 0..<5 where !running.isEmpty { try finishOne(withoutTrouble: false) }
    }

    private mutating func begin() throws(Violation) {
        var limits = Limits()
        limits.steps = Int.random(in: 1...6, using: &chance)
        limits.mailbox = Int.random(in: 1...6, using: &chance)
        limits.openTurns = Int.random(in: 1...3, using: &chance)
        limits.turnTime = .seconds(Int.random(in: 5...300, using: &chance))
        limits.callsPerStep = Int.random(in: 1...5, using: &chance)
        limits.resultBytes = 64
        var retry = RetryPolicy()
        retry.attempts = Int.random(in: 1...4, using: &chance)
        retry.unavailable = Bool.random(using: &chance) ? .park : .fail
        retry.parkTime = .seconds(Int.random(in: 1...2000, using: &chance))
        if Int.random(in: 0..<3, using: &chance) == 0 { limits.turnTokens = Int.random(in: 20...300, using: &chance) }
        if Int.random(in: 0..<3, using: &chance) == 0 { limits.dayTokens = Int.random(in: 50...2000, using: &chance) }
        if Int.random(in: 0..<3, using: &chance) == 0 {
            limits.lifeMicrodollars = Int.random(in: 500...20_000, using: &chance)
        }
        let models = (0..<Int.random(in: 1...3, using: &chance)).map { "scripted-\($0)" }
        limits.approvalTime = .seconds(Int.random(in: 1...300, using: &chance))
        var memory = MemoryPolicy.off
        memory.learning = Bool.random(using: &chance) ? .rules : .off
        memory.consolidation = MemoryPolicy.Consolidating.allCases.randomElement(using: &chance) ?? .idle
        memory.consolidateAfter = Int.random(in: 1...4, using: &chance)
        var policy = AgentPolicy(limits: limits, retry: retry, gate: SimulatedReality.gate, memory: memory)
        policy.peers = SimulatedReality.peers
        policy.inbox = InboxPolicy.allCases.randomElement(using: &chance) ?? .steer
        try take([
            .begin(LifeID("life-\(seed)"), program: "simulation", parent: nil),
            .configure(policy, models: models),
        ])
    }

    private mutating func deliver(andFinishOne: Bool = false) throws(Violation) {
        var inputs: [Mind.Input] = [.deliver(envelope(isRepeated: false))]
        if andFinishOne, let effect = running.randomElement(using: &chance) {
            inputs.append(finish(effect, withoutTrouble: false))
        }
        try take(inputs)
    }

    private mutating func envelope(isRepeated: Bool) -> Envelope {
        if !isRepeated { envelopeCount += 1 }
        let number = isRepeated ? Int.random(in: 0...envelopeCount, using: &chance) : envelopeCount
        let conversations = ["a", "b", "c"].compactMap { try? ConversationID($0) }
        let isUrgent = Int.random(in: 0..<20, using: &chance) == 0
        return Envelope(
            id: EnvelopeID(made: "envelope-\(number)"),
            conversation: conversations.randomElement(using: &chance) ?? .main,
            text: "task \(number)",
            sentAt: now,
            deadline: isUrgent ? now + .seconds(Int.random(in: 0...3, using: &chance)) : nil
        )
    }

    private mutating func finishOne(withoutTrouble: Bool) throws(Violation) {
        guard let effect = running.randomElement(using: &chance) else { return }
        now = now + .milliseconds(Int.random(in: 0...50, using: &chance))
        try take([finish(effect, withoutTrouble: withoutTrouble)])
    }

    private mutating func finish(_ effect: Effect, withoutTrouble: Bool) -> Mind.Input {
        running.removeAll { $0 == effect }
        switch effect {
        case .callModel:
            guard let allowance = mind.reservation(for: effect) else { return .look }
            if !withoutTrouble, let turn = effect.turn, allowance.tokens > 2,
                Int.random(in: 0..<20, using: &chance) == 0
            {
                let summary = ConversationSummary(turns: 1, through: turn, text: "It was about keys.")
                let compaction = Compaction(summary, model: "simulated", usage: Usage(inputTokens: 1, outputTokens: 1))
                return .settled(effect, .compacted(compaction), milliseconds: 1)
            }
            let outcome = reality.askModel(
                allowance,
                untrusted: effect.turn.flatMap(mind.state.turn).flatMap(Self.untrustedSource),
                using: &chance,
                withoutTrouble: withoutTrouble
            )
            return .settled(effect, outcome, milliseconds: 1)
        case .runTool(let id, _):
            return .settled(effect, reality.finish(call(id), using: &chance), milliseconds: 1)
        case .lookAround: return .settled(effect, .circumstances(reality.circumstances), milliseconds: 1)
        case .probeTool(let id, _):
            return .settled(effect, reality.probe(call(id)), milliseconds: 1)
        case .deliver(let id, _):
            return .settled(effect, reality.carry(id, using: &chance, withoutTrouble: withoutTrouble), milliseconds: 1)
        case .learn:
            if givesWay(effect) { return .gaveWay(effect) }
            let found = ["The key is under the mat.", "The key is on the shelf.", "Hm?"].randomElement(using: &chance)
            let lesson = Lesson(
                found.map { [.init(MemoryDraft($0))] } ?? [],
                model: withoutTrouble ? nil : "simulated",
                usage: withoutTrouble ? nil : SimulatedReality.usage(within: mind.reservation(for: effect))
            )
            return .settled(effect, .learned(lesson), milliseconds: 1)
        case .consolidate:
            if givesWay(effect) { return .gaveWay(effect) }
            let allowance = withoutTrouble ? nil : mind.reservation(for: effect)
            let found = reality.consolidate(memories.current, allowance, at: now, using: &chance)
            return .settled(effect, .consolidated(found), milliseconds: 1)
        case .record, .stopTool, .wait: return .look
        }
    }

    /// Whether work that other work interrupted comes to nothing; some of it ends before it notices.
    private mutating func givesWay(_ effect: Effect) -> Bool {
        !mind.state.owed(at: now).contains(effect) && Bool.random(using: &chance)
    }

    /// As an agent does: what an open turn shows of texts from outside.
    private static func untrustedSource(_ turn: Turn) -> String? {
        ModelRequest(turns: [turn.transcript()]).untrustedSource
    }

    /// The owner answers a question, if there is one.
    private mutating func answerOwner(alwaysAllowing: Bool) throws(Violation) {
        guard let question = mind.state.pendingApprovals.randomElement(using: &chance) else { return }
        let isAllowed = alwaysAllowing || Bool.random(using: &chance)
        let answer = Fact.ApprovalDecided(call: question.call.id, decision: isAllowed ? .allow : .deny, by: "owner")
        try take([.decide(answer)])
    }

    private func call(_ id: ToolCallID) -> ToolCall? { mind.state.turn(id.turn)?.call(id) }

    /// Decides, appends and commits, unless a crash comes between.
    private mutating func take(_ inputs: [Mind.Input]) throws(Violation) {
        let decision = mind.decide(inputs, at: now, partialTexts: [:])
        let crashPoint = tally.steps == 0 ? 99 : Int.random(in: 0..<60, using: &chance)
        if crashPoint == 0 { return try crash() }
        for input in inputs {
            guard case .deliver(let envelope, _) = input else { continue }
            // The store refuses what it already has; the simulated disk does the same.
            if accepted.contains(envelope.id), decision.batch.events.contains(where: { $0.takes(envelope.id) }) {
                let others = inputs.filter { $0 != input }
                return try take(others)
            }
        }
        append(decision.batch)
        if crashPoint == 1 { return try crash() }
        perform(mind.commit(decision, at: now))
    }

    private mutating func append(_ batch: LifeBatch) {
        log += batch.events
        for event in batch.events {
            folded.apply(event)
            memories.take(event)
        }
        if batch.isFlushed { flushedCount = log.count }
        if let state = batch.snapshot { snapshot = state }
        for event in batch.events {
            switch event.fact {
            case .envelopeAccepted(let fact): accepted.insert(fact.envelope.id)
            case .toolFinished(let fact):
                if fact.result.outcome == .unknown { tally.unknown += 1 }
            default: break
            }
        }
    }

    private mutating func perform(_ plan: Mind.Plan) {
        for effect in plan.begin {
            running.append(effect)
            if case .runTool(let id, _) = effect { reality.begin(call(id), using: &chance) }
        }
        // A cancelled tool may still report; a cancelled model call doesn't.
        running.removeAll { effect in
            guard plan.cancel.contains(effect), case .callModel = effect else { return false }
            return true
        }
    }

    private mutating func crash() throws(Violation) {
        tally.crashes += 1
        running.removeAll()
        if Int.random(in: 0..<4, using: &chance) == 0 {
            tally.powerCuts += 1
            log.removeLast(log.count - flushedCount)
            folded = Awakening(snapshot: nil, tail: log).state()
            memories = MemoryLedger()
            for event in log { memories.take(event) }
            if let seq = snapshot?.lastSeq, seq > log.count { snapshot = nil }
        }
        if log.isEmpty {
            mind = newMind(AgentState())
            return try begin()
        }
        let tail = log.suffix(log.count - (snapshot?.lastSeq ?? 0))
        mind = newMind(Awakening(snapshot: snapshot, tail: Array(tail)).state())
        let decision = mind.decide([.wake(program: "simulation")], at: now)
        append(decision.batch)
        perform(mind.commit(decision, at: now))
    }

    private func newMind(_ state: AgentState) -> Mind {
        Mind(agent: Self.agent, state: state, tools: SimulatedReality.tools, seed: seed, snapshotInterval: 8)
    }

    /// Goes on without crashes until nothing is owed.
    private mutating func settle() throws(Violation) {
        tally.steps = 0
        var rounds = 0
        while !mind.state.turns.isEmpty || !mind.state.inbox.isEmpty || !mind.state.owed(at: now).isEmpty {
            rounds += 1
            guard rounds < 10_000 else { throw violation("work does not end: \(mind.state.owed(at: now).prefix(5))") }
            if !running.isEmpty {
                try finishOne(withoutTrouble: true)
            } else if !mind.state.pendingApprovals.isEmpty {
                try answerOwner(alwaysAllowing: true)
            } else {
                now = now + .seconds(5)
                try take([.look])
            }
        }
        try checkInvariants()
        let ended = log.filter { $0.fact.kind == .turnEnded }.compactMap(\.turn)
        let joined = log.count { $0.fact.kind == .envelopeJoined }
        guard ended.count + joined == accepted.count, Set(ended).count == ended.count else {
            throw violation("\(accepted.count) envelopes accepted, but \(ended.count) turns ended: \(ended)")
        }
        tally.accepted = accepted.count
        tally.ended = ended.count
        tally.joined = joined
        for event in log {
            guard case .envelopeSettled(let fact) = event.fact else { continue }
            if fact.outcome == .delivered { tally.delivered += 1 } else { tally.undelivered += 1 }
        }
        tally.calls = log.filter { $0.fact.kind == .toolFinished }.count
        tally.consolidations = log.filter { $0.fact.kind == .memoryConsolidated }.count
    }

    private static let agent: AgentID = {
        guard let id = try? AgentID("simulated") else { preconditionFailure("a constant that follows the pattern") }
        return id
    }()

    private func violation(_ message: String) -> Violation {
        Violation(seed: seed, step: tally.steps, message: message)
    }

    // MARK: Invariants

    private func checkBudgets(_ state: AgentState) throws(Violation) {
        let limits = state.policy.limits
        for turn in state.turns where turn.usage.total > limits.turnTokens {
            throw violation("\(turn.id) used \(turn.usage.total) tokens of \(limits.turnTokens)")
        }
        if let limit = limits.dayTokens, state.today.usage.total > limit {
            throw violation("\(state.today.usage.total) tokens of \(limit) were used in a day")
        }
        if let limit = limits.lifeMicrodollars, state.usage.microdollars > limit {
            throw violation("\(state.usage.microdollars) millionths of a dollar of \(limit) were used")
        }
    }

    private func checkInvariants() throws(Violation) {
        let state = mind.state
        guard folded == state else { throw violation("the fold of the log is not the living state") }
        try checkBudgets(state)
        let isThorough = tally.steps % 16 == 0
        if isThorough, Awakening(snapshot: nil, tail: log).state() != state {
            throw violation("the log, folded in one piece, is not the living state")
        }
        if isThorough, let snapshot {
            let resumed = Awakening(snapshot: snapshot, tail: Array(log[snapshot.lastSeq...])).state()
            guard resumed == state else { throw violation("snapshot and tail are not the living state") }
        }
        guard log.enumerated().allSatisfy({ $0.offset + 1 == $0.element.seq }) else {
            throw violation("the log has a gap")
        }
        guard folded.owed(at: now) == state.owed(at: now) else { throw violation("what is owed is not deterministic") }
        for turn in state.turns {
            guard state.owed(at: now).contains(where: { $0.concerns(turn) }) else {
                throw violation("turn \(turn.id) is open and nothing is owed to it")
            }
            guard turn.steps.count <= state.policy.limits.steps else { throw violation("more steps than allowed") }
        }
        guard state.inbox.count <= state.policy.limits.mailbox else { throw violation("the mailbox is over its bound") }
        guard Set(state.turns.map(\.conversation)).count == state.turns.count else {
            throw violation("two open turns in one conversation")
        }
        guard state.turns.count <= state.policy.limits.openTurns else { throw violation("too many open turns") }
        try checkEnvelopes(state)
        try checkOutbox(state)
        try checkCalls()
        if let problem = memories.problem { throw violation(problem) }
    }

    private func checkEnvelopes(_ state: AgentState) throws(Violation) {
        var taken: [EnvelopeID: Int] = [:]
        var onDisk: Set<EnvelopeID> = []
        for event in log {
            switch event.fact {
            case .turnOpened(let fact): taken[fact.envelope, default: 0] += 1
            case .envelopeJoined(let fact): taken[fact.envelope, default: 0] += 1
            case .envelopeAccepted(let fact): onDisk.insert(fact.envelope.id)
            default: break
            }
        }
        guard accepted == onDisk else { throw violation("an accepted envelope is not in the log") }
        let waiting = Set(state.inbox.map(\.envelope.id))
        for id in accepted {
            guard taken[id, default: 0] + (waiting.contains(id) ? 1 : 0) == 1 else {
                throw violation("\(id) was taken \(taken[id, default: 0]) times and waits: \(waiting.contains(id))")
            }
        }
    }

    private func checkOutbox(_ state: AgentState) throws(Violation) {
        var sent: [EnvelopeID: AgentID] = [:]
        var order: [AgentID: [EnvelopeID]] = [:]
        var settled: Set<EnvelopeID> = []
        let arrived = Set(reality.arrived)
        for event in log {
            switch event.fact {
            case .envelopeSent(let fact):
                let id = fact.envelope.id
                guard sent.updateValue(fact.to, forKey: id) == nil else { throw violation("\(id) was sent twice") }
                order[fact.to, default: []].append(id)
            case .envelopeSettled(let fact):
                let id = fact.envelope
                guard sent[id] == fact.to, settled.insert(id).inserted else {
                    throw violation("\(id) was settled before it was sent, or twice")
                }
                switch fact.outcome {
                case .delivered: if !arrived.contains(id) { throw violation("\(id) counts as delivered and is not") }
                case .refused, .stopped:
                    if arrived.contains(id) { throw violation("\(id) counts as \(fact.outcome) and was taken") }
                case .expired: break
                }
            default: break
            }
        }
        guard Set(state.outbox.map(\.envelope.id)) == Set(sent.keys).subtracting(settled) else {
            throw violation("the outbox is not what was sent and is not settled")
        }
        guard state.outbox.count <= state.policy.limits.mailbox else { throw violation("the outbox is over its bound") }
        for (recipient, ids) in order {
            let came = reality.arrived.filter { sent[$0] == recipient }
            guard came == ids.filter(arrived.contains) else {
                throw violation("@\(recipient) got envelopes out of order")
            }
        }
        guard arrived.isSubset(of: sent.keys) else { throw violation("an envelope arrived that is not in the log") }
    }

    private func checkCalls() throws(Violation) {
        var results: [ToolCallID: Int] = [:]
        var asked: Set<ToolCallID> = []
        var started: Set<ToolCallID> = []
        var tools: [ToolCallID: String] = [:]
        var approved: Set<ToolCallID> = []
        for event in log {
            switch event.fact {
            case .modelReplied(let fact):
                asked.formUnion(fact.calls.map(\.id))
                for call in fact.calls {
                    tools[call.id] = call.tool
                    guard call.tool == "send_mail", fact.untrusted != nil, case .allowed = call.verdict else {
                        continue
                    }
                    throw violation("\(call.id) reaches outside while untrusted text is in view")
                }
            case .approvalDecided(let fact): if fact.decision == .allow { approved.insert(fact.call) }
            case .toolStarted(let fact): started.insert(fact.call)
            case .toolFinished(let fact): results[fact.call, default: 0] += 1
            case .turnEnded:
                for id in asked where id.turn == event.turn && results[id] != 1 {
                    throw violation("turn \(id.turn) ended with \(results[id] ?? 0) results of \(id)")
                }
            default: break
            }
        }
        if let id = results.first(where: { $0.value > 1 })?.key { throw violation("two results of \(id)") }
        if let id = results.keys.first(where: { !asked.contains($0) }) { throw violation("a result of no call: \(id)") }
        for (id, count) in reality.unrepeatable {
            guard count == 1 else { throw violation("\(id) may not be repeated and happened \(count) times") }
            guard started.contains(id) else { throw violation("\(id) happened without an intent on record") }
            guard tools[id] != "sign" || approved.contains(id) else { throw violation("\(id) happened without a yes") }
        }
    }
}

extension Event {
    fileprivate func takes(_ id: EnvelopeID) -> Bool {
        if case .envelopeAccepted(let fact) = fact { fact.envelope.id == id } else { false }
    }
}

extension Effect {
    /// Whether the effect lets this turn go on; a moment to look again may be anybody's.
    fileprivate func concerns(_ turn: Turn) -> Bool {
        switch self {
        case .record(let draft): draft.turn == turn.id
        case .callModel(let id, _, _): id == turn.id
        case .runTool(let id, _), .probeTool(let id, _), .stopTool(let id), .lookAround(let id): id.turn == turn.id
        case .wait: true
        case .learn, .consolidate, .deliver: false
        }
    }

    /// The turn that asks a model; nil for other effects.
    fileprivate var turn: TurnID? {
        if case .callModel(let id, _, _) = self { id } else { nil }
    }
}

import AnimaCore

/// Several agents in a world of chance that write to each other, ask, make children and end them; lines are cut, receipts are lost,
/// single agents and the whole process crash at any append.
///
/// The rules are the real ones (``Mind``); the same seed gives the same history. ``SimulatedWorld`` looks at one agent more closely.
public struct SimulatedSociety: Sendable {
    /// What happened in a history, summed up.
    public struct Tally: Hashable, Sendable {
        /// Steps made.
        public var steps = 0
        /// Events in all lives.
        public var events = 0
        /// Envelopes that agents sent each other.
        public var sent = 0
        /// Those of them that were taken.
        public var delivered = 0
        /// Those that were refused, expired, or stopped.
        public var undelivered = 0
        /// Questions that were asked.
        public var questions = 0
        /// Children that were made.
        public var children = 0
        /// Reports of children that came.
        public var reports = 0
        /// Crashes of single agents.
        public var crashes = 0
        /// Crashes of the process, with all of them.
        public var processCrashes = 0
        /// Messages that went round and were stopped.
        public var stopped = 0

        /// Nothing happened.
        public init() {}

        /// Adds another history.
        public static func += (left: inout Tally, right: Tally) {
            left.steps += right.steps
            left.events += right.events
            left.sent += right.sent
            left.delivered += right.delivered
            left.undelivered += right.undelivered
            left.questions += right.questions
            left.children += right.children
            left.reports += right.reports
            left.crashes += right.crashes
            left.processCrashes += right.processCrashes
            left.stopped += right.stopped
        }
    }

    /// What happened so far.
    public private(set) var tally = Tally()
    /// The agents, by name; children too.
    var members: [AgentID: SimulatedMember] = [:]

    private let seed: UInt64
    private var chance: SeededGenerator
    private var now = Instant(microseconds: 1_795_400_890_000_000)
    private var taskCount = 0
    private var isInPeace = false

    private static let names = ["ada", "bob", "cleo", "dan", "eve"].compactMap { try? AgentID($0) }
    /// The one tool of this world: what it does is decided when it ends.
    private static let tool = ToolSpec(
        name: "act",
        group: "world",
        description: "act",
        parameters: ArgumentSchema([.init("n", .integer(min: 0, max: 1_000_000_000), "Any number.")]),
        replay: .pure,
        trust: .owner
    )

    /// A society before its first event.
    public init(seed: UInt64) {
        self.seed = seed
        chance = SeededGenerator(seed: seed)
    }

    /// Lets chance act so many times, then lets all work end in peace, and checks what was promised.
    public mutating func run(steps: Int) throws(SimulatedWorld.Violation) {
        let count = Int.random(in: 2...Self.names.count, using: &chance)
        let names = Array(Self.names.prefix(count))
        for name in names { members[name] = try begin(name, policy(of: name, among: names)) }
        for _ in 0..<steps { try act() }
        try settle()
        try checkHistory()
    }

    // MARK: What happens

    private mutating func act() throws(SimulatedWorld.Violation) {
        tally.steps += 1
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<10: try giveTask()
        case 10..<82: try finishOne()
        case 82..<91:
            now = now + .milliseconds(Int.random(in: 0...5000, using: &chance))
            try look()
        case 91..<93:
            now = now + .seconds(Int.random(in: 0...200, using: &chance))
            try look()
        case 93..<98: if let name = anyone() { try crash(name) }
        default: try crashAll()
        }
    }

    private mutating func anyone() -> AgentID? { members.keys.sorted().randomElement(using: &chance) }

    private mutating func giveTask() throws(SimulatedWorld.Violation) {
        guard let name = Self.names.filter({ members[$0] != nil }).randomElement(using: &chance) else { return }
        taskCount += 1
        let conversation = ["main", "other"].compactMap { try? ConversationID($0) }.randomElement(using: &chance)
        let envelope = Envelope(
            id: EnvelopeID(made: "task-\(taskCount)"),
            conversation: conversation ?? .main,
            text: "task \(taskCount)",
            sentAt: now
        )
        _ = try hand(envelope, to: name)
    }

    private mutating func look() throws(SimulatedWorld.Violation) {
        for name in members.keys.sorted() { try take([.look], name) }
    }

    private mutating func finishOne() throws(SimulatedWorld.Violation) {
        let busy = members.keys.sorted().filter { members[$0]?.running.isEmpty == false }
        guard let name = busy.randomElement(using: &chance),
            let effect = members[name]?.running.randomElement(using: &chance)
        else { return }
        now = now + .milliseconds(Int.random(in: 0...50, using: &chance))
        members[name]?.running.removeAll { $0 == effect }
        try take([try finish(effect, of: name)], name)
    }

    private mutating func finish(_ effect: Effect, of name: AgentID) throws(SimulatedWorld.Violation) -> Mind.Input {
        switch effect {
        case .callModel:
            guard let allowance = members[name]?.mind.reservation(for: effect) else { return .look }
            return .settled(effect, askModel(allowance), milliseconds: 1)
        case .runTool: return .settled(effect, .output(toolOutput(of: name)), milliseconds: 1)
        case .deliver(let id, _):
            guard let item = members[name]?.mind.state.outbox.first(where: { $0.envelope.id == id }) else {
                return .look
            }
            return .settled(effect, try carry(item), milliseconds: 1)
        default: return .look
        }
    }

    private mutating func askModel(_ allowance: Allowance) -> Mind.Outcome {
        let kind = isInPeace ? 9 : Int.random(in: 0..<10, using: &chance)
        if kind == 0 { return .modelFailed(ModelError(code: .unavailable, message: "no answer")) }
        let longest: Int
        switch allowance.replyTokens(inputTokens: 10, wanted: 30, price: nil) {
        case .success(let tokens): longest = tokens
        case .failure(let refusal): return .overBudget(refusal)
        }
        let usage = Usage(inputTokens: 10, outputTokens: Int.random(in: 1...longest, using: &chance))
        if kind > 6 { return .reply(ModelReply(text: "done", usage: usage)) }
        let calls = (0..<Int.random(in: 1...3, using: &chance))
            .map { _ in
                let number = Int.random(in: 0...1_000_000_000, using: &chance)
                return ModelReply.Call(tool: Self.tool.name, arguments: ["n": .int(number)])
            }
        return .reply(ModelReply(text: "", calls: calls, usage: usage))
    }

    /// What a call does: it writes, asks, answers, makes a child, waits for one, ends one, or nothing.
    private mutating func toolOutput(of name: AgentID) -> ToolOutput {
        var output = ToolOutput.success("did")
        guard let state = members[name]?.mind.state, !isInPeace else { return output }
        let peer = state.policy.peers.randomElement(using: &chance)
        let child = state.children.randomElement(using: &chance)
        switch Int.random(in: 0..<12, using: &chance) {
        case 0..<3: output.send = peer.map { [OutgoingMessage(to: $0, text: "message")] } ?? []
        case 3..<5:
            let timeout = Duration.seconds(Int.random(in: 1...400, using: &chance))
            output.send = peer.map { [OutgoingMessage(to: $0, .ask(timeout: timeout), text: "question")] } ?? []
        case 5:
            guard case .agent(let sender) = state.turns.first?.envelope.sender else { break }
            output.send = [OutgoingMessage(to: sender, .reply, text: "answer")]
        case 6: output.send = state.policy.peers.map { OutgoingMessage(to: $0, text: "to all") }
        case 7..<9:
            guard let template = state.policy.templates.randomElement(using: &chance) else { break }
            let timeout: Duration? =
                Bool.random(using: &chance) ? .seconds(Int.random(in: 1...400, using: &chance)) : nil
            output.spawn = SpawnRequest(template: template, task: "work", timeout: timeout)
        case 9..<11:
            guard let child else { break }
            let timeout: Duration? = Bool.random(using: &chance) ? .seconds(60) : nil
            output.wait = .init(for: child.name, timeout: timeout)
        default:
            if let child { output.send = [OutgoingMessage(to: child.name, .stop, text: "stop")] }
        }
        return output
    }

    /// Carries an envelope: it may be lost on the way, or its receipt on the way back.
    private mutating func carry(_ item: Outgoing) throws(SimulatedWorld.Violation) -> Mind.Outcome {
        let kind = isInPeace ? 9 : Int.random(in: 0..<10, using: &chance)
        if kind == 0 { return .undelivered("the line is cut") }
        guard let receipt = try hand(item.envelope, to: item.recipient) else { return .undelivered("it crashed") }
        if kind == 1 { return .undelivered("no receipt came back") }
        if let refusal = receipt.refusal, case .mailboxFull = refusal { return .undelivered("\(refusal)") }
        return .delivered(receipt)
    }

    /// Hands an agent an envelope; a child that is not there yet is made for its task.
    ///
    /// - Returns: Nil when it crashed before it could answer.
    private mutating func hand(
        _ envelope: Envelope,
        to name: AgentID
    ) throws(SimulatedWorld.Violation) -> Receipt? {
        if members[name] == nil {
            guard let birth = envelope.birth, let template = members[birth.template] else {
                return .refused(.unknownAgent)
            }
            members[name] = try begin(name, template.policy.born(as: birth))
        }
        // As the store: what was taken is not taken again, and as the agent: nor is it refused.
        if members[name]?.taken.contains(envelope.id) == true { return .duplicate }
        let before = members[name]?.lives
        let receipts = try take([.deliver(envelope)], name)
        return members[name]?.lives == before ? receipts.first ?? nil : nil
    }

    // MARK: Lives

    private mutating func policy(of name: AgentID, among names: [AgentID]) -> AgentPolicy {
        var limits = Limits()
        limits.steps = Int.random(in: 2...8, using: &chance)
        limits.mailbox = Int.random(in: 2...12, using: &chance)
        limits.openTurns = Int.random(in: 1...3, using: &chance)
        limits.turnTime = .seconds(Int.random(in: 20...600, using: &chance))
        limits.askTime = .seconds(Int.random(in: 10...300, using: &chance))
        limits.turnTokens = Int.random(in: 60...3000, using: &chance)
        if Bool.random(using: &chance) { limits.dayTokens = Int.random(in: 200...6000, using: &chance) }
        limits.hops = Int.random(in: 2...12, using: &chance)
        limits.rounds = Int.random(in: 1...4, using: &chance)
        limits.children = Int.random(in: 0...3, using: &chance)
        limits.treeAgents = Int.random(in: 0...6, using: &chance)
        limits.depth = Int.random(in: 0...2, using: &chance)
        if Int.random(in: 0..<4, using: &chance) == 0 { limits.messagesPerHour = Int.random(in: 1...8, using: &chance) }
        var retry = RetryPolicy()
        retry.attempts = 2
        retry.unavailable = .fail
        retry.parkTime = .seconds(Int.random(in: 30...2000, using: &chance))
        var policy = AgentPolicy(limits: limits, retry: retry, gate: Gate(rules: [.init(.allow, "*")]))
        policy.peers = names.filter { $0 != name && Int.random(in: 0..<8, using: &chance) > 0 }
        policy.templates = names
        policy.inbox = InboxPolicy.allCases.randomElement(using: &chance) ?? .steer
        return policy
    }

    private mutating func begin(
        _ name: AgentID,
        _ policy: AgentPolicy
    ) throws(SimulatedWorld.Violation) -> SimulatedMember {
        var member = SimulatedMember(name, policy, tool: Self.tool, seed: chance.next())
        member.begin(at: now)
        return member
    }

    @discardableResult
    private mutating func take(
        _ inputs: [Mind.Input],
        _ name: AgentID
    ) throws(SimulatedWorld.Violation) -> [Receipt?] {
        let crashPoint = isInPeace ? 99 : Int.random(in: 0..<80, using: &chance)
        let (isAppended, isCommitted) = (crashPoint != 0, crashPoint > 1)
        let receipts =
            members[name]?.take(inputs, at: now, isAppended: isAppended, isCommitted: isCommitted) ?? []
        if crashPoint < 2 { try crash(name) }
        if let problem = members[name]?.problem(at: now) { throw violation("@\(name): \(problem)") }
        return receipts
    }

    private mutating func crash(_ name: AgentID) throws(SimulatedWorld.Violation) {
        tally.crashes += 1
        members[name]?.crash(losesUnflushed: false, at: now)
    }

    /// The process ends; in a power cut what was not flushed is gone.
    private mutating func crashAll() throws(SimulatedWorld.Violation) {
        tally.processCrashes += 1
        let isPowerCut = Int.random(in: 0..<3, using: &chance) == 0
        for name in members.keys.sorted() { members[name]?.crash(losesUnflushed: isPowerCut, at: now) }
    }

    private mutating func settle() throws(SimulatedWorld.Violation) {
        isInPeace = true
        try look()
        var rounds = 0
        while members.values.contains(where: { !$0.mind.state.owed(at: now).isEmpty }) {
            rounds += 1
            guard rounds < 20_000 else {
                let busy = members.keys.sorted().filter { members[$0]?.mind.state.owed(at: now).isEmpty == false }
                throw violation("work does not end at \(busy): \(busy.first.flatMap { members[$0]?.open } ?? "")")
            }
            if members.values.contains(where: { !$0.running.isEmpty }) {
                try finishOne()
            } else {
                now = now + .seconds(5)
                try look()
            }
        }
    }

    // MARK: What was promised

    private mutating func checkHistory() throws(SimulatedWorld.Violation) {
        var accepted: [EnvelopeID: AgentID] = [:]
        for (name, member) in members {
            tally.events += member.log.count
            for envelope in member.accepted {
                guard accepted.updateValue(name, forKey: envelope) == nil else {
                    throw violation("\(envelope) was taken twice")
                }
            }
            if let problem = member.problemAtTheEnd() { throw violation("@\(name): \(problem)") }
        }
        for (name, member) in members {
            try checkSent(by: name, member, accepted)
            try checkOrder(of: name, member)
        }
    }

    private mutating func checkSent(
        by name: AgentID,
        _ member: SimulatedMember,
        _ accepted: [EnvelopeID: AgentID]
    ) throws(SimulatedWorld.Violation) {
        for (id, letter) in member.letters {
            tally.sent += 1
            if letter.envelope.kind == .ask { tally.questions += 1 }
            if letter.envelope.birth != nil { tally.children += 1 }
            if letter.envelope.kind == .childReport { tally.reports += 1 }
            let isTaken = accepted[id] == letter.to
            switch letter.outcome {
            case .delivered:
                tally.delivered += 1
                if !isTaken { throw violation("@\(name): \(id) counts as delivered and was lost") }
            case .refused, .stopped:
                tally.undelivered += 1
                if letter.outcome == .stopped { tally.stopped += 1 }
                if isTaken { throw violation("@\(name): \(id) counts as not delivered and was taken") }
            // It may have been taken, and no receipt came in time.
            case .expired: tally.undelivered += 1
            case nil: throw violation("@\(name): \(id) was sent, and nobody knows what became of it")
            }
        }
    }

    /// What one agent sends another comes in the order in which it was sent, and of one conversation is taken in it.
    private func checkOrder(of name: AgentID, _ member: SimulatedMember) throws(SimulatedWorld.Violation) {
        for (sender, other) in members where sender != name {
            let sent = other.sent(to: name)
            let order = Dictionary(uniqueKeysWithValues: sent.enumerated().map { ($0.element.id, $0.offset) })
            // A notice begins no turn: it waits for the next one, and is shown there.
            let notices = Set(sent.filter { $0.kind == .notice }.map(\.id))
            let came = member.accepted.compactMap { order[$0] }
            guard came == came.sorted() else { throw violation("@\(name) got what @\(sender) sent out of order") }
            for (conversation, taken) in member.takenIntoTurns {
                let places = taken.filter { !notices.contains($0) }.compactMap { order[$0] }
                guard places == places.sorted() else {
                    throw violation("@\(name) took what @\(sender) sent in \(conversation) out of order: \(taken)")
                }
            }
        }
    }

    private func violation(_ message: String) -> SimulatedWorld.Violation {
        SimulatedWorld.Violation(seed: seed, step: tally.steps, message: message)
    }
}

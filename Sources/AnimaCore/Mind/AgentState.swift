/// What is open in a life: the fold of its events.
///
/// It holds what is still to be done and nothing of what is over; ended turns and memories are projections that the
/// store keeps. So its size follows the open work, not the age of the life.
public struct AgentState: Hashable, Sendable, Codable {
    /// An envelope that waits for its turn.
    public struct Waiting: Hashable, Sendable, Codable {
        /// What was taken.
        public let envelope: Envelope
        /// The event that took it.
        public let seq: Int
    }

    /// The sequence number of the last event; 0 before the first.
    public private(set) var lastSeq = 0
    /// The identity of the life.
    public private(set) var life: LifeID?
    /// What the agent may do.
    public var policy: AgentPolicy { sharedPolicy.value }
    private var sharedPolicy = Shared(AgentPolicy())
    /// The models that it was configured with, in the order in which they are tried.
    public private(set) var models: [String] = []
    /// Envelopes that wait, in the order in which they were taken.
    public private(set) var inbox: [Waiting] = []
    /// Envelopes that are on their way to other agents, in the order in which they were sent.
    public private(set) var outbox: [Outgoing] = []
    /// Turns that are open, in the order in which they were opened; at most one for each conversation.
    public private(set) var turns: [Turn] = []
    /// The conversations in which turns were opened last, the newest last; who was served long ago comes first.
    public private(set) var recent: [ConversationID] = []
    /// How many turns were opened.
    public private(set) var turnCount = 0
    /// What all model calls cost.
    public private(set) var usage = Usage()
    /// What the model calls of the newest day with any cost.
    public private(set) var today = DayUsage()
    /// Rules that the owner added when asked, beside those of the policy; the newest last.
    public private(set) var grants: [Gate.Rule] = []
    /// When the last event happened.
    public private(set) var lastAt: Instant?
    /// The blocks that are always in view, by name.
    public private(set) var blocks: [MemoryBlock] = []
    /// Ended turns that are still to be learned from, oldest first.
    public private(set) var unlearned: [Unlearned] = []

    /// The topics that it has subscribed to, beside those of its configuration.
    public private(set) var subscriptions: [String] = []
    /// The topics of its messages that others want, by who.
    public private(set) var interests: [AgentID: [String]] = [:]
    /// The agents that it has made: all whose work goes on, and some that have ended.
    public private(set) var children: [Child] = []
    /// How many agents it has made.
    public private(set) var childCount = 0
    /// The task that it was made for, when another agent has made it.
    public private(set) var bornFor: EnvelopeID?
    /// Whether it has reported how that ended.
    public private(set) var hasReported = false
    /// How many messages it sent to other agents in the newest hour with any.
    public private(set) var sentInHour = HourCount()
    /// What has become of memory since it was consolidated.
    public private(set) var memoryGrowth = MemoryGrowth()

    /// An ended turn that is still to be learned from.
    public struct Unlearned: Hashable, Sendable, Codable {
        /// The turn.
        public let turn: TurnID
        /// What it answered.
        public let envelope: EnvelopeID
        /// Its conversation.
        public let conversation: ConversationID
        /// The trust of what was said to the agent.
        public let trust: Trust
        /// Whether its model saw untrusted text.
        public let sawUntrusted: Bool
        /// The memories that came to mind for it.
        public let recalled: [Int]
        /// The event that ended it.
        public let seq: Int
    }

    /// At most so many turns wait to be learned from; the oldest are given up.
    static let mostUnlearned = 64

    /// Of so many conversations it is known which was served last.
    static let mostRecent = 64

    /// The most rules that are added by answers; the oldest go.
    static let mostGrants = 256

    /// The state before the first event.
    public init() {}

    /// The open turn with this id.
    public func turn(_ id: TurnID) -> Turn? { turns.first { $0.id == id } }

    /// Takes an event into account; never fails, and ignores what it can't place.
    ///
    /// - Returns: The turn that the event ended, whole.
    @discardableResult
    public mutating func apply(_ event: Event) -> TranscriptTurn? {
        lastSeq = event.seq
        defer { lastAt = event.at }
        switch event.fact {
        case .lifeBegan(let fact): life = fact.life
        case .agentConfigured(let fact):
            sharedPolicy = fact.shared
            models = fact.models
            // A change may have mended what failed: everything is tried again from the first model on.
            for index in turns.indices { turns[index].asking.restart() }
        case .agentWoke:
            // What could not be carried before is tried again at once.
            for index in outbox.indices { outbox[index].retryAt = nil }
            for index in turns.indices {
                if !turns[index].isWaiting { turns[index].leftBehind += 1 }
                turns[index].interruptStartedCalls()
                turns[index].resume(at: event.at, leftAt: lastAt ?? event.at)
            }
        case .envelopeAccepted(let fact):
            if fact.envelope.kind == .subscription { note(fact.envelope) }
            if fact.envelope.kind == .childReport { noteReport(fact.envelope, event) }
            if fact.envelope.birth != nil { bornFor = bornFor ?? fact.envelope.id }
            if !isTakenAtOnce(fact.envelope) { inbox.append(Waiting(envelope: fact.envelope, seq: event.seq)) }
        case .envelopeSent(let fact):
            outbox.append(Outgoing(to: fact.to, fact.envelope, seq: event.seq))
            if fact.envelope.kind == .reply { change(event) { $0.hasReplied = true } }
            if fact.envelope.kind == .childReport { hasReported = true }
            if fact.envelope.countsForHour, event.turn != nil { sentInHour.add(1, at: event.at) }
            if let birth = fact.envelope.birth { bear(fact.to, birth, fact.envelope, event) }
        case .envelopeDelayed(let fact):
            guard let index = outbox.firstIndex(where: { $0.envelope.id == fact.envelope }) else { break }
            outbox[index].failures += 1
            outbox[index].retryAt = fact.next
        case .envelopeSettled(let fact):
            outbox.removeAll { $0.envelope.id == fact.envelope }
            guard fact.outcome != .delivered else { break }
            endChild(
                where: { $0.envelope == fact.envelope },
                .init(end: .failed(reason: fact.reason ?? fact.outcome.rawValue))
            )
        case .childLost(let fact):
            // Nobody knows what it used: it counts as all that it might have.
            guard let child = openChildren.first(where: { $0.name == fact.child }) else { break }
            let cost = Usage(inputTokens: child.birth.tokens, microdollars: child.birth.microdollars ?? 0)
            endChild(
                where: { $0.name == fact.child },
                .init(end: .failed(reason: fact.reason), usage: cost),
                at: event.at
            )
        case .turnOpened(let fact): openTurn(for: fact.envelope, event)
        case .envelopeJoined(let fact): join(fact.envelope, event)
        case .envelopeDropped(let fact): inbox.removeAll { $0.envelope.id == fact.envelope }
        case .modelReplied(let fact):
            usage += fact.usage
            today.add(fact.usage, at: event.at)
            change(event) { $0.take(fact, event) }
        case .modelFailed(let fact): change(event) { $0.take(fact, at: event.at) }
        case .approvalAsked(let fact): change(event) { $0.ask(fact, event) }
        case .approvalDecided(let fact):
            change(event) { $0.decide(fact) }
            if let rule = fact.always, !grants.contains(rule) { grants = (grants + [rule]).suffix(Self.mostGrants) }
        case .grantsForgotten(let fact): grants.removeAll(where: fact.rules.contains)
        case .toolStarted(let fact): change(event) { $0.setStatus(.started(attempt: fact.attempt), of: fact.call) }
        case .topicsChanged(let fact): subscriptions = Topic.tidy(fact.topics)
        case .toolWaiting(let fact):
            change(event) {
                $0.setStatus(.waiting(fact.envelope, from: fact.from, until: fact.until), of: fact.call)
            }
        case .toolFinished(let fact):
            change(event) {
                $0.leftBehind = 0
                $0.setStatus(.finished(fact.result), of: fact.call)
            }
        case .turnClosing(let fact):
            change(event) {
                $0.closing = $0.closing ?? fact.end
                $0.partialText = $0.partialText ?? fact.partialText
            }
        case .turnEnded(let fact): return endTurn(fact, event)
        case .memoryLearned(let fact):
            unlearned.removeAll { $0.turn == fact.turn }
            if let cost = fact.usage {
                usage += cost
                today.add(cost, at: event.at)
            }
        case .conversationCompacted(let fact):
            guard let cost = fact.usage else { break }
            usage += cost
            today.add(cost, at: event.at)
            change(event) { $0.usage += cost }
        case .memoryStored, .memoryForgotten, .memoryConsolidated, .memoryRestored: changeMemory(event)
        case .blockEdited(let fact):
            blocks.removeAll { $0.name == fact.name }
            guard !fact.text.isEmpty else { break }
            blocks.append(MemoryBlock(name: fact.name, text: fact.text, seq: event.seq))
            blocks.sort { $0.name < $1.name }
        case .filesRestored: break
        }
        return nil
    }

    private mutating func changeMemory(_ event: Event) {
        memoryGrowth.take(event)
        guard case .memoryConsolidated(let fact) = event.fact, let cost = fact.usage else { return }
        usage += cost
        today.add(cost, at: event.at)
    }

    /// Whether nothing waits after it was accepted: a memory is kept, the answer to a question that waits is its result.
    func isTakenAtOnce(_ envelope: Envelope) -> Bool {
        switch envelope.kind {
        case .memory, .subscription, .stop: true
        case .reply, .childReport: call(answeredBy: envelope) != nil
        default: false
        }
    }

    /// The topics that it wants its peers' messages of.
    public var topics: [String] { Topic.tidy(policy.topics + subscriptions) }

    /// Who gets what it publishes, by topic; each list in the order of names.
    public var subscribers: [String: [AgentID]] {
        var found: [String: [AgentID]] = [:]
        for peer in policy.peers.sorted() {
            for topic in interests[peer] ?? [] { found[topic, default: []].append(peer) }
        }
        return found
    }

    private mutating func note(_ subscription: Envelope) {
        guard case .agent(let peer) = subscription.sender else { return }
        let topics = Topic.tidy(subscription.topics ?? [])
        interests[peer] = topics.isEmpty ? nil : topics
    }

    private mutating func bear(_ name: AgentID, _ birth: Birth, _ task: Envelope, _ event: Event) {
        guard !children.contains(where: { $0.envelope == task.id }) else { return }
        childCount += 1
        children.append(
            Child(
                name: name,
                envelope: task.id,
                birth: birth,
                task: task.text.headOf(bytes: Child.shownBytes),
                turn: event.turn ?? TurnID(0),
                bornAt: event.at,
                deadline: task.deadline ?? event.at
            )
        )
    }

    private mutating func noteReport(_ report: Envelope, _ event: Event) {
        guard case .agent(let child) = report.sender, let ending = report.report else { return }
        let isKnown = { (known: Child) in known.name == child && known.envelope == report.parent }
        endChild(where: isKnown, ending, report.text, report.trust, at: event.at)
    }

    /// A child's work has ended: what it used counts as used here, and what it did not use is free again.
    private mutating func endChild(
        where isIt: (Child) -> Bool,
        _ report: Envelope.Report,
        _ text: String = "",
        _ trust: Trust = .agent,
        at now: Instant? = nil
    ) {
        guard let index = children.firstIndex(where: { $0.report == nil && isIt($0) }) else { return }
        usage += report.usage
        if let now { today.add(report.usage, at: now) }
        if let turn = turns.firstIndex(where: { $0.id == children[index].turn }) { turns[turn].usage += report.usage }
        children[index].report = report
        children[index].text = text.headOf(bytes: Child.shownBytes)
        children[index].trust = trust
        while children.count - openChildren.count > Self.mostEndedChildren,
            let oldest = children.firstIndex(where: { $0.report != nil })
        {
            children.remove(at: oldest)
        }
    }

    /// The call that waits for an answer, and its turn.
    func call(answeredBy reply: Envelope) -> (turn: Turn, call: ToolCall)? {
        guard reply.kind == .reply || reply.kind == .childReport, let question = reply.parent else { return nil }
        return call(waitingFor: question)
            .flatMap { found in
                guard case .waiting(_, let from, _) = found.call.status, reply.sender == .agent(from) else {
                    return nil
                }
                return found
            }
    }

    /// The agents whose answers and reports are waited for, in the order of their names.
    public var awaited: [AgentID] {
        var found = Set(openChildren.map(\.name))
        for call in turns.flatMap({ $0.steps.last?.calls ?? [] }) {
            if case .waiting(_, let from, _) = call.status { found.insert(from) }
        }
        return found.sorted()
    }

    /// The call that waits for the answer to an envelope, and its turn.
    func call(waitingFor envelope: EnvelopeID) -> (turn: Turn, call: ToolCall)? {
        for turn in turns {
            if let call = turn.call(waitingFor: envelope) { return (turn, call) }
        }
        return nil
    }

    private mutating func openTurn(for envelope: EnvelopeID, _ event: Event) {
        guard let id = event.turn, let index = inbox.firstIndex(where: { $0.envelope.id == envelope }) else { return }
        let waiting = inbox.remove(at: index)
        turnCount = max(turnCount, id.number)
        recent.removeAll { $0 == waiting.envelope.conversation }
        recent = (recent + [waiting.envelope.conversation]).suffix(Self.mostRecent)
        turns.append(Turn(id: id, envelope: waiting.envelope, openedAt: event.at, lastSeq: event.seq))
    }

    private mutating func join(_ envelope: EnvelopeID, _ event: Event) {
        guard let index = inbox.firstIndex(where: { $0.envelope.id == envelope }) else { return }
        let waiting = inbox[index]
        change(event) { $0.joined.append(JoinedMessage(waiting.envelope, afterStep: $0.steps.count)) }
        inbox.remove(at: index)
    }

    private mutating func endTurn(_ fact: Fact.TurnEnded, _ event: Event) -> TranscriptTurn? {
        guard let index = turns.firstIndex(where: { $0.id == event.turn }) else { return nil }
        let turn = turns.remove(at: index)
        if policy.memory.learning != .off, case .answered = fact.end {
            let entry = Unlearned(
                turn: turn.id,
                envelope: turn.envelope.id,
                conversation: turn.conversation,
                trust: turn.trust,
                sawUntrusted: turn.untrusted != nil,
                recalled: turn.recalled ?? [],
                seq: event.seq
            )
            unlearned = (unlearned + [entry]).suffix(Self.mostUnlearned)
        }
        return turn.transcript(ending: .init(end: fact.end, text: fact.text, at: event.at, usage: fact.usage))
    }

    private mutating func change(_ event: Event, _ body: (inout Turn) -> Void) {
        guard let index = turns.firstIndex(where: { $0.id == event.turn }) else { return }
        body(&turns[index])
        turns[index].lastSeq = event.seq
        turns[index].noteWaiting(at: event.at)
    }
}

extension Turn {
    fileprivate mutating func take(_ fact: Fact.ModelReplied, _ event: Event) {
        guard closing == nil, steps.last?.isOpen != true else { return }
        leftBehind = 0
        usage += fact.usage
        asking.succeed()
        untrusted = fact.untrusted ?? untrusted
        recalled = recalled ?? fact.recalled.map { $0.map(\.memory) }
        steps.append(
            Step(
                seq: event.seq,
                text: fact.text,
                reasoning: fact.reasoning,
                keepsake: fact.keepsake,
                stop: fact.stop,
                calls: fact.calls.enumerated()
                    .map { index, call in
                        ToolCall(
                            id: ToolCallID(turn: id, step: steps.count + 1, index: index + 1),
                            tool: call.tool,
                            arguments: call.arguments,
                            providerID: call.providerID,
                            verdict: call.verdict,
                            replay: call.replay,
                            isExclusive: call.isExclusive
                        )
                    }
            )
        )
    }

    fileprivate mutating func ask(_ fact: Fact.ApprovalAsked, _ event: Event) {
        guard let call = call(fact.call), call.result == nil else { return }
        steps[fact.call.step - 1].calls[fact.call.index - 1].status = .requested
        steps[fact.call.step - 1].calls[fact.call.index - 1].approval = Approval(
            circumstances: fact.circumstances,
            seq: event.seq,
            expiresAt: fact.expiresAt
        )
    }

    fileprivate mutating func decide(_ fact: Fact.ApprovalDecided) {
        guard let call = call(fact.call), call.result == nil, call.approval?.decision == nil else { return }
        steps[fact.call.step - 1].calls[fact.call.index - 1].approval?.decision = fact.decision
        steps[fact.call.step - 1].calls[fact.call.index - 1].approval?.because = fact.because
    }

    /// The time for which the owner is asked does not count.
    fileprivate mutating func noteWaiting(at now: Instant) {
        if isWaitingForOwner {
            waitingSince = waitingSince ?? now
        } else if let since = waitingSince {
            pausedMicroseconds &+= (now - since).microseconds
            waitingSince = nil
        }
    }

    fileprivate mutating func take(_ fact: Fact.ModelFailed, at now: Instant) {
        asking.fail(fact, at: now)
        if case .park(let moment) = fact.next { pausedMicroseconds &+= (moment - now).microseconds }
    }

    /// The time in which nobody was there does not count; a parked turn is tried again at once.
    fileprivate mutating func resume(at now: Instant, leftAt left: Instant) {
        // The time of a question is counted when it is answered.
        if waitingSince != nil { return }
        // What was counted as parked already, up to a moment that may be still to come.
        let counted = asking.isParked ? max(asking.retryAt ?? left, left) : left
        pausedMicroseconds &+= (now - counted).microseconds
        if asking.isParked { asking.retryAt = nil }
        asking.isParked = false
    }

    fileprivate mutating func interruptStartedCalls() {
        guard let step = steps.indices.last else { return }
        for index in steps[step].calls.indices {
            if case .started(let attempt) = steps[step].calls[index].status {
                steps[step].calls[index].status = .interrupted(attempt: attempt)
            }
        }
    }
}

extension AgentState {
    /// What is to be done now, in a fixed order.
    ///
    /// The same state and moment always owe the same.
    ///
    /// While a turn is open this is never empty. Effects stay owed until an event settles them; who performs them keeps
    /// track of what it has begun.
    public func owed(at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for turn in turns {
            effects += ending(of: turn) ?? turn.owed(at: now, policy, allowance(of: turn, at: now))
        }
        if hasRoomForTurn, let next = nextWaiting {
            let id = TurnID(turnCount + 1)
            effects.append(
                .record(
                    Draft(
                        conversation: next.envelope.conversation,
                        turn: id,
                        cause: next.seq,
                        fact: .turnOpened(.init(envelope: next.envelope.id))
                    )
                )
            )
        }
        for child in openChildren { effects.append(owed(by: child, at: now)) }
        // Learning waits until nothing else is to be done, but not for ever.
        if let entry = unlearned.first, effects.isEmpty || unlearned.count >= Self.mostPatience {
            effects.append(.learn(entry.turn))
        }
        // Memory is put in order when nothing else is to be done. No effect waits for its time, or an agent would never rest.
        if effects.isEmpty, let moment = memoryGrowth.isDueFrom(policy.memory), now >= moment {
            effects.append(.consolidate(asOf: memoryGrowth.changedBy))
        }
        // What waits to be carried holds nothing up.
        return effects + nextOutgoing.map { owed(by: $0, at: now) }
    }

    /// The oldest envelope to each recipient: the others follow it, so that they come in their order.
    private var nextOutgoing: [Outgoing] {
        var recipients: Set<AgentID> = []
        return outbox.filter { recipients.insert($0.recipient).inserted }
    }

    /// A child whose report never comes is given up, long after its deadline.
    private func owed(by child: Child, at now: Instant) -> Effect {
        guard now >= child.lostAt else { return .wait(until: child.lostAt) }
        let fact = Fact.ChildLost(child: child.name, reason: "no report came, long after its deadline")
        return .record(Draft(.childLost(fact)))
    }

    private func owed(by item: Outgoing, at now: Instant) -> Effect {
        if now >= item.expiry(policy) {
            let fact = Fact.EnvelopeSettled(
                envelope: item.envelope.id,
                to: item.recipient,
                outcome: .expired,
                reason: "it could not be carried in time; the limit is retry.park_seconds or its deadline"
            )
            return .record(Draft(.envelopeSettled(fact), cause: item.seq))
        }
        if let retryAt = item.retryAt, now < retryAt { return .wait(until: min(retryAt, item.expiry(policy))) }
        return .deliver(item.envelope.id, attempt: item.failures + 1)
    }

    /// With so many turns to learn from it goes on beside other work.
    private static let mostPatience = 8

    /// What all open work waits for; nil when some of it goes on, or when there is none.
    public func parking(at now: Instant) -> Parking? { parking(at: now, owing: owed(at: now)) }

    /// The same, for who knows what is owed.
    func parking(at now: Instant, owing effects: [Effect]) -> Parking? {
        let isWaiting = effects.allSatisfy { if case .wait = $0 { true } else { false } }
        guard isWaiting, !turns.isEmpty || !outbox.isEmpty || !openChildren.isEmpty,
            turns.allSatisfy({ $0.isParked(at: now) || $0.waitingSince != nil || $0.isWaitingForPeers })
        else {
            return nil
        }
        if turns.contains(where: { $0.waitingSince != nil }) { return .owner }
        return turns.contains { $0.isParked(at: now) } ? .model : .peer
    }

    /// Whether one more turn may be open: those that wait for other agents don't count, or two that ask each other would wait
    /// for ever.
    private var hasRoomForTurn: Bool {
        turns.count { !$0.isWaitingForPeers } < policy.limits.openTurns
            && turns.count < policy.limits.openTurns + Self.mostWaitingTurns
    }

    /// At most so many turns wait for other agents beside those that go on.
    static let mostWaitingTurns = 64

    /// The envelope that the next turn is opened for: the oldest of a conversation without an open turn.
    ///
    /// The owner's come first; among others the conversation that was served longest ago.
    private var nextWaiting: Waiting? {
        var seen = Set(turns.map(\.conversation))
        var best: (rank: Int, waiting: Waiting)?
        for waiting in inbox where waiting.envelope.beginsTurn && seen.insert(waiting.envelope.conversation).inserted {
            if waiting.envelope.sender == .owner { return waiting }
            let rank = recent.firstIndex(of: waiting.envelope.conversation) ?? -1
            if rank < best?.rank ?? .max { best = (rank, waiting) }
        }
        return best?.waiting
    }

    /// The messages that are taken into a turn now: those of its conversation that wait, in their order, up to the first that
    /// needs a turn of its own.
    func messages(joining turn: Turn) -> [Waiting] {
        guard policy.inbox == .steer || turn.steps.isEmpty else { return [] }
        let waiting = inbox.lazy.filter { $0.envelope.conversation == turn.conversation }
            .prefix { waiting in
                // What was sent before any step was made is for one turn, except for tasks: each has an answer that somebody may wait for.
                waiting.envelope.mayJoin && (waiting.envelope.kind != .task || !turn.steps.isEmpty)
            }
        return Array(waiting.prefix(max(Self.mostJoined - turn.joined.count, 0)))
    }

    /// At most so many messages are taken into a turn; more begin one of their own.
    static let mostJoined = 64

    /// How a turn ends before its time because of what came since, or because nobody gets on with it; nil when it goes on.
    private func ending(of turn: Turn) -> [Effect]? {
        guard turn.closing == nil else { return nil }
        if turn.leftBehind >= Self.mostLeftBehind {
            let reason =
                "given up: the process ended \(turn.leftBehind) times in a row while it worked on this, without getting on"
            return [.record(turn.draft(.turnClosing(.init(end: .failed(reason: reason)))))]
        }
        guard policy.inbox == .interrupt else { return nil }
        let newer = inbox.first { waiting in
            waiting.envelope.conversation == turn.conversation && waiting.seq > turn.openedSeq
                && waiting.envelope.mayJoin && waiting.envelope.beginsTurn
        }
        return newer.map { newer in
            let end = TurnEnd.cancelled(by: "a newer message (\(newer.envelope.sender.description))")
            return [.record(turn.draft(.turnClosing(.init(end: end)), cause: newer.seq))]
        }
    }

    /// So often in a row a turn may be left by processes that end, before it is given up.
    static let mostLeftBehind = 3
}

extension Turn {
    /// Whether it waits for others: the owner, other agents, a model that does not answer.
    var isWaiting: Bool { waitingSince != nil || isWaitingForPeers || (closing == nil && asking.isParked) }

    /// Whether no model answers and the next try is still to come.
    fileprivate func isParked(at now: Instant) -> Bool {
        guard closing == nil, asking.isParked, let retryAt = asking.retryAt else { return false }
        return now < retryAt
    }

    fileprivate func owed(at now: Instant, _ policy: AgentPolicy, _ allowance: Allowance) -> [Effect] {
        if let closing { return owedToClose(closing) }
        let deadline = deadline(policy)
        guard now < deadline else { return [.record(draft(.turnClosing(.init(end: timeOver(policy)))))] }
        if let step = steps.last, step.isOpen { return owedByCalls(of: step, at: now) + [.wait(until: deadline)] }
        if let end = nextEnd(policy, allowance) { return [.record(draftOfEnd(end))] }
        if let retryAt = asking.retryAt, now < retryAt { return [.wait(until: min(retryAt, deadline))] }
        return [.callModel(id, step: steps.count + 1, attempt: asking.failures + 1), .wait(until: deadline)]
    }

    /// When the turn's time is over; the time for which it was parked, or nobody was there, is added.
    func deadline(_ policy: AgentPolicy) -> Instant {
        let isPaused = waitingSince != nil
        let own = openedAt + policy.limits.turnTime + .microseconds(pausedMicroseconds)
        return min(isPaused ? Instant(microseconds: .max) : own, envelope.deadline ?? Instant(microseconds: .max))
    }

    /// How a turn without open calls ends, if it does.
    private func nextEnd(_ policy: AgentPolicy, _ allowance: Allowance) -> TurnEnd? {
        if let failure = asking.failure { return .failed(reason: failure) }
        if let step = steps.last, step.calls.isEmpty {
            switch step.stop {
            case .length:
                let limit = policy.limits.replyTokens
                return .limit(
                    .replyLength,
                    reason: "the reply reached its longest length; the limit is limits.reply_tokens = \(limit)"
                )
            case .filtered: return .failed(reason: "the model's provider filtered the reply")
            case .end, .toolUse: return .answered
            }
        }
        if steps.count >= policy.limits.steps {
            let limit = policy.limits.steps
            return .limit(.steps, reason: "stopped after \(limit) steps; the limit is limits.steps = \(limit)")
        }
        if allowance.tokens <= 0 {
            return .limit(.tokens, reason: "no tokens are left; the limit is \(allowance.tokenKey)")
        }
        if let left = allowance.microdollars, left <= 0 {
            return .limit(.cost, reason: "no money is left; the limit is \(allowance.moneyKey)")
        }
        return nil
    }

    private func timeOver(_ policy: AgentPolicy) -> TurnEnd {
        let seconds = policy.limits.turnTime.components.seconds
        return .limit(
            .turnTime,
            reason: "stopped at its deadline; the limit is limits.turn_seconds = \(seconds) or the task's deadline"
        )
    }

    private func draftOfEnd(_ end: TurnEnd) -> Draft {
        let text = if case .answered = end { steps.last?.text ?? "" } else { textSoFar }
        return draft(.turnEnded(.init(end: end, text: text, steps: steps.count, usage: usage)))
    }

    // MARK: Tool calls

    private func owedByCalls(of step: Step, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        var isAnythingOpenBefore = false
        var isExclusiveOpenBefore = false
        for call in step.calls where call.result == nil {
            let mayRun = call.isExclusive ? !isAnythingOpenBefore : !isExclusiveOpenBefore
            if let effect = owed(by: call, of: step, mayRun: mayRun, at: now) { effects.append(effect) }
            // A call that is refused settles at once and holds nobody up.
            switch call.verdict {
            case .denied, .invalid: continue
            case .allowed, .asks: break
            }
            isAnythingOpenBefore = true
            if call.isExclusive { isExclusiveOpenBefore = true }
        }
        return effects
    }

    private func owed(by call: ToolCall, of step: Step, mayRun: Bool, at now: Instant) -> Effect? {
        switch (call.verdict, call.status) {
        case (_, .finished): return nil
        case (.asks, .requested) where call.approval?.decision != .allow:
            guard let approval = call.approval else { return .lookAround(call.id) }
            if approval.decision == .deny {
                let because = approval.because.map { ": \($0)" } ?? ""
                return finish(call, of: step, .denied, "the owner denied it\(because)")
            }
            guard now >= approval.expiresAt else { return .wait(until: approval.expiresAt) }
            return finish(
                call,
                of: step,
                .denied,
                "the owner was asked and did not answer in time (limits.approval_seconds)"
            )
        case (.denied(let reason), _): return finish(call, of: step, .denied, reason)
        case (.invalid(let reason), _): return finish(call, of: step, .invalid, reason)
        case (.allowed, _) where !mayRun, (.asks, _) where !mayRun: return nil
        case (.allowed, .requested), (.asks, .requested):
            return call.replay == .pure ? .runTool(call.id, attempt: 1) : start(call, of: step, attempt: 1)
        case (_, .waiting(_, let from, let until)):
            guard now >= until else { return .wait(until: until) }
            let content = "@\(from) did not answer in time; an answer that still comes begins a turn of its own"
            return finish(call, of: step, .failed, content)
        case (.allowed, .started(let attempt)), (.asks, .started(let attempt)):
            return .runTool(call.id, attempt: attempt)
        case (.allowed, .interrupted(let attempt)), (.asks, .interrupted(let attempt)):
            switch call.replay {
            case .pure, .keyed: return start(call, of: step, attempt: attempt + 1)
            case .probe: return .probeTool(call.id, attempt: attempt + 1)
            case .unsafe: return finish(call, of: step, .outcomeUnknown(tool: call.tool))
            }
        }
    }

    private func start(_ call: ToolCall, of step: Step, attempt: Int) -> Effect {
        .record(
            draft(
                .toolStarted(.init(call: call.id, tool: call.tool, attempt: attempt)),
                step: call.id.step,
                cause: step.seq
            )
        )
    }

    private func finish(_ call: ToolCall, of step: Step, _ outcome: ToolResult.Outcome, _ content: String) -> Effect {
        finish(call, of: step, ToolResult(outcome: outcome, content: content))
    }

    private func finish(_ call: ToolCall, of step: Step, _ result: ToolResult) -> Effect {
        .record(
            draft(
                .toolFinished(.init(call: call.id, tool: call.tool, result: result)),
                step: call.id.step,
                cause: step.seq
            )
        )
    }

    // MARK: Closing

    private func owedToClose(_ end: TurnEnd) -> [Effect] {
        guard let step = steps.last, step.isOpen else { return [.record(draftOfEnd(end))] }
        return step.calls.compactMap { call in
            switch call.status {
            case .finished: return nil
            case .requested:
                // A call that only reads may be running; its result is no longer wanted.
                return finish(call, of: step, .notRun, "not run: the turn was ended (\(end.reason ?? end.name))")
            case .waiting(_, let from, _):
                let content = "the turn was ended (\(end.reason ?? end.name)) before @\(from) answered"
                return finish(call, of: step, .cancelled, content)
            case .started: return .stopTool(call.id)
            case .interrupted:
                let content = "the turn was ended (\(end.reason ?? end.name)) after a crash had interrupted the call"
                return call.replay == .unsafe || call.replay == .probe
                    ? finish(call, of: step, .outcomeUnknown(tool: call.tool))
                    : finish(call, of: step, .cancelled, content)
            }
        }
    }
}

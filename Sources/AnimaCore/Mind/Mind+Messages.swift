// What comes in from others and goes out to them.
extension Mind {
    // MARK: In

    /// Takes an envelope, or says why not.
    func deliver(_ envelope: Envelope, _ attachments: [LifeBatch.Spill], _ work: inout Work) -> Receipt {
        let limits = work.state.policy.limits
        if envelope.text.utf8.count > limits.messageBytes {
            return .refused(.tooLong(bytes: envelope.text.utf8.count, limit: limits.messageBytes))
        }
        let imageBytes = attachments.reduce(0) { $0 + $1.bytes.count }
        if imageBytes > limits.imageBytes {
            return .refused(.imagesTooLarge(bytes: imageBytes, limit: limits.imageBytes))
        }
        if let refusal = refusal(bySenderOf: envelope, work.state) { return .refused(refusal) }
        if envelope.id == work.state.bornFor { return .duplicate }
        // An answer ends a way and begins none.
        if envelope.hops > limits.hops, !envelope.kind.endsWork { return .refused(.tooManyHops(limit: limits.hops)) }
        if let deadline = envelope.deadline, deadline <= work.now { return .refused(.expired) }
        if work.state.inbox.contains(where: { $0.envelope.id == envelope.id })
            || work.state.turns.contains(where: { $0.works(on: envelope.id) })
        {
            return .duplicate
        }
        if envelope.kind == .memory { return keep(envelope, &work) }
        let answered = work.state.call(answeredBy: envelope)
        if !work.state.isTakenAtOnce(envelope), work.state.inbox.count >= limits.mailbox {
            return .refused(.mailboxFull(limit: limits.mailbox))
        }
        work.append(
            Draft(
                conversation: envelope.conversation,
                turn: nil,
                cause: nil,
                fact: .envelopeAccepted(.init(envelope: envelope))
            )
        )
        let seq = work.state.lastSeq
        work.batch.spills += attachments
        if envelope.kind == .stop { stop(for: envelope, &work) }
        if let answered { finish(answered.call, of: answered.turn, envelope.asOutput, 0, &work) }
        return .accepted(seq: seq)
    }

    /// Why an envelope of this sender is not taken: who may write, and to whom a child's messages belong.
    private func refusal(bySenderOf envelope: Envelope, _ state: AgentState) -> Receipt.Refusal? {
        if case .agent(let peer) = envelope.sender, !state.mayTalk(to: peer) {
            // What is for a child of another agent came to one that happens to have its name.
            return envelope.birth == nil ? .notAllowed(peer) : .nameTaken
        }
        if let birth = envelope.birth {
            guard state.policy.birth?.parent == birth.parent, envelope.sender == .agent(birth.parent),
                state.bornFor == nil || state.bornFor == envelope.id
            else { return .nameTaken }
        }
        if envelope.kind == .stop, envelope.sender != state.policy.birth.map({ .agent($0.parent) }) {
            return .notAllowed(state.policy.birth?.parent ?? agent)
        }
        return state.hasReported && envelope.id != state.bornFor ? .hasEnded : nil
    }

    /// Keeps a memory that another agent shares, if the gate of memory lets it through.
    private func keep(_ envelope: Envelope, _ work: inout Work) -> Receipt {
        guard var draft = envelope.memory else { return .refused(.memoryRefused(.trivial)) }
        let trust = min(envelope.trust, .agent)
        // What it replaced and who said it are the other agent's business.
        draft.supersedes = []
        draft.speaker = envelope.sender.description
        if case .refuse(let reason) = MemoryGate.judge(draft, similar: [], trust: trust) {
            return .refused(.memoryRefused(reason))
        }
        func append(_ fact: Fact, cause: Int?) {
            work.append(Draft(conversation: envelope.conversation, turn: nil, cause: cause, fact: fact))
        }
        append(.envelopeAccepted(.init(envelope: envelope)), cause: nil)
        let seq = work.state.lastSeq
        append(.memoryStored(.init(draft, trust: trust, source: seq)), cause: seq)
        return .accepted(seq: seq)
    }

    /// Takes messages that wait into the open turns of their conversations, where the model is about to be asked.
    ///
    /// - Parameter asked: The turns whose model is being asked already; what comes now is for the step after.
    func joinMessages(asked: Set<TurnID>, _ work: inout Work) {
        for turn in work.state.turns where turn.isBetweenSteps && !asked.contains(turn.id) {
            for waiting in work.state.messages(joining: turn) {
                let fact = Fact.EnvelopeJoined(envelope: waiting.envelope.id)
                work.append(turn.draft(.envelopeJoined(fact), cause: waiting.seq))
            }
        }
    }

    /// Takes an envelope that waits out of the inbox; who waits for its answer is told.
    func drop(_ id: EnvelopeID, by who: String, _ work: inout Work) {
        guard let waiting = work.state.inbox.first(where: { $0.envelope.id == id }) else { return }
        let envelope = waiting.envelope
        func append(_ fact: Fact, cause: Int) {
            work.append(Draft(conversation: envelope.conversation, turn: nil, cause: cause, fact: fact))
        }
        append(.envelopeDropped(.init(envelope: id, by: who)), cause: waiting.seq)
        let report = Envelope.Report(end: .cancelled(by: who))
        if let reply = reply(to: envelope, "", report, trust: .agent, work) {
            append(.envelopeSent(reply), cause: work.state.lastSeq)
        }
    }

    // MARK: Out

    /// Why messages are not sent.
    struct Unsent: Hashable {
        /// For the model that wanted to send them.
        let reason: String
        /// Whether work that goes round or gets out of hand was stopped: then the others and the owner hear of it too.
        var isStop = false
    }

    /// Why messages can't be sent; nil when they can.
    func refusal(of messages: [OutgoingMessage], _ turn: Turn, _ work: Work) -> Unsent? {
        guard !messages.isEmpty else { return nil }
        let state = work.state
        let limits = state.policy.limits
        if let stranger = messages.first(where: { !state.mayTalk(to: $0.recipient) })?.recipient {
            return Unsent(reason: "nothing was sent: @\(stranger) is no peer of yours (peers.allow)")
        }
        let askers = turn.envelope.askers ?? []
        if let waiting = messages.first(where: { $0.isQuestion && askers.contains($0.recipient) })?.recipient {
            let chain = (askers.map { "@\($0)" } + ["you"]).joined(separator: " asked ")
            return Unsent(
                reason:
                    "nothing was asked: @\(waiting) waits for the answer of this turn (\(chain)), so both would wait for ever; "
                    + "answer with what there is, and say what is missing"
            )
        }
        if state.outbox.count + messages.count > limits.mailbox {
            return Unsent(
                reason: "nothing was sent: \(state.outbox.count) messages are still on their way "
                    + "(limits.mailbox = \(limits.mailbox))"
            )
        }
        return stop(of: messages, turn, work)
    }

    /// Why work that goes round or gets out of hand is stopped here; nil when it does not.
    private func stop(of messages: [OutgoingMessage], _ turn: Turn, _ work: Work) -> Unsent? {
        let limits = work.state.policy.limits
        let beginning = messages.filter { $0.begins(in: turn) }
        guard !beginning.isEmpty else { return nil }
        func stopped(_ reason: String) -> Unsent { Unsent(reason: "nothing was sent: \(reason)", isStop: true) }
        if turn.hops + 1 > limits.hops {
            return stopped(
                "what you answer went through \(turn.hops) agents already (limits.hops = \(limits.hops))"
            )
        }
        let route = turn.route(through: agent)
        for message in beginning {
            guard let trip = RoundTrip(in: route + [message.recipient]), trip.rounds > limits.rounds else { continue }
            let names = trip.agents.sorted().map { "@\($0)" }.joined(separator: ", ")
            return stopped(
                "\(names) have written to each other in turn \(trip.rounds) times, without anybody else "
                    + "(limits.rounds = \(limits.rounds)); say how far this came, to whoever wanted it"
            )
        }
        let sent = work.state.sentInHour.sent(at: work.now)
        if sent + beginning.count > limits.messagesPerHour {
            return stopped("\(sent) were sent in this hour (limits.messages_per_hour = \(limits.messagesPerHour))")
        }
        return nil
    }

    /// Keeps messages that were stopped as dead letters, where the owner sees them and may send them all the same, and tells those
    /// whom they were for.
    func tell(of stop: Unsent, _ messages: [OutgoingMessage], _ call: ToolCallID, in turn: Turn, _ work: inout Work) {
        for (index, message) in messages.enumerated() {
            let envelope = envelope(message, id(of: call, index, work.state), in: turn, work)
            let sent = Fact.EnvelopeSent(to: message.recipient, envelope: envelope)
            work.append(turn.draft(.envelopeSent(sent), step: call.step, cause: work.state.lastSeq))
            let fact = Fact.EnvelopeSettled(
                envelope: envelope.id,
                to: message.recipient,
                outcome: .stopped,
                reason: stop.reason
            )
            work.append(turn.draft(.envelopeSettled(fact), step: call.step, cause: work.state.lastSeq))
            guard work.state.outbox.count < work.state.policy.limits.mailbox else { continue }
            let notice = OutgoingMessage(
                to: message.recipient,
                .notice,
                text: "A message of @\(agent) to you was stopped by Anima. It was told: \(stop.reason)",
                conversation: envelope.conversation
            )
            let id = EnvelopeID(made: "\(envelope.id)/notice")
            let told = Fact.EnvelopeSent(to: message.recipient, envelope: self.envelope(notice, id, in: turn, work))
            work.append(turn.draft(.envelopeSent(told), step: call.step, cause: work.state.lastSeq))
        }
    }

    /// Puts messages into the outbox; the same call gives the same envelopes.
    func send(_ messages: [OutgoingMessage], _ call: ToolCallID, of turn: Turn, _ work: inout Work) {
        let cause = work.state.lastSeq
        for (index, message) in messages.enumerated() {
            let envelope = envelope(message, id(of: call, index, work.state), in: turn, work)
            let fact = Fact.EnvelopeSent(to: message.recipient, envelope: envelope)
            work.append(turn.draft(.envelopeSent(fact), step: call.step, cause: cause))
        }
    }

    /// Sends a question; its answer becomes the result of the call.
    func ask(_ question: OutgoingMessage, _ call: ToolCall, of turn: Turn, _ work: inout Work) {
        let envelope = envelope(question, id(of: call.id, 0, work.state), in: turn, work)
        let step = turn.steps[call.id.step - 1]
        let sent = Fact.EnvelopeSent(to: question.recipient, envelope: envelope)
        work.append(turn.draft(.envelopeSent(sent), step: call.id.step, cause: step.seq))
        let waiting = Fact.ToolWaiting(
            call: call.id,
            tool: call.tool,
            envelope: envelope.id,
            from: question.recipient,
            until: envelope.deadline ?? work.now
        )
        work.append(turn.draft(.toolWaiting(waiting), step: call.id.step, cause: work.state.lastSeq))
    }

    private func id(of call: ToolCallID, _ index: Int, _ state: AgentState) -> EnvelopeID {
        EnvelopeID(made: "\(state.life?.text ?? agent.name)/\(call)/\(index + 1)")
    }

    /// What is sent for a message that a turn or, without one, the owner sends.
    func envelope(_ message: OutgoingMessage, _ id: EnvelopeID, in turn: Turn?, _ work: Work) -> Envelope {
        let parent = turn?.envelope
        let trust = min(turn?.trustOfView ?? .owner, message.memory?.trust ?? .owner, .agent)
        let hops = turn?.hops ?? 0
        var kind = Envelope.Kind.message
        var deadline: Instant?
        var askers: [AgentID] = []
        switch message.kind {
        case .message: break
        case .memory: kind = .memory
        case .stop: kind = .stop
        case .notice: kind = .notice
        case .reply: kind = parent?.kind == .ask ? .reply : .message
        case .ask(let timeout):
            kind = .ask
            let limits = work.state.policy.limits
            let end = work.now + min(timeout ?? limits.askTime, limits.askTime)
            deadline = min(end, turn?.deadline(work.state.policy) ?? end)
            askers = (parent?.askers ?? []) + [agent]
        }
        return Envelope(
            id: id,
            kind: kind,
            sender: .agent(agent),
            conversation: message.conversation ?? conversation(of: message, in: turn),
            text: message.text,
            sentAt: work.now,
            parent: parent?.id,
            trace: parent.map { $0.trace ?? $0.id },
            // An answer comes back to where the question was.
            hops: kind.endsWork ? hops : hops + 1,
            route: kind.endsWork ? parent?.route ?? [] : turn?.route(through: agent) ?? [agent],
            deadline: deadline,
            trust: trust,
            memory: message.memory,
            origin: turn?.conversation,
            askers: askers
        )
    }

    /// The thread goes on where it came from; a question has one of its own, so that it waits behind nothing that waits for it.
    private func conversation(of message: OutgoingMessage, in turn: Turn?) -> ConversationID {
        guard let turn else { return ConversationID(with: agent) }
        if !message.isQuestion, turn.envelope.sender == .agent(message.recipient), let origin = turn.envelope.origin {
            return origin
        }
        return ConversationID(with: agent, about: turn.conversation)
    }

    /// Tells peers which topics their messages are wanted of, where that is another list than before.
    func announceTopics(after before: AgentState, _ work: inout Work) {
        let topics = work.state.topics
        guard !topics.isEmpty || !before.topics.isEmpty else { return }
        // With the same list, only new peers have not heard of it.
        let known = before.topics == topics ? Set(before.policy.peers) : []
        for peer in work.state.policy.peers where !known.contains(peer) {
            let envelope = Envelope(
                id: EnvelopeID(made: "\(work.state.life?.text ?? agent.name)/e\(work.state.lastSeq)/@\(peer)"),
                kind: .subscription,
                sender: .agent(agent),
                conversation: ConversationID(with: agent),
                text: topics.map { "#\($0)" }.joined(separator: " "),
                sentAt: work.now,
                hops: 1,
                trust: .agent,
                topics: topics
            )
            work.append(Draft(.envelopeSent(.init(to: peer, envelope: envelope)), cause: work.state.lastSeq))
        }
    }

    // MARK: What follows

    /// Appends a draft and what follows from it: the end of a turn answers the question that began it, and who waits for the
    /// answer to an envelope that was not delivered waits no longer.
    func record(_ draft: Draft, _ work: inout Work) {
        let turn = draft.turn.flatMap { work.state.turn($0) }
        work.append(draft)
        switch draft.fact {
        case .turnEnded(let fact):
            guard let turn, !turn.hasReplied else { return }
            reply(to: turn, fact, &work)
        case .envelopeSettled(let fact):
            guard fact.outcome != .delivered, let found = work.state.call(waitingFor: fact.envelope) else { return }
            let output = ToolOutput.failure("@\(fact.to) was not asked: \(fact.reason ?? fact.outcome.rawValue)")
            finish(found.call, of: found.turn, output, 0, &work)
        default: return
        }
    }

    private func reply(to turn: Turn, _ end: Fact.TurnEnded, _ work: inout Work) {
        let cost = turn.envelope.birth == nil ? end.usage : endLife(with: turn, &work)
        let report = Envelope.Report(end: end.end, usage: cost)
        let reply = reply(
            to: turn.envelope,
            end.text,
            report,
            trust: turn.trustOfView,
            from: turn.conversation,
            work
        )
        if let reply { work.append(turn.draft(.envelopeSent(reply), cause: work.state.lastSeq)) }
    }

    /// The answer to a question; nil for what is none.
    private func reply(
        to question: Envelope,
        _ text: String,
        _ report: Envelope.Report,
        trust: Trust,
        from conversation: ConversationID? = nil,
        _ work: Work
    ) -> Fact.EnvelopeSent? {
        guard question.kind == .ask || question.birth != nil, case .agent(let asker) = question.sender else {
            return nil
        }
        let envelope = Envelope(
            id: EnvelopeID(made: "\(work.state.life?.text ?? agent.name)/\(question.id)/answer"),
            kind: question.birth == nil ? .reply : .childReport,
            sender: .agent(agent),
            conversation: question.origin ?? ConversationID(with: agent),
            text: String(decoding: text.utf8.prefix(work.state.policy.limits.messageBytes), as: UTF8.self),
            sentAt: work.now,
            parent: question.id,
            trace: question.trace ?? question.id,
            hops: question.hops,
            route: question.route ?? [],
            trust: min(trust, .agent),
            origin: conversation,
            report: report
        )
        return Fact.EnvelopeSent(to: asker, envelope: envelope)
    }
}

extension Envelope {
    /// An answer or a report as the result of the call that waited for it.
    fileprivate var asOutput: ToolOutput {
        guard case .agent(let who) = sender else { return .failure("nobody answered") }
        return ToolOutput(report: report, of: who, text, trust: trust)
    }
}

extension Envelope.Kind {
    /// Whether it ends work of another agent, or says something about it, and begins none.
    var endsWork: Bool {
        switch self {
        case .reply, .childReport, .stop, .notice, .agentDown, .subscription: true
        case .task, .message, .ask, .timer, .fileChange, .webhook, .approval, .memory: false
        }
    }
}

extension OutgoingMessage {
    /// Whether it begins work that is not an answer to a question.
    fileprivate func begins(in turn: Turn) -> Bool {
        switch kind {
        case .message, .ask, .memory: true
        case .reply: turn.envelope.kind != .ask
        case .stop, .notice: false
        }
    }
}

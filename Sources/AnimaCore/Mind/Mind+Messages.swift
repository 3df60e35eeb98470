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
        if case .agent(let peer) = envelope.sender, !work.state.policy.peers.contains(peer) {
            return .refused(.notAllowed(peer))
        }
        // An answer ends a way and begins none.
        if envelope.hops > limits.hops, envelope.kind != .reply { return .refused(.tooManyHops(limit: limits.hops)) }
        if let deadline = envelope.deadline, deadline <= work.now { return .refused(.expired) }
        if work.state.inbox.contains(where: { $0.envelope.id == envelope.id })
            || work.state.turns.contains(where: { $0.works(on: envelope.id) })
        {
            return .duplicate
        }
        if envelope.kind == .memory { return keep(envelope, &work) }
        let answered = work.state.call(answeredBy: envelope)
        if answered == nil, envelope.kind != .subscription, work.state.inbox.count >= limits.mailbox {
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
        if let answered { finish(answered.call, of: answered.turn, envelope.asOutput, 0, &work) }
        return .accepted(seq: seq)
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

    /// Why messages can't be sent; nil when they can.
    func refusal(of messages: [OutgoingMessage], _ turn: Turn, _ state: AgentState) -> String? {
        guard !messages.isEmpty else { return nil }
        let policy = state.policy
        if let stranger = messages.first(where: { !policy.peers.contains($0.recipient) })?.recipient {
            return "nothing was sent: @\(stranger) is no peer of yours (peers.allow)"
        }
        let askers = turn.envelope.askers ?? []
        if let waiting = messages.first(where: { $0.isQuestion && askers.contains($0.recipient) })?.recipient {
            let chain = (askers.map { "@\($0)" } + ["you"]).joined(separator: " asked ")
            return
                "nothing was asked: @\(waiting) waits for the answer of this turn (\(chain)), so both would wait for ever; "
                + "answer with what there is, and say what is missing"
        }
        if turn.hops + 1 > policy.limits.hops, messages.contains(where: { $0.kind != .reply }) {
            return "nothing was sent: what you answer went through \(turn.hops) agents already "
                + "(limits.hops = \(policy.limits.hops))"
        }
        if state.outbox.count + messages.count > policy.limits.mailbox {
            return "nothing was sent: \(state.outbox.count) messages are still on their way "
                + "(limits.mailbox = \(policy.limits.mailbox))"
        }
        return nil
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
            // An answer comes back to where the question was.
            hops: kind == .reply ? hops : hops + 1,
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
            guard let turn, turn.envelope.kind == .ask, !turn.hasReplied else { return }
            reply(to: turn, fact, &work)
        case .envelopeSettled(let fact):
            guard fact.outcome != .delivered, let found = work.state.call(waitingFor: fact.envelope) else { return }
            let output = ToolOutput.failure("@\(fact.to) was not asked: \(fact.reason ?? fact.outcome.rawValue)")
            finish(found.call, of: found.turn, output, 0, &work)
        default: return
        }
    }

    private func reply(to turn: Turn, _ end: Fact.TurnEnded, _ work: inout Work) {
        let report = Envelope.Report(end: end.end, usage: end.usage)
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
        guard question.kind == .ask, case .agent(let asker) = question.sender else { return nil }
        let envelope = Envelope(
            id: EnvelopeID(made: "\(work.state.life?.text ?? agent.name)/\(question.id)/answer"),
            kind: .reply,
            sender: .agent(agent),
            conversation: question.origin ?? ConversationID(with: agent),
            text: String(decoding: text.utf8.prefix(work.state.policy.limits.messageBytes), as: UTF8.self),
            sentAt: work.now,
            parent: question.id,
            hops: question.hops,
            trust: min(trust, .agent),
            origin: conversation,
            report: report
        )
        return Fact.EnvelopeSent(to: asker, envelope: envelope)
    }
}

extension Envelope {
    /// An answer as the result of the call that asked.
    fileprivate var asOutput: ToolOutput {
        var output = ToolOutput.success(text.allSatisfy(\.isWhitespace) ? "(no text)" : text)
        if let report, let reason = report.end.reason {
            let rest = text.allSatisfy(\.isWhitespace) ? "" : "\nwhat there is of it:\n\(text)"
            output = .failure("\(sender.description) did not come to an answer: \(reason)\(rest)")
        }
        output.trust = trust
        return output
    }
}

// How a mind makes children, waits for them and ends them.
extension Mind {
    /// Why a child can't be made, for the model.
    struct NoChild: Error {
        let reason: String

        init(_ reason: String) { self.reason = "no child was made: \(reason)" }
    }

    /// The task that a new child is made for; the same call gives the same child.
    func spawn(
        _ request: SpawnRequest,
        _ call: ToolCallID,
        in turn: Turn,
        _ work: Work
    ) throws(NoChild) -> Fact.EnvelopeSent {
        let state = work.state
        let limits = state.policy.limits
        guard state.policy.templates.contains(request.template) else {
            throw NoChild("@\(request.template) is no template of yours (peers.spawn)")
        }
        guard !request.sharesWorkspace || state.policy.sharesWorkspace else {
            throw NoChild("your workspace is not shared (peers.share_workspace); let it work in one of its own")
        }
        guard state.generationsLeft > 0 else {
            throw NoChild("it would be a generation more than may be below you (limits.depth)")
        }
        let open = state.openChildren.count
        guard open < limits.children else {
            throw NoChild("\(open) of your children work already (limits.children = \(limits.children)); wait for one")
        }
        guard state.agentsLeft > 0 else {
            throw NoChild("there are as many agents below you as may be (limits.tree_agents = \(limits.treeAgents))")
        }
        let left = state.allowance(of: turn, at: work.now, beside: allReserved)
        let tokens = request.tokens ?? left.tokens / 2
        guard tokens > 0, tokens <= left.tokens else {
            throw NoChild("it would get \(tokens) tokens, and \(max(left.tokens, 0)) are left (\(left.tokenKey))")
        }
        // Money goes with the tokens: the same share of what is left.
        let money = left.microdollars.map { Int(Double(max($0, 0)) * Double(tokens) / Double(max(left.tokens, 1))) }
        let number = state.childCount + 1
        guard let name = try? AgentID("\(agent)_\(number)") else {
            throw NoChild("its name, \(agent)_\(number), would be too long")
        }
        let own = tools.keys.sorted()
        if let unknown = request.tools?.first(where: { !own.contains($0) }) {
            throw NoChild("you have no tool \"\(unknown)\" that it could have (\(own.joined(separator: ", ")))")
        }
        let birth = Birth(
            parent: agent,
            template: request.template,
            tools: request.tools.map { wanted in own.filter(wanted.contains) } ?? own,
            gates: state.gates.layers,
            tokens: tokens,
            microdollars: money,
            generations: state.generationsLeft - 1,
            agents: max((state.agentsLeft - 1) / 2, 0),
            sharesWorkspace: request.sharesWorkspace
        )
        let turnEnd = turn.deadline(state.policy)
        let envelope = Envelope(
            id: EnvelopeID(made: "\(state.life?.text ?? agent.name)/\(call)/child"),
            kind: .task,
            sender: .agent(agent),
            text: request.task,
            sentAt: work.now,
            parent: turn.envelope.id,
            trace: turn.envelope.trace ?? turn.envelope.id,
            hops: turn.hops + 1,
            route: turn.route(through: agent),
            deadline: min(request.timeout.map { work.now + $0 } ?? turnEnd, turnEnd),
            budget: tokens,
            trust: min(turn.trustOfView, .agent),
            origin: turn.conversation,
            birth: birth
        )
        return Fact.EnvelopeSent(to: name, envelope: envelope)
    }

    /// Lets a call wait for a child's report.
    ///
    /// - Returns: The call's result when there is nothing to wait for; nil when it waits.
    func wait(_ wait: ToolOutput.Wait, _ call: ToolCall, of turn: Turn, _ work: inout Work) -> ToolOutput? {
        guard let child = work.state.children.last(where: { $0.name == wait.child }) else {
            return .failure("@\(wait.child) is no child of yours")
        }
        if let report = child.report {
            // The report that came as a message is this one: it is not shown twice.
            for waiting in work.state.inbox where waiting.envelope.parent == child.envelope {
                guard waiting.envelope.kind == .childReport else { continue }
                let fact = Fact.EnvelopeDropped(envelope: waiting.envelope.id, by: "\(call.id), which waited for it")
                work.append(turn.draft(.envelopeDropped(fact), cause: waiting.seq))
            }
            return child.output(report)
        }
        if work.state.call(waitingFor: child.envelope) != nil {
            return .failure("another call waits for @\(child.name) already")
        }
        let until = wait.timeout.map { min(work.now + $0, child.lostAt) } ?? child.lostAt
        let fact = Fact.ToolWaiting(
            call: call.id,
            tool: call.tool,
            envelope: child.envelope,
            from: child.name,
            until: min(until, turn.deadline(work.state.policy))
        )
        let step = turn.steps[call.id.step - 1]
        work.append(turn.draft(.toolWaiting(fact), step: call.id.step, cause: step.seq))
        return nil
    }

    /// Ends the waiting for an agent that is given up.
    func lose(_ peer: AgentID, because reason: String, _ work: inout Work) {
        for turn in work.state.turns where turn.closing == nil {
            for call in turn.steps.last?.calls ?? [] {
                guard case .waiting(_, peer, _) = call.status else { continue }
                finish(call, of: turn, .failure("@\(peer) is down: \(reason)"), 0, &work)
            }
        }
        for child in work.state.openChildren where child.name == peer {
            work.append(Draft(.childLost(.init(child: peer, reason: reason))))
        }
    }

    /// Ends all work because the parent wants it: turns are closed, and what waits is dropped.
    func stop(for order: Envelope, _ work: inout Work) {
        endAll(besides: nil, by: order.sender.description, &work)
    }

    /// What a child reports at the end of the turn that it was made for; with it ends everything that it does.
    ///
    /// - Returns: What all of its work cost, and what its own children may still use.
    func endLife(with turn: Turn, _ work: inout Work) -> Usage {
        var cost = work.state.usage
        let reserved = work.state.reserved()
        cost += Usage(inputTokens: reserved.tokens, microdollars: reserved.microdollars)
        for child in work.state.openChildren {
            let order = OutgoingMessage(to: child.name, .stop, text: "stop")
            let id = EnvelopeID(made: "\(work.state.life?.text ?? agent.name)/\(turn.id)/stop/\(child.name)")
            let fact = Fact.EnvelopeSent(to: child.name, envelope: envelope(order, id, in: turn, work))
            work.append(turn.draft(.envelopeSent(fact), cause: work.state.lastSeq))
        }
        endAll(besides: turn.id, by: "the end of its work", &work)
        return cost
    }

    private func endAll(besides turn: TurnID?, by who: String, _ work: inout Work) {
        for waiting in work.state.inbox { drop(waiting.envelope.id, by: who, &work) }
        for other in work.state.turns where other.id != turn && other.closing == nil {
            work.append(other.draft(.turnClosing(.init(end: .cancelled(by: who)))))
        }
    }
}

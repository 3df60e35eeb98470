public import AnimaCore

/// What happened to an agent that went down, for whoever watches.
public enum SupervisionEvent: Hashable, Sendable {
    /// It went down.
    case wentDown(AgentID, AgentDown)
    /// It is started again after a while.
    case restarting(AgentID, after: Duration)
    /// It stays down as long as this process runs.
    case gaveUp(AgentID, reason: String)
}

// What a runtime does about agents that go down; what is right is decided by `Supervisor`.
extension Runtime {
    /// Ends an agent at once, as if its process had died; whoever looks after it decides what comes next.
    ///
    /// - Returns: Whether it was awake.
    @discardableResult
    public func kill(_ id: AgentID, by who: String) async -> Bool {
        guard let agent = agents[id] else { return false }
        await wentDown(agent, AgentDown(.killed, "killed by \(who)"))
        return true
    }

    /// Sees to an agent that went down, once; returns before that is done.
    func wentDown(_ agent: Agent, _ down: AgentDown) async {
        let id = agent.id
        guard !isShutDown, agents[id] === agent else { return }
        agents[id] = nil
        goingDown[id] = Task {
            await agent.terminate(down)
            await self.seeTo(id, down)
            self.goingDown[id] = nil
        }
    }

    /// Wakes the agents that another one looks after, in their order.
    func startSupervised(by agent: Agent) async {
        let policy = await agent.state.policy.supervision
        guard !policy.agents.isEmpty,
            supervisors[agent.id]?.policy != policy || supervisors[agent.id]?.hasEscalated == true
        else { return }
        supervisors[agent.id] = Supervisor(policy)
        for id in policy.agents where id != agent.id {
            givenUp[id] = nil
            await restart(id)
        }
    }

    /// Wakes an agent that is to run; one that can't be woken went down.
    private func restart(_ id: AgentID) async {
        guard !isShutDown else { return }
        do {
            let agent = try await start(id)
            await startSupervised(by: agent)
        } catch let error as StoreError where error.code == .locked {
            // It runs in another process: it is not down, and messages to it wait until it is free.
        } catch {
            guard !isShutDown else { return }
            await seeTo(id, AgentDown(failingToStart: error))
        }
    }

    // MARK: What follows

    private func seeTo(_ id: AgentID, _ down: AgentDown) async {
        guard !isShutDown else { return }
        report(.wentDown(id, down))
        let now = clock.now
        let minders = minders(of: id)
        for minder in minders {
            guard let actions = supervisors[minder]?.wentDown(id, down, at: now) else { continue }
            if let reason = await perform(actions, supervisors[minder]?.policy.agents ?? []) {
                await escalate(reason, of: minder)
            }
        }
        if minders.isEmpty { await seeToChild(id, down, at: now) }
        await tellMonitors(of: id, down)
        await takeDown(linkedWith: id)
    }

    /// A child is looked after by its parent; an agent that is nobody's stays down.
    private func seeToChild(_ id: AgentID, _ down: AgentDown, at now: Instant) async {
        guard let parent = await parent(of: id) else { return await giveUp(id, down) }
        var policy = SupervisionPolicy()
        policy.agents = [id]
        var guardian = guardians[id] ?? Supervisor(policy)
        let actions = guardian.wentDown(id, down, at: now)
        guardians[id] = guardian
        if let reason = await perform(actions, [id]) {
            await tell(parent, about: id, "Your child @\(id) is given up: \(reason)")
        }
    }

    /// - Parameter group: Those that are given up together.
    /// - Returns: Why they were given up; nil when they go on.
    private func perform(_ actions: [Supervisor.Action], _ group: [AgentID]) async -> String? {
        for action in actions {
            switch action {
            case .stop(let id):
                guard let agent = agents.removeValue(forKey: id) else { continue }
                await agent.terminate(AgentDown(.linked, "stopped because of an agent that it runs beside"))
            case .start(let id, let wait):
                report(.restarting(id, after: wait))
                try? await clock.sleep(until: clock.now + wait)
                await restart(id)
            case .leave(let id):
                await giveUp(id, AgentDown(.unreadable, "it can't be started; see to it, then start it again"))
            case .escalate(let reason):
                for id in group { await giveUp(id, AgentDown(.linked, reason)) }
                return reason
            }
        }
        return nil
    }

    /// A supervisor that has given up is told, and goes down itself when somebody looks after it.
    private func escalate(_ reason: String, of minder: AgentID) async {
        guard let agent = agents[minder] else { return }
        guard minders(of: minder).isEmpty else {
            supervisors[minder] = nil
            return await wentDown(agent, AgentDown(.linked, "it gave up the agents that it looks after: \(reason)"))
        }
        await tell(minder, about: minder, "The agents that you look after are given up: \(reason)")
    }

    private func giveUp(_ id: AgentID, _ down: AgentDown) async {
        guard givenUp[id] == nil else { return }
        givenUp[id] = down
        report(.gaveUp(id, reason: down.reason))
        // Whoever waits for it would wait for nothing.
        for agent in Array(agents.values) where await agent.state.awaited.contains(id) {
            try? await agent.lose(id, because: down.reason)
        }
    }

    /// The agents that are awake and look after this one, in the order of their names.
    private func minders(of id: AgentID) -> [AgentID] {
        supervisors.filter { $0.value.policy.agents.contains(id) && agents[$0.key] != nil }.keys.sorted()
    }

    private func parent(of id: AgentID) async -> AgentID? {
        for agent in Array(agents.values) where await agent.state.openChildren.contains(where: { $0.name == id }) {
            return agent.id
        }
        return nil
    }

    private func tellMonitors(of id: AgentID, _ down: AgentDown) async {
        let outcome = givenUp[id] == nil ? "It is started again." : "It stays down."
        for agent in Array(agents.values) where await agent.state.policy.monitors.contains(id) {
            await tell(agent.id, about: id, "@\(id) went down: \(down.reason). \(outcome)")
        }
    }

    private func tell(_ recipient: AgentID, about id: AgentID, _ text: String) async {
        guard let agent = agents[recipient] else { return }
        let envelope = Envelope(
            id: EnvelopeID(made: IdentifierSource.make(at: clock.now, using: &generator)),
            kind: .agentDown,
            sender: .runtime("supervisor"),
            conversation: ConversationID(with: id),
            text: text,
            sentAt: clock.now,
            trust: .agent
        )
        // An agent that can't be told now goes down itself.
        _ = try? await agent.deliver(envelope)
    }

    private func takeDown(linkedWith id: AgentID) async {
        for agent in Array(agents.values) where await agent.state.policy.links.contains(id) {
            await wentDown(agent, AgentDown(.linked, "@\(id), to which it is linked, went down"))
        }
    }
}

extension AgentDown {
    /// Why an agent could not be started.
    fileprivate init(failingToStart error: any Error) {
        switch error {
        case let error as AgentDown: self = error
        case let error as StoreError:
            switch error.code {
            case .foreign, .newer, .corrupt, .notFound: self.init(.unreadable, error.message)
            default: self.init(.fault, error.message)
            }
        default: self.init(.unreadable, "\(error)")
        }
    }
}

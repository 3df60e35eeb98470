public import AnimaCore

/// One process's agents: wakes them when something is for them, starts those again that go down, and lets those go that are at rest.
public actor Runtime: Transport, AgentDirectory {
    /// Where an agent lives and what it works with.
    public struct Residence: Sendable {
        /// Its life.
        public let store: any LifeStore
        /// What it works with.
        public let equipment: Equipment
        /// Tells listeners what the agent does.
        public let live: Broadcast

        /// Puts a life and equipment together.
        ///
        /// - Parameter live: Tells listeners what the agent does; give one that already has listeners to miss nothing.
        public init(store: any LifeStore, equipment: Equipment, live: Broadcast = Broadcast()) {
            self.store = store
            self.equipment = equipment
            self.live = live
        }
    }

    private let open: @Sendable (AgentID, Birth?) async throws -> Residence
    private let describe: @Sendable (AgentID) async -> AgentCard?
    private let retire: @Sendable (AgentID) async -> Void
    let report: @Sendable (SupervisionEvent) -> Void
    let clock: any AgentClock
    var generator: SeededGenerator
    var agents: [AgentID: Agent] = [:]
    /// Agents that are being woken; whoever asks for one meanwhile waits for the same task.
    ///
    /// `shutdown()` awaits them.
    private var waking: [AgentID: Task<Agent, any Error>] = [:]
    /// Agents that went down and are being seen to; `shutdown()` awaits them.
    var goingDown: [AgentID: Task<Void, Never>] = [:]
    /// Agents that are given up as long as this process runs, and why.
    var givenUp: [AgentID: AgentDown] = [:]
    /// The rules by which each supervisor looks after its agents, and each parent after a child.
    var supervisors: [AgentID: Supervisor] = [:]
    var guardians: [AgentID: Supervisor] = [:]
    var isShutDown = false

    /// A runtime without agents awake.
    ///
    /// - Parameters:
    ///   - seed: For identities and jitter; by chance when nil.
    ///   - clock: Tells how long agents that go down wait before they are started again.
    ///   - describe: What an agent says about itself to others; nil when there is no such agent.
    ///   - report: Hears what happens to agents that go down, as it happens.
    ///   - retire: Called with a child whose work has ended and who sleeps, for good.
    ///   - open: Finds an agent's life and equipment; called once each time the agent is woken, with what it is when that is a
    ///     child that is made now. It throws ``AgentError/unknown(_:)`` for one that there is not.
    public init(
        seed: UInt64? = nil,
        clock: any AgentClock = SystemClock(),
        describe: @escaping @Sendable (AgentID) async -> AgentCard? = { _ in nil },
        report: @escaping @Sendable (SupervisionEvent) -> Void = { _ in },
        retire: @escaping @Sendable (AgentID) async -> Void = { _ in },
        open: @escaping @Sendable (AgentID, Birth?) async throws -> Residence
    ) {
        self.open = open
        self.describe = describe
        self.report = report
        self.retire = retire
        self.clock = clock
        generator = SeededGenerator(seed: seed ?? .random(in: .min ... .max))
    }

    /// The agents that are awake, in the order of their names.
    public var awake: [AgentID] { agents.keys.sorted() }

    /// The agent with this name, woken if it sleeps; with it those that it looks after and those that it waits for.
    ///
    /// - Throws: What `open` throws; ``StoreError``; ``AgentDown`` when it is given up; ``AgentError`` with `.stopped` after
    ///   ``shutdown()``.
    public func agent(_ id: AgentID) async throws -> Agent { try await agent(id, bornAs: nil) }

    private func agent(_ id: AgentID, bornAs birth: Birth?) async throws -> Agent {
        if let task = goingDown[id] { await task.value }
        if let agent = agents[id] { return agent }
        if let down = givenUp[id] { throw down }
        let agent = try await start(id, bornAs: birth)
        await startSupervised(by: agent)
        // Whoever is to answer it may have been left in the middle of that; who can't be woken now answers later.
        for peer in await agent.state.awaited { _ = try? await self.agent(peer) }
        return agent
    }

    /// Wakes one agent, and no other.
    func start(_ id: AgentID, bornAs birth: Birth? = nil) async throws -> Agent {
        guard !isShutDown else { throw AgentError.stopped(id) }
        if let agent = agents[id] { return agent }
        if let task = waking[id] { return try await task.value }
        let seed = generator.next()
        let task = Task { [open, runtime = self] in
            let residence = try await open(id, birth)
            var generator = SeededGenerator(seed: seed)
            return try await Agent.wake(
                id,
                store: residence.store,
                equipment: residence.equipment,
                transport: runtime,
                directory: runtime,
                wentDown: { agent, down in await runtime.wentDown(agent, down) },
                live: residence.live,
                using: &generator
            )
        }
        waking[id] = task
        defer { waking[id] = nil }
        let agent = try await task.value
        guard !isShutDown else {
            await agent.stop()
            throw AgentError.stopped(id)
        }
        agents[id] = agent
        return agent
    }

    /// Carries an envelope to an agent, which is woken for it; returns when it is committed, or refused.
    public func deliver(_ envelope: Envelope, to id: AgentID) async throws -> Receipt {
        do { return try await deliver(envelope, attachments: [], to: id) } catch let error as AgentError
            where error.code == .unknownAgent
        {
            return .refused(.unknownAgent)
        }
    }

    /// Carries an envelope to an agent; returns when it is committed, or refused.
    public func deliver(
        _ envelope: Envelope,
        attachments: [LifeBatch.Spill],
        to id: AgentID
    ) async throws -> Receipt {
        // Nobody waits with a message for an agent to be started again: it is carried later.
        if goingDown[id] != nil { throw AgentDown(.fault, "@\(id) went down and is being seen to") }
        return try await agent(id, bornAs: envelope.birth).deliver(envelope, attachments: attachments)
    }

    /// What an agent says about itself, and what it does in this process.
    public func entry(of id: AgentID) async -> (card: AgentCard, activity: AgentActivity)? {
        guard let card = await describe(id) else { return nil }
        if givenUp[id] != nil || goingDown[id] != nil { return (card, .down) }
        guard let agent = agents[id] else { return (card, .asleep) }
        if await agent.isAtRest { return (card, .idle) }
        return (card, await agent.parking == nil ? .working : .waiting)
    }

    /// Lets an agent leave memory when it owes nothing.
    ///
    /// - Returns: Whether it is asleep now.
    @discardableResult
    public func hibernate(_ id: AgentID) async -> Bool {
        guard let agent = agents[id] else { return true }
        guard await agent.isAtRest, agents[id] === agent else { return false }
        agents[id] = nil
        await agent.stop(endsListening: false)
        return true
    }

    /// The first question of the gate that an agent that is awake has for its owner, by the order of their names.
    public func firstQuestion() async -> (agent: Agent, question: PendingApproval)? {
        for id in awake {
            guard let agent = agents[id], let question = await agent.state.pendingApprovals.first else { continue }
            return (agent, question)
        }
        return nil
    }

    /// Asks all open turns of all agents that are awake to end now.
    public func cancel(by who: String) async throws {
        for agent in Array(agents.values) { try await agent.cancel(by: who) }
    }

    /// Waits until no agent that is awake has anything to do, also after what they have sent each other; lets children go whose work
    /// has ended.
    ///
    /// Agents that go down meanwhile are started again, or given up, before it returns.
    ///
    /// - Parameter reasons: Agents whose open work waits for one of these count as done.
    public func rest(orParkedFor reasons: Set<Parking> = []) async throws {
        var quiet = false
        while !quiet {
            quiet = true
            if let (_, task) = goingDown.first {
                await task.value
                quiet = false
                continue
            }
            for (id, agent) in agents.sorted(by: { $0.key < $1.key }) {
                if await agent.isResting(reasons) {
                    if await agent.state.hasReported, await agent.isAtRest { await retireChild(id) }
                    continue
                }
                quiet = false
                do { try await agent.rest(orParkedFor: reasons) } catch {
                    guard !isShutDown else { throw error }
                    // What takes it down is being seen to; at the latest now.
                    await wentDown(agent, error as? AgentDown ?? AgentDown(.fault, "\(error)"))
                }
            }
        }
    }

    private func retireChild(_ id: AgentID) async {
        guard await hibernate(id) else { return }
        guardians[id] = nil
        await retire(id)
    }

    /// Stops all agents; what they owe stays owed.
    public func shutdown() async {
        isShutDown = true
        for task in goingDown.values { task.cancel() }
        for task in goingDown.values { await task.value }
        for task in waking.values { _ = try? await task.value }
        let stopping = Array(agents.values)
        agents = [:]
        await withDiscardingTaskGroup { group in
            for agent in stopping { group.addTask { await agent.stop() } }
        }
    }
}

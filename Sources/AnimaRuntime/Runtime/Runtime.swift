public import AnimaCore

/// One process's agents: wakes them when something is for them, and lets those go that are at rest.
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

    private let open: @Sendable (AgentID) async throws -> Residence
    private let describe: @Sendable (AgentID) async -> AgentCard?
    private var generator: SeededGenerator
    private var agents: [AgentID: Agent] = [:]
    /// Agents that are being woken; whoever asks for one meanwhile waits for the same task.
    ///
    /// `shutdown()` awaits them.
    private var waking: [AgentID: Task<Agent, any Error>] = [:]
    private var isShutDown = false

    /// A runtime without agents awake.
    ///
    /// - Parameters:
    ///   - seed: For identities and jitter; by chance when nil.
    ///   - open: Finds an agent's life and equipment; called once each time the agent is woken. It throws
    ///     ``AgentError/unknown(_:)`` for one that there is not.
    ///   - describe: What an agent says about itself to others; nil when there is no such agent.
    public init(
        seed: UInt64? = nil,
        describe: @escaping @Sendable (AgentID) async -> AgentCard? = { _ in nil },
        open: @escaping @Sendable (AgentID) async throws -> Residence
    ) {
        self.open = open
        self.describe = describe
        generator = SeededGenerator(seed: seed ?? .random(in: .min ... .max))
    }

    /// The agents that are awake, in the order of their names.
    public var awake: [AgentID] { agents.keys.sorted() }

    /// The agent with this name, woken if it sleeps.
    ///
    /// - Throws: What `open` throws; ``StoreError``; ``AgentError`` with `.stopped` after ``shutdown()``.
    public func agent(_ id: AgentID) async throws -> Agent {
        if let agent = agents[id] { return agent }
        guard !isShutDown else { throw AgentError.stopped(id) }
        if let task = waking[id] { return try await task.value }
        let seed = generator.next()
        let task = Task { [open, transport = self as any Transport & AgentDirectory] in
            let residence = try await open(id)
            var generator = SeededGenerator(seed: seed)
            return try await Agent.wake(
                id,
                store: residence.store,
                equipment: residence.equipment,
                transport: transport,
                directory: transport,
                live: residence.live,
                using: &generator
            )
        }
        waking[id] = task
        let agent: Agent
        do {
            defer { waking[id] = nil }
            agent = try await task.value
            guard !isShutDown else {
                await agent.stop()
                throw AgentError.stopped(id)
            }
            agents[id] = agent
        }
        // Whoever is to answer it may have been left in the middle of that; who can't be woken now answers later.
        for peer in await agent.state.awaited { _ = try? await self.agent(peer) }
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
        try await agent(id).deliver(envelope, attachments: attachments)
    }

    /// What an agent says about itself, and what it does in this process.
    public func entry(of id: AgentID) async -> (card: AgentCard, activity: AgentActivity)? {
        guard let card = await describe(id) else { return nil }
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
        await agent.stop()
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

    /// Waits until no agent that is awake has anything to do, also after what they have sent each other.
    ///
    /// - Parameter reasons: Agents whose open work waits for one of these count as done.
    public func rest(orParkedFor reasons: Set<Parking> = []) async throws {
        var quiet = false
        while !quiet {
            quiet = true
            for agent in Array(agents.values) {
                if await agent.isResting(reasons) { continue }
                quiet = false
                try await agent.rest(orParkedFor: reasons)
            }
        }
    }

    /// Stops all agents; what they owe stays owed.
    public func shutdown() async {
        isShutDown = true
        for task in waking.values { _ = try? await task.value }
        let stopping = Array(agents.values)
        agents = [:]
        await withDiscardingTaskGroup { group in
            for agent in stopping { group.addTask { await agent.stop() } }
        }
    }
}

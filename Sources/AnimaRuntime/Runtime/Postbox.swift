public import AnimaCore

/// Puts things into a life on which nobody works, and works on nothing itself: the next process that wakes the agent does.
public struct Postbox: Sendable {
    private let agent: AgentID
    private let store: any LifeStore
    private let equipment: Equipment

    /// The postbox of an agent.
    public init(of agent: AgentID, _ residence: Runtime.Residence) {
        self.agent = agent
        store = residence.store
        equipment = residence.equipment
    }

    /// Commits inputs, all or none.
    ///
    /// - Returns: For each, what became of the envelope that it delivers.
    /// - Throws: ``StoreError``; nothing was changed then.
    public func put(_ inputs: [Mind.Input]) async throws -> [Receipt?] {
        let now = equipment.clock.now
        var generator = SystemRandomNumberGenerator()
        let state = try await store.wake().state()
        var mind = Mind(agent: agent, state: state, tools: equipment.specs, seed: generator.next())
        var all: [Mind.Input] = []
        if state.life == nil {
            let life = LifeID(IdentifierSource.make(at: now, using: &generator))
            all.append(.begin(life, program: equipment.program, parent: nil))
        }
        all.append(.configured(equipment.configured))
        let decision = mind.decide(all + inputs, at: now)
        if !decision.batch.events.isEmpty { try await store.append(decision.batch) }
        return Array(decision.receipts.dropFirst(all.count))
    }
}

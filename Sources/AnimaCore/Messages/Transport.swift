/// Carries envelopes to agents, wherever they live.
public protocol Transport: Sendable {
    /// Hands an envelope to an agent; returns when it is committed there, or refused.
    ///
    /// - Throws: When nobody knows what became of it. It is carried again later, and the agent takes it once.
    func deliver(_ envelope: Envelope, to agent: AgentID) async throws -> Receipt
}

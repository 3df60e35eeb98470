import AnimaCore
import Testing

/// What a request keeps of a conversation when a model's window is short.
@Suite("The window")
struct WindowTests {
    private func past(turns count: Int, bytes: Int) throws -> [TranscriptTurn] {
        try (1...count)
            .map { number in
                TranscriptTurn(
                    id: TurnID(number),
                    input: Envelope(
                        id: try EnvelopeID("e\(number)"),
                        text: String(repeating: "x", count: bytes),
                        sentAt: Instant(microseconds: 0)
                    )
                )
            }
    }

    /// A state with an open turn whose first model call failed with these errors.
    private func openTurn(after errors: [ModelError]) throws -> Turn {
        var mind = Mind(agent: try AgentID("clerk"), state: AgentState(), tools: [], seed: 1)
        let now = Instant(microseconds: 1_000_000)
        let envelope = Envelope(id: try EnvelopeID("now"), text: "go on", sentAt: now)
        let first = mind.decide([.configure(AgentPolicy(), models: ["m"]), .deliver(envelope)], at: now)
        _ = mind.commit(first, at: now)
        for (index, error) in errors.enumerated() {
            let call = Effect.callModel(TurnID(1), step: 1, attempt: index + 1)
            _ = mind.commit(mind.decide([.settled(call, .modelFailed(error), milliseconds: 1)], at: now), at: now)
        }
        return try #require(mind.state.turns.first)
    }

    private func request(_ turn: Turn, past: [TranscriptTurn], facts: ModelFacts = ModelFacts()) -> ModelRequest {
        ModelRequest(instructions: "", tools: [], past: past, open: turn, limits: Limits(), facts: facts)
    }

    @Test("keeps the whole past while it fits, and the newest turns when it doesn't")
    func keepsTheNewest() throws {
        let turn = try openTurn(after: [])
        let past = try past(turns: 20, bytes: 3000)
        #expect(request(turn, past: past).turns.map(\.id.number) == Array(1...20) + [1])
        var facts = ModelFacts()
        facts.contextTokens = 10_000
        let short = request(turn, past: past, facts: facts)
        #expect(short.turns.count < 10 && short.turns.first?.id.number ?? 0 > 11)
        #expect(short.maxOutputTokens == 2500)
    }

    @Test(
        "a request that was too long is made as short as the provider says, or half as long",
        arguments: [(0.25, 0.25), (nil, 0.5)]
    )
    func compacts(fittingShare: Double?, expected: Double) throws {
        let past = try past(turns: 40, bytes: 1000)
        let whole = request(try openTurn(after: []), past: past)
        let error = ModelError(code: .contextOverflow, message: "too long", fittingShare: fittingShare)
        let shorter = request(try openTurn(after: [error]), past: past)
        let share = Double(shorter.approximateTokens) / Double(whole.approximateTokens)
        #expect(share < expected && share > expected * 0.75)
        #expect(shorter.turns.last == whole.turns.last && shorter.turns.count > 1)
    }

    @Test("a second overflow ends the turn")
    func compactsOnce() throws {
        let error = ModelError(code: .contextOverflow, message: "too long")
        var mind = Mind(agent: try AgentID("clerk"), state: AgentState(), tools: [], seed: 1)
        let now = Instant(microseconds: 1_000_000)
        let envelope = Envelope(id: try EnvelopeID("now"), text: "go on", sentAt: now)
        var facts: [Fact] = []
        func take(_ inputs: [Mind.Input]) {
            let decision = mind.decide(inputs, at: now)
            facts += decision.batch.events.map(\.fact)
            _ = mind.commit(decision, at: now)
        }
        take([.configure(AgentPolicy(), models: ["m"]), .deliver(envelope)])
        for attempt in 1...2 {
            take([.settled(.callModel(TurnID(1), step: 1, attempt: attempt), .modelFailed(error), milliseconds: 1)])
        }
        let next = facts.compactMap { if case .modelFailed(let fact) = $0 { fact.next } else { nil } }
        #expect(next == [.compact, .giveUp])
        #expect(mind.state.turns.isEmpty)
    }
}

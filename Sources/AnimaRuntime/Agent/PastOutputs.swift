import AnimaCore

/// The outputs of the calls of one conversation, from the life.
struct PastOutputs: OutputReader {
    let store: any LifeStore
    /// Calls of other conversations are not shown; nil shows none.
    let conversation: ConversationID?

    func output(of call: ToolCallID) async throws -> [UInt8]? {
        let events = try await store.events(after: 0, turn: call.turn, limit: .max)
        for event in events.reversed() where event.conversation == conversation && conversation != nil {
            guard case .toolFinished(let fact) = event.fact, fact.call == call else { continue }
            guard let spill = fact.result.spill else { return Array(fact.result.content.utf8) }
            return try await store.spill(hash: spill.hash)
        }
        return nil
    }
}

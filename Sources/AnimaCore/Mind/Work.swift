/// A decision while it is made: the state runs ahead of the life.
struct Work {
    let agent: AgentID
    let now: Instant
    var state: AgentState
    var batch = LifeBatch(events: [])

    mutating func append(_ draft: Draft) {
        let event = Event(
            seq: state.lastSeq + 1,
            at: now,
            agent: agent,
            conversation: draft.conversation,
            turn: draft.turn,
            step: draft.step,
            cause: draft.cause,
            fact: draft.fact
        )
        batch.events.append(event)
        if let ended = state.apply(event) { batch.endedTurns.append(ended) }
    }
}

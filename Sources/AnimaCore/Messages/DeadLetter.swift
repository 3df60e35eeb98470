/// An envelope that an agent sent and nobody took.
public struct DeadLetter: Hashable, Sendable {
    /// The event that says so.
    public let seq: Int
    /// When.
    public let at: Instant
    /// To whom it was sent.
    public let recipient: AgentID
    /// What.
    public let envelope: Envelope
    /// What became of it.
    public let outcome: Fact.EnvelopeSettled.Outcome
    /// Why.
    public let reason: String

    /// Those of a life, oldest first, without those that were sent again since.
    ///
    /// - Parameter events: Of the kinds ``kinds``, in their order.
    public static func all(in events: some Sequence<Event>) -> [DeadLetter] {
        var sent: [EnvelopeID: Fact.EnvelopeSent] = [:]
        var dead: [DeadLetter] = []
        for event in events {
            switch event.fact {
            case .envelopeSent(let fact):
                sent[fact.envelope.id] = fact
                dead.removeAll { $0.envelope.id == fact.envelope.id }
            case .envelopeSettled(let fact):
                guard let letter = sent.removeValue(forKey: fact.envelope), fact.outcome != .delivered else { continue }
                // Nobody misses an order to somebody who had ended, nor a notice.
                if letter.envelope.kind == .stop || letter.envelope.kind == .notice { continue }
                dead.append(
                    DeadLetter(
                        seq: event.seq,
                        at: event.at,
                        recipient: fact.to,
                        envelope: letter.envelope,
                        outcome: fact.outcome,
                        reason: fact.reason ?? fact.outcome.rawValue
                    )
                )
            default: continue
            }
        }
        return dead
    }

    /// The kinds of events that say what was sent and what became of it.
    public static let kinds: [Fact.Kind] = [.envelopeSent, .envelopeSettled]
}

/// An envelope that was taken, and how far work on it is.
public struct InboxItem: Hashable, Sendable {
    /// How far work on an envelope is.
    public enum Status: Hashable, Sendable {
        /// It waits for its turn.
        case waiting
        /// A turn that is open works on it.
        case working(TurnID)
        /// Its turn has ended.
        case ended(TurnID, TurnEnd)
        /// The owner took it out.
        case dropped
        /// It was noted, and nothing was to be done: a memory, a subscription, an answer that was waited for.
        case noted
    }

    /// The event that took it.
    public let seq: Int
    /// When it was taken.
    public let at: Instant
    /// What.
    public let envelope: Envelope
    /// How far work on it is.
    public var status: Status

    /// Whether there is still something to be done about it, or something that its owner may want to do.
    public var isOfInterest: Bool {
        switch status {
        case .waiting, .working: true
        case .ended(_, let end): end != .answered
        case .dropped, .noted: false
        }
    }

    /// All envelopes of a life, oldest first.
    ///
    /// - Parameters:
    ///   - events: Of the kinds ``kinds``, in their order.
    ///   - state: The fold of the whole life.
    public static func all(in events: some Sequence<Event>, _ state: AgentState) -> [InboxItem] {
        var items: [InboxItem] = []
        var places: [EnvelopeID: Int] = [:]
        var turns: [TurnID: [Int]] = [:]
        let waiting = Set(state.inbox.map(\.envelope.id))
        for event in events {
            switch event.fact {
            case .envelopeAccepted(let fact):
                places[fact.envelope.id] = items.count
                let status: Status = waiting.contains(fact.envelope.id) ? .waiting : .noted
                items.append(InboxItem(seq: event.seq, at: event.at, envelope: fact.envelope, status: status))
            case .turnOpened(let fact): work(on: fact.envelope)
            case .envelopeJoined(let fact): work(on: fact.envelope)
            case .turnEnded(let fact):
                guard let turn = event.turn else { continue }
                for index in turns.removeValue(forKey: turn) ?? [] { items[index].status = .ended(turn, fact.end) }
            case .envelopeDropped(let fact): places[fact.envelope].map { items[$0].status = .dropped }
            default: continue
            }
            func work(on envelope: EnvelopeID) {
                guard let turn = event.turn, let index = places[envelope] else { return }
                items[index].status = .working(turn)
                turns[turn, default: []].append(index)
            }
        }
        return items
    }

    /// The kinds of events that say what was taken and what became of it.
    public static let kinds: [Fact.Kind] = [
        .envelopeAccepted, .turnOpened, .envelopeJoined, .turnEnded, .envelopeDropped,
    ]
}

/// What an agent wants to tell another one, before the runtime has made an envelope of it.
public struct OutgoingMessage: Hashable, Sendable {
    /// To whom.
    public let recipient: AgentID
    /// What it is.
    public let kind: Kind
    /// What is said.
    public let text: String
    /// The conversation there; nil for the one where the thread goes on, or else the one that is named after the sender.
    public let conversation: ConversationID?

    /// What a message is.
    public enum Kind: Hashable, Sendable {
        /// Begins work there, and nobody waits.
        case message
        /// Begins work there, whose answer becomes the result of the call that asks; so long it is waited for at most.
        case ask(timeout: Duration?)
        /// Answers what the turn was begun by.
        case reply
        /// Ends a child's work.
        case stop
        /// Something to know, which begins nothing.
        case notice
        /// Shares a memory.
        case memory(MemoryDraft)
    }

    /// The memory that is shared; nil for none.
    public var memory: MemoryDraft? { if case .memory(let draft) = kind { draft } else { nil } }

    /// Whether an answer is waited for.
    var isQuestion: Bool { if case .ask = kind { true } else { false } }

    /// Writes a message.
    public init(
        to recipient: AgentID,
        _ kind: Kind = .message,
        text: String,
        conversation: ConversationID? = nil
    ) {
        self.recipient = recipient
        self.kind = kind
        self.text = text
        self.conversation = conversation
    }

    /// Shares a memory: what it says, of what kind and how sure, and nothing of where it was said.
    public init(sharing memory: Memory, with recipient: AgentID) {
        let draft = MemoryDraft(
            memory.text,
            kind: memory.kind,
            subject: memory.subject,
            importance: memory.importance,
            trust: memory.trust,
            about: memory.about,
            isAskedFor: true
        )
        self.init(to: recipient, .memory(draft), text: "\(memory.name): \(memory.text)")
    }

    /// The message without what a mask hides.
    public func masked(by mask: SecretMask) -> OutgoingMessage {
        var kind = kind
        if case .memory(var draft) = kind {
            draft.text = mask.masked(draft.text)
            draft.subject = draft.subject.map(mask.masked)
            kind = .memory(draft)
        }
        return OutgoingMessage(to: recipient, kind, text: mask.masked(text), conversation: conversation)
    }
}

/// An envelope that an agent has sent and nobody has answered for yet.
public struct Outgoing: Hashable, Sendable, Codable {
    /// To whom.
    public let recipient: AgentID
    /// What.
    public let envelope: Envelope
    /// The event that sent it.
    public let seq: Int
    /// How often it could not be carried.
    public internal(set) var failures = 0
    /// Not before this moment is it tried again.
    public internal(set) var retryAt: Instant?

    init(to recipient: AgentID, _ envelope: Envelope, seq: Int) {
        self.recipient = recipient
        self.envelope = envelope
        self.seq = seq
    }

    /// How long to wait after a try: about a second, doubling, at most a quarter of an hour.
    func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        let ceiling = min(Int64(1) << Int64(min(failures, 10)), 900) * 1_000_000
        return .microseconds(Int64.random(in: ceiling / 2...ceiling, using: &generator))
    }

    /// When it is given up.
    func expiry(_ policy: AgentPolicy) -> Instant {
        min(envelope.sentAt + policy.retry.parkTime, envelope.deadline ?? Instant(microseconds: .max))
    }
}

extension Fact {
    /// What `envelope.sent` carries.
    public struct EnvelopeSent: Hashable, Sendable, Codable {
        /// To whom.
        public let to: AgentID
        /// What.
        public let envelope: Envelope

        /// Makes the payload.
        public init(to: AgentID, envelope: Envelope) {
            self.to = to
            self.envelope = envelope
        }
    }

    /// What `envelope.delayed` carries.
    public struct EnvelopeDelayed: Hashable, Sendable, Codable {
        /// Which one.
        public let envelope: EnvelopeID
        /// Why it could not be carried.
        public let reason: String
        /// When it is tried again.
        public let next: Instant

        /// Makes the payload.
        public init(envelope: EnvelopeID, reason: String, next: Instant) {
            self.envelope = envelope
            self.reason = reason
            self.next = next
        }
    }

    /// What `envelope.settled` carries.
    public struct EnvelopeSettled: Hashable, Sendable, Codable {
        /// What became of an envelope that was sent.
        public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
            /// It is committed at the recipient.
            case delivered
            /// The recipient did not take it.
            case refused
            /// It could not be carried in time.
            case expired
            /// It was never carried: work went round, or was about to get out of hand.
            case stopped
        }

        /// Which one.
        public let envelope: EnvelopeID
        /// To whom it was sent.
        public let to: AgentID
        /// What became of it.
        public let outcome: Outcome
        /// Why it was not delivered; nil when it was.
        public let reason: String?

        /// Makes the payload.
        public init(envelope: EnvelopeID, to: AgentID, outcome: Outcome, reason: String? = nil) {
            self.envelope = envelope
            self.to = to
            self.outcome = outcome
            self.reason = reason
        }
    }
}

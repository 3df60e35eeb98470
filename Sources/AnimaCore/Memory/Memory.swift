/// Something an agent keeps beyond a conversation.
///
/// Memories never change. What was wrong is superseded by another memory, or forgotten; both are events, and the old
/// one stays in the life.
public struct Memory: Hashable, Sendable, Codable {
    /// What sort of thing is remembered.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// How something is.
        case fact
        /// How somebody wants it.
        case preference
        /// What happened, or will.
        case event
        /// What to do, or not to do, another time.
        case lesson
    }

    /// Where a memory comes from.
    public struct Source: Hashable, Sendable, Codable {
        /// The conversation in which it was learned; nil outside of any.
        public let conversation: ConversationID?
        /// The turn in which it was learned.
        public let turn: TurnID?
        /// Who said it, as ``Episode/speaker``; nil when that is not known.
        public let speaker: String?
        /// The number of the event that it was drawn from.
        public let event: Int?
        /// The tool call that stored it.
        public let call: ToolCallID?

        /// Names a source.
        public init(
            conversation: ConversationID? = nil,
            turn: TurnID? = nil,
            speaker: String? = nil,
            event: Int? = nil,
            call: ToolCallID? = nil
        ) {
            self.conversation = conversation
            self.turn = turn
            self.speaker = speaker
            self.event = event
            self.call = call
        }
    }

    /// The importance of a memory that says nothing about it; the scale is 1 to 10.
    public static let ordinaryImportance = 5

    /// Its number in the life: the sequence number of the event that stored it; written `m12`.
    public let id: Int
    /// What is remembered.
    public let text: String
    /// What sort of thing it is.
    public let kind: Kind
    /// Whom or what it is about, in a few words.
    public let subject: String?
    /// How much it matters, 1 to 10.
    public let importance: Int
    /// Where it comes from.
    public let source: Source
    /// The trust of the text.
    public let trust: Trust
    /// When it was learned; of one that was merged from others, when the oldest of them was.
    public let storedAt: Instant
    /// The time that it speaks of, when that is known.
    public let about: TimeSpan?
    /// The memories that it takes the place of.
    public let supersedes: [Int]
    /// The number of the event that superseded or forgot it; nil while it holds.
    public let closedBy: Int?

    /// Makes a memory.
    public init(
        id: Int,
        text: String,
        kind: Kind = .fact,
        subject: String? = nil,
        importance: Int = Memory.ordinaryImportance,
        source: Source = Source(),
        trust: Trust,
        storedAt: Instant,
        about: TimeSpan? = nil,
        supersedes: [Int] = [],
        closedBy: Int? = nil
    ) {
        self.id = id
        self.text = text
        self.kind = kind
        self.subject = subject
        self.importance = importance
        self.source = source
        self.trust = trust
        self.storedAt = storedAt
        self.about = about
        self.supersedes = supersedes
        self.closedBy = closedBy
    }

    /// What an event stored, before anything closed it; nil for an event of another kind.
    public init?(_ event: Event) {
        guard case .memoryStored(let fact) = event.fact else { return nil }
        self.init(
            id: event.seq,
            text: fact.text,
            kind: fact.kind ?? .fact,
            subject: fact.subject,
            importance: fact.importance ?? Self.ordinaryImportance,
            source: Source(
                conversation: event.conversation,
                turn: event.turn,
                speaker: fact.speaker,
                event: fact.source,
                call: fact.call
            ),
            trust: fact.trust,
            storedAt: fact.learned ?? event.at,
            about: fact.about,
            supersedes: fact.supersedes ?? []
        )
    }

    /// The written form of its number, `m12`.
    public var name: String { "m\(id)" }
    /// Whether it holds: it was neither superseded nor forgotten.
    public var isCurrent: Bool { closedBy == nil }

    /// The same memory, closed by an event, unless it was closed before.
    package func closed(by event: Int) -> Memory { with(closedBy: closedBy ?? event) }

    /// The same memory, which holds.
    package func restored() -> Memory { with(closedBy: nil) }

    private func with(closedBy: Int?) -> Memory {
        Memory(
            id: id,
            text: text,
            kind: kind,
            subject: subject,
            importance: importance,
            source: source,
            trust: trust,
            storedAt: storedAt,
            about: about,
            supersedes: supersedes,
            closedBy: closedBy
        )
    }

    /// What is indexed of it: its subject is found as its text is.
    package var indexedText: String { subject.map { $0 + "\n" + text } ?? text }
}

/// A stretch of time, without its end.
public struct TimeSpan: Hashable, Sendable, Codable {
    /// Where it begins.
    public let start: Instant
    /// The first moment after it; never before its start.
    public let end: Instant

    /// Makes a span; one that would end before it starts is empty.
    public init(start: Instant, end: Instant) {
        self.start = start
        self.end = max(start, end)
    }

    /// Whether both have a moment in common; an empty span counts as its start.
    public func overlaps(_ other: TimeSpan) -> Bool {
        if start == end { return other.contains(start) }
        if other.start == other.end { return contains(other.start) }
        return start < other.end && other.start < end
    }

    /// Whether a moment is in it; an empty span holds its start.
    public func contains(_ moment: Instant) -> Bool {
        moment == start || (moment > start && moment < end)
    }
}

/// Something of the past, as it was said: what the agent was told, what it replied, the head of what a tool returned.
public struct Episode: Hashable, Sendable, Codable {
    /// What it was.
    public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
        /// It was said to the agent.
        case said
        /// The agent said it.
        case replied
        /// A tool returned it.
        case result
    }

    /// The number of the event that it is in; written `e12`.
    public let id: Int
    /// What was said.
    public let text: String
    /// What it was.
    public let role: Role
    /// The conversation that it belongs to.
    public let conversation: ConversationID
    /// Its place among what was said in the conversation, from 1; nil for a result.
    public let place: Int?
    /// The turn that it belongs to; nil for what came from outside, which may wait for its turn.
    public let turn: TurnID?
    /// Who said it: `owner`, `@name` of an agent, `runtime:part`; the agent's own name; a tool's name.
    public let speaker: String
    /// The trust of the text.
    public let trust: Trust
    /// When.
    public let at: Instant

    /// Of a tool's result only so many bytes are an episode.
    public static let resultBytes = 400

    /// Tools whose results tell what is in the life already; they are no episodes, or the past would echo.
    public static let silentTools: Set<String> = [
        "recall", "remember", "revise", "forget", "edit_block", "search_history", "read_history",
    ]

    /// Makes an episode.
    public init(
        id: Int,
        text: String,
        role: Role,
        conversation: ConversationID,
        place: Int?,
        turn: TurnID?,
        speaker: String,
        trust: Trust,
        at: Instant
    ) {
        self.id = id
        self.text = text
        self.role = role
        self.conversation = conversation
        self.place = place
        self.turn = turn
        self.speaker = speaker
        self.trust = trust
        self.at = at
    }

    /// What an event adds to the past; nil when nothing is said in it.
    ///
    /// - Parameter place: The place that it gets when it is something said.
    public init?(_ event: Event, place: Int?) {
        let text: String
        let role: Role
        let speaker: String
        let trust: Trust
        switch event.fact {
        case .envelopeAccepted(let fact):
            (text, role, trust) = (fact.envelope.text, .said, fact.envelope.trust)
            speaker = fact.envelope.sender.description
        case .modelReplied(let fact):
            (text, role, speaker) = (fact.text, .replied, event.agent.name)
            trust = fact.untrusted == nil ? .agent : .untrusted
        case .turnClosing(let fact):
            (text, role, speaker, trust) = (fact.partialText ?? "", .replied, event.agent.name, .agent)
        case .toolFinished(let fact):
            guard !Self.silentTools.contains(fact.tool), !fact.result.isError else { return nil }
            text = fact.result.content.head(bytes: Self.resultBytes)
            (role, speaker, trust) = (.result, fact.tool, fact.result.trust)
        default: return nil
        }
        guard let conversation = event.conversation, text.contains(where: { !$0.isWhitespace }), text != Fact.erasedText
        else { return nil }
        self.init(
            id: event.seq,
            text: text,
            role: role,
            conversation: conversation,
            place: role == .result ? nil : place,
            turn: event.turn,
            speaker: speaker,
            trust: trust,
            at: event.at
        )
    }
}

extension String {
    /// Its beginning, whole characters, at most so many bytes.
    fileprivate func head(bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var index = utf8.index(startIndex, offsetBy: bytes)
        while index > startIndex, index.samePosition(in: self) == nil { index = utf8.index(before: index) }
        return String(self[..<index])
    }
}

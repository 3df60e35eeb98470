/// What is to come to mind.
public struct RecallQuery: Hashable, Sendable {
    /// Where is searched.
    public enum Scope: String, Hashable, Sendable, Codable, CaseIterable {
        /// In what is remembered.
        case memories
        /// In what was said.
        case episodes
        /// In both.
        case both
    }

    /// What is asked, in anybody's words, not as a search expression; empty for the newest.
    public var text: String
    /// The moment from which "yesterday" is counted; without one, expressions of time and recency say nothing.
    public var now: Instant?
    /// Where is searched.
    public var scope: Scope
    /// Only memories of these kinds; nil for all.
    ///
    /// Episodes have no kind and are not held by this.
    public var kinds: Set<Memory.Kind>?
    /// Only what was stored or said in this time, or speaks of it; nil for all.
    public var time: TimeSpan?
    /// Who asks, as ``Episode/speaker``: "my" and "I" mean that speaker.
    public var asker: String?
    /// Episodes of this conversation are left out, because they are in view already.
    public var excluded: ConversationID?
    /// What was said in this conversation is preferred.
    public var preferred: ConversationID?
    /// Nothing below this trust.
    public var trust: Trust
    /// Whether superseded and forgotten memories come up too.
    public var includesClosed: Bool
    /// At most so many hits.
    public var limit: Int
    /// What counts; what is left out can be measured.
    public var parts: Set<RecallPart>
    /// Hits below this ``RecallHit/relevance`` are left out; 0 to 1.
    public var minimumRelevance: Double
    /// The meaning of the text, when there is an embedder.
    public var vector: QueryVector?

    /// Asks for what fits a text.
    public init(
        _ text: String,
        now: Instant? = nil,
        scope: Scope = .memories,
        kinds: Set<Memory.Kind>? = nil,
        time: TimeSpan? = nil,
        asker: String? = nil,
        excluded: ConversationID? = nil,
        preferred: ConversationID? = nil,
        trust: Trust = .untrusted,
        includesClosed: Bool = false,
        limit: Int = 10,
        parts: Set<RecallPart> = Set(RecallPart.allCases),
        minimumRelevance: Double = 0,
        vector: QueryVector? = nil
    ) {
        self.text = text
        self.now = now
        self.scope = scope
        self.kinds = kinds
        self.time = time
        self.asker = asker
        self.excluded = excluded
        self.preferred = preferred
        self.trust = trust
        self.includesClosed = includesClosed
        self.limit = limit
        self.parts = parts
        self.minimumRelevance = minimumRelevance
        self.vector = vector
    }
}

/// What makes a passage come up.
public enum RecallPart: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// Words of the question are in it (BM25).
    case words
    /// Related words are in it, or words that the best passages share.
    case expansion
    /// What was said just before or after it fits.
    case neighbours
    /// Somebody or something that the question names said it, or it is about them.
    case speaker
    /// It is from the time that the question names, or names one when a time is asked for.
    case time
    /// It is new.
    case recency
    /// It matters.
    case importance
    /// It means something near.
    case vectors

    public static func < (left: RecallPart, right: RecallPart) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// The meaning of a question, by one embedder.
public struct QueryVector: Hashable, Sendable {
    /// The embedder's name; only its own vectors are compared.
    public let embedder: String
    /// The vector, of any length above 0; its direction counts.
    public let values: [Float]

    /// Names a vector's embedder.
    public init(embedder: String, values: [Float]) {
        self.embedder = embedder
        self.values = values
    }
}

/// Something that came up.
public struct RecallHit: Hashable, Sendable {
    /// What came up.
    public let passage: Passage
    /// What the hits are ordered by; comparable within one answer only.
    public let score: Double
    /// How much of the question it covers, 0 to 1: by words and related words, or by meaning.
    public let relevance: Double
    /// What each part added to the score; parts that added nothing are left out.
    public let parts: [RecallPart: Double]

    /// Makes a hit.
    public init(passage: Passage, score: Double, relevance: Double, parts: [RecallPart: Double]) {
        self.passage = passage
        self.score = score
        self.relevance = relevance
        self.parts = parts
    }
}

/// A memory or an episode.
public enum Passage: Hashable, Sendable {
    /// Something remembered.
    case memory(Memory)
    /// Something said.
    case episode(Episode)

    /// The number of its event, unique in the life.
    public var id: Int {
        switch self {
        case .memory(let memory): memory.id
        case .episode(let episode): episode.id
        }
    }

    /// The written form of its number: `m12` or `e12`.
    public var name: String {
        switch self {
        case .memory(let memory): memory.name
        case .episode(let episode): "e\(episode.id)"
        }
    }

    /// What it says.
    public var text: String {
        switch self {
        case .memory(let memory): memory.text
        case .episode(let episode): episode.text
        }
    }

    /// When it was stored or said.
    public var at: Instant {
        switch self {
        case .memory(let memory): memory.storedAt
        case .episode(let episode): episode.at
        }
    }

    /// The time that it speaks of, or when it was stored or said.
    public var span: TimeSpan {
        if case .memory(let memory) = self, let about = memory.about { return about }
        return TimeSpan(start: at, end: at)
    }

    /// Its trust.
    public var trust: Trust {
        switch self {
        case .memory(let memory): memory.trust
        case .episode(let episode): episode.trust
        }
    }

    /// Who said it; nil when that is not known.
    public var speaker: String? {
        switch self {
        case .memory(let memory): memory.source.speaker
        case .episode(let episode): episode.speaker
        }
    }

    /// The conversation that it comes from.
    public var conversation: ConversationID? {
        switch self {
        case .memory(let memory): memory.source.conversation
        case .episode(let episode): episode.conversation
        }
    }

    /// The memory, when it is one.
    public var memory: Memory? {
        if case .memory(let memory) = self { memory } else { nil }
    }

    /// The episode, when it is one.
    public var episode: Episode? {
        if case .episode(let episode) = self { episode } else { nil }
    }
}

/// Searches an agent's memories and its past.
public protocol MemoryReader: Sendable {
    /// What fits a query, best first; with an empty text the newest that its other members let through.
    ///
    /// The same life and the same query give the same hits, whatever keeps the life.
    func recall(_ query: RecallQuery) async throws -> [RecallHit]

    /// A memory by its number, also one that no longer holds; nil when there is none.
    func memory(_ id: Int) async throws -> Memory?

    /// What was said in a conversation before and after an event, oldest first; empty when nothing was said in it.
    ///
    /// - Parameter count: At most so much on each side.
    func episodes(around seq: Int, count: Int) async throws -> [Episode]

    /// The event that brought what an ended turn answers, the place of its beginning; nil when there is no such turn.
    func place(of turn: TurnID) async throws -> Int?
}

extension MemoryReader {
    /// The memories that fit some words, best first; without words the newest.
    ///
    /// - Parameters:
    ///   - query: A user's words, not a search expression.
    ///   - limit: At most so many.
    public func memories(matching query: String, limit: Int) async throws -> [Memory] {
        try await recall(RecallQuery(query, limit: limit)).compactMap(\.passage.memory)
    }
}

/// Remembers nothing.
public struct NoMemories: MemoryReader {
    /// Makes a reader without memories.
    public init() {}

    public func recall(_ query: RecallQuery) async throws -> [RecallHit] { [] }
    public func memory(_ id: Int) async throws -> Memory? { nil }
    public func episodes(around seq: Int, count: Int) async throws -> [Episode] { [] }
    public func place(of turn: TurnID) async throws -> Int? { nil }
}

/// Something an agent keeps beyond a conversation.
public struct Memory: Hashable, Sendable, Codable {
    /// Its number in the life: the sequence number of the event that stored it; written `m12`.
    public let id: Int
    /// What is remembered.
    public let text: String
    /// The trust of the text.
    public let trust: Trust
    /// When it was stored.
    public let storedAt: Instant

    /// Makes a memory.
    public init(id: Int, text: String, trust: Trust, storedAt: Instant) {
        self.id = id
        self.text = text
        self.trust = trust
        self.storedAt = storedAt
    }
}

/// Searches an agent's memories.
public protocol MemoryReader: Sendable {
    /// The memories that fit the words of a query, best first; with an empty query the newest.
    ///
    /// - Parameters:
    ///   - query: A user's words, not a search expression.
    ///   - limit: At most so many.
    func memories(matching query: String, limit: Int) async throws -> [Memory]
}

/// Remembers nothing.
public struct NoMemories: MemoryReader {
    /// Makes a reader without memories.
    public init() {}

    public func memories(matching query: String, limit: Int) async throws -> [Memory] { [] }
}

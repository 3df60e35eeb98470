public import AnimaCore

/// What an agent remembers, in numbers.
public struct MemoryAudit: Hashable, Sendable {
    /// How many memories of one sort there are.
    public struct Count: Hashable, Sendable {
        /// Those that hold.
        public var current = 0
        /// Those in whose place others are.
        public var superseded = 0
        /// Those that were taken back.
        public var forgotten = 0
        /// Those that a consolidation closed because they were old and of no use.
        public var aged = 0

        /// All of them.
        public var all: Int { current + superseded + forgotten + aged }
    }

    /// What was stored in a month.
    public struct Growth: Hashable, Sendable {
        /// The month, `2026-03`, in UTC.
        public let month: String
        /// How many memories were stored.
        public let count: Int
        /// The bytes of their texts.
        public let bytes: Int
    }

    /// The vectors of an embedder.
    public struct Vectors: Hashable, Sendable {
        /// The embedder's name.
        public let embedder: String
        /// How many memories that hold have one.
        public let memories: Int
    }

    /// All memories.
    public var total = Count()
    /// By kind.
    public var kinds: [Memory.Kind: Count] = [:]
    /// By who said it; an empty name for those of which that is not known.
    public var speakers: [String: Count] = [:]
    /// By trust.
    public var trusts: [Trust: Count] = [:]
    /// Groups of memories that hold and say the same, oldest first, as ``MemoryGate`` sees it.
    public var repeats: [[Int]] = []
    /// How many of the newest memories were compared to find them.
    public var compared = 0
    /// Whether all of those were compared that had to be.
    public var isComparisonComplete = true
    /// Memories that hold and that never came to mind by themselves before a turn, newest first; at most
    /// ``mostNamed``.
    public var neverRecalled: [Int] = []
    /// How many those are.
    public var neverRecalledCount = 0
    /// What was stored, by month, oldest first.
    public var growth: [Growth] = []
    /// What the gate refused after turns, by reason.
    public var refused: [MemoryGate.Refusal: Int] = [:]
    /// How often memory was consolidated.
    public var consolidations = 0
    /// How many memories came of merging then.
    public var merged = 0
    /// How many those were made of.
    public var mergedAway = 0
    /// Vectors by embedder, in the order of their names.
    public var vectors: [Vectors] = []

    /// At most so many memories are named where a list could be endless.
    public static let mostNamed = 100
    /// At most so many memories are compared with each other.
    public static let mostCompared = 50_000
}

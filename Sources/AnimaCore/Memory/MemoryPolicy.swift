/// What an agent remembers by itself, and what comes to its mind by itself.
public struct MemoryPolicy: Hashable, Sendable, Codable {
    /// How an agent learns from turns that have ended.
    public enum Learning: String, Hashable, Sendable, Codable, CaseIterable {
        /// It keeps only what it is told to keep.
        case off
        /// By rules over what its owner said.
        case rules
        /// Its model reads the turn; by rules when there is none to ask.
        case model
    }

    /// When memories are merged and aged.
    public enum Consolidating: String, Hashable, Sendable, Codable, CaseIterable {
        /// Never by itself.
        case off
        /// When enough is new and nothing else is to be done.
        case idle
        /// Once a day, when anything is new and nothing else is to be done.
        case daily
    }

    /// Whether memories that fit a message come to mind before the turn that answers it (key `memory.recall`).
    public var recalls = true
    /// At most so many memories come to mind (key `memory.recall_count`).
    public var recallCount = 8
    /// Tokens that they may take (key `memory.recall_tokens`).
    public var recallTokens = 800
    /// What a memory must cover of a message, in percent, to come to mind (key `memory.recall_relevance`).
    public var recallRelevance = 34
    /// How turns are learned from (key `memory.learn`).
    public var learning = Learning.model
    /// Tokens of the reply in which the model says what is worth keeping (key `memory.learn_tokens`).
    public var learningTokens = 1024
    /// How the older turns of a conversation that no longer fits are summarised; when off they are left out (key
    /// `memory.compact`).
    public var compaction = Learning.model
    /// Tokens of such a summary (key `memory.summary_tokens`).
    public var summaryTokens = 1024
    /// How many blocks there may be (key `memory.blocks`).
    public var blocks = 16
    /// Bytes of a block (key `memory.block_bytes`).
    public var blockBytes = 4096

    /// When memories are merged and aged (key `memory.consolidate`).
    public var consolidation = Consolidating.idle
    /// How many memories must be new since the last time, where that is done when idle (key `memory.consolidate_after`).
    public var consolidateAfter = 50
    /// How many days make a memory old; 0 for never (key `memory.age_days`).
    public var ageDays = 365

    /// The defaults.
    public init() {}

    /// Nothing comes to mind by itself, nothing is learned, and nothing summarised.
    public static var off: MemoryPolicy {
        var policy = MemoryPolicy()
        policy.recalls = false
        policy.learning = .off
        policy.compaction = .off
        policy.consolidation = .off
        return policy
    }
}

/// What is to be merged and closed to put a memory in order: found by rules, and by a model where there is one.
///
/// It is written in one batch (``facts(after:)``), so that all of it happens or nothing, and all of it can be taken back.
public struct Consolidation: Hashable, Sendable {
    /// One memory in the place of several.
    public struct Merge: Hashable, Sendable {
        /// What it says; `supersedes` names those that it takes the place of.
        public let draft: MemoryDraft
        /// The trust of each of them.
        public let trust: Trust
        /// When the oldest of them was learned.
        public let learned: Instant
        /// The event that the oldest of them was drawn from.
        public let source: Int?

        /// Makes a memory of several, which are of one trust and at least one.
        init(_ draft: MemoryDraft, of memories: [Memory]) {
            var draft = draft
            draft.supersedes = memories.map(\.id).sorted()
            self.draft = draft
            trust = memories.map(\.trust).min() ?? .untrusted
            let oldest = memories.min { ($0.storedAt, $0.id) < ($1.storedAt, $1.id) }
            learned = oldest?.storedAt ?? Instant(microseconds: 0)
            source = oldest?.source.event ?? oldest?.id
        }
    }

    /// Why a model's proposal is not followed.
    public enum Refusal: String, Hashable, Sendable, Codable, CaseIterable {
        /// It does not name at least two memories that were shown, or one that another proposal names too.
        case sources
        /// It would make one of memories of different trust.
        case trust
        /// It says too little, or asks.
        case trivial
        /// It looks like a password or a key.
        case secret
        /// It says what to do, and none of its sources does.
        case instruction
        /// It is longer than a memory may be, or than its sources together.
        case tooLong
        /// It has a name or a number that none of its sources has.
        case invented
        /// It denies what its sources say, or the other way round.
        case negated
    }

    /// What an agent remembers, as far as it may be consolidated.
    public struct Material: Hashable, Sendable {
        /// Memories that hold, oldest first.
        public var memories: [Memory]
        /// Memories that came to mind before a turn.
        public var recalled: Set<Int>
        /// Memories that were closed once and restored: whoever did that wants them as they are.
        public var restored: Set<Int>

        /// Puts together what there is.
        public init(memories: [Memory] = [], recalled: Set<Int> = [], restored: Set<Int> = []) {
            self.memories = memories
            self.recalled = recalled
            self.restored = restored
        }

        /// Those that may be merged or closed.
        var free: [Memory] { memories.filter { !restored.contains($0.id) } }
    }

    /// At most so many memories, the newest that hold, are looked at.
    public static let mostMemories = 20_000
    /// At most so many memories come of one consolidation by rules; the rest is for the next one.
    public static let mostMerges = 200
    /// At most so many memories are closed in one consolidation because they are old.
    public static let mostAged = 1000

    /// What is merged.
    public var merges: [Merge]
    /// Memories that are closed because they are old and of no use.
    public var aged: [Int]
    /// Who merged: `rules`, or the model's name.
    public var by: String
    /// What the model proposed and is not done.
    public var refused: [Fact.MemoryConsolidated.Refused] = []
    /// The model that answered, whether its answer was of use or not; nil for none.
    public var model: String?
    /// What the model call cost; nil for none.
    public var usage: Usage?
    /// Why no model was asked although one should be, or what was wrong with its answer.
    public var problem: String?

    /// Makes a consolidation; by default nothing is to be done.
    public init(merges: [Merge] = [], aged: [Int] = [], by: String = "rules", problem: String? = nil) {
        self.merges = merges
        self.aged = aged
        self.by = by
        self.problem = problem
    }

    /// Whether nothing is merged and nothing closed.
    public var isEmpty: Bool { merges.isEmpty && aged.isEmpty }

    /// The facts that it comes to, to be appended together after an event: the new memories, and what became of which.
    public func facts(after seq: Int) -> [Fact] {
        var facts: [Fact] = []
        var merged: [Fact.MemoryConsolidated.Merged] = []
        for (index, merge) in merges.enumerated() {
            let draft = merge.draft
            let stored = Fact.MemoryStored(
                text: draft.text,
                trust: merge.trust,
                kind: draft.kind,
                subject: draft.subject,
                importance: draft.importance,
                speaker: draft.speaker,
                source: merge.source,
                about: draft.about,
                supersedes: draft.supersedes,
                learned: merge.learned
            )
            facts.append(.memoryStored(stored))
            merged.append(.init(memory: seq + 1 + index, from: draft.supersedes))
        }
        let summary = Fact.MemoryConsolidated(
            merged: merged,
            aged: aged,
            by: by,
            refused: refused,
            model: model,
            usage: usage,
            problem: problem
        )
        return facts + [.memoryConsolidated(summary)]
    }
}

/// What a turn that has ended gives to remember, before the gate of memory has looked at it.
public struct Lesson: Hashable, Sendable {
    /// Something that may be worth keeping.
    public struct Found: Hashable, Sendable {
        /// What.
        public let draft: MemoryDraft
        /// Current memories that are near it.
        public let similar: [Memory]

        /// Puts a draft beside what is known already.
        public init(_ draft: MemoryDraft, similar: [Memory] = []) {
            self.draft = draft
            self.similar = similar
        }
    }

    /// What was found.
    public var found: [Found]
    /// The texts that had come to mind for the turn.
    public var shown: [String]
    /// Who found it: `rules`, or the model's name.
    public var by: String
    /// The model that answered, whether its answer was of use or not; nil for none.
    public var model: String?
    /// What the model call cost; nil for none.
    public var usage: Usage?
    /// Why no model was asked although one should be, or what was wrong with its answer.
    public var problem: String?

    /// Makes a lesson; by default there is nothing to be learned.
    public init(
        _ found: [Found] = [],
        shown: [String] = [],
        by: String = "rules",
        model: String? = nil,
        usage: Usage? = nil,
        problem: String? = nil
    ) {
        self.found = found
        self.shown = shown
        self.by = by
        self.model = model
        self.usage = usage
        self.problem = problem
    }
}

extension Fact.MemoryStored {
    /// What is kept of a draft.
    public init(_ draft: MemoryDraft, trust: Trust, call: ToolCallID? = nil, source: Int? = nil) {
        self.init(
            text: draft.text,
            trust: trust,
            call: call,
            kind: draft.kind,
            subject: draft.subject,
            importance: draft.importance,
            speaker: draft.speaker,
            source: source,
            about: draft.about,
            supersedes: draft.supersedes
        )
    }
}

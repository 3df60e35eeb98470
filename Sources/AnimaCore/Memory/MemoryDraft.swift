/// Something that may be worth remembering, before the gate has looked at it.
public struct MemoryDraft: Hashable, Sendable, Codable {
    /// What is to be remembered: a sentence that makes sense by itself.
    public var text: String
    /// What sort of thing it is.
    public var kind: Memory.Kind
    /// Whom or what it is about, in a few words.
    public var subject: String?
    /// How much it matters, 1 to 10.
    public var importance: Int
    /// Who said it, as ``Episode/speaker``.
    public var speaker: String?
    /// The trust of the text; nil for that of the turn.
    public var trust: Trust?
    /// The time that it speaks of.
    public var about: TimeSpan?
    /// The memories that it is meant to take the place of.
    public var supersedes: [Int]
    /// Whether somebody asked for it to be kept: then it is kept although it looks trivial.
    public var isAskedFor: Bool

    /// Makes a draft.
    public init(
        _ text: String,
        kind: Memory.Kind = .fact,
        subject: String? = nil,
        importance: Int = Memory.ordinaryImportance,
        speaker: String? = nil,
        trust: Trust? = nil,
        about: TimeSpan? = nil,
        supersedes: [Int] = [],
        isAskedFor: Bool = false
    ) {
        self.text = text
        self.kind = kind
        self.subject = subject
        self.importance = importance
        self.speaker = speaker
        self.trust = trust
        self.about = about
        self.supersedes = supersedes
        self.isAskedFor = isAskedFor
    }
}

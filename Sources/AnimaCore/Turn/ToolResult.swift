/// The one answer to a tool call.
public struct ToolResult: Hashable, Sendable, Codable {
    /// How a call came to its result.
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
        /// The tool did its work.
        case succeeded
        /// The tool tried and failed.
        case failed
        /// The gate did not allow it; the tool never ran.
        case denied
        /// The arguments did not fit the schema, or there is no such tool; it never ran.
        case invalid
        /// The turn was ended while it ran.
        case cancelled
        /// The turn was ended before it ran.
        case notRun
        /// A crash interrupted it and it may not be repeated: nobody knows whether it took effect.
        case unknown
    }

    /// How it came about.
    public let outcome: Outcome
    /// What the tool or, where it did not run, Anima says.
    public let content: String
    /// The trust of the content.
    public let trust: Trust
    /// The whole output, when the content is only its head and tail.
    public let spill: Spill?
    /// The images that come with the content; nil for none.
    public let images: [Envelope.Image]?
    /// How often in a row the same call now came to this, when the model is told so; nil otherwise.
    public internal(set) var repetitions: Int?

    /// Where a whole output is kept.
    public struct Spill: Hashable, Sendable, Codable {
        /// SHA-256 of the bytes, hexadecimal.
        public let hash: String
        /// Their number.
        public let bytes: Int

        /// Refers to bytes.
        public init(hash: String, bytes: Int) {
            self.hash = hash
            self.bytes = bytes
        }
    }

    /// Makes a result.
    public init(
        outcome: Outcome,
        content: String,
        trust: Trust = .owner,
        spill: Spill? = nil,
        images: [Envelope.Image] = []
    ) {
        self.outcome = outcome
        self.content = content
        self.trust = trust
        self.spill = spill
        self.images = images.isEmpty ? nil : images
    }

    /// Whether the call did not do what it was asked to.
    public var isError: Bool { outcome != .succeeded }

    /// What the model reads: the content, and a word about repetitions.
    public var shownContent: String {
        guard let repetitions else { return content }
        return content + "\n[the same call and the same result \(repetitions) times: do something else]"
    }

    /// Whether it is the same answer again; of a long output the shown part names its call and differs.
    func saysTheSame(as other: ToolResult) -> Bool {
        outcome == other.outcome
            && (spill != nil || other.spill != nil ? spill == other.spill : content == other.content)
    }
}

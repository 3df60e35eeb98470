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
    /// What the model reads.
    public let content: String
    /// The trust of the content.
    public let trust: Trust
    /// The whole output, when the content is only its head and tail.
    public let spill: Spill?
    /// The images that come with the content; nil for none.
    public let images: [Envelope.Image]?

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
}

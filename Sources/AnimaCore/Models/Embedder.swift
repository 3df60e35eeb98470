/// Turns texts into vectors, so that texts of like meaning are near each other.
public protocol Embedder: Sendable {
    /// How it is named; vectors of different embedders can't be compared.
    var name: String { get }

    /// The vectors of some texts, in their order; all of one length.
    ///
    /// - Throws: ``ModelError``; `CancellationError` when the task is cancelled.
    @concurrent func embed(_ texts: [String]) async throws -> Embeddings
}

/// The vectors of some texts.
public struct Embeddings: Hashable, Sendable {
    /// One vector for each text, in their order.
    public let vectors: [[Float]]
    /// What they cost.
    public let usage: Usage

    /// Puts vectors and their cost together.
    public init(vectors: [[Float]], usage: Usage = Usage()) {
        self.vectors = vectors
        self.usage = usage
    }
}

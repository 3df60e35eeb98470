import AnimaCore

/// Keeps an answer whole; for lists and embeddings.
final class BodyReceiver: HTTPReceiver, @unchecked Sendable {
    // Calls don't overlap, and the end of the exchange comes after the last one; so there is no lock.
    private(set) var head: HTTPHead?
    private var body: [UInt8] = []

    func receive(_ head: HTTPHead) throws { self.head = head }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { try body.appendBounded(bytes) }

    /// The answer as JSON.
    func json() throws -> JSONValue {
        guard let head else { throw WireError(message: "there was no answer") }
        guard (200..<300).contains(head.status) else { throw ProviderFailure(status: head.status, body: body) }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw WireError(message: "the answer is \(ProviderFailure.excerpt(body)), not JSON; check base_url")
        }
        if let failure = ProviderFailure(in: value) { throw failure }
        return value
    }
}

/// One HTTP request to a model's provider.
struct HTTPCall: Sendable {
    /// `GET` or `POST`.
    var method = "POST"
    /// The whole address.
    var url: String
    /// Header fields, secrets among them.
    var headers: [(name: String, value: String)] = []
    /// The body.
    var body: [UInt8] = []
}

/// The beginning of an answer.
struct HTTPHead: Sendable {
    /// The status code.
    var status: Int
    /// The fields, with lowercase names.
    var headers: [(name: String, value: String)]

    /// The value of the first field with this lowercase name.
    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Takes an answer as it comes; its calls don't overlap.
protocol HTTPReceiver: AnyObject, Sendable {
    /// The head came.
    func receive(_ head: HTTPHead) throws
    /// More of the body came.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Carries HTTP exchanges.
protocol HTTPTransport: Sendable {
    /// Sends a request and hands the answer on; returns when the answer is whole.
    ///
    /// - Throws: ``TransportError``, what the receiver throws, `CancellationError`.
    func perform(_ call: HTTPCall, _ receiver: any HTTPReceiver) async throws
}

/// An exchange that broke below HTTP.
struct TransportError: Error, Hashable, Sendable {
    /// What broke.
    enum Kind: Hashable, Sendable {
        /// Nobody took the connection, or the name is unknown.
        case unreachable
        /// The certificate is not trusted, or there is no TLS.
        case untrusted
        /// No connection, no first byte or no further byte in time.
        case timeout
        /// The connection ended before the answer did.
        case cut
        /// What came is not HTTP, or the address is none.
        case invalid
    }

    let kind: Kind
    let message: String
}

/// How long each part of an exchange may take; the whole has the limit of a model call.
public struct HTTPTimeouts: Hashable, Sendable {
    /// Until the connection stands, TLS included.
    public var connect: Duration = .seconds(10)
    /// From the request to the first byte of the answer.
    public var firstByte: Duration = .seconds(180)
    /// From one byte of the answer to the next.
    public var idle: Duration = .seconds(60)

    /// The defaults.
    public init() {}
}

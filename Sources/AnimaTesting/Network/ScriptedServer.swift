public import AnimaCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP/1.1 server on the loopback interface whose answers, faults among them, follow a script.
///
/// Everything goes through real sockets. Nothing waits longer than it has to: a connection ends after a minute at the
/// latest, and all of them end with ``stop()``.
///
/// ```swift
/// let server = try await ScriptedServer.start(scripts: [
///     ScriptedServer.answer(status: 429, headers: ["retry-after": "2"]),
///     [.head(200), .text("half of"), .reset],
/// ])
/// ```
public final class ScriptedServer: Sendable {
    /// A request that the server was sent.
    public struct Exchange: Hashable, Sendable {
        /// Which request of the server it is, from 1.
        public let number: Int
        /// Which connection of the server it came on, from 1.
        public let connection: Int
        /// `GET`, `POST` or another.
        public let method: String
        /// The target as it was sent, with its query.
        public let path: String
        /// The fields by lowercase name; those that came more than once are joined with commas.
        public let headers: [String: String]
        /// The whole body.
        public let body: [UInt8]

        /// The body as JSON; nil when it is none.
        public var json: JSONValue? { try? JSONValue(parsing: body) }
        /// The body as text, repaired where it is not UTF-8.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// One thing that the server does for an answer.
    public enum Step: Sendable {
        /// Sends the status and the fields; the body is chunked unless its length is among them.
        case head(Int, [String: String] = [:])
        /// Sends bytes at once, as one chunk; after a head of status 200 when there was none.
        case bytes([UInt8])
        /// Sends a text as ``bytes(_:)`` does.
        case text(String)
        /// Sends bytes in chunks of a size, each on its own.
        case chunked([UInt8], every: Int)
        /// Sends bytes as they are, outside of HTTP.
        case raw([UInt8])
        /// Waits until a test opens a door.
        case pass(Door)
        /// Waits for a while.
        case pause(Duration)
        /// Ends the answer as it should be; what a script that ends without an end of its own does too.
        case end
        /// Closes the connection (FIN), without an end of the answer or of TLS.
        case close
        /// Breaks the connection (RST).
        case reset
        /// Says nothing more and keeps the connection until the client leaves.
        case hang
    }

    /// The most bytes of a request's body; a connection that sends more is closed.
    public static let largestBody = 16 * 1024 * 1024

    /// The port on 127.0.0.1.
    public let port: Int
    /// Whether it speaks TLS, with ``certificate``.
    public let isSecure: Bool

    private let desk: Desk
    private let listener: any Channel
    // The owner of all connections; ended by stop().
    private let task: Task<Void, Never>

    private init(port: Int, isSecure: Bool, desk: Desk, listener: any Channel, task: Task<Void, Never>) {
        self.port = port
        self.isSecure = isSecure
        self.desk = desk
        self.listener = listener
        self.task = task
    }

    /// Starts a server on a free port.
    ///
    /// - Parameters:
    ///   - tls: Whether it speaks TLS.
    ///   - limit: How long a connection may last.
    ///   - answer: Decides by the request; called for one request of a connection at a time.
    /// - Throws: What goes wrong with the socket.
    public static func start(
        tls: Bool = false,
        limit: Duration = .seconds(60),
        _ answer: @escaping @Sendable (Exchange) -> [Step]
    ) async throws -> ScriptedServer {
        let context = tls ? try Self.tlsContext() : nil
        let desk = Desk(limit: limit, answer: answer)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try desk.connections.add(channel)
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    return try Desk.Connection(wrappingChannelSynchronously: channel)
                }
            }
        let task = Task { await desk.serve(listener) }
        return ScriptedServer(
            port: listener.channel.localAddress?.port ?? 0,
            isSecure: tls,
            desk: desk,
            listener: listener.channel,
            task: task
        )
    }

    /// Starts a server that answers the requests in order, each by a script of its own.
    ///
    /// A request after the last script is answered with status 500 and a text that says so.
    public static func start(
        tls: Bool = false,
        limit: Duration = .seconds(60),
        scripts: [[Step]]
    ) async throws -> ScriptedServer {
        try await start(tls: tls, limit: limit) { exchange in
            if exchange.number <= scripts.count { return scripts[exchange.number - 1] }
            return answer(status: 500, body: "the script has no answer to request \(exchange.number)")
        }
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    public var baseURL: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }
    /// What it was asked, in order.
    public var requests: [Exchange] { desk.requests.withLock { $0 } }
    /// How many connections were opened.
    public var connections: Int { desk.connections.opened.count }
    /// How many connections have ended, from either side.
    public var endedConnections: Int { desk.connections.ended.count }

    /// Waits until so many requests have come.
    ///
    /// - Returns: Whether they came in time.
    public func receives(_ count: Int, within limit: Duration = .seconds(20)) async -> Bool {
        await desk.received.reaches(count, within: limit)
    }

    /// Waits until so many connections have ended.
    ///
    /// - Returns: Whether they ended in time.
    public func ends(_ count: Int, within limit: Duration = .seconds(20)) async -> Bool {
        await desk.connections.ended.reaches(count, within: limit)
    }

    /// Closes the port and breaks all connections.
    public func stop() async {
        desk.connections.close()
        listener.close(promise: nil)
        task.cancel()
        await task.value
    }
}

// MARK: Scripts

extension ScriptedServer {
    /// A whole answer with its length.
    public static func answer(status: Int = 200, headers: [String: String] = [:], body: String = "") -> [Step] {
        var headers = headers
        headers["content-length"] = String(body.utf8.count)
        return [.head(status, headers)] + (body.isEmpty ? [] : [.text(body)]) + [.end]
    }

    /// A whole answer of JSON.
    public static func answer(status: Int = 200, headers: [String: String] = [:], json: JSONValue) -> [Step] {
        answer(
            status: status,
            headers: headers.merging(["content-type": "application/json"]) { given, _ in given },
            body: json.text
        )
    }

    /// A stream of server-sent events, each with this data and sent on its own; without an end.
    public static func events(_ data: [String]) -> [Step] {
        [.head(200, ["content-type": "text/event-stream"])] + data.map { .text("data: \($0)\n\n") }
    }
}

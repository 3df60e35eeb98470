import NIOCore
import NIOPosix
import Synchronization

/// A forward proxy on the loopback interface (`CONNECT`, and requests with a whole address) that can lose connections.
///
/// It is the network cable of a test: ``cut(_:)`` pulls it, ``follow(_:)`` says what happens to connections from now on.
/// It knows only the hosts it was given, so that nothing leaves the machine; of them it leads to ports of 127.0.0.1.
public final class ScriptedProxy: Sendable {
    /// How a connection is lost.
    public enum Cut: Hashable, Sendable {
        /// Both sides get a RST.
        case reset
        /// Both sides get a FIN.
        case finish
        /// Nothing comes through any more, and nobody is told.
        case silence
    }

    /// What happens to a connection.
    public enum Rule: Hashable, Sendable {
        /// Everything goes through.
        case forward
        /// It is lost after so many bytes from the far side (those of TLS included).
        case cut(afterBytes: Int, Cut)
        /// The request is answered with this status.
        case refuse(Int)
        /// The request is taken and never answered.
        case hang
    }

    /// The beginning of what a client asked the proxy.
    public struct Request: Hashable, Sendable {
        /// `CONNECT`, or the method of a request that is passed on.
        public let method: String
        /// `HOST:PORT`, or a whole address.
        public let target: String
        /// The fields by lowercase name.
        public let headers: [String: String]
    }

    /// The most bytes of a request's beginning.
    public static let largestHead = 65_536

    /// The port on 127.0.0.1.
    public let port: Int

    private let switchboard: Switchboard
    private let listener: any Channel
    // The owner of all connections; ended by stop().
    private let task: Task<Void, Never>

    private init(port: Int, switchboard: Switchboard, listener: any Channel, task: Task<Void, Never>) {
        self.port = port
        self.switchboard = switchboard
        self.listener = listener
        self.task = task
    }

    /// Starts a proxy on a free port.
    ///
    /// - Parameters:
    ///   - hosts: The port of 127.0.0.1 that each host leads to, whatever its own port; others are answered with 502.
    ///   - limit: How long a connection may last.
    /// - Throws: What goes wrong with the socket.
    public static func start(
        hosts: [String: Int],
        rule: Rule = .forward,
        limit: Duration = .seconds(60)
    ) async throws -> ScriptedProxy {
        let switchboard = Switchboard(hosts: hosts, rule: rule, limit: limit)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try switchboard.clients.add(channel)
                    return try Switchboard.Line(wrappingChannelSynchronously: channel)
                }
            }
        let task = Task { await switchboard.serve(listener) }
        return ScriptedProxy(
            port: listener.channel.localAddress?.port ?? 0,
            switchboard: switchboard,
            listener: listener.channel,
            task: task
        )
    }

    /// `http://127.0.0.1:PORT`, as `HTTPS_PROXY` has it.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// What it was asked, in order.
    public var requests: [Request] { switchboard.requests }
    /// How many connections clients opened.
    public var connections: Int { switchboard.clients.opened.count }
    /// How many bytes went to the far side and came from there, without what the proxy itself says.
    public var traffic: (sent: Int, received: Int) { switchboard.traffic }

    /// Changes what happens to connections that are made from now on.
    public func follow(_ rule: Rule) { switchboard.follow(rule) }

    /// Loses all connections there are; new ones follow the rule.
    public func cut(_ how: Cut = .reset) { switchboard.cut(how) }

    /// Waits until clients have opened so many connections.
    ///
    /// - Returns: Whether they did in time.
    public func opens(_ count: Int, within limit: Duration = .seconds(20)) async -> Bool {
        await switchboard.clients.opened.reaches(count, within: limit)
    }

    /// Waits until so many connections of clients have ended.
    ///
    /// - Returns: Whether they ended in time.
    public func ends(_ count: Int, within limit: Duration = .seconds(20)) async -> Bool {
        await switchboard.clients.ended.reaches(count, within: limit)
    }

    /// Closes the port and breaks all connections.
    public func stop() async {
        switchboard.close()
        listener.close(promise: nil)
        task.cancel()
        await task.value
    }
}

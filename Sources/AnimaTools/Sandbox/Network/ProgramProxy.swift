import AnimaCore
import NIOCore
import NIOPosix
import Synchronization

/// The proxy through which programs in a sandbox reach the hosts that the owner granted, and no others.
///
/// It speaks HTTP/1.1: `CONNECT`, and requests with a whole `http://` address. Each connection is judged once, by its
/// target; every number that the name has is judged, and the connection goes to one of these.
struct ProgramProxy: Sendable {
    /// What one run of a program may take.
    struct Limits: Sendable {
        /// Connections at a time; further ones are answered with 503.
        var connections = 64
        /// How long a program may take to say what it wants.
        var head = Duration.seconds(10)
        /// How long connecting to one number may take.
        var connect = Duration.seconds(10)
        /// How long a connection may be silent in both directions.
        var idle = Duration.seconds(300)
        /// How long is waited for a program to take an answer of the proxy's own.
        var farewell = Duration.seconds(2)
    }

    private typealias Line = NIOAsyncChannel<ByteBuffer, Never>

    let hosts: ProgramHosts
    let resolver: any NameResolver
    var limits = Limits()
    /// What it refused.
    let refusals = Refusals()

    /// So many numbers of a name are tried until one answers.
    private static let triedAddresses = 3

    /// Serves until the task is cancelled; then no connection is left.
    ///
    /// - Parameter listener: A socket that listens; it is closed in the end.
    func serve(_ listener: CInt) async {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        let idle = TimeAmount(limits.idle)
        let open = OpenChannels()
        let server = try? await bootstrap.bind(listener) { channel in
            channel.eventLoop.makeCompletedFuture {
                open.add(channel)
                try channel.pipeline.syncOperations.addHandlers(IdleStateHandler(allTimeout: idle), IdleCloser())
                return try Line(wrappingChannelSynchronously: channel)
            }
        }
        guard let server else { return }
        await withDiscardingTaskGroup { group in
            let served = Count()
            // How the listener ends says nothing: it is closed by the end of the program's run.
            try? await server.executeThenClose { clients in
                for try await client in clients {
                    let isOneTooMany = served.add(1) > limits.connections
                    group.addTask {
                        // How a connection ends is a matter between its two sides.
                        try? await Self.closing(client.channel) { try await serve(client, isOneTooMany: isOneTooMany) }
                        served.add(-1)
                    }
                }
            }
            group.cancelAll()
        }
        // Also those that came and were not looked at any more.
        await open.close()
    }

    /// Closes a channel when the task is cancelled, so that nothing waits for a peer then.
    private static func closing<Value>(_ channel: any Channel, _ body: () async throws -> Value) async throws -> Value {
        try await withTaskCancellationHandler(operation: body) { channel.close(promise: nil) }
    }

    private func serve(_ client: Line, isOneTooMany: Bool) async throws {
        let channel = client.channel
        try await client.executeThenClose { inbound in
            var inbound = inbound.makeAsyncIterator()
            if isOneTooMany {
                let answer = Answer(503, "more than \(limits.connections) connections at a time")
                return try await refuse(channel, &inbound, answer)
            }
            do throws(Answer) {
                guard let (request, rest) = try await head(channel, &inbound) else { return }
                try await connect(request, rest, channel, &inbound)
            } catch {
                try await refuse(channel, &inbound, error)
            }
        }
    }

    /// Reads what the program wants.
    ///
    /// - Returns: The request and what came after it; nil when the program has left.
    private func head(
        _ channel: any Channel,
        _ inbound: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) async throws(Answer) -> (ProxyRequest, ByteBuffer)? {
        let isLate = Count()
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.head)) {
            isLate.add(1)
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        var buffer = ByteBuffer()
        while let next = try? await inbound.next(isolation: #isolation) {
            buffer.writeImmutableBuffer(next)
            do throws(ProxyRequest.Fault) {
                guard let (request, length) = try ProxyRequest.read(buffer.readableBytesView) else { continue }
                buffer.moveReaderIndex(forwardBy: length)
                return (request, buffer)
            } catch {
                throw Answer(error.status, error.message)
            }
        }
        return nil
    }

    /// Judges a request, connects, and passes bytes on until both sides have ended.
    private func connect(
        _ request: ProxyRequest,
        _ rest: ByteBuffer,
        _ channel: any Channel,
        _ inbound: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) async throws(Answer) {
        let far = try await farSide(of: request)
        // From here on nothing is said by the proxy itself: it would be taken for the far side's word.
        try? await Self.closing(far.channel) {
            try await far.executeThenClose { answers in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.pass(answers, to: channel) }
                    if let head = request.head {
                        try await far.channel.writeAndFlush(ByteBuffer(string: head)).get()
                    } else {
                        let answer = "HTTP/1.1 200 Connection established\r\n\r\n"
                        try await channel.writeAndFlush(ByteBuffer(string: answer)).get()
                    }
                    if rest.readableBytes > 0 { try await far.channel.writeAndFlush(rest).get() }
                    while let buffer = try await inbound.next(isolation: #isolation) {
                        try await far.channel.writeAndFlush(buffer).get()
                    }
                    try await far.channel.close(mode: .output).get()
                    try await group.waitForAll()
                }
            }
        }
    }

    private static func pass(_ bytes: NIOAsyncChannelInboundStream<ByteBuffer>, to channel: any Channel) async throws {
        for try await buffer in bytes { try await channel.writeAndFlush(buffer).get() }
        try await channel.close(mode: .output).get()
    }

    private func farSide(of request: ProxyRequest) async throws(Answer) -> Line {
        let (host, port) = (request.host, request.port)
        if let refusal = hosts.refusal(of: host, port: port) { throw refused(request, refusal) }
        let numbers: [IPAddress]
        switch host {
        case .address(let number): numbers = [number]
        case .name(let name):
            do { numbers = try await resolver.addresses(of: name) } catch {
                throw Answer(502, (error as? WebFailure)?.message ?? "the host \(host) was not found")
            }
        }
        if let refusal = hosts.refusal(of: numbers, for: host, port: port) { throw refused(request, refusal) }
        for number in numbers.prefix(Self.triedAddresses) {
            if let line = try? await line(to: number, port) { return line }
        }
        throw Answer(502, "\(host):\(port) could not be connected to")
    }

    private func refused(_ request: ProxyRequest, _ reason: String) -> Answer {
        refusals.add("\(request.host):\(request.port)")
        return Answer(403, reason)
    }

    private func line(to number: IPAddress, _ port: Int) async throws -> Line {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(TimeAmount(limits.connect))
            .connect(to: try SocketAddress(ipAddress: number.description, port: port)) { channel in
                channel.eventLoop.makeCompletedFuture { try Line(wrappingChannelSynchronously: channel) }
            }
    }

    /// Answers in the proxy's own name and ends the connection.
    private func refuse(
        _ channel: any Channel,
        _ inbound: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ answer: Answer
    ) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: answer.text)).get()
        try await channel.close(mode: .output).get()
        // Closed at once, with something unread, the answer would be lost.
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.farewell)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        while try await inbound.next(isolation: #isolation) != nil {}
    }

    /// What the proxy says itself.
    private struct Answer: Error {
        let text: String

        init(_ status: Int, _ message: String) {
            let reasons = [400: "Bad Request", 403: "Forbidden", 431: "Header Too Large", 502: "Bad Gateway"]
            let body = "anima: \(message)\n"
            text =
                "HTTP/1.1 \(status) \(reasons[status] ?? "Service Unavailable")\r\nContent-Type: text/plain\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
    }

    /// The connections of programs that are there.
    private final class OpenChannels: Sendable {
        private struct State {
            var channels: [ObjectIdentifier: any Channel] = [:]
            var isClosed = false
        }

        private let state = Mutex(State())

        /// Called on the connection's loop.
        func add(_ channel: any Channel) {
            let isClosed = state.withLock { state in
                if !state.isClosed { state.channels[ObjectIdentifier(channel)] = channel }
                return state.isClosed
            }
            // One that was taken may come to its loop only when all others have ended; nobody would look at it again.
            if isClosed { return channel.eventLoop.execute { channel.close(promise: nil) } }
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
        }

        /// Closes them and waits until they are.
        func close() async {
            let channels = state.withLock { state in
                state.isClosed = true
                return Array(state.channels.values)
            }
            for channel in channels {
                channel.close(promise: nil)
                try? await channel.closeFuture.get()
            }
        }
    }

    /// A number that several tasks change.
    private final class Count: Sendable {
        private let value = Mutex(0)

        @discardableResult
        func add(_ more: Int) -> Int {
            value.withLock {
                $0 += more
                return $0
            }
        }
    }
}

/// What programs tried to reach and were refused: each once, and not without end.
final class Refusals: Sendable {
    private struct State {
        var targets: [String] = []
        var isCut = false
    }

    private static let most = 8
    private let state = Mutex(State())

    func add(_ target: String) {
        state.withLock { state in
            guard !state.targets.contains(target) else { return }
            state.isCut = state.targets.count == Self.most
            if !state.isCut { state.targets.append(target) }
        }
    }

    /// In words for a tool's result; nil when nothing was refused.
    var note: String? {
        let (targets, isCut) = state.withLock { ($0.targets, $0.isCut) }
        guard !targets.isEmpty else { return nil }
        return "programs tried to reach " + targets.joined(separator: ", ") + (isCut ? " and others" : "")
            + ", which sandbox.hosts does not let them"
    }
}

/// Closes a connection that was silent for too long.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

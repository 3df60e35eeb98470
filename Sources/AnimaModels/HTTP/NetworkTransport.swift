import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The network: a client for each event loop and each way out, made when first used.
///
/// Redirects are not followed (a key would go along), and nothing is stored between exchanges but open connections. An
/// exchange is not tried again (the agent's retry policy does that), except at once when a server had closed a connection
/// that was kept open for it: that is no failure of anybody's.
final class NetworkTransport: HTTPTransport {
    private let timeouts: HTTPTimeouts
    private let proxies: ProxySettings
    private let certificates: String?
    private let clients = Mutex<[Place: HTTPClient]>([:])
    /// The servers that have answered, to which a connection may be open.
    private let known = Mutex<Set<String>>([])

    /// What a client is for: connections of one event loop, direct ones or those through one proxy.
    private struct Place: Hashable {
        let loop: Int
        let proxy: ProxySettings.Proxy?
    }

    /// - Parameter certificates: A PEM file of the authorities to trust instead of the system's.
    init(timeouts: HTTPTimeouts, proxies: ProxySettings, certificates: String?) {
        self.timeouts = timeouts
        self.proxies = proxies
        self.certificates = certificates
    }

    deinit {
        for client in clients.withLock({ $0.values }) { client.shutdown { _ in } }
    }

    func perform(_ call: HTTPCall, _ receiver: any HTTPReceiver) async throws {
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(
                url: call.url,
                method: HTTPMethod(rawValue: call.method),
                headers: HTTPHeaders(call.headers.map { ($0.name, $0.value) }),
                body: call.body.isEmpty ? nil : .bytes(call.body)
            )
        } catch {
            throw TransportError(kind: .invalid, message: "\(call.url) is no address of a server")
        }
        let loop = EventLoops.shared.take()
        defer { EventLoops.shared.giveBack(loop) }
        let server = "\(request.host):\(request.port)"
        let mayBeKept = known.withLock { $0.contains(server) }
        do {
            try await exchange(request, loop, receiver)
        } catch let failure as ClosedEarly {
            guard mayBeKept else { throw failure.described }
            do { try await exchange(request, loop, receiver) } catch let failure as ClosedEarly {
                throw failure.described
            }
        }
        known.withLock { known in
            if !known.contains(server) { known.insert(server) }
        }
    }

    /// A connection that ended before anything of an answer came.
    private struct ClosedEarly: Error {
        /// The failure in our words.
        let described: any Error
    }

    private func exchange(
        _ request: HTTPClient.Request,
        _ loop: Int,
        _ receiver: any HTTPReceiver
    ) async throws {
        let delegate = ExchangeDelegate(receiver, timeouts)
        let proxy = proxies.proxy(forHost: request.host, port: request.port, isSecure: request.useTLS)
        let task = client(at: Place(loop: loop, proxy: proxy)).execute(request: request, delegate: delegate)
        delegate.watch(task)
        try await withTaskCancellationHandler {
            do {
                try await task.futureResult.get()
            } catch {
                if Task.isCancelled { throw CancellationError() }
                if let failure = delegate.failure { throw failure }
                let route = Route(host: request.host, port: request.port, proxy: proxy, hasBegun: delegate.hasBegun)
                let described = Self.describe(error, route, timeouts)
                if !delegate.hasBegun, Self.isClosure(error) { throw ClosedEarly(described: described) }
                throw described
            }
        } onCancel: {
            task.cancel()
        }
    }

    /// Whether the other side ended the connection.
    private static func isClosure(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as ChannelError: [.ioOnClosedChannel, .alreadyClosed, .outputClosed, .eof].contains(error)
        case let error as IOError: [ECONNRESET, EPIPE].contains(error.errnoCode)
        default: false
        }
    }

    private func client(at place: Place) -> HTTPClient {
        clients.withLock { clients in
            if let client = clients[place] { return client }
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout.connect = .nanoseconds(timeouts.connect.nanoseconds)
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
            configuration.proxy = place.proxy.map {
                .server(host: $0.host, port: $0.port, authorization: $0.authorization)
            }
            if let certificates {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .file(certificates)
                configuration.tlsConfiguration = tls
            }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(EventLoops.shared[place.loop]),
                configuration: configuration
            )
            clients[place] = client
            return client
        }
    }

    /// Where an exchange went, and how far it got.
    private struct Route {
        let host: String
        let port: Int
        let proxy: ProxySettings.Proxy?
        /// Whether the head of the answer had come.
        let hasBegun: Bool

        var place: String { "\(host):\(port)" }
    }

    /// An error of the client in our words.
    private static func describe(_ error: any Error, _ route: Route, _ timeouts: HTTPTimeouts) -> any Error {
        let place = route.place
        let proxy = route.proxy.map { "the proxy \($0.host):\($0.port)" } ?? "the proxy"
        let closed = TransportError(
            kind: .cut,
            message: "\(place) closed the connection before its answer was whole"
        )
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .httpProxyHandshakeTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
                let seconds = timeouts.connect.seconds
                return TransportError(kind: .timeout, message: "no connection to \(place) within \(seconds) s")
            case .remoteConnectionClosed: return closed
            case .proxyAuthenticationRequired:
                return TransportError(
                    kind: .invalid,
                    message:
                        "\(proxy) wants a user name and a password, or others; write them into HTTPS_PROXY as "
                        + "http://USER:PASSWORD@HOST:PORT"
                )
            case .invalidProxyResponse:
                return TransportError(kind: .unreachable, message: "\(proxy) did not connect to \(place)")
            default: return TransportError(kind: .cut, message: "the exchange with \(place) failed: \(error)")
            }
        case let error as NIOConnectionError:
            let subject = route.proxy == nil ? "" : "the proxy "
            guard let first = error.connectionErrors.first else {
                return TransportError(
                    kind: .unreachable,
                    message: "there is no host \(error.host)" + (subject.isEmpty ? "" : ", which is named as a proxy")
                )
            }
            return TransportError(
                kind: .unreachable,
                message: "can't connect to \(subject)\(error.host):\(error.port): \(reason(first.error))"
            )
        case let error as IOError:
            if [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode) {
                let target = route.proxy == nil ? place : proxy
                return TransportError(kind: .unreachable, message: "can't connect to \(target): \(reason(error))")
            }
            return TransportError(kind: .cut, message: "the connection to \(place) broke: \(reason(error))")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            if let error = error as? NIOSSLError, isEnd(error) { return closed }
            if route.hasBegun {
                return TransportError(kind: .cut, message: "the secure connection to \(place) broke: \(error)")
            }
            return TransportError(
                kind: .untrusted,
                message:
                    "no secure connection to \(place): \(error) (a private authority's certificates can be named in "
                    + "SSL_CERT_FILE)"
            )
        case let error as HTTPParserError:
            // What ends, or is mutilated, in the middle is not the fault of the address.
            if error == .invalidEOFState || error == .closedConnection { return closed }
            if route.hasBegun {
                return TransportError(kind: .cut, message: "the answer of \(place) stopped being HTTP: \(error)")
            }
            return TransportError(kind: .invalid, message: "\(place) does not speak HTTP: \(error)")
        case let error as ChannelError:
            return TransportError(kind: .cut, message: "the connection to \(place) broke: \(error)")
        case is CancellationError: return error
        default:
            let name = String(reflecting: type(of: error))
            let isSecurity = name.hasPrefix("NIOSSL.") || name.hasPrefix("NIOTransportServices.")
            return TransportError(
                kind: isSecurity ? .untrusted : .cut,
                message: "the exchange with \(place) failed: \(error)"
            )
        }
    }

    /// Whether a secure connection just ended, in the handshake or later; that says nothing about trust.
    private static func isEnd(_ error: NIOSSLError) -> Bool {
        switch error {
        case .uncleanShutdown: true
        case .handshakeFailed(.sslError(let errors)): errors == [.eofDuringHandshake]
        default: false
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}

/// The event loops of the process, and which one an exchange runs on.
///
/// Each loop has a client of its own, so that connection and delegate share it: a client of several may separate them, which
/// costs two changes of threads for each part of an answer. A loop that is busy anyway does more work each time it wakes, so the first is filled before the
/// next one is used.
private final class EventLoops: Sendable {
    static let shared = EventLoops()

    private let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    private let exchanges: Mutex<[Int]>

    private init() { exchanges = Mutex(loops.map { _ in 0 }) }

    subscript(index: Int) -> any EventLoop { loops[index] }

    /// So many exchanges are a loop's fill.
    private static let fill = 64

    /// Counts an exchange for a loop: the first one that is not full, else the one with the fewest.
    func take() -> Int {
        exchanges.withLock { exchanges in
            let index =
                exchanges.firstIndex { $0 < Self.fill } ?? exchanges.indices.min { exchanges[$0] < exchanges[$1] } ?? 0
            exchanges[index] += 1
            return index
        }
    }

    func giveBack(_ index: Int) { exchanges.withLock { $0[index] -= 1 } }
}

/// Hands an answer on while it comes, on the event loop of its connection, and ends an exchange that stalls.
private final class ExchangeDelegate: HTTPClientResponseDelegate {
    private struct State {
        var lastByte: NIODeadline?
        var failure: (any Error)?
    }

    private let receiver: any HTTPReceiver
    private let timeouts: HTTPTimeouts
    private let began = NIODeadline.now()
    private let state = Mutex(State())

    init(_ receiver: any HTTPReceiver, _ timeouts: HTTPTimeouts) {
        self.receiver = receiver
        self.timeouts = timeouts
    }

    /// Why the exchange was ended from here.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Whether the head of the answer has come.
    var hasBegun: Bool { state.withLock { $0.lastByte != nil } }

    /// Looks at the exchange when it may have stalled, until it has ended.
    func watch(_ task: HTTPClient.Task<Void>) {
        // A first byte that comes after this look brings the deadline forward, to the idle time from now at the earliest.
        let next = min(deadline, .now() + .nanoseconds(timeouts.idle.nanoseconds))
        let timer = task.eventLoop.scheduleTask(deadline: next) { self.look(task) }
        task.futureResult.whenComplete { _ in timer.cancel() }
    }

    private var deadline: NIODeadline {
        let lastByte = state.withLock { $0.lastByte }
        guard let lastByte else { return began + .nanoseconds(timeouts.firstByte.nanoseconds) }
        return lastByte + .nanoseconds(timeouts.idle.nanoseconds)
    }

    private func look(_ task: HTTPClient.Task<Void>) {
        if deadline > .now() { return watch(task) }
        let message =
            hasBegun
            ? "the answer stalled: nothing came for \(timeouts.idle.seconds) s (model.idle_seconds)"
            : "no answer began within \(timeouts.firstByte.seconds) s (model.first_byte_seconds)"
        fail(task, TransportError(kind: .timeout, message: message))
    }

    private func fail(_ task: HTTPClient.Task<Void>, _ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        task.fail(reason: error)
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.lastByte = .now() }
        let fields = head.headers.map { (name: $0.name.lowercased(), value: $0.value) }
        return pass(task) { try receiver.receive(HTTPHead(status: Int(head.status.code), headers: fields)) }
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        state.withLock { $0.lastByte = .now() }
        return pass(task) { try buffer.withUnsafeReadableBytes { try receiver.receive($0) } }
    }

    private func pass(_ task: HTTPClient.Task<Void>, _ body: () throws -> Void) -> EventLoopFuture<Void> {
        do {
            try body()
            return task.eventLoop.makeSucceededVoidFuture()
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
            return task.eventLoop.makeFailedFuture(error)
        }
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {}
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max / 2 : whole + components.attoseconds / 1_000_000_000
    }

    /// The whole seconds, for messages.
    fileprivate var seconds: String {
        let tenths = nanoseconds / 100_000_000
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

import AnimaCore
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Takes a body while it comes; used by one task at a time.
protocol BodyTaker: AnyObject {
    /// Takes the next bytes; false when they were enough.
    func take(_ piece: UnsafeRawBufferPointer) throws -> Bool
}

/// The beginning of a body.
private final class CollectedBody: BodyTaker {
    private let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isCut = false

    init(limit: Int) { self.limit = limit }

    func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        isCut = bytes.count + piece.count > limit
        bytes.append(contentsOf: piece.prefix(limit - bytes.count))
        return !isCut
    }
}

/// Sends requests to public hosts and to those that the owner opened.
///
/// Each hop is judged from scratch: its address, then every number that its name has, and the connection goes to a number
/// that was judged, not to the name. Nothing is kept between requests: no connections, no cookies, and no proxy is used.
struct WebClient: Sendable {
    let rules: DestinationRules
    let resolver: any NameResolver
    /// What the owner adds to requests to some origins.
    let headers: [HeaderGrant]
    /// What the client says it is.
    let userAgent: String
    /// A PEM file of the authorities to trust instead of the system's.
    let certificates: String?

    /// How long a connection may take.
    static let connectLimit = Duration.seconds(10)
    /// So many numbers of a name are tried until one answers.
    static let triedAddresses = 3

    /// The last answer of a chain of redirects.
    struct Answer: Sendable {
        let head: WebHead
        /// Where it came from.
        let address: WebAddress
        /// Where the first request went, when that was elsewhere.
        let origin: WebAddress?
        /// Why a redirect in it was not followed.
        let note: String?
        fileprivate let body: HTTPClientResponse.Body

        /// Reads the body piece by piece until it ends or the taker has enough.
        // With a closure instead of an object the optimizer of Swift 6.3 crashes (CoroSplit).
        func read(into taker: any BodyTaker) async throws {
            for try await buffer in body {
                let goesOn = try buffer.withUnsafeReadableBytes { try taker.take($0) }
                guard goesOn else { return }
            }
        }

        /// Reads the body up to a limit.
        func bytes(limit: Int) async throws -> (bytes: [UInt8], isCut: Bool) {
            let collected = CollectedBody(limit: limit)
            try await read(into: collected)
            return (collected.bytes, collected.isCut)
        }
    }

    /// What is accepted of an answer.
    struct Terms: Sendable {
        /// The types that are wanted, as the `Accept` field says it.
        var accept = "*/*"
        /// How large a packed body may become when it is unpacked; nil when it is taken as it is sent.
        var unpackedBytes: Int?
        /// How long everything may take, redirects and body included.
        var limit: Duration
        /// Where redirects may lead; nil for wherever requests may go at all.
        var redirects: AddressReach?
    }

    /// Sends a request, follows redirects, and hands the last answer on while it comes.
    ///
    /// - Throws: ``WebFailure``, `CancellationError`, and what `use` throws.
    func send<Value: Sendable>(
        _ request: WebRequest,
        _ terms: Terms,
        _ use: @escaping @Sendable (Answer) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await follow(request, terms, use) }
            group.addTask {
                try await Task.sleep(for: terms.limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                let seconds = terms.limit.microseconds / 100_000
                throw WebFailure(
                    "\(request.address.origin) did not answer as a whole within \(seconds / 10).\(seconds % 10) s, the limit "
                        + "of the call"
                )
            }
            return value
        }
    }

    private func follow<Value>(
        _ request: WebRequest,
        _ terms: Terms,
        _ use: (Answer) async throws -> Value
    ) async throws -> Value {
        var chain = RedirectChain(request, rules, reach: terms.redirects)
        while true {
            let sent = chain.request
            // A redirect from elsewhere does not borrow what the owner gave for requests that the agent itself makes.
            let granted = headers.filter { [sent.address.origin, request.address.origin] == [$0.origin, $0.origin] }
            let value: Value? = try await exchange(sent, granted, terms) { head, body in
                switch chain.receive(head) {
                case .follow: return nil
                case .refuse(let reason): throw WebFailure(reason)
                case .done(let note):
                    let origin = sent.address == request.address ? nil : request.address
                    return try await use(
                        Answer(head: head, address: sent.address, origin: origin, note: note, body: body)
                    )
                }
            }
            if let value { return value }
        }
    }

    /// One request and its answer, at the first number of the host that takes a connection.
    private func exchange<Value>(
        _ request: WebRequest,
        _ granted: [HeaderGrant],
        _ terms: Terms,
        _ use: (WebHead, HTTPClientResponse.Body) async throws -> Value
    ) async throws -> Value {
        let addresses = try await judgedAddresses(of: request.address)
        for (index, address) in addresses.enumerated() {
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
                configuration: configuration(request.address, at: address, terms)
            )
            do {
                let response = try await client.execute(
                    Self.message(request, granted, terms, userAgent),
                    deadline: .distantFuture
                )
                let head = WebHead(
                    status: Int(response.status.code),
                    reason: response.status.reasonPhrase,
                    headers: response.headers.map { .init(name: $0.name.lowercased(), value: $0.value) }
                )
                let value = try await use(head, response.body)
                try? await client.shutdown()
                return value
            } catch {
                try? await client.shutdown()
                if Task.isCancelled { throw CancellationError() }
                if error is WebFailure || error is WorkspaceError { throw error }
                if index < addresses.count - 1, Self.isBeforeConnection(error) { continue }
                throw Self.describe(error, request.address, address)
            }
        }
        throw WebFailure("the host \(request.address.host) has no address")
    }

    /// The numbers that may be connected to.
    private func judgedAddresses(of address: WebAddress) async throws -> ArraySlice<IPAddress> {
        if let refusal = rules.refusal(of: address) { throw WebFailure(refusal) }
        switch address.host {
        case .address(let number): return [number]
        case .name(let name):
            let numbers = try await resolver.addresses(of: name)
            if let refusal = rules.refusal(of: numbers, for: address) { throw WebFailure(refusal) }
            return numbers.prefix(Self.triedAddresses)
        }
    }

    private func configuration(
        _ address: WebAddress,
        at number: IPAddress,
        _ terms: Terms
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // The name still goes into the Host field and is what the certificate is checked against.
        if case .name(let name) = address.host {
            configuration.dnsOverride = [name: number.description]
            if address.scheme == .https {
                configuration.http1_1ConnectionDebugInitializer = { CertificateName.check($0, for: name) }
            }
        }
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .nanoseconds(Self.connectLimit.microseconds * 1000)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let limit = terms.unpackedBytes { configuration.decompression = .enabled(limit: .size(limit)) }
        if let certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificates)
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    private static func message(
        _ request: WebRequest,
        _ granted: [HeaderGrant],
        _ terms: Terms,
        _ userAgent: String
    ) throws -> HTTPClientRequest {
        let text = request.address.description
        // The client reads the address on its own: were it to find another host, the override would not hold.
        let host =
            switch request.address.host {
            case .name(let name): name
            case .address(let number): number.description
            }
        let reading = try? HTTPClient.Request(url: text)
        guard reading?.host == host, reading?.port == request.address.port,
            reading?.useTLS == (request.address.scheme == .https)
        else { throw WebFailure("\(text) is read differently by the HTTP client, so it is not sent") }
        var message = HTTPClientRequest(url: text)
        message.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        for grant in granted { message.headers.remove(name: grant.field.name) }
        for grant in granted { message.headers.add(name: grant.field.name, value: grant.field.value) }
        let ours = [
            ("User-Agent", userAgent), ("Accept", terms.accept),
            ("Accept-Encoding", terms.unpackedBytes == nil ? "identity" : "gzip, deflate"),
        ]
        for (name, value) in ours where !message.headers.contains(name: name) {
            message.headers.add(name: name, value: value)
        }
        if !request.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        return message
    }

    /// Whether nothing can have been sent yet, so that another number may be tried.
    private static func isBeforeConnection(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError, ChannelError.connectTimeout: true
        case let error as HTTPClientError: error == .connectTimeout
        case let error as IOError:
            [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode)
        default: false
        }
    }

    private static func describe(_ error: any Error, _ address: WebAddress, _ number: IPAddress) -> WebFailure {
        let place = address.origin + (address.host == .address(number) ? "" : " (\(number))")
        switch error {
        case let error as IOError where isBeforeConnection(error):
            return WebFailure("can't connect to \(place): \(systemReason(error.errnoCode))")
        case _ where isBeforeConnection(error): return WebFailure("can't connect to \(place) in time")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return WebFailure("\(place) closed the connection before its answer was whole")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return WebFailure("no secure connection to \(place): \(error)")
        case is NIOHTTPDecompression.DecompressionError:
            return WebFailure("the packed answer of \(place) can't be unpacked, or is over the limit then: \(error)")
        case HTTPParserError.headerOverflow:
            return WebFailure("\(place) sent too many, or too long, header fields")
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            return WebFailure("\(place) closed the connection before its answer was whole")
        case is HTTPParserError: return WebFailure("\(place) does not speak HTTP as it should: \(error)")
        default: return WebFailure("the exchange with \(place) failed: \(error)")
        }
    }
}

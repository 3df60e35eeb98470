import AnimaCore
import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds the numbers of a named host.
protocol NameResolver: Sendable {
    /// All numbers that the name has now, the preferred one first.
    ///
    /// - Throws: ``WebFailure``, or `CancellationError`.
    func addresses(of name: String) async throws -> [IPAddress]
}

/// The system's way: hosts file and DNS.
struct SystemResolver: NameResolver {
    /// How long is waited for an answer.
    var limit = Duration.seconds(10)

    func addresses(of name: String) async throws -> [IPAddress] {
        let limit = limit
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [IPAddress].self)
        // The call blocks and can't be stopped: it ends on its own on a thread of the pool, and nobody waits for it.
        NIOThreadPool.singleton.submit { state in
            guard case .active = state else { return promise.fail(CancellationError()) }
            promise.completeWith(Result { try Self.lookUp(name) })
        }
        let timer = promise.futureResult.eventLoop.scheduleTask(in: .nanoseconds(limit.microseconds * 1000)) {
            promise.fail(
                WebFailure("the name of the host \(name) was not found within \(limit.microseconds / 1_000_000) s")
            )
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private static func lookUp(_ name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_protocol = CInt(IPPROTO_TCP)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let problem = getaddrinfo(name, nil, &hints, &list)
        guard problem == 0 else {
            throw WebFailure("the host \(name) was not found: \(String(cString: gai_strerror(problem)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let address = address(of: entry.pointee), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let pointer = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            let raw = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in.self).sin_addr
            return withUnsafeBytes(of: raw) { IPAddress(bytes: Array($0)) }
        case AF_INET6:
            let raw = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: raw) { IPAddress(bytes: Array($0)) }
        default: return nil
        }
    }
}

import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The way out of one run of a program, to the hosts of `sandbox.hosts`: made before the run, ended after it.
///
/// In the sandbox, which has a network of its own with nothing in it, `anima-confine` makes a socket that listens, hands
/// it over by way of a ``DescriptorDoor``, and becomes the program. What connects to it in there is served out here. The
/// door takes one descriptor, and is gone before the program begins.
final class ProgramNetwork: Sendable {
    /// What the program may reach, with the way to it.
    let confinement: Confinement
    /// The variables that tell programs of the proxy.
    var variables: [String: String] { Self.variables }

    private let proxy: ProgramProxy
    /// Owned by this value: it is cancelled at the end, or when nobody holds this any more.
    private let task: Task<Void, Never>

    /// The port of 127.0.0.1 in the sandbox; its network is new, so that nobody else is there.
    static let port = 3128

    /// Opens the way.
    ///
    /// - Returns: Nil when no hosts are granted.
    /// - Throws: ``SandboxError`` when the sandbox can't hold programs to hosts, or the system has no place for a socket.
    static func open(
        for confinement: Confinement,
        in sandbox: any Sandbox,
        resolver: any NameResolver,
        limits: ProgramProxy.Limits = .init()
    ) throws(SandboxError) -> ProgramNetwork? {
        guard !confinement.hosts.isEmpty else { return nil }
        try sandbox.requireHosts(of: confinement)
        guard let (door, listener) = DescriptorDoor.make() else {
            throw SandboxError(message: "can't make a socket in /tmp for sandbox.hosts: \(systemReason(errno))")
        }
        var confinement = confinement
        confinement.proxy = door.path
        let hosts = ProgramHosts(granted: confinement.hosts)
        let proxy = ProgramProxy(hosts: hosts, resolver: resolver, limits: limits)
        return ProgramNetwork(confinement, proxy, door, listener)
    }

    private init(_ confinement: Confinement, _ proxy: ProgramProxy, _ door: DescriptorDoor, _ listener: CInt) {
        self.confinement = confinement
        self.proxy = proxy
        task = Task {
            let handed = await withTaskCancellationHandler {
                // What blocks does so on a thread for that, and for as long as a sandbox takes to start.
                try? await NIOThreadPool.singleton.runIfActive { DescriptorDoor.take(from: listener) }
            } onCancel: {
                _ = shutdown(listener, CInt(SHUT_RDWR))
            }
            _ = close(listener)
            door.remove()
            if let handed = handed ?? nil { await proxy.serve(handed) }
        }
    }

    deinit { task.cancel() }

    /// Closes the way with all that goes through it.
    ///
    /// - Returns: What programs tried to reach in vain, for the tool's result; nil for nothing.
    func end() async -> String? {
        task.cancel()
        await task.value
        return proxy.refusals.note
    }

    private static let variables: [String: String] = {
        var variables = ["NO_PROXY": "", "no_proxy": ""]
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            variables[name] = "http://127.0.0.1:\(port)"
            variables[name.lowercased()] = "http://127.0.0.1:\(port)"
        }
        return variables
    }()
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// bubblewrap, which gives programs a system of their own, with `anima-confine` around and inside it.
public struct BubblewrapSandbox: Sandbox {
    /// The absolute path of `bwrap`.
    public let bubblewrap: String
    /// Sets limits outside and filters system calls inside; nil when it was not found.
    public let helper: HelperSandbox?

    /// The sandbox that these programs make.
    public init(bubblewrap: String, helper: HelperSandbox?) {
        self.bubblewrap = bubblewrap
        self.helper = helper
    }

    public var name: String { helper == nil ? "bubblewrap" : "bubblewrap and anima-confine" }

    public var weaknesses: [String] {
        helper == nil ? ["no limits and no filter of system calls: anima-confine was not found"] : []
    }

    /// Where the helper is inside.
    private static let helperPath = "/run/anima-confine"
    /// Where the way to the proxy is inside.
    private static let proxyPath = "/run/anima-proxy"

    public var hostsProblem: String? {
        helper == nil ? "bubblewrap needs anima-confine for that, which was not found (make build makes it)" : nil
    }

    public func command(_ command: [String], in directory: String, under confinement: Confinement, parent: Int32)
        throws(SandboxError) -> [String]
    {
        try requireHosts(of: confinement)
        let wrapped =
            [bubblewrap, "--unshare-all", "--die-with-parent", "--new-session"]
            + (confinement.network ? ["--share-net"] : [])
            + mounts(confinement)
            // What the kernel lets root set under /proc/sys needs no capability, only its user number.
            + ["--chdir", directory, "--remount-ro", "/proc", "--remount-ro", "/", "--"]
        guard let helper else { return wrapped + command }
        // With the network of the machine come its sockets without a path, which reach its services.
        let inside =
            [Self.helperPath, "enter", confinement.network ? "--network" : "--unix"]
            + helper.way(out: confinement.proxy.map { _ in Self.proxyPath })
            + ["--processes", String(confinement.limits.processes), "--tell", "--"]
        return helper.watch(confinement, parent, ["--wrapped"]) + wrapped + inside + command
    }

    private func mounts(_ confinement: Confinement) -> [String] {
        let size = String(min(confinement.limits.file, confinement.limits.memory) << 20)
        // What lies in memory is bounded or not writable: /dev itself would take half of the machine's.
        var arguments = ["--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
        arguments += ["--proc", "/proc", "--size", size, "--tmpfs", "/tmp"]
        // A directory before what lies in it, else it would cover that.
        let granted =
            confinement.readable.map { (path: $0, mount: "--ro-bind-try") }
            + confinement.writable.map { (path: $0, mount: "--bind") }
        for (path, mount) in granted.sorted(by: { $0.path.utf8.count < $1.path.utf8.count }) {
            if let target = Self.linkTarget(of: path) {
                arguments += ["--symlink", target, path]
            } else {
                arguments += [mount, path, path]
            }
        }
        if confinement.network, let names = Self.nameServers { arguments += ["--ro-bind-try", names, names] }
        for path in confinement.hidden where granted.contains(where: { Confinement.lies(path, in: $0.path) }) {
            // A hidden path may hold a granted one: the workspace of an agent lies in Anima's home.
            switch Self.kind(of: path) {
            case .directory?:
                arguments += ["--size", "4096", "--tmpfs", path]
                for (inner, mount) in granted where inner != path && Confinement.lies(inner, in: path) {
                    arguments += [mount, inner, inner]
                }
                arguments += ["--remount-ro", path]
            case nil: continue
            default: arguments += ["--ro-bind", "/dev/null", path]
            }
        }
        for path in confinement.protectedPaths {
            let isWritable = confinement.writable.contains { Confinement.lies(path, in: $0) }
            // What is a link, or lies behind one, could lead elsewhere.
            guard isWritable, Self.kind(of: path) != nil, Confinement.real(path) == path else { continue }
            arguments += ["--ro-bind", path, path]
        }
        if let helper { arguments += ["--ro-bind", helper.helper, Self.helperPath] }
        if let proxy = confinement.proxy { arguments += ["--ro-bind", proxy, Self.proxyPath] }
        return arguments
    }

    /// Where the addresses of name servers are, when `/etc/resolv.conf` is a link out of `/etc`.
    private static var nameServers: String? {
        let path = Confinement.real("/etc/resolv.conf")
        return path.hasPrefix("/etc/") ? nil : path
    }

    private static func kind(of path: String) -> FileStatus.Kind? {
        var status = stat()
        return lstat(path, &status) == 0 ? FileStatus(status).kind : nil
    }

    private static func linkTarget(of path: String) -> String? {
        guard kind(of: path) == .link else { return nil }
        return Descriptor.root?.linkTarget(of: path)
    }
}

extension Descriptor {
    /// The root of the file system, from which absolute paths need nothing.
    fileprivate static var root: Descriptor? {
        let value = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return value < 0 ? nil : Descriptor(owning: value)
    }
}

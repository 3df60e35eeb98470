#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The program `anima-confine`: Landlock for files, a filter of system calls, limits.
///
/// It needs no rights and no namespaces, so it works in most containers.
public struct HelperSandbox: Sandbox {
    /// The absolute path of `anima-confine`.
    public let helper: String
    /// The version of Landlock that the kernel speaks.
    public let landlock: Int
    /// Why it can't make a network of its own for a program; nil when it can.
    public let networkProblem: String?

    /// The sandbox that this helper makes.
    public init(helper: String, landlock: Int, networkProblem: String? = nil) {
        self.helper = helper
        self.landlock = landlock
        self.networkProblem = networkProblem
    }

    public var name: String { "anima-confine (Landlock \(landlock))" }

    public var weaknesses: [String] {
        [
            "names, sizes and dates of hidden files can be seen, and modes of the user's own files changed",
            "protected files are put back after a run rather than kept from being changed",
            "other processes of the machine can be listed",
        ] + (landlock < 6 ? ["processes of the same user can be sent signals (needs Linux 6.12)"] : [])
    }

    public var hostsProblem: String? {
        // Rules of Landlock for TCP know ports and no hosts, so nothing less will do.
        networkProblem.map {
            "anima-confine alone needs a network namespace for that, and the system does not allow one (\($0)); allow "
                + "user namespaces, or install bubblewrap where it may make them"
        }
    }

    public func command(_ command: [String], in directory: String, under confinement: Confinement, parent: Int32)
        throws(SandboxError) -> [String]
    {
        try requireHosts(of: confinement)
        for hidden in confinement.hidden {
            guard let root = confinement.writable.first(where: { Confinement.lies(hidden, in: $0) }) else { continue }
            throw SandboxError(
                message: "programs can't be run: \(hidden) must stay hidden from them but lies in \(root), which they "
                    + "may write; choose another workspace, or install bubblewrap, which can hide it"
            )
        }
        var rules: [String] = []
        let system = ["/proc", "/dev/urandom", "/dev/random", "/dev/zero"]
        for path in confinement.readable + system {
            for part in Self.visibleParts(of: path, hiding: confinement.hidden) { rules += ["--read", part] }
        }
        for path in confinement.writable + ["/dev/null", "/dev/full", "/dev/tty"] { rules += ["--write", path] }
        return watch(confinement, parent, ["--temporary"])
            + [helper, "enter", "--landlock", "--temporary"] + rules + (confinement.network ? ["--network"] : [])
            + (confinement.proxy == nil ? [] : ["--own-network"]) + way(out: confinement.proxy)
            + ["--processes", String(confinement.limits.processes), "--"] + command
    }

    /// What the part inside, which has a network of its own, is told of the proxy.
    func way(out proxy: String?) -> [String] {
        guard let proxy else { return [] }
        return ["--network", "--proxy", proxy, "--proxy-port", String(ProgramNetwork.port)]
    }

    /// The part that stays outside and bounds what runs inside.
    func watch(_ confinement: Confinement, _ parent: Int32, _ options: [String]) -> [String] {
        let limits = confinement.limits
        return [
            helper, "watch", "--parent", String(parent), "--memory", String(limits.memory << 20), "--processes",
            String(limits.processes), "--file", String(limits.file << 20), "--cpu", String(limits.cpuSeconds),
            "--files", String(limits.openFiles),
        ] + options + ["--"]
    }

    /// A directory, or its entries where something in it is hidden: Landlock grants and can't take back.
    ///
    /// A path that was granted for itself is seen, also inside of a hidden one.
    private static func visibleParts(of path: String, hiding hidden: [String]) -> [String] {
        let hidden = hidden.filter { $0 != path }
        guard hidden.contains(where: { Confinement.lies($0, in: path) }) else { return [path] }
        let value = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard value >= 0, let entries = Descriptor(owning: value).entries(limit: 1500) else { return [] }
        let paths = entries.map { (path == "/" ? "" : path) + "/" + $0.name }
        return paths.filter { !hidden.contains($0) }.flatMap { visibleParts(of: $0, hiding: hidden) }
    }
}

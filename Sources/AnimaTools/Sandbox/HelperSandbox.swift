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

    /// The sandbox that this helper makes.
    public init(helper: String, landlock: Int) {
        self.helper = helper
        self.landlock = landlock
    }

    public var name: String { "anima-confine (Landlock \(landlock))" }

    public var weaknesses: [String] {
        [
            "names, sizes and dates of hidden files can be seen, and modes of the user's own files changed",
            "protected files are put back after a run rather than kept from being changed",
            "other processes of the machine can be listed",
        ] + (landlock < 6 ? ["processes of the same user can be sent signals (needs Linux 6.12)"] : [])
    }

    public func command(_ command: [String], in directory: String, under confinement: Confinement, parent: Int32)
        throws(SandboxError) -> [String]
    {
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
            + ["--processes", String(confinement.limits.processes), "--"] + command
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

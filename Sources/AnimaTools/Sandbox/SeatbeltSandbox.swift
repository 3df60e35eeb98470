/// The program `sandbox-exec` of macOS with a profile: everything is denied but what the confinement grants.
///
/// Untested on macOS: the profile is held by tests, the system that obeys it is not. Later rules go over earlier ones there.
public struct SeatbeltSandbox: Sandbox {
    /// The absolute path of `sandbox-exec`.
    public let program: String

    /// The sandbox that this program makes.
    public init(program: String = "/usr/bin/sandbox-exec") { self.program = program }

    public var name: String { "sandbox-exec (untested)" }

    public var weaknesses: [String] {
        [
            "it has not been tested on macOS",
            "memory and the number of processes are not bounded",
            "a program that makes a session of its own may outlive its call",
            "other processes of the machine can be listed",
        ]
    }

    public var hostsProblem: String? { "sandbox-exec gives programs no network of their own" }

    public func command(_ command: [String], in directory: String, under confinement: Confinement, parent: Int32)
        throws(SandboxError) -> [String]
    {
        try requireHosts(of: confinement)
        let limits = confinement.limits
        // Sizes of files count in halves of a kilobyte.
        let bounds = "ulimit -f \(limits.file * 2048) -t \(limits.cpuSeconds) -n \(limits.openFiles)"
        let script = """
            place=$(/usr/bin/mktemp -d /private/tmp/anima.XXXXXX) || exit 125
            trap '/bin/rm -rf "$place"' EXIT
            \(bounds)
            program=$1 profile=$2
            shift 2
            TMPDIR=$place "$program" -D "PLACE=$place" -p "$profile" "$@"
            """
        return ["/bin/sh", "-c", script, "anima", program, Self.profile(of: confinement)] + command
    }

    /// The profile: Apple's own dialect of Scheme.
    static func profile(of confinement: Confinement) -> String {
        var lines = [
            "(version 1)", "(deny default)", "(allow process-exec process-fork)",
            "(allow signal (target same-sandbox))",
            "(allow sysctl-read)", "(allow file-read-metadata)", "(allow file-read* (literal \"/\"))",
            "(allow mach-lookup (global-name \"com.apple.system.opendirectoryd.libinfo\"))",
            "(allow file-read* file-write-data file-ioctl (literal \"/dev/null\") (literal \"/dev/zero\") "
                + "(literal \"/dev/tty\"))",
            "(allow file-read* (literal \"/dev/urandom\") (literal \"/dev/random\"))",
        ]
        let readable =
            confinement.readable + ["/System", "/Library", "/private/etc", "/private/var/db", "/opt/homebrew"]
        lines += readable.map { "(allow file-read* \(subpath($0)))" }
        lines += confinement.hidden.map { "(deny file-read* file-write* \(subpath($0)))" }
        // What is granted for itself is seen, also inside of what is hidden.
        let seen = confinement.readable.filter { path in confinement.hidden.contains { Confinement.lies(path, in: $0) }
        }
        lines += seen.map { "(allow file-read* \(subpath($0)))" }
        lines += confinement.writable.map { "(allow file-read* file-write* \(subpath($0)))" }
        let inner = confinement.hidden.filter { path in
            confinement.writable.contains { path != $0 && Confinement.lies(path, in: $0) }
        }
        lines += inner.map { "(deny file-read* file-write* \(subpath($0)))" }
        lines += ["(allow file-read* file-write* (subpath (param \"PLACE\")))"]
        lines += confinement.protectedPaths.map { "(deny file-write* \(subpath($0)))" }
        if confinement.network {
            lines += ["(allow network*)", "(allow system-socket)", "(allow mach-lookup)"]
        }
        return lines.joined(separator: "\n")
    }

    private static func subpath(_ path: String) -> String {
        let quoted = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "(subpath \"\(quoted)\")"
    }
}

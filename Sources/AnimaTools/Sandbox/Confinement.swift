#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What programs that tools start may reach and use; everything else is closed to them.
///
/// Paths are absolute and without links.
public struct Confinement: Hashable, Sendable {
    /// What one run of a program may use.
    public struct Limits: Hashable, Sendable {
        /// Megabytes of memory, of each process and of all together; the system's shared pages are not counted.
        public var memory = 8192
        /// Processes and threads at a time.
        public var processes = 2048
        /// Megabytes of one file.
        public var file = 4096
        /// Seconds of processor time of one process.
        public var cpuSeconds = 3600
        /// Files that one process has open.
        public var openFiles = 4096

        /// Enough to build large software.
        public init() {}
    }

    /// Directories that programs write, the workspace first.
    public var writable: [String]
    /// Files and directories that they read besides.
    public var readable: [String]
    /// Files and directories that they don't see, wherever these lie.
    public var hidden: [String]
    /// Files and directories in writable ones that stay as they are; relative to the workspace, or absolute.
    public var protected: [String]
    /// Whether they reach the network.
    public var network = false
    /// The hosts that they reach when they don't reach the whole network; empty for none.
    public var hosts: [ProgramHost] = []
    /// Where Anima waits to be handed the port of its proxy; each run has a place of its own.
    ///
    /// Nil for a run that reaches none of the hosts.
    var proxy: String?
    /// What they may use.
    public var limits = Limits()

    /// A workspace to write, the system to read, nothing else.
    ///
    /// - Parameters:
    ///   - write: Further directories to write.
    ///   - read: Further paths to read.
    ///   - hidden: Paths to hide, for example Anima's home.
    ///   - protected: Files besides ``startFiles`` that programs must not change.
    public init(
        workspace: String,
        write: [String] = [],
        read: [String] = [],
        hidden: [String] = [],
        protected: [String] = []
    ) {
        writable = Self.distinct([workspace] + write)
        readable = Self.distinct(Self.system + read)
        self.hidden = Self.distinct(Self.systemSecrets + hidden)
        self.protected = Self.startFiles + protected.map(Self.real)
    }

    /// The workspace.
    var workspace: String { writable.first ?? "/" }

    /// Files that other programs run or obey when a person enters the workspace or works with git in it.
    public static let startFiles = [
        ".git/hooks", ".git/config", ".git/info/attributes", ".envrc", ".bashrc", ".bash_profile", ".bash_login",
        ".bash_logout", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout",
    ]

    /// Where systems keep what programs need to run.
    static let system = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/etc", "/nix/store",
        "/sys/devices/system/cpu", "/sys/fs/cgroup",
    ]

    /// What in there is not for everyone, also when the user is root.
    static let systemSecrets = [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh",
        "/etc/ssl/private", "/etc/security/opasswd",
    ]

    private static func distinct(_ paths: [String]) -> [String] {
        paths.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// A path without links, as far as it is there.
    public static func real(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Whether a path is another one or lies in it.
    public static func lies(_ path: String, in directory: String) -> Bool {
        directory == "/" || path == directory || path.utf8.starts(with: (directory + "/").utf8)
    }

    /// The protected paths, absolute.
    var protectedPaths: [String] { protected.map { $0.hasPrefix("/") ? $0 : workspace + "/" + $0 } }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Which sandboxes a machine has, found out by trying them.
public struct SandboxSurvey: Sendable {
    /// Which sandbox is wanted, as `sandbox.mode` says it.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// The strongest there is; none is an error.
        case auto
        /// bubblewrap, with the helper where that is found.
        case bubblewrap
        /// The helper alone.
        case helper
        /// `sandbox-exec` of macOS; untested.
        case seatbelt
        /// None at all.
        case none
    }

    /// bubblewrap, when it works here.
    public let bubblewrap: BubblewrapSandbox?
    /// Why bubblewrap does not work here, and what to do; nil when it does.
    public let bubblewrapProblem: String?
    /// The helper, when it works here alone.
    public let helper: HelperSandbox?
    /// Why the helper does not work here alone; nil when it does.
    public let helperProblem: String?

    /// `sandbox-exec`, when it works here.
    public let seatbelt: SeatbeltSandbox?

    /// Tries what a machine has; takes some ten milliseconds.
    ///
    /// - Parameter environment: Its `PATH` is where programs are looked for; the helper, first, beside the running one.
    public init(environment: [String: String]) {
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let directories = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        let beside = Confinement.real("/proc/self/exe").split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let found = Self.find("anima-confine", in: [beside] + directories)
        var helper: HelperSandbox?
        if let found {
            let probe = Probe.run([found, "probe"])
            let version = Int(probe.output.drop { !$0.isNumber }.prefix(while: \.isNumber)) ?? 0
            helper =
                probe.isSuccess
                ? HelperSandbox(helper: found, landlock: version, networkProblem: Self.networkProblem(in: probe.output))
                : nil
            helperProblem =
                helper == nil
                ? "\(found) does not run: \(probe.output)"
                : version > 0 ? nil : "the kernel has no Landlock (Linux 5.13 and newer have, unless it is turned off)"
        } else {
            helperProblem = "anima-confine was found neither beside anima nor in PATH (make build makes it)"
        }
        self.helper = helperProblem == nil ? helper : nil
        seatbelt = Self.seatbelt()
        guard let program = Self.find("bwrap", in: directories) else {
            bubblewrap = nil
            bubblewrapProblem = "bubblewrap is not installed (Debian and others: the package bubblewrap)"
            return
        }
        let candidate = BubblewrapSandbox(bubblewrap: program, helper: helper)
        let confinement = Confinement(workspace: "/usr")
        do throws(SandboxError) {
            let command = try candidate.command(["/bin/true"], in: "/usr", under: confinement, parent: getpid())
            let probe = Probe.run(command)
            bubblewrap = probe.isSuccess ? candidate : nil
            bubblewrapProblem =
                probe.isSuccess
                ? nil : "bubblewrap is not allowed to make namespaces here (\(probe.output.prefix(200)))"
        } catch {
            bubblewrap = nil
            bubblewrapProblem = error.message
        }
    }

    private static func seatbelt() -> SeatbeltSandbox? {
        #if os(macOS)
        let candidate = SeatbeltSandbox()
        let confinement = Confinement(workspace: "/usr")
        let command = try? candidate.command(["/usr/bin/true"], in: "/usr", under: confinement, parent: getpid())
        return command.map { Probe.run($0).isSuccess } == true ? candidate : nil
        #else
        return nil
        #endif
    }

    /// What the helper says of making networks.
    private static func networkProblem(in output: String) -> String? {
        let said = output.split(separator: ";").map { $0.drop { $0 == " " } }.first { $0.hasPrefix("network ") }
        guard let said, !said.hasPrefix("network 1") else {
            return said == nil ? "this anima-confine is an older one" : nil
        }
        return String(said.dropFirst("network 0 ".count))
    }

    /// The sandbox that a mode means on this machine.
    ///
    /// - Throws: ``SandboxError`` when it is not there, or for ``Mode/auto`` none is.
    public func sandbox(_ mode: Mode) throws(SandboxError) -> any Sandbox {
        switch mode {
        case .none: return NoSandbox()
        case .bubblewrap:
            if let bubblewrap { return bubblewrap }
            throw SandboxError(message: "sandbox.mode is \"bubblewrap\", but \(bubblewrapProblem ?? "")")
        case .helper:
            if let helper { return helper }
            throw SandboxError(message: "sandbox.mode is \"helper\", but \(helperProblem ?? "")")
        case .seatbelt:
            if let seatbelt { return seatbelt }
            throw SandboxError(
                message: "sandbox.mode is \"seatbelt\", but sandbox-exec does not work here: only macOS has it"
            )
        case .auto:
            if let bubblewrap { return bubblewrap }
            if let helper { return helper }
            if let seatbelt { return seatbelt }
            throw SandboxError(
                message: "there is no sandbox for the programs that tools start: \(bubblewrapProblem ?? ""); "
                    + "\(helperProblem ?? ""). Install one of them, or set sandbox.mode = \"none\" to run programs "
                    + "unconfined"
            )
        }
    }

    /// The program that a name stands for in some directories, without links; nil when there is none.
    static func find(_ name: String, in directories: [String]) -> String? {
        directories.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }.map(Confinement.real)
    }
}

/// A short program of which only matters whether it works.
private struct Probe {
    var isSuccess = false
    var output = ""

    static func run(_ command: [String]) -> Probe {
        var ends: [CInt] = [-1, -1]
        guard let program = command.first, pipe(&ends) == 0 else { return Probe(output: systemReason(errno)) }
        let reading = Descriptor(owning: ends[0])
        let writing = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, writing, 1)
        posix_spawn_file_actions_adddup2(&actions, writing, 2)
        let arguments = command.map { strdup($0) }
        let environment = [strdup("PATH=/usr/bin:/bin")]
        var process = pid_t()
        let failure = posix_spawn(&process, program, &actions, nil, arguments + [nil], environment + [nil])
        for text in arguments + environment { free(text) }
        posix_spawn_file_actions_destroy(&actions)
        _ = close(writing)
        guard failure == 0 else { return Probe(output: systemReason(failure)) }
        let bytes = reading.bytes(limit: 4096) ?? []
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return Probe(isSuccess: status == 0, output: lines.joined(separator: "; "))
    }
}

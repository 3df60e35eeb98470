import AnimaCore
import Subprocess
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs programs in the workspace with a clean environment, bounded output and a deadline, and leaves none behind.
///
/// A program and what it starts form a session of their own, which is killed as a whole: at the deadline, when the call
/// is cancelled, and when the program has ended by itself. Only what makes a session of its own on purpose escapes; to
/// hold that, and to keep a program inside the workspace, is the sandbox's work.
struct ProgramRunner: Sendable {
    let workspace: Workspace
    /// The whole environment of the programs.
    let environment: [String: String]
    private let sandbox: any Sandbox
    private let confinement: Confinement
    private let resolver: any NameResolver
    /// What protected files were before; nil where nothing is held.
    private let protection: SharedProtection?
    /// Whether a sandbox holds the programs, so that none outlives this process.
    var isConfined: Bool { !(sandbox is NoSandbox) }
    /// What programs can do beyond the workspace.
    var reach: ToolSpec.Reach {
        isConfined && !confinement.network && confinement.hosts.isEmpty ? .inside : .outside
    }
    /// How programs are held, for the owner.
    var hold: String {
        guard isConfined else { return "none" }
        let hosts = confinement.hosts.map(\.description).joined(separator: ", ")
        return sandbox.name
            + (confinement.network ? ", with the network" : hosts.isEmpty ? "" : ", with the hosts \(hosts)")
    }

    init(
        workspace: Workspace,
        environment granted: [String: String],
        sandbox: any Sandbox,
        confinement: Confinement,
        resolver: any NameResolver = SystemResolver()
    ) {
        self.workspace = workspace
        self.resolver = resolver
        self.sandbox = sandbox
        self.confinement = confinement
        protection = sandbox is NoSandbox ? nil : SharedProtection(confinement.protectedPaths)
        let inherited = { (name: String) in getenv(name).map { String(cString: $0) } }
        let base = [
            "PATH": inherited("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            // Not the owner's: programs take credentials and settings from there without being asked.
            "HOME": workspace.root,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "TMPDIR": sandbox is NoSandbox ? inherited("TMPDIR") ?? "/tmp" : "/tmp",
        ]
        environment = base.merging(GitGuard.variables) { base, _ in base }.merging(granted) { _, granted in granted }
    }

    /// The whole environment of one program.
    private func variables(in directory: String, _ network: ProgramNetwork?) -> [String: String] {
        let here = GitGuard.variables(in: directory, of: workspace).filter { environment[$0.key] == nil }
        // Also over the owner's own: nothing else is reached.
        return environment.merging(here) { mine, _ in mine }.merging(network?.variables ?? [:]) { _, proxy in proxy }
    }

    /// The arguments that both tools have besides what to run.
    static let parameters: [ArgumentSchema.Field] = [
        .init("directory", .string(maxBytes: 8192), "Where to run it, relative to the workspace.", default: "."),
        .init("stdin", .string(), "The text it reads from standard input; empty when left out."),
        .init("timeout_seconds", .integer(min: 1, max: 86_400), "Kill it after so many seconds."),
    ]

    /// Runs a program with its arguments and returns what came of it.
    func run(_ arguments: [String], _ call: ToolInvocation) async -> ToolOutput {
        let program: PreparedProgram
        do { program = try prepare(arguments, in: call.text("directory")) } catch { return .failure(error.message) }
        let input: CInt
        do throws(WorkspaceError) {
            input = try Self.inputFile(call.arguments["stdin"]?.stringValue)
        } catch {
            return .failure(error.message)
        }
        var limit = call.timeout
        var limitName = "the limit of a tool call"
        if let seconds = call.integer("timeout_seconds"), .seconds(seconds) < limit {
            limit = .seconds(seconds)
            limitName = "timeout_seconds"
        }
        let output = OutputCollector(progress: call.progress)
        let errors = OutputCollector(progress: call.progress)
        let run = ProgramRun(program, input: input, output: output, errors: errors)
        protect()
        let began = ContinuousClock.now
        let end = await Self.perform(run, limit: limit)
        let refused = await program.network?.end()
        let took = ContinuousClock.now - began
        let note = restore()
        switch end {
        case .failed(let error):
            return .failure(Self.explain(error, program))
        case .ended(let status, let isOverDeadline):
            var problem: String?
            var told: String?
            if isOverDeadline {
                problem = "killed after \(Self.seconds(took)) (limit \(Self.seconds(limit)), \(limitName))"
            } else if Task.isCancelled {
                problem = "cancelled after \(Self.seconds(took)); it was killed"
            } else if isConfined, let failure = Self.sandboxFailure(status, errors.result.text) {
                (problem, told) = (failure.problem, failure.rest)
            } else {
                switch status {
                case .exited(let code): problem = code == 0 ? nil : "exit code \(code)"
                case .signaled(let signal): problem = "killed by signal \(signal)"
                }
            }
            if let note { problem = (problem ?? "exit code 0") + "; " + note }
            return Self.report(problem, output, errors, told: told, note: refused)
        }
    }

    /// Finds out what it takes to run a program: both what a call waits for and what goes on beside it come through here.
    func prepare(_ arguments: [String], in place: String) throws(Unstartable) -> PreparedProgram {
        guard let program = arguments.first, !program.isEmpty else {
            throw Unstartable(message: "there is no program to run: give its name as the first argument")
        }
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw Unstartable(message: "\"\(program.prefix(80))\" can't be run: an argument holds a NUL byte")
        }
        let directory: String
        do throws(WorkspaceError) {
            let path = try workspace.openDirectory(place).path
            directory = path == "." ? workspace.root : workspace.root + "/" + path
        } catch {
            throw Unstartable(message: error.message)
        }
        do throws(SandboxError) {
            let path = program.contains("/") && !program.hasPrefix("/") ? directory + "/" + program : program
            let network = try ProgramNetwork.open(for: confinement, in: sandbox, resolver: resolver)
            let command = try sandbox.command(
                [path] + arguments.dropFirst(),
                in: directory,
                under: network?.confinement ?? confinement,
                parent: getpid()
            )
            return PreparedProgram(
                name: program,
                command: command,
                directory: directory,
                environment: variables(in: directory, network),
                network: network
            )
        } catch {
            throw Unstartable(message: error.message)
        }
    }

    /// Remembers the protected files before a program starts; each call needs one of ``restore()``.
    func protect() { protection?.begin() }

    /// Puts back the protected files that a program has changed, when it has ended.
    ///
    /// - Returns: What to tell the model; nil when there was nothing to do.
    func restore() -> String? {
        let restored = (protection?.end() ?? []).map(shown).joined(separator: ", ")
        return restored.isEmpty ? nil : "programs must not change \(restored): put back as it was"
    }

    /// A path as the model knows it.
    private func shown(_ path: String) -> String {
        path.hasPrefix(workspace.root + "/") ? String(path.dropFirst(workspace.root.count + 1)) : path
    }

    /// What the sandbox says when it is the sandbox that failed or ended the program, and the other errors.
    ///
    /// A program can say the same; then it only misreports itself.
    private static func sandboxFailure(_ status: TerminationStatus, _ errors: String) -> (
        problem: String, rest: String
    )? {
        var lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        guard let last = lines.popLast() else { return nil }
        for (code, prefix) in [(CInt(125), "anima-confine: "), (1, "bwrap: ")]
        where status == .exited(code) && last.hasPrefix(prefix) {
            return (String(last.dropFirst(prefix.count)), lines.joined(separator: "\n"))
        }
        return nil
    }

    /// How a program came to its end.
    enum End: Sendable {
        case ended(TerminationStatus, isOverDeadline: Bool)
        case failed(any Error)
    }

    /// Runs to the end or the deadline, whatever comes first.
    static func perform(_ run: ProgramRun, limit: Duration) async -> End {
        enum Event: Sendable {
            case ended(TerminationStatus)
            case failed(any Error)
            case deadline
        }
        return await withTaskGroup(of: Event.self) { group in
            group.addTask {
                do { return .ended(try await run.perform()) } catch { return .failed(error) }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .deadline
            }
            var isOverDeadline = false
            for await event in group {
                switch event {
                case .deadline:
                    // Also when the call was cancelled; the program is, then, as well.
                    isOverDeadline = !Task.isCancelled
                    group.cancelAll()
                case .ended(let status):
                    group.cancelAll()
                    return .ended(status, isOverDeadline: isOverDeadline)
                case .failed(let error):
                    group.cancelAll()
                    return .failed(error)
                }
            }
            return .failed(CancellationError())
        }
    }

    /// What the model reads: the bare output when there is nothing else to say.
    ///
    /// - Parameters:
    ///   - told: What of standard error is not said yet; nil for all of it.
    ///   - note: What is said besides, also of a program that did well.
    private static func report(
        _ problem: String?,
        _ standardOutput: OutputCollector,
        _ standardError: OutputCollector,
        told: String?,
        note: String?
    ) -> ToolOutput {
        let (output, omittedOutput) = standardOutput.result
        let (allErrors, omittedErrors) = standardError.result
        let errors = told ?? allErrors
        let omitted = omittedOutput + omittedErrors
        if problem == nil, note == nil, errors.isEmpty {
            return .success(output.isEmpty ? "exit code 0, no output" : output, omittedBytes: omitted)
        }
        var content = (problem ?? "exit code 0") + (note.map { "; " + $0 } ?? "")
        if output.isEmpty, errors.isEmpty { content += ", no output" }
        for (name, text) in [("stdout", output), ("stderr", errors)] where !text.isEmpty {
            content += "\n\(name):\n" + (text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        return problem == nil
            ? .success(content, omittedBytes: omitted) : .failure(content, omittedBytes: omitted)
    }

    static func explain(_ error: any Error, _ program: PreparedProgram) -> String {
        let (name, directory) = (program.name, program.directory)
        guard let error = error as? SubprocessError else { return "\"\(name)\" could not be run: \(error)" }
        if error.code == .executableNotFound {
            return "there is no program \"\(name)\"; it is looked for in PATH, or relative to \(directory) with a /"
        }
        return "\"\(name)\" could not be run: \(error)"
    }

    static func seconds(_ duration: Duration) -> String {
        if duration < .seconds(1) { return "\(duration.microseconds / 1000) ms" }
        let tenths = (duration.microseconds + 50_000) / 100_000
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }

    /// Puts the input into a file without a name, open for reading; -1 for no input.
    ///
    /// A file and not a pipe: nobody has to feed it, and a program that does not read it harms nobody.
    private static func inputFile(_ text: String?) throws(WorkspaceError) -> CInt {
        guard let text, !text.isEmpty else { return -1 }
        let path = "/tmp/anima-stdin-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let value = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard value >= 0 else {
            throw WorkspaceError(code: .system, message: "can't make a file for stdin in /tmp: \(systemReason(errno))")
        }
        unlink(path)
        let file = Descriptor(owning: value)
        let failure = file.writeAll(Array(text.utf8))
        guard failure == 0, lseek(value, 0, SEEK_SET) == 0 else {
            throw WorkspaceError(
                code: .system,
                message: "can't write \(text.utf8.count) bytes of stdin to a file in /tmp: \(systemReason(failure))"
            )
        }
        let copy = fcntl(value, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw WorkspaceError(code: .system, message: "can't open the file for stdin: \(systemReason(errno))")
        }
        return copy
    }
}

/// One program with everything that it needs to run.
struct ProgramRun: Sendable {
    let configuration: Configuration
    /// A descriptor that is closed by the run; -1 for none.
    let input: CInt
    /// The group that the program leads while it runs.
    let group = ProgramGroup()
    private let output: any OutputSink
    /// Nil to have both streams in one, in the order in which they were written.
    private let errors: (any OutputSink)?

    init(
        _ program: PreparedProgram,
        input: CInt,
        output: any OutputSink,
        errors: (any OutputSink)?
    ) {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
        ]
        var variables: [Environment.Key: String] = [:]
        for (name, value) in program.environment { variables[Environment.Key(stringLiteral: name)] = value }
        let executable = program.command.first ?? program.name
        configuration = Configuration(
            executable: executable.contains("/") ? .path(Self.literal(executable)) : .name(executable),
            arguments: Arguments(Array(program.command.dropFirst())),
            environment: .custom(variables),
            workingDirectory: Self.literal(program.directory),
            platformOptions: options
        )
        self.input = input
        self.output = output
        self.errors = errors
    }

    func perform() async throws -> TerminationStatus {
        // Not when its output ends: a program may close that and go on.
        defer { group.end() }
        let file =
            input < 0
            ? nil : Self.value(input) { FileDescriptorInput.fileDescriptor($0, closeAfterSpawningProcess: true) }
        if let file { return try await perform(file) }
        return try await perform(NoInput.none)
    }

    private func perform(_ input: some InputProtocol) async throws -> TerminationStatus {
        guard let errors else { return try await performInOne(input) }
        let result = try await Subprocess.run(
            configuration,
            input: input,
            output: .sequence,
            error: .sequence
        ) { execution in
            let process = execution.processIdentifier.value
            let (standardOutput, standardError) = (execution.standardOutput, execution.standardError)
            group.begin(process)
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await Self.drain(standardOutput, of: process, into: output) }
                tasks.addTask { await Self.drain(standardError, of: process, into: errors) }
            }
        }
        // What the program left running. Its number names the group as long as one of them lives.
        _ = kill(-result.processIdentifier.value, SIGKILL)
        return result.terminationStatus
    }

    /// With both output streams in one.
    private func performInOne(_ input: some InputProtocol) async throws -> TerminationStatus {
        let result = try await Subprocess.run(
            configuration,
            input: input,
            output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            let process = execution.processIdentifier.value
            group.begin(process)
            await Self.drain(execution.standardOutput, of: process, into: output)
        }
        _ = kill(-result.processIdentifier.value, SIGKILL)
        return result.terminationStatus
    }

    /// Reads one stream until it ends, the program has exited and nothing more is there, or the task is cancelled.
    private static func drain(
        _ stream: SubprocessOutputSequence,
        of process: pid_t,
        into sink: any OutputSink
    ) async {
        do {
            for try await buffer in stream {
                buffer.withUnsafeBytes { sink.take($0) }
                // A background child may go on printing when the program itself has exited; then reading would not end.
                if hasExited(process) { _ = kill(-process, SIGKILL) }
            }
        } catch {
            // What was read is kept; how the program ended tells the rest.
        }
        sink.finish()
    }

    /// Whether a program has exited; it stays to be waited for, so its number is still its own.
    private static func hasExited(_ process: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }

    // Subprocess speaks of paths and descriptors in swift-system's types, which have another module on each platform.
    // Made through protocols of the standard library, they need no import here.

    private static func literal<Value: ExpressibleByStringLiteral>(_ text: String) -> Value
    where Value.StringLiteralType == String {
        Value(stringLiteral: text)
    }

    private static func value<Value: RawRepresentable, Result>(
        _ raw: CInt,
        _ make: (Value) -> Result
    ) -> Result? where Value.RawValue == CInt {
        Value(rawValue: raw).map(make)
    }
}

import AnimaCore
import Subprocess

/// `shell`: a command line.
struct ShellTool: Tool {
    let shell: Shell

    let spec = ToolSpec(
        name: "shell",
        group: "shell",
        description:
            "Run a command line with sh -c in the workspace and return what it prints. Ends after the time limit.",
        parameters: ArgumentSchema(
            [.init("command", .string(maxBytes: 65_536), "The command line.", required: true)] + Shell.fields
        ),
        replay: .unsafe,
        isExclusive: true,
        gateArgument: "command",
        gateForm: .command
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt { try await shell.run(["/bin/sh", "-c", call.text("command")], call) }
    }
}

/// `run_program`: a program with a list of arguments, without a shell in between.
struct RunProgramTool: Tool {
    let shell: Shell

    let spec = ToolSpec(
        name: "run_program",
        group: "shell",
        description: "Run a program with arguments, without a shell: nothing in them is expanded. Else like shell.",
        parameters: ArgumentSchema(
            [
                .init(
                    "arguments",
                    .array(.string(maxBytes: 65_536)),
                    "The program, then its arguments.",
                    required: true
                )
            ] + Shell.fields
        ),
        replay: .unsafe,
        isExclusive: true,
        gateArgument: "arguments",
        gateForm: .command
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let arguments = (call.arguments["arguments"]?.arrayValue ?? []).compactMap(\.stringValue)
            guard arguments.first?.isEmpty == false else { throw ToolFailure("arguments must begin with a program") }
            return try await shell.run(arguments, call)
        }
    }
}

/// What the two ways to run a program share.
struct Shell: Sendable {
    let workspace: Workspace
    /// What programs see of the environment, beside what every program needs.
    let granted: [String: String]

    static let fields: [ArgumentSchema.Field] = [
        .init("directory", .string(maxBytes: 4096), "Where to run it. Relative to the workspace.", default: "."),
        .init("stdin", .string(), "What it reads from standard input."),
        .init("timeout_seconds", .integer(min: 1, max: 86_400), "End it after this time, within the agent's limit."),
    ]

    func run(_ arguments: [String], _ call: ToolInvocation) async throws(ToolFailure) -> ToolOutput {
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else { throw ToolFailure("the command contains NUL") }
        let (_, path) = try workspace.openDirectory(call.arguments["directory"]?.stringValue ?? ".")
        let asked = call.arguments["timeout_seconds"]?.intValue.map { Duration.seconds($0) }
        let limit = min(asked ?? call.timeout, call.timeout)
        let process = ProcessRun(
            arguments: arguments,
            directory: path == "." ? workspace.root : "\(workspace.root)/\(path)",
            environment: environment,
            input: call.text("stdin"),
            limit: limit
        )
        return Self.report(try await process.run(progress: call.progress), limit)
    }

    /// Nothing of the agent's own environment but what is granted.
    private var environment: [String: String] {
        let base = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": workspace.root,
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "dumb", "TMPDIR": "/tmp",
        ]
        return base.merging(granted) { $1 }
    }

    /// What a program printed, when that is all there is to say; else how it ended first.
    private static func report(_ outcome: ProcessRun.Outcome, _ limit: Duration) -> ToolOutput {
        let output = outcome.output.text
        let errors = outcome.errors.text
        let omitted = outcome.output.omitted + outcome.errors.omitted
        var ending: String?
        if outcome.isCancelled {
            ending = "stopped: the turn was ended"
        } else if outcome.isOverTime {
            ending = "killed after \(limit.components.seconds) s, its time limit"
        } else {
            switch outcome.status {
            case .exited(0), nil: break
            case .exited(let code): ending = "exit code \(code)"
            case .signaled(let signal): ending = "killed by signal \(signal)"
            }
        }
        if ending == nil, errors.isEmpty {
            return .success(output.isEmpty ? "(no output)" : output, omittedBytes: omitted)
        }
        var parts = [ending ?? "exit code 0"]
        if !output.isEmpty { parts.append("stdout:\n" + output) }
        if !errors.isEmpty { parts.append("stderr:\n" + errors) }
        let text = parts.joined(separator: "\n")
        return ending == nil ? .success(text, omittedBytes: omitted) : .failure(text, omittedBytes: omitted)
    }
}

import AnimaCore

/// Runs a command line by the shell.
struct ShellTool: Tool {
    let programs: ProgramRunner

    let spec: ToolSpec

    init(programs: ProgramRunner) {
        self.programs = programs
        spec = ToolSpec(
            name: "shell",
            group: "shell",
            description: "Runs a command line by sh in the workspace and returns what it prints. It can use pipes and "
                + "redirections; it can't ask questions, and what it leaves running is killed. For one program with "
                + "arguments run_program needs no quoting.",
            parameters: ArgumentSchema(
                [.init("command", .string(maxBytes: 65_536), "The command line.", required: true)]
                    + ProgramRunner.parameters
            ),
            replay: .unsafe,
            isExclusive: true,
            trust: .untrusted,
            gateArgument: "command",
            gateForm: .command,
            reach: programs.reach
        )
    }

    @concurrent func circumstances(of call: ToolInvocation) async -> [String: String] {
        programs.circumstances(of: [call.text("command")], directory: call.text("directory"))
    }

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        await programs.run(["/bin/sh", "-c", call.text("command")], call)
    }
}

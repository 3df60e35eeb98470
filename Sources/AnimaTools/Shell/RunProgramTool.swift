import AnimaCore

/// Runs a program with a list of arguments, without a shell.
struct RunProgramTool: Tool {
    let programs: ProgramRunner

    let spec: ToolSpec

    init(programs: ProgramRunner) {
        self.programs = programs
        spec = ToolSpec(
            name: "run_program",
            group: "shell",
            description:
                "Runs one program with its arguments in the workspace, without a shell, and returns what it prints. "
                + "Nothing needs quoting: each argument arrives as it is. For pipes and redirections use shell.",
            parameters: ArgumentSchema(
                [
                    .init(
                        "arguments",
                        .array(.string(maxBytes: 65_536)),
                        "The program and its arguments, for example [\"git\", \"log\", \"-5\"].",
                        required: true
                    )
                ] + ProgramRunner.parameters
            ),
            replay: .unsafe,
            isExclusive: true,
            trust: .untrusted,
            gateArgument: "arguments",
            gateForm: .command,
            reach: programs.reach
        )
    }

    @concurrent func circumstances(of call: ToolInvocation) async -> [String: String] {
        programs.circumstances(
            of: call.texts("arguments"),
            directory: call.text("directory"),
            program: call.texts("arguments").first
        )
    }

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        await programs.run(call.texts("arguments"), call)
    }
}

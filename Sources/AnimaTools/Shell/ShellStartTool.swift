import AnimaCore

/// Starts a command line that goes on while the agent does other things.
struct ShellStartTool: Tool {
    let jobs: JobTable

    let spec: ToolSpec

    init(jobs: JobTable) {
        self.jobs = jobs
        spec = ToolSpec(
            name: "shell_start",
            group: "shell",
            description:
                "Starts a command line by sh in the workspace and returns at once with the name of the job: for "
                + "servers, long builds and programs to talk with. shell_read shows what it prints, shell_write types "
                + "into it, shell_stop ends it; it ends with its sh, its time, or Anima. It has no terminal.",
            parameters: ArgumentSchema([
                .init("command", .string(maxBytes: 65_536), "The command line.", required: true),
                .init(
                    "directory",
                    .string(maxBytes: 8192),
                    "Where to run it, relative to the workspace.",
                    default: "."
                ),
                .init("name", .string(maxBytes: 40), "A short label, shown where jobs are listed."),
                .init(
                    "timeout_seconds",
                    .integer(min: 1, max: 86_400),
                    "Kill the job after so many seconds.",
                    default: 3600
                ),
            ]),
            replay: .unsafe,
            isExclusive: true,
            trust: .untrusted,
            gateArgument: "command",
            gateForm: .command,
            reach: jobs.programs.reach
        )
    }

    @concurrent func circumstances(of call: ToolInvocation) async -> [String: String] {
        jobs.programs.circumstances(of: [call.text("command")], directory: call.text("directory"))
    }

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let seconds = call.integer("timeout_seconds") ?? 3600
        let label = call.arguments["name"]?.stringValue?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        do throws(Unstartable) {
            let job = try await jobs.start(
                call.text("command"),
                label: label?.isEmpty == false ? label : nil,
                in: call.text("directory"),
                limit: .seconds(seconds),
                for: call
            )
            let name: JSONValue = .string(job.id)
            let read = JSONValue.object(["job": name, "wait_seconds": 10]).text
            let stop = JSONValue.object(["job": name]).text
            return .success(
                "\(job.id) is running, for \(seconds) s at most\n"
                    + "shell_read \(read) shows what it prints, shell_stop \(stop) ends it"
            )
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func release(_ agent: AgentID) async { await jobs.release(agent) }
}

import AnimaCore

/// Writes to the standard input of a job.
struct ShellWriteTool: Tool {
    /// How long a job may leave a full pipe unread.
    private static let patience: Duration = .seconds(5)

    let jobs: JobTable

    let spec: ToolSpec

    init(jobs: JobTable) {
        self.jobs = jobs
        spec = ToolSpec(
            name: "shell_write",
            group: "shell",
            description:
                "Types a text into a job of shell_start (its standard input), with a line feed after it unless "
                + "enter is false; close ends its input. Read the answer with shell_read.",
            parameters: ArgumentSchema([
                .init("job", .string(maxBytes: 80), "The job, for example job-t3.1.1.", required: true),
                .init("text", .string(maxBytes: 65_536), "What to type.", required: true),
                .init(
                    "enter",
                    .boolean,
                    "Whether a line feed follows; none does when an empty text closes.",
                    default: true
                ),
                .init("close", .boolean, "Whether nothing more will be typed.", default: false),
            ]),
            replay: .unsafe,
            isExclusive: true,
            trust: .untrusted,
            // What is typed may be a command: to a shell it is one.
            gateArgument: "text",
            gateForm: .command,
            reach: jobs.programs.reach
        )
    }

    @concurrent func circumstances(of call: ToolInvocation) async -> [String: String] {
        guard let job = try? await jobs.job(call.text("job"), for: call) else { return [:] }
        var found = jobs.programs.circumstances(of: [call.text("text")], directory: job.directory)
        found["job"] = job.command
        return found
    }

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let job: Job
        do { job = try await jobs.job(call.text("job"), for: call) } catch { return .failure(error.message) }
        if job.record.ending != nil { return .failure("\(job.summary): nothing was written") }
        let isClosing = call.flag("close")
        // Closing alone types nothing.
        let hasEnter = call.flag("enter") && !(isClosing && call.text("text").isEmpty)
        let bytes = Array((call.text("text") + (hasEnter ? "\n" : "")).utf8)
        let limit = min(Self.patience, call.timeout - .milliseconds(200))
        switch await job.input.write(bytes, within: limit) {
        case .closed:
            return .failure("the standard input of \(job.id) is closed: nothing more can be written to it")
        case .notRead(let count):
            return .failure(
                "\(job.id) does not read what is written to it: \(count) of \(counted(bytes.count, "byte")) are in the "
                    + "pipe, the others were not written"
            )
        case .written:
            if isClosing { job.input.close() }
            return .success("wrote \(counted(bytes.count, "byte"))" + (isClosing ? " and closed the input" : ""))
        }
    }
}

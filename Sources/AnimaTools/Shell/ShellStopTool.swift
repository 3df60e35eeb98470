import AnimaCore

/// Ends a job.
struct ShellStopTool: Tool {
    /// How long its processes have to end by themselves.
    private static let grace: Duration = .seconds(2)

    let jobs: JobTable

    let spec = ToolSpec(
        name: "shell_stop",
        group: "shell",
        description:
            "Ends a job of shell_start with all its processes: they are asked to end, and killed when they don't. "
            + "Returns the last of what it printed.",
        parameters: ArgumentSchema([
            .init("job", .string(maxBytes: 80), "The job, for example job-t3.1.1.", required: true)
        ]),
        // After a crash there is nothing left to stop; what became of the job is told all the same.
        replay: .probe,
        isExclusive: true,
        trust: .untrusted
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do throws(Unstartable) {
            let job = try await jobs.job(call.text("job"), for: call)
            await jobs.stop(job, of: call.agent, grace: Self.grace)
            return .success(job.lastWords)
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func probe(_ call: ToolInvocation) async -> ToolOutput? {
        do throws(Unstartable) {
            let job = try await jobs.job(call.text("job"), for: call)
            return job.record.ending == nil ? nil : .success(job.lastWords)
        } catch {
            return .success(error.message)
        }
    }
}

extension Job {
    /// How it ended and the last that it printed.
    fileprivate var lastWords: String {
        let limit = 8000
        return report(from: max(record.readTo, record.total - limit), limit: limit)
    }
}

import AnimaCore

/// Shows what a job has printed.
struct ShellReadTool: Tool {
    let jobs: JobTable

    let spec = ToolSpec(
        name: "shell_read",
        group: "shell",
        description:
            "Shows what a job of shell_start has printed (output and errors, in order) since the last read, and "
            + "whether it still runs; without a job it lists all. With wait_seconds it waits for new output or the end.",
        parameters: ArgumentSchema([
            .init("job", .string(maxBytes: 80), "The job, for example job-t3.1.1; all are listed when left out."),
            .init(
                "from",
                .integer(min: 0),
                "The byte of its whole output to read from; where the last read ended when left out."
            ),
            .init(
                "wait_seconds",
                .integer(min: 0, max: 60),
                "Wait so long until there is new output or the job ends.",
                default: 0
            ),
            .init("max_bytes", .integer(min: 16, max: 28_000), "Show at most so many bytes.", default: 16_000),
        ]),
        // Only how far it was read is kept, and that goes with the job.
        replay: .pure,
        trust: .untrusted
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        guard call.arguments["job"] != nil else { return await list(call) }
        do throws(Unstartable) {
            let job = try await jobs.job(call.text("job"), for: call)
            let from = call.integer("from")
            if let from, from > job.record.total {
                return .failure("\(job.summary): there is no byte \(from) yet")
            }
            // The result comes before the limit of a tool call does.
            let limit = min(.seconds(call.integer("wait_seconds") ?? 0), call.timeout - .milliseconds(200))
            await job.record.wait(for: from ?? job.record.readTo, atMost: limit)
            return .success(job.report(from: from, limit: call.integer("max_bytes") ?? 16_000))
        } catch {
            return .failure(error.message)
        }
    }

    private func list(_ call: ToolInvocation) async -> ToolOutput {
        let all = await jobs.jobs(of: call.agent)
        guard !all.isEmpty else { return .success("there are no jobs; shell_start starts one") }
        return .success(all.map(\.listing).joined(separator: "\n"))
    }
}

extension Job {
    /// How the job is, and a part of its output, for the model.
    ///
    /// - Parameter place: Where to begin; nil to read on.
    func report(from place: Int?, limit: Int) -> String {
        // Read last, so that what is said to have ended has been read to its end.
        let isRunning = record.ending == nil
        let summary = summary
        let part = record.read(from: place, limit: limit)
        var lines = [summary]
        if part.dropped > 0 {
            lines.append(
                "[\(counted(part.dropped, "byte")) before this are gone: only the newest \(OutputRing.capacity) are kept]"
            )
        }
        if part.text.isEmpty {
            lines.append(place == nil ? "[no new output]" : "[no output there]")
        } else {
            lines.append(part.text.hasSuffix("\n") ? String(part.text.dropLast()) : part.text)
        }
        if isRunning || part.rest > 0 {
            let arguments = JSONValue.object(["job": .string(id), "from": .int(part.end)]).text
            let more = part.rest > 0 ? "\(counted(part.rest, "more byte")): " : ""
            lines.append("[\(more)read on with shell_read \(arguments)]")
        }
        return lines.joined(separator: "\n")
    }
}

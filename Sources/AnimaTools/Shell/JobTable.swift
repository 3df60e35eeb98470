import AnimaCore

/// The jobs of the agents that share a set of tools.
///
/// A job belongs to the agent that started it, and ends with it, or with the table.
actor JobTable {
    /// So many jobs of an agent run at once.
    static let mostRunning = 8
    /// So many that have ended are remembered.
    static let mostEnded = 16

    /// A job and what runs it.
    private struct Entry {
        let call: ToolCallID
        let job: Job
        /// Outlives the call that started it: the table owns it, and cancels it at the latest when it goes itself.
        let task: Task<Void, Never>
    }

    /// The jobs of one agent, in the order in which they were started.
    private struct Jobs {
        /// The first call of this process that started one.
        var first: ToolCallID
        var entries: [Entry] = []
    }

    private var agents: [AgentID: Jobs] = [:]
    /// Runs the commands.
    nonisolated let programs: ProgramRunner

    init(programs: ProgramRunner) { self.programs = programs }

    deinit { for jobs in agents.values { for entry in jobs.entries { entry.task.cancel() } } }

    /// The name of the job that a call starts; no other call, before or after, has the same.
    static func name(of call: ToolCallID) -> String { "job-\(call)" }

    /// Starts a command line.
    ///
    /// - Parameter label: What the model calls it besides; nil for nothing.
    func start(
        _ command: String,
        label: String? = nil,
        in directory: String,
        limit: Duration,
        for call: ToolInvocation
    ) throws(Unstartable) -> Job {
        var jobs = agents[call.agent] ?? Jobs(first: call.id)
        let running = jobs.entries.filter { $0.job.record.ending == nil }
        guard running.count < Self.mostRunning else {
            let names = running.map(\.job.id).joined(separator: ", ")
            throw Unstartable(
                message: "\(running.count) jobs are running (\(names)), and no more than \(Self.mostRunning) may; stop "
                    + "one with shell_stop"
            )
        }
        let job = try Job(
            id: Self.name(of: call.id),
            command: command,
            label: label,
            directory: directory,
            limit: limit,
            programs: programs
        )
        jobs.entries.append(Entry(call: call.id, job: job, task: Task.detached { await job.run() }))
        let ended = jobs.entries.filter { $0.job.record.ending != nil }
        let forgotten = Set(ended.dropLast(Self.mostEnded).map(\.job.id))
        jobs.entries.removeAll { forgotten.contains($0.job.id) }
        agents[call.agent] = jobs
        return job
    }

    /// All jobs of an agent that are remembered, in the order in which they were started.
    func jobs(of agent: AgentID) -> [Job] { agents[agent]?.entries.map(\.job) ?? [] }

    /// Finds a job by its name.
    ///
    /// - Throws: What became of it, when it is not there.
    func job(_ name: String, for call: ToolInvocation) async throws(Unstartable) -> Job {
        if let entry = entry(name, of: call.agent) { return entry.job }
        guard name.hasPrefix("job-"), let started = ToolCallID(text: String(name.dropFirst("job-".count))) else {
            throw Unstartable(
                message: "\"\(name)\" is no job; jobs are named like job-t3.1.1; \(overview(of: call.agent))"
            )
        }
        let output = try? await call.outputs.output(of: started)
        guard let output, String(decoding: output.prefix(80), as: UTF8.self).hasPrefix("\(name) is running") else {
            throw Unstartable(message: "there is no \(name) in this conversation; \(overview(of: call.agent))")
        }
        if let first = agents[call.agent]?.first, first <= started {
            throw Unstartable(
                message: "\(name) has ended; only the last \(Self.mostEnded) that ended are remembered"
            )
        }
        // Without a sandbox nothing takes a job along when Anima is killed.
        throw Unstartable(
            message: "\(name) ended when Anima ended or let the agent sleep"
                + (programs.isConfined ? "" : ", unless Anima was killed: then it may still run, out of reach")
        )
    }

    private func overview(of agent: AgentID) -> String {
        let names = jobs(of: agent).map(\.id)
        return names.isEmpty ? "there are none" : "there are: \(names.joined(separator: ", "))"
    }

    private func entry(_ name: String, of agent: AgentID) -> Entry? {
        agents[agent]?.entries.first { $0.job.id == name }
    }

    /// Ends a job: its processes are asked, and killed when they are still there after a grace.
    func stop(_ job: Job, of agent: AgentID, grace: Duration) async {
        guard let task = entry(job.id, of: agent)?.task, job.record.ending == nil else { return }
        job.ask()
        await job.record.wait(for: nil, atMost: grace)
        task.cancel()
        await task.value
    }

    /// Ends all jobs of an agent.
    func release(_ agent: AgentID) async {
        let entries = agents.removeValue(forKey: agent)?.entries ?? []
        for entry in entries { entry.task.cancel() }
        for entry in entries { await entry.task.value }
    }
}

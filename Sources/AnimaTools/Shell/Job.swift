import Subprocess

/// A program that goes on while its agent does other things.
struct Job: Sendable {
    /// What the model calls it.
    let id: String
    /// The command line that runs.
    let command: String
    /// What the model calls it besides; nil for nothing.
    let label: String?
    /// Where it runs, relative to the workspace.
    let directory: String
    /// What it reads.
    let input: JobInput
    /// What is known of it.
    let record = JobRecord()

    private let program: PreparedProgram
    private let programs: ProgramRunner
    private let programRun: ProgramRun
    private let limit: Duration
    private let began = ContinuousClock.now

    /// A job that does not run yet; it must be run, for it holds a descriptor until then.
    ///
    /// - Parameter limit: It is ended after this time.
    init(
        id: String,
        command: String,
        label: String?,
        directory: String,
        limit: Duration,
        programs: ProgramRunner
    ) throws(Unstartable) {
        self.id = id
        self.command = command
        self.label = label
        self.directory = directory
        self.limit = limit
        self.programs = programs
        program = try programs.prepare(["/bin/sh", "-c", command], in: directory)
        let (input, reading) = try JobInput.make()
        self.input = input
        programRun = ProgramRun(
            program,
            input: reading,
            output: record,
            errors: nil
        )
    }

    /// How it is, in a line: `job-t3.1.1 is running, 12 s, 3200 bytes so far`.
    var summary: String {
        if let ending = record.ending { return "\(id) \(ending.words)" }
        let time = (ContinuousClock.now - began).components.seconds
        return "\(id) is running, \(time) s, \(counted(record.total, "byte")) so far"
    }

    /// The same with its label and the beginning of its command line, for a list.
    var listing: String {
        let line = command.split(separator: "\n").first ?? ""
        let shown = line.count < command.count || line.count > 100 ? line.prefix(100) + "…" : line
        return summary + (label.map { ": " + $0 } ?? "") + ": " + shown
    }

    /// Runs until it ends, its time is over or the task is cancelled; nothing of it is left then.
    @concurrent func run() async {
        programs.protect()
        let end = await ProgramRunner.perform(programRun, limit: limit)
        let refused = await program.network?.end()
        let took = ProgramRunner.seconds(ContinuousClock.now - began)
        input.close()
        var words: String
        switch end {
        case .failed(let error):
            words = "did not start: " + ProgramRunner.explain(error, program)
        case .ended(_, isOverDeadline: true):
            words = "was killed after \(took), its limit (timeout_seconds)"
        case .ended(.exited(let code), _):
            words = "\(record.isStopped ? "was stopped and " : "")ended with exit code \(code) after \(took)"
        case .ended(.signaled(let signal), _):
            words = "\(record.isStopped ? "was stopped" : "was ended") by signal \(signal) after \(took)"
        }
        for note in [programs.restore(), refused].compactMap(\.self) { words += "; " + note }
        record.end(JobRecord.Ending(words: words))
    }

    /// Asks all its processes to end.
    func ask() {
        record.stop()
        programRun.group.ask()
    }
}

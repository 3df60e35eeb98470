import AnimaCore
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs one program in a process group of its own, and leaves nobody behind.
struct ProcessRun: Sendable {
    /// What came of it.
    struct Outcome: Sendable {
        var output = CappedOutput(limit: 65_536)
        var errors = CappedOutput(limit: 65_536)
        var status: TerminationStatus?
        var isOverTime = false
        var isCancelled = false
    }

    let arguments: [String]
    let directory: String
    let environment: [String: String]
    let input: String
    let limit: Duration

    /// Runs it to its end, its deadline or the task's cancellation; whatever it started is killed then.
    ///
    /// - Throws: ``ToolFailure`` when it can't be started.
    func run(progress: @escaping @Sendable (String) -> Void) async throws(ToolFailure) -> Outcome {
        let observed = Observed(progress)
        var options = PlatformOptions()
        options.createSession = true
        let program = arguments.first ?? ""
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(Array(arguments.dropFirst())),
                environment: .custom(
                    Dictionary(environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }) { $1 }
                ),
                workingDirectory: FilePath(directory),
                platformOptions: options,
                input: .string(input),
                output: .sequence,
                error: .sequence
            ) { execution in
                let group = ProcessGroup(id: pid_t(execution.processIdentifier.value))
                await watch(execution.standardOutput, execution.standardError, group, observed)
                if Task.isCancelled { await group.end() }
                // What the program left running goes with it.
                group.signal(SIGKILL)
            }
            return observed.outcome(result.terminationStatus, isCancelled: Task.isCancelled)
        } catch {
            if Task.isCancelled { return observed.outcome(nil, isCancelled: true) }
            throw ToolFailure("can't run \"\(program)\": \(error)")
        }
    }

    /// Drains both pipes at once until the program has ended, beside its deadline.
    private func watch(
        _ output: SubprocessOutputSequence,
        _ errors: SubprocessOutputSequence,
        _ group: ProcessGroup,
        _ observed: Observed
    ) async {
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                await Self.drain(output) { observed.takeOutput($0) }
                return true
            }
            tasks.addTask {
                await Self.drain(errors) { observed.takeErrors($0) }
                return true
            }
            tasks.addTask {
                await group.waitForLeader()
                // A child in the background may hold the pipes open; what it says soon still counts.
                try? await Task.sleep(for: .milliseconds(300))
                group.signal(SIGKILL)
                return false
            }
            tasks.addTask { [limit] in
                guard (try? await Task.sleep(for: limit)) != nil else { return false }
                observed.setOverTime()
                await group.end()
                return false
            }
            var openPipes = 2
            for await isPipe in tasks where isPipe {
                openPipes -= 1
                guard openPipes == 0 else { continue }
                // A program may close its output and go on working.
                await group.waitForLeader()
                tasks.cancelAll()
            }
        }
    }

    private static func drain(_ pipe: SubprocessOutputSequence, _ take: (UnsafeRawBufferPointer) -> Void) async {
        do {
            for try await buffer in pipe { buffer.withUnsafeBytes { take($0) } }
        } catch {
            // The pipe was cut by a cancellation; what came before counts.
        }
    }
}

/// A program and all that it started.
private struct ProcessGroup: Sendable {
    let id: pid_t

    func signal(_ number: Int32) { kill(-id, number) }

    /// Asks the group to end, and makes it end half a second later.
    ///
    /// Works in a cancelled task too.
    func end() async {
        signal(SIGTERM)
        let waiting = Task.detached {
            let deadline = ContinuousClock.now + .milliseconds(500)
            while isLeaderRunning, .now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
        }
        await waiting.value
        signal(SIGKILL)
    }

    /// Returns when the program itself has ended, or the task is cancelled.
    func waitForLeader() async {
        var pause = Duration.milliseconds(1)
        while isLeaderRunning {
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, .milliseconds(40))
        }
    }

    /// Whether the program has not ended; one that was reaped already has.
    private var isLeaderRunning: Bool {
        var info = siginfo_t()
        guard waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
        return info.si_signo != SIGCHLD
    }
}

/// What was seen of a program, from several tasks.
private final class Observed: Sendable {
    private struct State {
        var outcome = ProcessRun.Outcome()
        var outputDecoder = ChunkDecoder()
        var errorDecoder = ChunkDecoder()
    }

    private let state = Mutex(State())
    private let progress: @Sendable (String) -> Void

    init(_ progress: @escaping @Sendable (String) -> Void) { self.progress = progress }

    func takeOutput(_ bytes: UnsafeRawBufferPointer) {
        let text = state.withLock { state in
            state.outcome.output.append(bytes)
            return state.outputDecoder.decode(bytes)
        }
        progress(text)
    }

    func takeErrors(_ bytes: UnsafeRawBufferPointer) {
        let text = state.withLock { state in
            state.outcome.errors.append(bytes)
            return state.errorDecoder.decode(bytes)
        }
        progress(text)
    }

    func setOverTime() { state.withLock { $0.outcome.isOverTime = true } }

    func outcome(_ status: TerminationStatus?, isCancelled: Bool) -> ProcessRun.Outcome {
        state.withLock { state in
            state.outcome.status = status
            state.outcome.isCancelled = isCancelled
            return state.outcome
        }
    }
}

import AnimaCore
import AnimaTesting
import Foundation
import Testing

/// Programs that go on beside the agent, and what is left of them when Anima has ended.
@Suite("Jobs of an agent", .timeLimit(.minutes(5)))
struct JobTests {
    private static let sandbox = Program.hasSandbox ? "" : "sandbox.mode = \"none\""

    /// A number of seconds that nobody else sleeps.
    private let mark = String(Int.random(in: 1_000_000...9_999_999))

    /// Whether no process has the mark in its command line.
    private var isGone: Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return !processes.contains { number in
            guard Int(number) != nil, let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).contains(mark)
        }
    }

    @Test("end with it")
    func endWithAnima() async throws {
        let start = JSONValue.object(["command": .string("echo ready; sleep \(mark)")]).text
        let server = try await ScriptedServer.start(scripts: [
            Reply.call("shell_start", arguments: start),
            Reply.call("shell_read", arguments: #"{"job":"job-t1.1.1","wait_seconds":60}"#),
            Reply.text("It runs."),
            Reply.call("shell_read", arguments: #"{"job":"job-t1.1.1"}"#),
            Reply.text("It does not."),
        ])
        let program = try Program.asking(server, tools: ["shell"], keys: Self.sandbox)
        let run = try await program.answer("run", "clerk.toml", "start it")
        #expect(run.output == "It runs.\n", "\(run.errors)")
        #expect(isGone)
        let later = try await program.answer("run", "clerk.toml", "does it run?")
        #expect(later.output == "It does not.\n", "\(later.errors)")
        let results = try results(of: program)
        #expect(results.count == 3)
        #expect(results[0].hasPrefix("job-t1.1.1 is running, for 3600 s at most\n"), "\(results)")
        #expect(results[1].hasPrefix("job-t1.1.1 is running, ") && results[1].contains("\nready\n"), "\(results)")
        #expect(results[2].hasPrefix("job-t1.1.1 ended when Anima ended or let the agent sleep"), "\(results)")
        await server.stop()
    }

    @Test("end when it is killed", .enabled(if: Program.hasSandbox, "this machine has no sandbox"))
    func endWhenAnimaIsKilled() async throws {
        let start = JSONValue.object(["command": .string("setsid sleep \(mark) & echo x > started; sleep \(mark)")])
        let server = try await ScriptedServer.start(scripts: [
            Reply.call("shell_start", arguments: start.text),
            Reply.call("shell_read", arguments: #"{"job":"job-t1.1.1","wait_seconds":60}"#),
            Reply.text("It is gone."),
        ])
        let program = try Program.asking(server, tools: ["shell"], keys: Self.sandbox)
        let running = try program.start(["run", "clerk.toml", "start it"])
        #expect(await server.receives(2))
        let deadline = ContinuousClock.now + .seconds(60)
        while (try? program.text("started")) == nil, ContinuousClock.now < deadline { await Task.yield() }
        #expect(!isGone)
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.finish()
        while !isGone, ContinuousClock.now < deadline { await Task.yield() }
        #expect(isGone)
        // The read that was under way is made again, and tells what became of the job.
        let resumed = try await program.answer("resume", "clerk.toml")
        #expect(resumed.status == 0 && resumed.output.contains("It is gone."), "\(resumed.errors)")
        #expect(try results(of: program).last == "job-t1.1.1 ended when Anima ended or let the agent sleep")
        await server.stop()
    }

    private func results(of program: Program) throws -> [String] {
        try program.events().filter { $0["kind"] == "tool.finished" }
            .compactMap { $0["result"]?["content"]?.stringValue }
    }
}

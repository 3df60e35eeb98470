import AnimaCore
import AnimaTools
import Foundation
import Synchronization
import Testing

@Suite("Shell tools", .timeLimit(.minutes(1)))
struct ShellToolsTests {
    private func run(_ line: String, _ more: [String: JSONValue] = [:], timeout: Duration = .seconds(20)) async throws
        -> ToolOutput
    {
        try await Desk().call("shell", .object(more.merging(["command": .string(line)]) { $1 }), timeout: timeout)
    }

    /// Whether any process whose command line holds a text is left; looked at until none is, or for five seconds.
    private func survives(_ mark: String) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            let isThere = try FileManager.default.contentsOfDirectory(atPath: "/proc")
                .contains { entry in
                    guard Int(entry) != nil, let data = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")
                    else {
                        return false
                    }
                    return String(decoding: data, as: UTF8.self).contains(mark)
                }
            if !isThere { return false }
            await Task.yield()
        }
        return true
    }

    @Test("what a line prints is the result; how it ended comes first when it failed")
    func reports() async throws {
        #expect(try await run("printf 'a b'") == .success("a b"))
        #expect(try await run("true").content == "(no output)")
        let failed = try await run("echo out; echo err >&2; exit 3")
        #expect(failed.isError)
        #expect(failed.content == "exit code 3\nstdout:\nout\n\nstderr:\nerr\n")
        #expect(try await run("kill -9 $$").content.hasPrefix("killed by signal 9"))
        #expect(try await run("cat", ["stdin": "typed"]).content == "typed")
    }

    @Test("a program's arguments are not expanded")
    func runsPrograms() async throws {
        let desk = try Desk()
        let output = try await desk.call("run_program", ["arguments": ["echo", "$HOME; *", "b"]])
        #expect(output.content == "$HOME; * b\n")
        let missing = try await desk.call("run_program", ["arguments": ["no-such-program"]])
        #expect(missing.isError && missing.content.contains("no-such-program"))
    }

    @Test("programs run in the workspace, with a clean environment and what is granted")
    func cleansTheEnvironment() async throws {
        setenv("ANIMA_TEST_SECRET", "hush", 1)
        let desk = try Desk(environment: ["GRANTED": "yes"])
        let output = try await desk.call("shell", ["command": "pwd; env"]).content
        let real = try #require(realpath(desk.path, nil))
        #expect(output.hasPrefix(String(cString: real) + "\n"))
        free(real)
        #expect(output.contains("GRANTED=yes") && !output.contains("hush"))
        try desk.put("", at: "sub/x")
        #expect(try await desk.call("shell", ["command": "ls", "directory": "sub"]).content == "x\n")
        #expect(try await desk.call("shell", ["command": "ls", "directory": "../.."]).isError)
    }

    @Test("however much is printed, head and tail are kept")
    func capsOutput() async throws {
        let output = try await run("echo begin; yes | head -c 20000000; echo end")
        #expect(output.content.hasPrefix("begin\n") && output.content.hasSuffix("end\n"))
        #expect(output.content.utf8.count < 140_000)
        #expect(output.omittedBytes > 19_000_000)
    }

    @Test("at the deadline the whole group is killed, also one that ignores the signal")
    func killsAtTheDeadline() async throws {
        let mark = "31.\(Int.random(in: 100_000...999_999))"
        let output = try await run("trap '' TERM; sleep \(mark) & sleep \(mark); echo no", timeout: .milliseconds(200))
        #expect(output.isError && output.content.contains("its time limit"))
        #expect(try await !survives(mark))
    }

    @Test("children in the background neither hold up the call nor outlive it")
    func endsBackgroundChildren() async throws {
        let mark = "32.\(Int.random(in: 100_000...999_999))"
        let began = ContinuousClock.now
        let output = try await run("sleep \(mark) & echo started")
        #expect(output.content == "started\n")
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(try await !survives(mark))
    }

    @Test("a program that closes its output is waited for")
    func waitsForSilentPrograms() async throws {
        let desk = try Desk()
        _ = try await desk.call("shell", ["command": "exec >/dev/null 2>&1; sleep 0.3; echo done > file"])
        #expect(try desk.text("file") == "done\n")
    }

    @Test("cancelling ends the program and what it started, and tells what it printed")
    func cancels() async throws {
        let mark = "33.\(Int.random(in: 100_000...999_999))"
        let desk = try Desk()
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await desk.call("shell", ["command": .string("echo working; sleep \(mark) & sleep \(mark)")]) { _ in
                signal.yield()
            }
        }
        var iterator = started.makeAsyncIterator()
        _ = await iterator.next()
        task.cancel()
        let output = try await task.value
        #expect(output.isError && output.content.contains("the turn was ended"))
        #expect(try await !survives(mark))
    }

    @Test("progress comes in whole characters")
    func streamsWholeCharacters() async throws {
        let heard = Mutex("")
        let line = "for i in 1 2 3; do printf '\\303'; sleep 0.05; printf '\\251'; done"
        _ = try await Desk().call("shell", ["command": .string(line)]) { text in heard.withLock { $0 += text } }
        #expect(heard.withLock { $0 } == "ééé")
    }
}

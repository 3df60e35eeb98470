import AnimaCore
import Synchronization
import Testing

@testable import AnimaTools

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite(.timeLimit(.minutes(10))) struct ShellToolTests {
    @Test(arguments: [
        ("echo hello", "hello\n", false),
        ("true", "exit code 0, no output", false),
        ("printf one", "one", false),
        ("echo out; echo err >&2", "exit code 0\nstdout:\nout\nstderr:\nerr", false),
        ("echo out; exit 3", "exit code 3\nstdout:\nout", true),
        ("echo bad >&2; exit 2", "exit code 2\nstderr:\nbad", true),
        ("exit 7", "exit code 7, no output", true),
        ("kill -9 $$", "killed by signal 9, no output", true),
        ("cat", "exit code 0, no output", false),
    ])
    func reportsHowACommandEnded(command: String, content: String, isError: Bool) async throws {
        let output = try await Scene().call("shell", ["command": .string(command)])
        #expect(output.content == content)
        #expect(output.isError == isError)
    }

    @Test func runsProgramsWithoutAShell() async throws {
        let scene = try Scene()
        let output = try await scene.call("run_program", ["arguments": ["printf", "%s|", "a b", "$HOME", "'*'", ";"]])
        #expect(output.content == "a b|$HOME|'*'|;|")
        try scene.put("tool.sh", "#!/bin/sh\necho \"here $1\"\n")
        #expect(chmod(scene.root + "/tool.sh", 0o755) == 0)
        let own = try await scene.call("run_program", ["arguments": ["./tool.sh", "x"]])
        #expect(own.content == "here x\n")
    }

    @Test(arguments: [["no-such-program-here"], ["./missing"], [], [""], ["echo", "a\0b"]])
    func saysWhatCanNotBeRun(arguments: [String]) async throws {
        let output = try await Scene().call("run_program", ["arguments": .array(arguments.map { .string($0) })])
        #expect(output.isError)
        #expect(!output.content.contains("exit code"))
    }

    @Test func runsInADirectoryOfTheWorkspace() async throws {
        let scene = try Scene()
        try scene.put("sub/x", "")
        #expect(try await scene.call("shell", ["command": "pwd"]).content == scene.root + "\n")
        #expect(try await scene.call("shell", ["command": "pwd", "directory": "sub"]).content == scene.root + "/sub\n")
        for directory in ["..", "/", "missing", "sub/x"] {
            #expect(try await scene.call("shell", ["command": "pwd", "directory": .string(directory)]).isError)
        }
    }

    @Test func readsStandardInput() async throws {
        let scene = try Scene()
        let big = String(repeating: "0123456789\n", count: 90_000)
        let count = try await scene.call("shell", ["command": "wc -c", "stdin": .string(big)])
        #expect(count.content.filter(\.isNumber) == "990000")
        // One that does not read it is not in the way.
        #expect(try await scene.call("shell", ["command": "echo ok", "stdin": .string(big)]).content == "ok\n")
    }

    @Test func keepsHeadAndTailOfMuchOutput() async throws {
        let output = try await Scene()
            .call(
                "shell",
                ["command": "echo first; yes | head -c 10000000; echo last; echo complaint >&2"]
            )
        #expect(output.content.utf8.count < 2_100_000)
        #expect(output.content.hasPrefix("exit code 0\nstdout:\nfirst\ny\ny\n"))
        #expect(output.content.contains("y\nlast\nstderr:\ncomplaint"))
        #expect(output.omittedBytes == 10_000_011 - 2_097_152)
        #expect(output.content.contains("[… \(output.omittedBytes) of 10000011 bytes left out …]"))
    }

    @Test func drainsBothStreamsAtOnce() async throws {
        // Each is more than a pipe holds, so reading one after the other would never end.
        let line = "yes out | head -c 3000000; yes err | head -c 3000000 >&2; yes out | head -c 3000000"
        let output = try await Scene().call("shell", ["command": .string(line)])
        #expect(output.omittedBytes == 9_000_000 - 2 * 2_097_152)
    }

    @Test func killsTheWholeGroupAtTheDeadline() async throws {
        let scene = try Scene()
        let began = ContinuousClock.now
        let output = try await scene.call(
            "shell",
            ["command": "echo $$ > pids; sleep 300 & echo $! >> pids; echo before; wait", "timeout_seconds": 1]
        )
        #expect(output.isError)
        #expect(output.content.hasPrefix("killed after 1"), "\(output.content)")
        #expect(output.content.contains("(limit 1 s, timeout_seconds)\nstdout:\nbefore"), "\(output.content)")
        #expect(ContinuousClock.now - began < .seconds(20))
        try await expectGone(in: scene)
    }

    @Test func obeysTheTimeoutOfTheCall() async throws {
        let scene = try Scene()
        let arguments: JSONValue = ["command": "echo $$ > pids; sleep 300", "timeout_seconds": 200]
        let output = try await scene.call("shell", arguments, timeout: .milliseconds(300))
        #expect(output.content.contains("limit 300 ms, the limit of a tool call"))
        try await expectGone(in: scene)
    }

    @Test func killsWhatIgnoresThePoliteSignal() async throws {
        let scene = try Scene()
        let line = "trap '' TERM; echo $$ > pids; (trap '' TERM; sleep 300) & echo $! >> pids; sleep 300; sleep 300"
        let output = try await scene.call("shell", ["command": .string(line)], timeout: .milliseconds(300))
        #expect(output.isError)
        try await expectGone(in: scene)
    }

    @Test func killsWhatASuccessfulCommandLeavesBehind() async throws {
        let scene = try Scene()
        let began = ContinuousClock.now
        // The child keeps the pipe open.
        let output = try await scene.call("shell", ["command": "sleep 300 & echo $! > pids; echo done"])
        #expect(output == .success("done\n"))
        #expect(ContinuousClock.now - began < .seconds(20))
        try await expectGone(in: scene)
    }

    @Test func killsAChildThatGoesOnPrinting() async throws {
        let scene = try Scene()
        let output = try await scene.call("shell", ["command": "yes & echo $! > pids; echo $$ >> pids"])
        #expect(!output.isError)
        try await expectGone(in: scene)
    }

    @Test func endsWhenCancelled() async throws {
        let scene = try Scene()
        let (started, startedContinuation) = AsyncStream.makeStream(of: Void.self)
        let call = try scene.invocation(
            "shell",
            ["command": "echo $$ > pids; sleep 300 & echo $! >> pids; echo ready; wait"],
            progress: { _ in startedContinuation.yield() }
        )
        let tool = try scene.tool("shell")
        let output = await withTaskGroup(of: ToolOutput.self) { group in
            group.addTask { await tool.run(call) }
            for await _ in started { break }
            group.cancelAll()
            return await group.next()
        }
        #expect(output?.isError == true)
        #expect(output?.content.hasPrefix("cancelled after") == true)
        #expect(output?.content.contains("ready") == true)
        try await expectGone(in: scene)
    }

    @Test func givesProgramsACleanEnvironment() async throws {
        setenv("ANIMA_TEST_SECRET", "hunter2", 1)
        let scene = try Scene(environment: ["GRANTED": "yes", "TERM": "granted-term"])
        let output = try await scene.call("run_program", ["arguments": ["env"]])
        let names = Set(output.content.split(separator: "\n").map { $0.prefix { $0 != "=" } })
        let own = names.subtracting(GitGuard.variables.keys.map { $0[...] })
        #expect(own == ["PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "GRANTED"])
        #expect(!output.content.contains("hunter2"))
        #expect(output.content.contains("GRANTED=yes\n"))
        #expect(output.content.contains("TERM=granted-term\n"))
        #expect(output.content.contains("HOME=\(scene.root)\n"))
        // Nothing of ours is open in a program but the three streams and what `ls` opens itself.
        let files = try await scene.call("run_program", ["arguments": ["ls", "/proc/self/fd"]])
        #expect(files.content == "0\n1\n2\n3\n")
    }

    @Test func passesOutputOnWhileItComes() async throws {
        let parts = Mutex("")
        let output = try await Scene()
            .call(
                "shell",
                // The bytes of a character come in two pieces.
                ["command": "printf 'gr\\303'; sleep 0.1; printf '\\274n'; echo late >&2"],
                progress: { part in parts.withLock { $0 += part } }
            )
        #expect(output.content.contains("grün"))
        // The two streams are read each for itself: what came on the other one may stand anywhere.
        let passedOn = parts.withLock { $0 }
        #expect(passedOn.replacing("late\n", with: "") == "grün")
        #expect(!passedOn.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test func decodesTextSplitAtEveryByte() {
        let text = "aé€😀z\u{10FFFF}"
        let bytes = Array(text.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let parts = Mutex("")
                let collector = OutputCollector { part in parts.withLock { $0 += part } }
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    Array(piece).withUnsafeBytes { collector.take($0) }
                }
                collector.finish()
                #expect(parts.withLock { $0 } == text)
                #expect(collector.result.text == text)
            }
        }
    }

    @Test func runsManyAtOnce() async throws {
        let scene = try Scene()
        let tool = try scene.tool("shell")
        let calls = try (0..<20).map { try scene.invocation("shell", ["command": .string("echo \($0)")]) }
        let outputs = await withTaskGroup(of: ToolOutput.self) { group in
            for call in calls { group.addTask { await tool.run(call) } }
            return await group.reduce(into: Set<String>()) { $0.insert($1.content) }
        }
        #expect(outputs == Set((0..<20).map { "\($0)\n" }))
    }

    /// Waits until none of the processes whose numbers the command wrote down is there; killing takes the system a moment.
    private func expectGone(in scene: Scene) async throws {
        let text = try #require(scene.text("pids"))
        let numbers = text.split(separator: "\n").compactMap { pid_t($0) }
        #expect(!numbers.isEmpty)
        let deadline = ContinuousClock.now + .seconds(10)
        for number in numbers {
            while Self.isRunning(number), ContinuousClock.now < deadline { await Task.yield() }
            #expect(!Self.isRunning(number), "process \(number) survived")
        }
    }

    /// Whether a process is there and not only waiting to be collected by whoever inherited it.
    private static func isRunning(_ number: pid_t) -> Bool {
        guard kill(number, 0) == 0 else { return false }
        guard let status = Scene.text(of: "/proc/\(number)/stat") else { return false }
        return !status.drop { $0 != ")" }.hasPrefix(") Z")
    }
}

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

@Suite("Jobs of the shell", .timeLimit(.minutes(5))) struct ShellJobTests {
    @Test func readsOnWhileAJobRuns() async throws {
        let scene = try Scene()
        let job = try await scene.start("echo one; read line; echo two; exit 3")
        let first = try await scene.read(job, waiting: 60)
        #expect(first.contains("\(job) is running, ") && first.contains("s, 4 bytes so far\none\n"), "\(first)")
        #expect(first.hasSuffix("[read on with shell_read {\"from\":4,\"job\":\"\(job)\"}]"), "\(first)")
        let wrote = try await scene.call("shell_write", ["job": .string(job), "text": "go"])
        #expect(wrote == .success("wrote 3 bytes"))
        try await scene.waitForEnd(of: job)
        let last = try await scene.read(job, from: 4)
        #expect(last.hasPrefix("\(job) ended with exit code 3 after "), "\(last)")
        #expect(last.hasSuffix("\ntwo"), "\(last)")
        // Nothing is lost, and anything can be read again.
        #expect(try await scene.read(job).hasSuffix("\n[no new output]"))
        #expect(try await scene.read(job, from: 0).hasSuffix("\none\ntwo"))
        let beyond = try await scene.call("shell_read", ["job": .string(job), "from": 9])
        #expect(beyond.isError && beyond.content.hasSuffix("there is no byte 9 yet"))
    }

    @Test func talksWithAProgram() async throws {
        let scene = try Scene()
        let job = try await scene.start("cat")
        for text in ["grün", "two"] {
            _ = try await scene.call("shell_write", ["job": .string(job), "text": .string(text)])
            #expect(try await scene.read(job, waiting: 60).contains("\n\(text)\n["))
        }
        _ = try await scene.call("shell_write", ["job": .string(job), "text": "no", "enter": false])
        let closing: JSONValue = ["job": .string(job), "text": "", "close": true]
        #expect(try await scene.call("shell_write", closing) == .success("wrote 0 bytes and closed the input"))
        try await scene.waitForEnd(of: job)
        let last = try await scene.read(job, from: 9)
        #expect(last.hasPrefix("\(job) ended with exit code 0") && last.hasSuffix("\nno"), "\(last)")
        let late = try await scene.call("shell_write", ["job": .string(job), "text": "x"])
        #expect(late.isError && late.content.hasSuffix("nothing was written"))
    }

    @Test func keepsWhatAShellKnows() async throws {
        let scene = try Scene()
        try scene.put("sub/x", "")
        let job = try await scene.start("sh 2>&1", in: "sub")
        for text in ["x=41", "pwd", "echo $((x + 1)); nonsense-command", "exit 7"] {
            _ = try await scene.call("shell_write", ["job": .string(job), "text": .string(text)])
        }
        try await scene.waitForEnd(of: job)
        let all = try await scene.read(job, from: 0)
        #expect(all.hasPrefix("\(job) ended with exit code 7"), "\(all)")
        #expect(all.contains("\n\(scene.root)/sub\n42\n") && all.contains("nonsense-command"), "\(all)")
    }

    @Test func stopsTheWholeGroup() async throws {
        let scene = try Scene()
        let job = try await scene.start(
            "trap 'echo asked; exit 0' TERM; sleep 300 & echo $! > pids; sleep 300 & echo $! >> pids; echo ready; wait"
        )
        _ = try await scene.read(job, waiting: 60)
        let output = try await scene.call("shell_stop", ["job": .string(job)])
        #expect(!output.isError)
        #expect(output.content.hasPrefix("\(job) was stopped and ended with exit code 0 after "), "\(output.content)")
        #expect(output.content.hasSuffix("\nasked"), "\(output.content)")
        try await scene.expectGone()
        // Once more tells the same.
        let again = try await scene.call("shell_stop", ["job": .string(job)])
        #expect(again.content.hasPrefix("\(job) was stopped and ended with exit code 0"))
    }

    @Test func killsWhatIgnoresBeingAsked() async throws {
        let scene = try Scene()
        let job = try await scene.start(
            "trap '' TERM; (trap '' TERM; sleep 300) & echo $! > pids; echo $$ >> pids; echo ready; while :; do sleep 300; done"
        )
        _ = try await scene.read(job, waiting: 60)
        let began = ContinuousClock.now
        let output = try await scene.call("shell_stop", ["job": .string(job)])
        #expect(output.content.hasPrefix("\(job) was stopped by signal 9 after "), "\(output.content)")
        #expect(ContinuousClock.now - began < .seconds(20))
        try await scene.expectGone()
    }

    /// Ends in more than the half second that what was not asked before gets; waits in a way that signals interrupt.
    private static let slowEnd = "trap 'trap \"\" TERM; sleep 1; echo x > asked; exit 0' TERM"

    /// A server that closes its output still gets the time to end by itself.
    @Test func asksWhatClosedItsOutput() async throws {
        let scene = try Scene()
        let job = try await scene.start("\(Self.slowEnd); exec > /dev/null 2>&1; echo $$ > pids; sleep 300 & wait")
        // In vain: the end of the output is seen meanwhile.
        #expect(try await scene.read(job, waiting: 1).contains("[no new output]"))
        let output = try await scene.call("shell_stop", ["job": .string(job)])
        #expect(output.content.hasPrefix("\(job) was stopped and ended with exit code 0 after "), "\(output.content)")
        #expect(scene.text("asked") == "x\n")
        try await scene.expectGone()
    }

    /// Nobody knows its processes yet when it is stopped as soon as it was started.
    @Test func endsAtOnceWhatHasHardlyBegun() async throws {
        let scene = try Scene()
        let began = ContinuousClock.now
        for _ in 0..<5 {
            let job = try await scene.start("exec sleep 300")
            let output = try await scene.call("shell_stop", ["job": .string(job)])
            #expect(output.content.hasPrefix("\(job) was stopped by signal 15 after "), "\(output.content)")
        }
        // The grace of each is two seconds.
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test func killsWhatAnEndedJobLeavesBehind() async throws {
        let scene = try Scene()
        let job = try await scene.start("yes > /dev/null & echo $! > pids; sleep 300 & echo $! >> pids; echo done")
        try await scene.waitForEnd(of: job)
        try await scene.expectGone()
    }

    @Test func endsAtItsTime() async throws {
        let scene = try Scene()
        let job = try await scene.start("echo $$ > pids; echo ready; sleep 300", seconds: 1)
        try await scene.waitForEnd(of: job)
        let output = try await scene.read(job, from: 0)
        #expect(output.hasPrefix("\(job) was killed after 1"), "\(output)")
        #expect(output.contains("its limit (timeout_seconds)\nready"), "\(output)")
        try await scene.expectGone()
    }

    @Test func keepsTheNewestOfAFlood() async throws {
        let scene = try Scene()
        let job = try await scene.start("echo first; yes 1234567 | head -c 8000000; echo last")
        try await scene.waitForEnd(of: job, reading: 28_000)
        let total = 8_000_011
        let lost = total - OutputRing.capacity
        let old = try await scene.read(job, from: 6)
        #expect(
            old.contains("\n[\(lost - 6) bytes before this are gone: only the newest 1048576 are kept]\n"),
            "\(old)"
        )
        // In pieces, all that is kept comes, and each byte once.
        var place = lost
        var text = ""
        while place < total {
            let output = try await scene.call(
                "shell_read",
                ["job": .string(job), "from": .int(place), "max_bytes": 28_000]
            )
            let lines = output.content.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(output.content.utf8.count < 28_500)
            let body = lines.dropFirst().filter { !$0.hasPrefix("[") }.map { $0 + "\n" }.joined()
            place += body.utf8.count
            text += body
        }
        #expect(text.utf8.count == OutputRing.capacity)
        #expect(text.hasSuffix("1234567\nlast\n"))
    }

    @Test func runsEightAtOnceAndRemembersSixteen() async throws {
        let scene = try Scene()
        var names: [String] = []
        for _ in 0..<JobTable.mostRunning { names.append(try await scene.start("cat")) }
        #expect(Set(names).count == names.count)
        let ninth = try await scene.call("shell_start", ["command": "cat"], id: Scene.next())
        #expect(ninth.isError && ninth.content.contains(names.joined(separator: ", ")), "\(ninth.content)")
        #expect(try await scene.call("shell_read", [:]).content.split(separator: "\n").count == 8)
        _ = try await scene.call("shell_stop", ["job": .string(names[0])])
        var short: [String] = []
        for number in 0..<18 {
            short.append(try await scene.start("echo \(number)"))
            try await scene.waitForEnd(of: short[number])
        }
        let list = try await scene.call("shell_read", [:]).content
        #expect(!list.contains(names[0] + " ") && list.contains("\(names[1]) is running"), "\(list)")
        #expect(!list.contains(short[0] + " ") && list.hasSuffix(": echo 17"), "\(list)")
        let forgotten = try await scene.call(
            "shell_read",
            ["job": .string(short[0])],
            outputs: Told("\(short[0]) is running, for 3600 s at most")
        )
        #expect(forgotten.content == "\(short[0]) has ended; only the last 16 that ended are remembered")
        try await scene.tool("shell_start").release(try AgentID("tester"))
        #expect(try await scene.call("shell_read", [:]).content == "there are no jobs; shell_start starts one")
    }

    @Test(arguments: ["shell_read", "shell_write", "shell_stop"])
    func saysWhatIsNoJob(tool: String) async throws {
        let scene = try Scene()
        func content(_ job: String, _ outputs: any OutputReader = NoOutputs()) async throws -> String {
            let more: JSONValue = tool == "shell_write" ? ["job": .string(job), "text": "x"] : ["job": .string(job)]
            let output = try await scene.call(tool, more, outputs: outputs)
            #expect(output.isError)
            return output.content
        }
        #expect(try await content("t1") == "\"t1\" is no job; jobs are named like job-t3.1.1; there are none")
        #expect(try await content("job-t9.1.1") == "there is no job-t9.1.1 in this conversation; there are none")
        let other = Told("hello")
        #expect(try await content("job-t9.1.1", other) == "there is no job-t9.1.1 in this conversation; there are none")
        let earlier = Told("job-t9.1.1 is running, for 3600 s at most")
        #expect(try await content("job-t9.1.1", earlier).hasPrefix("job-t9.1.1 ended when Anima ended or let"))
        let probed = try await scene.tool("shell_stop")
            .probe(try scene.invocation("shell_stop", ["job": "job-t9.1.1"], outputs: earlier))
        #expect(probed?.isError == false && probed?.content.hasPrefix("job-t9.1.1 ended when Anima ended") == true)
    }

    @Test func listsJobsByTheirLabels() async throws {
        let scene = try Scene()
        let arguments: JSONValue = ["command": "cat\n# more", "name": " the\nserver "]
        let id = Scene.next()
        let output = try await scene.call("shell_start", arguments, id: id)
        #expect(output.content.hasPrefix("job-\(id) is running, for 3600 s at most\n"))
        let list = try await scene.call("shell_read", [:]).content
        #expect(list.hasPrefix("job-\(id) is running, ") && list.hasSuffix(" so far: the server: cat…"), "\(list)")
        try await scene.tool("shell_start").release(try AgentID("tester"))
        // Asked for by an agent that was woken again.
        let gone = try await scene.call(
            "shell_read",
            ["job": .string("job-\(id)")],
            outputs: Told("job-\(id) is running, for 3600 s at most")
        )
        #expect(gone.isError && gone.content.hasPrefix("job-\(id) ended when Anima ended or let the agent sleep"))
    }

    @Test func refusesWhatCanNotBeStarted() async throws {
        let scene = try Scene()
        for arguments: JSONValue in [
            ["command": "echo a\0b"], ["command": "true", "directory": ".."],
            ["command": "true", "directory": "missing"],
        ] {
            #expect(try await scene.call("shell_start", arguments, id: Scene.next()).isError)
        }
        #expect(try await scene.call("shell_read", [:]).content == "there are no jobs; shell_start starts one")
    }

    @Test func doesNotHangOnAJobThatDoesNotRead() async throws {
        let scene = try Scene()
        let job = try await scene.start("echo $$ > pids; sleep 300")
        let text = String(repeating: "x", count: 65_536)
        let arguments: JSONValue = ["job": .string(job), "text": .string(text), "enter": false]
        _ = try await scene.call("shell_write", arguments, timeout: .seconds(1))
        let full = try await scene.call("shell_write", arguments, timeout: .seconds(1))
        #expect(full.isError && full.content.contains("does not read what is written to it"), "\(full.content)")
        let closed = try await scene.start("exec <&-; echo closed; sleep 300")
        _ = try await scene.read(closed, waiting: 60)
        let broken = try await scene.call("shell_write", ["job": .string(closed), "text": "x"])
        #expect(broken.isError)
        try await scene.tool("shell_start").release(try AgentID("tester"))
        try await scene.expectGone()
    }

    @Test func endsAWaitThatIsCancelled() async throws {
        let scene = try Scene()
        let job = try await scene.start("echo $$ > pids; echo ready; sleep 300")
        _ = try await scene.read(job, waiting: 60)
        let tool = try scene.tool("shell_read")
        let call = try scene.invocation("shell_read", ["job": .string(job), "wait_seconds": 60])
        let began = ContinuousClock.now
        let output = await withTaskGroup(of: ToolOutput.self) { group in
            group.addTask { await tool.run(call) }
            group.cancelAll()
            return await group.next()
        }
        #expect(output?.content.contains("[no new output]") == true)
        #expect(ContinuousClock.now - began < .seconds(20))
        // The job is not the wait's.
        #expect(try await scene.read(job).contains("is running"))
        try await scene.tool("shell_start").release(try AgentID("tester"))
        try await scene.expectGone()
    }

    @Test func endsTheJobsOfTheAgentAndNoOthers() async throws {
        let scene = try Scene()
        let job = try await scene.start("trap '' TERM; echo $$ > pids; echo ready; cat")
        _ = try await scene.read(job, waiting: 60)
        try await scene.tool("shell_start").release(try AgentID("other"))
        #expect(try await scene.read(job).contains("is running"))
        try await scene.tool("shell_start").release(try AgentID("tester"))
        try await scene.expectGone()
    }

    @Test func endsWithItsTools() async throws {
        var scene: Scene? = try Scene()
        let job = try #require(await scene?.start("echo $$ > pids; echo $$; cat"))
        let text = try #require(await scene?.read(job, waiting: 60))
        let number = try #require(text.split(separator: "\n").compactMap { pid_t($0) }.first)
        scene = nil
        try await Scene.expectGone([number])
    }

    @Test func leavesNoDescriptorsBehind() async throws {
        let scene = try Scene()
        func round() async throws {
            _ = try await scene.start("cat")
            let job = try await scene.start("echo $$ > pids; echo ready; cat")
            _ = try await scene.read(job, waiting: 60)
            // The first may not even have begun.
            try await scene.tool("shell_start").release(try AgentID("tester"))
            try await scene.expectGone()
        }
        try await round()
        let files = try Scene.names(of: "/proc/self/fd").count
        for _ in 0..<20 { try await round() }
        #expect(try Scene.names(of: "/proc/self/fd").count <= files + 2)
    }

    @Test func asksTheOwnerAboutWhatWillRun() async throws {
        let scene = try Scene()
        try scene.put("run.sh", "echo hi")
        let start = try await scene.tool("shell_start")
            .circumstances(of: try scene.invocation("shell_start", ["command": "sh run.sh"]))
        let shell = try await scene.tool("shell")
            .circumstances(of: try scene.invocation("shell", ["command": "sh run.sh"]))
        #expect(start == shell && start["files"]?.hasPrefix("run.sh ") == true)
        let job = try await scene.start("sh")
        let call = try scene.invocation("shell_write", ["job": .string(job), "text": ". ./run.sh"])
        let write = try await scene.tool("shell_write").circumstances(of: call)
        #expect(write["job"] == "sh" && write["files"]?.hasPrefix("./run.sh ") == true, "\(write)")
        try await scene.tool("shell_start").release(try AgentID("tester"))
    }

    @Test("a yes is for the files that a line names, wherever it goes first, large and many as they are")
    func bindsWhatALineNames() async throws {
        let scene = try Scene(environment: ["TOKEN": "one"])
        try scene.put("sub/deep/x.sh", "echo 1")
        try scene.put("large.bin", [UInt8](repeating: 7, count: 17 * 1024 * 1024))
        for index in 0..<40 { try scene.put("many/f\(index)", "\(index)") }
        func found(_ line: String, in directory: String = ".") async throws -> [String: String] {
            try await scene.tool("shell")
                .circumstances(
                    of: scene.invocation("shell", ["command": .string(line), "directory": .string(directory)])
                )
        }
        let many = (0..<40).map { "many/f\($0)" }.joined(separator: " ")
        for (line, path) in [
            ("cd sub && cd deep && sh x.sh", "sub/deep/x.sh"), ("(cd sub/deep; sh ./x.sh)", "sub/deep/x.sh"),
            ("sum large.bin", "large.bin"), ("cat \(many)", "many/f39"),
        ] {
            let before = try await found(line)
            #expect(try await found(line) == before)
            // Of the same size.
            var bytes = Array(try #require(scene.text(path)).utf8)
            bytes[bytes.count - 1] ^= 1
            try scene.put(path, bytes)
            #expect(try await found(line)["files"] != before["files"], "\(line)")
        }
        let first = try await found("true")["variables"]
        #expect(first?.hasPrefix("TOKEN ") == true && first?.contains("one") == false)
        let other = try Scene(environment: ["TOKEN": "two"])
        let second = try await other.tool("shell").circumstances(of: other.invocation("shell", ["command": "true"]))
        #expect(second["variables"] != first)
        for arguments in [["ls", "-l"], ["ls"]] as [JSONValue] {
            let program = try await scene.tool("run_program")
                .circumstances(of: scene.invocation("run_program", ["arguments": arguments]))
            #expect(program["program"]?.hasPrefix("/") == true)
        }
        for index in 0..<70 { try scene.put("d\(index)/x", "\(index)") }
        let crowded = try await found((0..<70).map { "cd d\($0)" }.joined(separator: "; "))["files"]
        #expect(crowded?.contains("not held to") == true)
    }

    @Test func cutsOutputBetweenCharactersAndLines() {
        var ring = OutputRing()
        let take = { (text: String) in Array(text.utf8).withUnsafeBytes { ring.take($0) } }
        take("aé€😀")
        for limit in 4...10 {
            let part = ring.part(from: 0, limit: limit, isWhole: false)
            #expect("aé€😀".hasPrefix(part.text) && part.end == part.text.utf8.count && part.rest == 10 - part.end)
        }
        Array("é".utf8.prefix(1)).withUnsafeBytes { ring.take($0) }
        #expect(ring.part(from: 10, limit: 100, isWhole: false) == .init(text: "", end: 10, rest: 1))
        #expect(ring.part(from: 10, limit: 100, isWhole: true) == .init(text: "\u{FFFD}", end: 11, rest: 0))
        ring = OutputRing()
        take("one\ntwo\nthree\n")
        #expect(ring.part(from: 0, limit: 10, isWhole: false) == .init(text: "one\ntwo\n", end: 8, rest: 6))
        #expect(ring.part(from: 99, limit: 10, isWhole: false) == .init(end: 14))
        // What overflows is counted, and no character is shown in halves.
        ring = OutputRing()
        take(String(repeating: "é", count: OutputRing.capacity))
        take("x")
        let part = ring.part(from: 0, limit: 16, isWhole: false)
        #expect(part.dropped == OutputRing.capacity + 2 && part.text == String(repeating: "é", count: 8))
    }
}

@Suite(
    "Jobs in a sandbox",
    .enabled(if: !Cage.all.isEmpty, "neither bubblewrap nor Landlock with anima-confine works here"),
    .timeLimit(.minutes(5))
)
struct SandboxedJobTests {
    @Test(arguments: Cage.all)
    func writesNothingOutside(cage: Cage) async throws {
        let scene = try cage.scene()
        let job = try await scene.start("echo in > inside; echo out > \(scene.outside)/outside; read line; echo $line")
        _ = try await scene.call("shell_write", ["job": .string(job), "text": "typed"])
        try await scene.waitForEnd(of: job)
        let output = try await scene.read(job, from: 0)
        #expect(output.hasPrefix("\(job) ended with exit code 0") && output.hasSuffix("\ntyped"), "\(output)")
        #expect(scene.text("inside") == "in\n")
        #expect(try Scene.names(of: scene.outside) == ["root"])
    }

    @Test(arguments: Cage.limited)
    func stopsWhatMadeItsOwnSession(cage: Cage) async throws {
        let scene = try cage.scene()
        let mark = SandboxTests.mark()
        let job = try await scene.start("trap '' TERM; (trap '' TERM; setsid sleep \(mark)) & echo ready; cat")
        _ = try await scene.read(job, waiting: 60)
        // Its session is made beside what prints.
        let deadline = ContinuousClock.now + .seconds(10)
        while !SandboxTests.isAsleep(mark), ContinuousClock.now < deadline { await Task.yield() }
        #expect(SandboxTests.isAsleep(mark))
        let output = try await scene.call("shell_stop", ["job": .string(job)])
        #expect(output.content.hasPrefix("\(job) was stopped by signal "), "\(output.content)")
        #expect(SandboxTests.isGone(mark))
    }

    /// One that starts while another has changed a file must not take the change for what was there.
    @Test(arguments: Cage.limited, [false, true])
    func putsProtectedFilesBack(cage: Cage, isFirstStoppedFirst: Bool) async throws {
        let scene = try cage.scene()
        try scene.put(".git/hooks/a.sample", "sample")
        let first = try await scene.start("echo evil > .envrc; echo planted; cat")
        _ = try await scene.read(first, waiting: 60)
        let second = try await scene.start("cat .envrc; echo ready; cat")
        _ = try await scene.read(second, waiting: 60)
        var notes = ""
        for job in isFirstStoppedFirst ? [first, second] : [second, first] {
            notes += try await scene.call("shell_stop", ["job": .string(job)]).content
        }
        #expect(notes.contains("programs must not change .envrc: put back as it was"), "\(notes)")
        #expect(scene.text(".envrc") == nil)
        #expect(try scene.names(in: ".git/hooks") == ["a.sample"])
        // What the owner does when nothing runs is the owner's.
        try scene.put(".envrc", "mine")
        _ = try await scene.call("shell", ["command": "true"])
        #expect(scene.text(".envrc") == "mine")
    }
}

/// Says the same of every call.
private struct Told: OutputReader {
    let text: String
    init(_ text: String) { self.text = text }
    func output(of call: ToolCallID) async throws -> [UInt8]? { Array(text.utf8) }
}

extension Scene {
    private static let calls = Atomic(1)

    /// A call that was never made before.
    static func next() -> ToolCallID {
        ToolCallID(turn: TurnID(1), step: calls.add(1, ordering: .relaxed).newValue, index: 1)
    }

    /// Starts a job and returns its name.
    func start(_ command: String, in directory: String = ".", seconds: Int = 120) async throws -> String {
        let id = Self.next()
        let output = try await call(
            "shell_start",
            ["command": .string(command), "directory": .string(directory), "timeout_seconds": .int(seconds)],
            id: id
        )
        #expect(!output.isError && output.content.hasPrefix("job-\(id) is running"), "\(output.content)")
        return "job-\(id)"
    }

    func read(_ job: String, from: Int? = nil, waiting seconds: Int = 0) async throws -> String {
        var arguments: [String: JSONValue] = ["job": .string(job), "wait_seconds": .int(seconds)]
        if let from { arguments["from"] = .int(from) }
        return try await call("shell_read", .object(arguments)).content
    }

    /// Reads until the job has ended.
    func waitForEnd(of job: String, reading bytes: Int = 16_000) async throws {
        while true {
            let arguments: JSONValue = ["job": .string(job), "wait_seconds": 60, "max_bytes": .int(bytes)]
            let content = try await call("shell_read", arguments).content
            guard content.hasPrefix("\(job) is running") else { return }
        }
    }

    /// Waits until none of the processes whose numbers the command wrote down is there.
    func expectGone() async throws {
        let numbers = try #require(text("pids")).split(separator: "\n").compactMap { pid_t($0) }
        try await Self.expectGone(numbers)
    }

    static func expectGone(_ numbers: [pid_t]) async throws {
        #expect(!numbers.isEmpty)
        let deadline = ContinuousClock.now + .seconds(10)
        for number in numbers {
            while isRunning(number), ContinuousClock.now < deadline { await Task.yield() }
            #expect(!isRunning(number), "process \(number) survived")
        }
    }

    private static func isRunning(_ number: pid_t) -> Bool {
        guard kill(number, 0) == 0 else { return false }
        guard let status = text(of: "/proc/\(number)/stat") else { return false }
        return !status.drop { $0 != ")" }.hasPrefix(") Z")
    }
}

import AnimaCore
import Testing

@testable import AnimaTools

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A sandbox of this machine.
struct Cage: Sendable, CustomTestStringConvertible {
    let sandbox: any Sandbox

    var testDescription: String { sandbox.name }

    static let survey = SandboxSurvey(environment: ProcessInfo.processInfo.environment)

    /// Those with limits and filters, which are the helper's.
    static let limited = [survey.bubblewrap.flatMap { $0.helper == nil ? nil : $0 }, survey.helper]
        .compactMap { (sandbox: (any Sandbox)?) in sandbox.map { Cage(sandbox: $0) } }

    /// What this machine allows; tests that find none are skipped by name.
    static let all =
        limited
        + (survey.bubblewrap.map { [Cage(sandbox: BubblewrapSandbox(bubblewrap: $0.bubblewrap, helper: nil))] } ?? [])

    func scene(
        environment: [String: String] = [:],
        confine: (inout Confinement) -> Void = { _ in }
    ) throws -> Scene { try Scene(environment: environment, sandbox: sandbox, confine: confine) }
}

@Suite(
    "Programs in a sandbox",
    .enabled(if: !Cage.all.isEmpty, "neither bubblewrap nor Landlock with anima-confine works here"),
    .timeLimit(.minutes(5))
)
struct SandboxTests {
    static let secret = "top-secret-\(UInt64.random(in: .min ... .max))"

    @Test(
        arguments: Cage.all,
        ["echo hello", "exit 3", "echo bad >&2; exit 2", "true", "cat", "echo out; echo err >&2"]
    )
    func reportsWhatItReportsWithoutOne(cage: Cage, command: String) async throws {
        let inside = try await cage.scene().call("shell", ["command": .string(command)])
        #expect(inside == (try await Scene().call("shell", ["command": .string(command)])))
    }

    @Test(arguments: Cage.limited)
    func reportsSignalsAndMissingPrograms(cage: Cage) async throws {
        let scene = try cage.scene()
        #expect(try await scene.call("shell", ["command": "kill -9 $$"]).content == "killed by signal 9, no output")
        #expect(try await scene.call("shell", ["command": "kill -TERM 0"]).content == "killed by signal 15, no output")
        // A program may choose the exit codes that shells make of signals.
        for code in [129, 130, 137, 143, 192, 255] {
            let output = try await scene.call("shell", ["command": .string("exit \(code)")])
            #expect(output.content == "exit code \(code), no output")
        }
        for arguments: JSONValue in [["no-such-program-here"], ["./missing"], ["/etc/passwd"]] {
            let output = try await scene.call("run_program", ["arguments": arguments])
            #expect(output.isError)
            #expect(!output.content.contains("exit code") && !output.content.contains("anima-confine"))
        }
    }

    @Test(arguments: Cage.all)
    func writesTheWorkspaceAndItsOwnTemporaryDirectory(cage: Cage) async throws {
        let scene = try cage.scene()
        let line =
            "mkdir sub && echo x > sub/a && mv sub/a sub/b && ln -s b sub/c && echo t > $TMPDIR/t && cat $TMPDIR/t"
        #expect(try await scene.call("shell", ["command": .string(line)]) == .success("t\n"))
        #expect(scene.text("sub/c") == "x\n")
        let echo = try await scene.call("shell", ["command": "printf '%s' \"$1\"; cat", "stdin": "given"])
        #expect(echo == .success("given"))
    }

    @Test(arguments: Cage.all, ["../outside.txt", "/tmp/anima-planted", "/etc/anima-planted", "/usr/anima-planted"])
    func writesNothingOutside(cage: Cage, path: String) async throws {
        let scene = try cage.scene()
        let host = path.hasPrefix("/") ? path : scene.root + "/" + path
        _ = try await scene.call("shell", ["command": .string("echo planted > \(path); ln -s / l; echo x > l/\(path)")])
        #expect(Scene.text(of: host) == nil)
    }

    @Test(arguments: Cage.all, ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/mem", "/dev/kmsg"])
    func setsNothingOfTheKernel(cage: Cage, path: String) async throws {
        // Opened and not written, for the test's own sake.
        let output = try await cage.scene().call("shell", ["command": .string("exec 3>> \(path) && echo opened")])
        #expect(!output.content.contains("opened"), "\(output.content)")
    }

    @Test(arguments: Cage.all)
    func doesNotReadHomesNorOtherProcesses(cage: Cage) async throws {
        let scene = try cage.scene()
        let home = scene.outside + "/home"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try Data(Self.secret.utf8).write(to: URL(filePath: home + "/keys.toml"))
        try scene.link("door", to: home)
        setenv("ANIMA_TEST_SECRET", Self.secret, 1)
        for path in [
            home + "/keys.toml", "door/keys.toml", "../home/keys.toml", "/proc/\(getpid())/environ", "/etc/shadow",
            "/proc/\(getpid())/root\(home)/keys.toml", "/proc/\(getppid())/environ",
        ] {
            let output = try await scene.call("run_program", ["arguments": ["cat", .string(path)]])
            #expect(output.isError, "\(path)")
            #expect(!output.content.contains(Self.secret))
        }
        let real = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
        if real != "/" {
            #expect(try await scene.call("run_program", ["arguments": ["ls", .string(real)]]).isError)
        }
    }

    @Test(.enabled(if: Cage.survey.bubblewrap != nil, "bubblewrap does not work here"))
    func hidesWhatLiesInTheWorkspace() async throws {
        let bubblewrap = try Cage.survey.sandbox(.bubblewrap)
        let scene = try Scene(sandbox: bubblewrap) { $0.hidden.append($0.workspace + "/home") }
        try scene.put("home/keys.toml", Self.secret)
        let output = try await scene.call("shell", ["command": "cat home/keys.toml; ls home; echo x > home/y"])
        #expect(output.isError && !output.content.contains(Self.secret))
        #expect(try scene.names(in: "home") == ["keys.toml"])
    }

    @Test(.enabled(if: Cage.survey.helper != nil, "Landlock does not work here"))
    func refusesToRunWhereItCanNotHide() async throws {
        let helper = try Cage.survey.sandbox(.helper)
        let scene = try Scene(sandbox: helper) { $0.hidden.append($0.workspace + "/home") }
        let output = try await scene.call("shell", ["command": "true"])
        #expect(output.isError && output.content.contains("must stay hidden"))
    }

    @Test(arguments: Cage.all, [false, true])
    func reachesTheNetworkOnlyWhenGranted(cage: Cage, isGranted: Bool) async throws {
        let listener = try Listener()
        let scene = try cage.scene { $0.network = isGranted }
        let line = "exec 3<>/dev/tcp/127.0.0.1/\(listener.port) && echo connected"
        let output = try await scene.call("run_program", ["arguments": ["bash", "-c", .string(line)]])
        #expect(output.content.contains("connected") == isGranted, "\(output.content)")
    }

    @Test(arguments: Cage.limited)
    func hasNoPrivilegesAndGetsNone(cage: Cage) async throws {
        let status = try await cage.scene().call("run_program", ["arguments": ["cat", "/proc/self/status"]]).content
        for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000"] {
            #expect(status.contains(line), "\(line)")
        }
    }

    @Test(arguments: Cage.limited)
    func changesNoLimitsOfOthers(cage: Cage) async throws {
        let arguments: JSONValue = ["arguments": ["prlimit", "--pid", .string("\(getpid())"), "--nofile=64:64"]]
        #expect(try await cage.scene().call("run_program", arguments).isError)
    }

    @Test(arguments: Cage.limited, ["unshare -U true", "unshare -m true", "unshare -n true"])
    func makesNoNamespaces(cage: Cage, command: String) async throws {
        let output = try await cage.scene().call("shell", ["command": .string(command)])
        #expect(output.isError && output.content.contains("ermi"), "\(output.content)")
    }

    @Test(arguments: Cage.limited)
    func boundsAForkBomb(cage: Cage) async throws {
        let scene = try cage.scene { $0.limits.processes = 100 }
        let began = ContinuousClock.now
        let line = "f() { f | f & }; f 2>/dev/null; sleep 3; echo survived"
        let output = try await scene.call("shell", ["command": .string(line)], timeout: .seconds(30))
        // For root the counting one ends it; for others the system lets no more begin.
        #expect(output.isError == (getuid() == 0), "\(output.content.suffix(200))")
        if getuid() == 0 { #expect(output.content.contains("more than 100 processes and threads")) }
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test(arguments: Cage.limited)
    func boundsMemoryOfOneAndOfAll(cage: Cage) async throws {
        let scene = try cage.scene { $0.limits.memory = 100 }
        let one = try await scene.call("shell", ["command": "x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo done"])
        #expect(!one.content.contains("done"), "\(one.content.suffix(200))")
        let each = "(x=$(head -c 20000000 /dev/zero | tr '\\0' x); sleep 20) & "
        let all = try await scene.call("shell", ["command": .string(String(repeating: each, count: 8) + "wait")])
        #expect(all.content.contains("more than 100 MB of memory"), "\(all.content.suffix(200))")
    }

    @Test(arguments: Cage.limited)
    func boundsTheSizeOfAFile(cage: Cage) async throws {
        let scene = try cage.scene { $0.limits.file = 1 }
        let output = try await scene.call("shell", ["command": "head -c 5000000 /dev/zero > big"])
        #expect(output.isError)
        #expect(scene.text("big")?.utf8.count == 1 << 20)
    }

    @Test(arguments: Cage.limited)
    func endsWhatSpins(cage: Cage) async throws {
        let scene = try cage.scene { $0.limits.cpuSeconds = 1 }
        let output = try await scene.call("shell", ["command": "trap '' XCPU; while :; do :; done"])
        #expect(output.content.hasPrefix("killed by signal"), "\(output.content)")
    }

    @Test(arguments: Cage.limited)
    func leavesNothingBehindThatMadeItsOwnSession(cage: Cage) async throws {
        let scene = try cage.scene()
        let mark = Self.mark()
        let output = try await scene.call("shell", ["command": .string("setsid sleep \(mark) & sleep 0.2; echo done")])
        #expect(output == .success("done\n"))
        #expect(Self.isGone(mark))
    }

    @Test(arguments: Cage.all)
    func endsWithItsParent(cage: Cage) async throws {
        let scene = try Scene()
        let mark = Self.mark()
        let command = try cage.sandbox.command(
            ["sh", "-c", "setsid sleep \(mark) & echo x > started; sleep \(mark)"],
            in: scene.root,
            under: Confinement(workspace: scene.root),
            parent: 0
        )
        // A shell stands for the runtime: it starts the sandbox, waits until the program runs, and is killed.
        let words = command.map { "'" + $0 + "'" }.joined(separator: " ")
        let started = words.replacing("'--parent' '0'", with: "--parent $$")
        try scene.put("runtime.sh", "\(started) &\nwhile [ ! -s started ]; do sleep 0.02; done; kill -9 $$\n")
        #expect(words.contains(mark))
        _ = try await scene.call("shell", ["command": "setsid sh runtime.sh; true"])
        #expect(scene.text("started") == "x\n")
        let deadline = ContinuousClock.now + .seconds(10)
        while !Self.isGone(mark), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(Self.isGone(mark))
    }

    @Test(arguments: Cage.limited)
    func endsWhatIgnoresBeingAsked(cage: Cage) async throws {
        let scene = try cage.scene()
        let mark = Self.mark()
        let line = "trap '' TERM; (trap '' TERM; setsid sleep \(mark)) & sleep \(mark); sleep \(mark)"
        let began = ContinuousClock.now
        let output = try await scene.call("shell", ["command": .string(line)], timeout: .seconds(1))
        #expect(output.content.hasPrefix("killed after 1"), "\(output.content)")
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(Self.isGone(mark))
    }

    @Test(arguments: Cage.limited)
    func letsAProgramEndWellWhenAsked(cage: Cage) async throws {
        let scene = try cage.scene()
        let line = "trap 'echo well > end; exit' TERM; sleep 30 & wait"
        _ = try await scene.call("shell", ["command": .string(line)], timeout: .seconds(1))
        #expect(scene.text("end") == "well\n")
    }

    @Test(
        arguments: Cage.limited,
        [
            "echo x > .git/hooks/pre-commit", "echo x > .git/config",
            "mv .git old; mkdir -p .git/hooks; echo x > .git/config",
            "rm -rf .git; echo x > .git", "ln -sf /bin/sh .git/hooks/post-merge", "echo x > .envrc",
            "rm .profile; mkdir .profile",
        ]
    )
    func keepsFilesThatOthersRun(cage: Cage, command: String) async throws {
        let scene = try cage.scene()
        try scene.put(".git/hooks/a.sample", "sample")
        try scene.put(".git/config", "[core]")
        try scene.put(".profile", "mine")
        _ = try await scene.call("shell", ["command": .string(command)])
        #expect(scene.text(".git/config") == "[core]")
        #expect(try scene.names(in: ".git/hooks") == ["a.sample"])
        #expect(scene.text(".profile") == "mine")
        #expect(scene.text(".envrc") == nil)
        // And work with git goes on.
        let again = try await scene.call("shell", ["command": "echo x > .git/HEAD; echo y > file"])
        #expect(again == .success("exit code 0, no output"))
    }

    @Test(arguments: Cage.all)
    func givesACleanEnvironment(cage: Cage) async throws {
        setenv("ANIMA_TEST_SECRET", Self.secret, 1)
        let scene = try cage.scene(environment: ["GRANTED": "yes"])
        let output = try await scene.call("run_program", ["arguments": ["env"]]).content
        let names = Set(output.split(separator: "\n").map { $0.prefix { $0 != "=" } })
        let own = names.subtracting(["PWD"]).subtracting(GitGuard.variables.keys.map { $0[...] })
        #expect(own == ["PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "GRANTED"])
        let files = try await scene.call("run_program", ["arguments": ["ls", "/proc/self/fd"]])
        #expect(files.content == "0\n1\n2\n3\n")
    }

    @Test(arguments: Cage.all)
    func boundsAFloodOfOutput(cage: Cage) async throws {
        let output = try await cage.scene()
            .call("shell", ["command": "yes | head -c 20000000; yes >&2"], timeout: .seconds(2))
        #expect(output.content.utf8.count < 4_300_000)
        #expect(output.omittedBytes > 19_000_000)
    }

    @Test(arguments: Cage.limited)
    func leavesNothingAfterTwoHundredRuns(cage: Cage) async throws {
        let scene = try cage.scene()
        let tool = try scene.tool("shell")
        let call = try scene.invocation("shell", ["command": "echo x > $TMPDIR/left; mkdir -m 0 $TMPDIR/locked"])
        _ = await tool.run(call)
        let files = try Scene.names(of: "/proc/self/fd").count
        let temporary = try Self.temporaryDirectories()
        for _ in 0..<200 { #expect(await tool.run(call) == .success("exit code 0, no output")) }
        #expect(try Scene.names(of: "/proc/self/fd").count <= files + 2)
        #expect(try Self.temporaryDirectories() == temporary)
        #expect(waitpid(-1, nil, WNOHANG) <= 0)
    }

    @Test(arguments: Cage.all)
    func startsQuickly(cage: Cage) async throws {
        let scene = try cage.scene()
        let tool = try scene.tool("run_program")
        let call = try scene.invocation("run_program", ["arguments": ["true"]])
        var durations: [Duration] = []
        for _ in 0..<40 {
            let began = ContinuousClock.now
            _ = await tool.run(call)
            durations.append(ContinuousClock.now - began)
        }
        // Some 10 ms in truth; the median must be told apart only from something gone wrong, on a busy machine.
        let median = durations.sorted()[20]
        #expect(median < .milliseconds(150))
    }

    /// A number of seconds that nobody else sleeps.
    static func mark() -> String { String(Int.random(in: 1_000_000...9_999_999)) }

    /// Whether no process sleeps for the mark, or is about to.
    static func isGone(_ mark: String) -> Bool { !commandLines().contains { $0.contains("sleep\0" + mark) } }

    /// Whether a process sleeps for the mark.
    ///
    /// One that is about to has no command line for a moment.
    static func isAsleep(_ mark: String) -> Bool { commandLines().contains { $0.hasPrefix("sleep\0" + mark) } }

    private static func commandLines() -> [String] {
        let processes = (try? Scene.names(of: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.compactMap { Scene.text(of: "/proc/\($0)/cmdline") }
    }

    /// What the helper makes and must remove.
    private static func temporaryDirectories() throws -> [String] {
        try Scene.names(of: "/tmp").filter { $0.hasPrefix("anima-") && $0.utf8.count == 12 }
    }
}

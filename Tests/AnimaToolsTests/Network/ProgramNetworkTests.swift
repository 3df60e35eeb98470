import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaTools

@Suite(
    "Programs that reach single hosts",
    .enabled(if: !Cage.held.isEmpty, "no sandbox of this machine can give programs a network of their own"),
    .timeLimit(.minutes(5))
)
struct ProgramNetworkTests {
    /// A server that is granted by its number, and tools in a sandbox.
    private static func with(_ cage: Cage, _ body: (Scene, ScriptedServer) async throws -> Void) async throws {
        let server = try await ScriptedServer.start { exchange in
            ScriptedServer.answer(status: 200, body: "\(exchange.method) \(exchange.path)")
        }
        let granted = try ["127.0.0.1:\(server.port)", "inner.example"].map { try #require(ProgramHost($0)) }
        var web = WebAccess()
        web.resolver = ScriptedResolver(["192.168.7.7"])
        do {
            try await body(try Scene(sandbox: cage.sandbox, web: web) { $0.hosts = granted }, server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func bash(_ line: String) -> JSONValue { ["arguments": ["bash", "-c", .string(line)]] }

    /// What asks the proxy by hand.
    private static func ask(_ line: String) -> JSONValue {
        bash("exec 3<>/dev/tcp/127.0.0.1/${http_proxy##*:} && printf '\(line) HTTP/1.1\\r\\n\\r\\n' >&3 && cat <&3")
    }

    @Test(arguments: Cage.held)
    func reachWhatIsGranted(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            let answer = try await scene.call("run_program", Self.ask("GET \(server.baseURL)/by-hand"))
            #expect(!answer.isError && answer.content.contains("GET /by-hand"), "\(answer.content)")
            #expect(!answer.content.contains("sandbox.hosts"))
        }
    }

    @Test(
        arguments: Cage.held,
        [
            "curl -sS", "curl -sS --proxytunnel", "wget -qO-",
            "python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())'",
        ]
    )
    func reachItByProgramsThatKnowOfNothing(cage: Cage, command: String) async throws {
        let program = command.prefix { $0 != " " }
        try await Self.with(cage) { scene, server in
            let works = "\(program) --version >/dev/null 2>&1"
            let here = try await scene.call("shell", ["command": .string("\(works) && echo here")])
            guard here.content.contains("here") else { return }
            let line = "\(command) \(server.baseURL)/$((40 + 2))"
            let answer = try await scene.call("shell", ["command": .string(line)])
            #expect(!answer.isError && answer.content.contains("GET /42"), "\(answer.content)")
        }
    }

    @Test(
        arguments: Cage.held,
        [
            ("CONNECT evil.example:443", "evil.example:443"), ("GET http://127.0.0.1:1/", "127.0.0.1:1"),
            ("CONNECT inner.example:22", "inner.example:22"), ("GET http://inner.example/", "inner.example:80"),
        ]
    )
    func reachNothingElseAndSaySo(cage: Cage, request: (line: String, target: String)) async throws {
        try await Self.with(cage) { scene, _ in
            let answer = try await scene.call("run_program", Self.ask(request.line))
            #expect(answer.content.contains("403 Forbidden"), "\(answer.content)")
            let note = "exit code 0; programs tried to reach \(request.target), which sandbox.hosts does not let them"
            #expect(!answer.isError && answer.content.hasPrefix(note), "\(answer.content)")
        }
    }

    @Test(arguments: Cage.held)
    func reachNothingPastTheProxy(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            for target in [
                "tcp/127.0.0.1/\(server.port)", "tcp/1.1.1.1/443", "udp/1.1.1.1/53", "tcp/169.254.169.254/80",
            ] {
                let line = "exec 3<>/dev/\(target) && echo connected; echo tried"
                let answer = try await scene.call("run_program", Self.bash(line))
                #expect(answer.content.contains("tried") && !answer.content.contains("connected"), "\(answer.content)")
            }
            let unset =
                "unset ${!http*} ${!HTTP*} ${!ALL*} ${!all*}; exec 3<>/dev/tcp/localhost/\(server.port) && echo connected"
            #expect(!(try await scene.call("run_program", Self.bash(unset))).content.contains("connected"))
        }
    }

    /// The way out is open for as long as the job runs, not only while it is started.
    @Test(arguments: Cage.held)
    func reachThemFromAJob(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            let job = try await scene.start("bash")
            let requests = [
                ("\(server.baseURL)/from-a-job", "GET /from-a-job"), ("http://evil.example/", "403 Forbidden"),
            ]
            for (number, request) in requests.enumerated() {
                let line =
                    "exec 3<>/dev/tcp/127.0.0.1/${http_proxy##*:}; "
                    + "printf 'GET \(request.0) HTTP/1.1\\r\\n\\r\\n' >&3; timeout 20 cat <&3; echo; echo done-\(number)"
                _ = try await scene.call("shell_write", ["job": .string(job), "text": .string(line)])
                var all = ""
                let deadline = ContinuousClock.now + .seconds(30)
                while !all.contains("done-\(number)"), ContinuousClock.now < deadline {
                    _ = try await scene.read(job, waiting: 5)
                    all = try await scene.read(job, from: 0)
                }
                #expect(all.contains(request.1), "\(all)")
            }
            let stopped = try await scene.call("shell_stop", ["job": .string(job)]).content
            let note = "; programs tried to reach evil.example:80, which sandbox.hosts does not let them"
            #expect(stopped.split(separator: "\n").first?.hasSuffix(note) == true, "\(stopped)")
        }
    }

    @Test(arguments: Cage.held)
    func findNoDoor(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            // Where bubblewrap binds it, it leads nowhere any more; and outside it is gone.
            let line =
                "ls -d /tmp/anima-net-*; curl -sS --unix-socket /run/anima-proxy \(server.baseURL) && echo reached"
            let answer = try await scene.call("shell", ["command": .string(line)])
            #expect(answer.isError && !answer.content.contains("reached"), "\(answer.content)")
            #expect(!answer.content.contains("door"))
        }
    }

    @Test(arguments: Cage.held)
    func mayServeOneAnother(cage: Cage) async throws {
        try await Self.with(cage) { scene, _ in
            let server = """
                import socket; s = socket.create_server(("127.0.0.1", 8080)); open("up", "w").close()
                s.accept()[0].sendall(b"inside")
                """
            try scene.put("server.py", server)
            let python = try await scene.call("shell", ["command": "python3 -c 'print(40 + 2)'"])
            guard python.content == "42\n" else { return }
            let line =
                "python3 server.py & until [ -e up ]; do sleep 0.02; done; bash -c 'cat < /dev/tcp/127.0.0.1/8080'"
            #expect(try await scene.call("shell", ["command": .string(line)]) == .success("inside"))
        }
    }

    @Test(arguments: Cage.held)
    func areToldOfTheProxyByTheirEnvironment(cage: Cage) async throws {
        try await Self.with(cage) { scene, _ in
            let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
            let lines = try await scene.call("run_program", ["arguments": ["env"]]).content.split(separator: "\n")
            for name in names { #expect(lines.contains("\(name)=http://127.0.0.1:3128")) }
            #expect(lines.contains("NO_PROXY=") && lines.contains("no_proxy="))
        }
    }

    @Test(arguments: Cage.held)
    func reachOutside(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            for name in ["shell", "run_program"] { #expect(try scene.tool(name).spec.reach == .outside) }
            let call = try scene.invocation("shell", ["command": "true"])
            let circumstances = await (try scene.tool("shell")).circumstances(of: call)
            #expect(circumstances["sandbox"]?.contains("127.0.0.1:\(server.port), inner.example") == true)
        }
        #expect(try cage.scene().tool("shell").spec.reach == .inside)
    }

    @Test(arguments: Cage.held)
    func loseTheirWayWithTheRun(cage: Cage) async throws {
        try await Self.with(cage) { scene, server in
            let tool = try scene.tool("run_program")
            let line = "exec 3<>/dev/tcp/127.0.0.1/3128; exec 4<>/dev/tcp/127.0.0.1/3128; printf 'GET ' >&3; echo done"
            let call = try scene.invocation("run_program", Self.bash(line))
            _ = await tool.run(call)
            let files = try Scene.names(of: "/proc/self/fd").count
            for _ in 0..<100 { #expect(await tool.run(call) == .success("done\n")) }
            let left = try Scene.names(of: "/proc/self/fd").count
            #expect(left <= files + 2, "\(left - files) more")
            let endless = Self.bash(
                "exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT 127.0.0.1:\(server.port) HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3"
            )
            let killed = try await scene.call("run_program", endless, timeout: .seconds(1))
            #expect(killed.content.hasPrefix("killed after"), "\(killed.content)")
            // A program that can't be started leaves nothing either.
            #expect(try await scene.call("run_program", ["arguments": ["no-such-program"]]).isError)
            #expect(try Scene.names(of: "/tmp").filter { $0.hasPrefix("anima-net-") }.isEmpty)
        }
    }

    @Test(arguments: Cage.held)
    func runWithoutNetworkWhereNobodyServesThem(cage: Cage) throws {
        var confinement = Confinement(workspace: "/usr")
        confinement.hosts = [try #require(ProgramHost("pypi.org"))]
        let command = try cage.sandbox.command(["true"], in: "/usr", under: confinement, parent: 0)
        #expect(!command.contains("--network") && !command.contains("--share-net"))
    }

    @Test(arguments: Cage.held)
    func startNearlyAsQuickly(cage: Cage) async throws {
        try await Self.with(cage) { scene, _ in
            let durations = try await Self.durations(scene)
            let without = try await Self.durations(try cage.scene())
            // Some 2 ms in truth; only what has gone wrong must be told apart, on a busy machine.
            #expect(durations < without * 3 + .milliseconds(50))
        }
    }

    private static func durations(_ scene: Scene) async throws -> Duration {
        let tool = try scene.tool("run_program")
        let call = try scene.invocation("run_program", ["arguments": ["true"]])
        var durations: [Duration] = []
        for _ in 0..<40 {
            let began = ContinuousClock.now
            _ = await tool.run(call)
            durations.append(ContinuousClock.now - began)
        }
        return durations.sorted()[20]
    }
}

@Suite("Sandboxes that can't hold hosts")
struct HostlessSandboxTests {
    @Test(
        arguments: [
            (Cage(sandbox: NoSandbox()), "holds nothing"),
            (Cage(sandbox: BubblewrapSandbox(bubblewrap: "/usr/bin/bwrap", helper: nil)), "needs anima-confine"),
            (
                Cage(sandbox: HelperSandbox(helper: "/usr/bin/anima-confine", landlock: 7, networkProblem: "denied")),
                "install bubblewrap"
            ),
        ]
    )
    func runNothing(cage: Cage, reason: String) async throws {
        let scene = try cage.scene { $0.hosts = [ProgramHost("pypi.org")].compactMap(\.self) }
        let output = try await scene.call("shell", ["command": "echo ran > ran; echo ran"])
        #expect(output.isError && output.content.contains("sandbox.hosts") && output.content.contains(reason))
        #expect(scene.text("ran") == nil)
        #expect(try Scene.names(of: "/tmp").filter { $0.hasPrefix("anima-net-") }.isEmpty)
    }
}

extension Cage {
    /// Those that can let programs reach single hosts.
    static let held = limited.filter { $0.sandbox.hostsProblem == nil }
}

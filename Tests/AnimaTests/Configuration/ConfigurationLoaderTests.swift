import Anima
import AnimaCore
import Foundation
import Testing

@Suite struct ConfigurationLoaderTests {
    static let smallest = """
        [agent]
        name = "clerk"
        [model]
        use = "reflex"
        [tools]
        use = ["files", "shell"]
        [gate]
        allow = ["files", "shell"]
        """

    @Test func loadsTheSmallestFile() throws {
        let fixture = try ConfigurationFixture(["clerk.toml": Self.smallest])
        let loaded = try fixture.load()
        #expect(loaded.name?.name == "clerk")
        #expect(loaded.model.use == "reflex")
        #expect(loaded.toolNames == ["files", "shell"])
        #expect(loaded.policy.gate == Gate(rules: [.init(.allow, "files"), .init(.allow, "shell")]))
        #expect(loaded.policy.limits == Limits())
        #expect(loaded.policy.retry == RetryPolicy())
        #expect(loaded.workspace == fixture.directory)
        #expect(loaded.durability == .full)
        #expect(loaded.snapshotInterval == 64)
        #expect(loaded.origin(of: "model.use") == .file(path: "clerk.toml", line: 4))
        #expect(loaded.origin(of: "limits.steps") == .default)
    }

    @Test func grantsNothingThatTheFileDoesNotName() throws {
        let loaded = try ConfigurationFixture.load("agent.name = 'a'")
        #expect(loaded.toolNames.isEmpty)
        #expect(loaded.toolEnvironment.isEmpty)
        #expect(loaded.policy.gate.rules.isEmpty)
        #expect(loaded.model.use == nil)
    }

    @Test func readsEveryKey() throws {
        let loaded = try ConfigurationFixture.load(
            """
            agent = { name = "a", description = "d", persona = "p", workspace = "/w/./x" }
            tools.environment = ["LANG"]
            tools.hosts = ["127.0.0.1:8080", "[::1]", "intranet.example"]
            gate.deny = ["shell:rm *"]
            [limits]
            steps = 1
            turn_seconds = 2
            model_seconds = 3
            tool_seconds = 4
            turn_tokens = 5
            reply_tokens = 6
            context_tokens = 1_000
            calls_per_step = 8
            result_bytes = 0x1000
            message_bytes = 1000
            mailbox = 9
            hops = 10
            open_turns = 11
            [retry]
            attempts = 2
            base_seconds = 0.25
            max_seconds = 30
            [memory]
            [store]
            durability = "normal"
            snapshot_events = 64
            """
        )
        var limits = Limits()
        limits.steps = 1
        limits.turnTime = .seconds(2)
        limits.modelTime = .seconds(3)
        limits.toolTime = .seconds(4)
        limits.turnTokens = 5
        limits.replyTokens = 6
        limits.contextTokens = 1000
        limits.callsPerStep = 8
        limits.resultBytes = 4096
        limits.messageBytes = 1000
        limits.mailbox = 9
        limits.hops = 10
        limits.openTurns = 11
        #expect(loaded.policy.limits == limits)
        #expect(loaded.policy.retry.attempts == 2)
        #expect(loaded.policy.retry.base == .milliseconds(250))
        #expect(loaded.policy.retry.max == .seconds(30))
        #expect(loaded.policy.gate.rules == [.init(.deny, "shell:rm *")])
        #expect(loaded.toolEnvironment == ["LANG"])
        #expect(loaded.toolHosts == ["127.0.0.1:8080", "[::1]", "intranet.example"])
        #expect(loaded.workspace == "/w/x")
        #expect(loaded.description == "d")
        #expect(loaded.persona == "p")
        #expect(loaded.durability == .normal)
        #expect(loaded.snapshotInterval == 64)
    }

    @Test(arguments: ["\u{FEFF}[agent]\nname = \"ä\"\n", "[agent]\r\nname = \"ä\"\r\n"])
    func takesByteOrderMarksAndWindowsLines(text: String) throws {
        #expect(try ConfigurationFixture.faults(of: text).map { $0.prefix(27) } == ["clerk.toml:2:1: agent.name:"])
    }

    // MARK: - Layers

    @Test func anAgentsFileGoesOverTheHomesAndOptionsOverBoth() throws {
        let fixture = try ConfigurationFixture([
            "home/config.toml": "[limits]\nsteps = 10\nhops = 3\nmailbox = 7\n[gate]\ndeny = [\"shell\"]",
            "clerk.toml": "[agent]\nname = \"clerk\"\n[limits]\nsteps = 20\nhops = 4\n[gate]\nallow = [\"files\"]",
        ])
        let loaded = try fixture.load(overrides: [
            ConfigurationOverride(key: "limits.hops", value: "5", option: "--set"),
            ConfigurationOverride(key: "model.use", value: "reflex", option: "--model"),
            ConfigurationOverride(key: "tools.use", value: "files, shell", option: "--tools"),
            ConfigurationOverride(key: "retry.max_seconds", value: "1.5", option: "--set"),
        ])
        #expect(loaded.policy.limits.mailbox == 7)
        #expect(loaded.policy.limits.steps == 20)
        #expect(loaded.policy.limits.hops == 5)
        #expect(loaded.policy.retry.max == .milliseconds(1500))
        #expect(loaded.toolNames == ["files", "shell"])
        #expect(loaded.policy.gate.rules == [.init(.allow, "files"), .init(.deny, "shell")])
        let home = "\(fixture.directory)/home/config.toml"
        #expect(loaded.origin(of: "limits.mailbox") == .file(path: home, line: 4))
        #expect(loaded.origin(of: "limits.steps") == .file(path: "clerk.toml", line: 4))
        #expect(loaded.origin(of: "limits.hops") == .override(option: "--set"))
        #expect(loaded.origin(of: "model.use") == .override(option: "--model"))
        #expect(loaded.origin(of: "limits.open_turns") == .default)
    }

    @Test func refusesAnAgentInTheHomesFile() throws {
        let fixture = try ConfigurationFixture([
            "home/config.toml": "[agent]\nname = \"x\"\n[limits]\nstep = 1",
            "clerk.toml": "[limits]\nhops = 0",
        ])
        #expect(
            fixture.faults() == [
                "DIR/home/config.toml:1:2: agent: [agent] belongs into an agent's own file, not into the home's config.toml",
                "DIR/home/config.toml:4:1: limits.step: unknown key; did you mean steps?",
                "clerk.toml:2:1: limits.hops: expected an integer from 1 to 256, found the integer 0",
                "clerk.toml:1:1: agent.name: missing; write name = \"…\" below [agent]",
            ]
        )
    }

    @Test func refusesFaultyOptions() throws {
        let fixture = try ConfigurationFixture(["clerk.toml": "agent.name = 'clerk'"])
        let overrides = [
            ("modle.use", "x"), ("limits.steps", "many"), ("model.use", ""), ("gate.allow", "files,files"),
        ]
        #expect(
            fixture.faults(overrides: overrides.map { .init(key: $0.0, value: $0.1, option: "--set") }) == [
                "--set: modle.use: unknown key; did you mean model.use?",
                "--set: limits.steps: expected an integer from 1 to 1000, found the string \"many\"",
                "--set: model.use: expected a string, found the string \"\"; it is empty",
                "--set: gate.allow: \"files\" is already element 0; remove one of them",
            ]
        )
    }

    // MARK: - Names and paths

    @Test func anAgentsDirectoryNamesItAndHoldsItsWorkspace() throws {
        let fixture = try ConfigurationFixture(["agents/clerk/agent.toml": "[model]\nuse = \"reflex\""])
        let loaded = try fixture.load("agents/clerk/agent.toml", form: .agentDirectory)
        #expect(loaded.name?.name == "clerk")
        #expect(loaded.origin(of: "agent.name") == .directory)
        #expect(loaded.workspace == "\(fixture.directory)/agents/clerk/workspace")
        #expect(loaded.origin(of: "agent.workspace") == .directory)
    }

    @Test func refusesANameOtherThanTheDirectorys() throws {
        let fixture = try ConfigurationFixture([
            "agents/clerk/agent.toml": "[agent]\nname = \"cook\"",
            "agents/My Agent/agent.toml": "",
        ])
        #expect(
            fixture.faults("agents/clerk/agent.toml", form: .agentDirectory) == [
                "agents/clerk/agent.toml:2:1: agent.name: \"cook\" is not the name of its directory, \"clerk\"; "
                    + "leave the key out"
            ]
        )
        let option = ConfigurationOverride(key: "agent.name", value: "cook", option: "--name")
        #expect(
            fixture.faults("agents/clerk/agent.toml", form: .agentDirectory, overrides: [option]) == [
                "--name: agent.name: \"cook\" is not the name of its directory, \"clerk\"; leave the key out"
            ]
        )
        #expect(
            fixture.faults("agents/My Agent/agent.toml", form: .agentDirectory) == [
                "agents/My Agent/agent.toml:1:1: agent.name: the directory \"My Agent\" can't name an agent; use "
                    + "1 to 63 lowercase letters, digits, '-' and '_', beginning with a letter or digit"
            ]
        )
    }

    @Test func pathsStartAtTheFileThatHoldsThem() throws {
        let fixture = try ConfigurationFixture([
            "in/clerk.toml": "[agent]\nname = \"clerk\"\npersona_file = \"./who.md\"\nworkspace = \"work\"",
            "in/who.md": "You are Ada — a clerk.\n",
        ])
        let loaded = try fixture.load("in/clerk.toml")
        #expect(loaded.workspace == "\(fixture.directory)/in/work")
        #expect(loaded.persona == "You are Ada — a clerk.\n")
        #expect(loaded.personaFile == "\(fixture.directory)/in/who.md")
        #expect(loaded.origin(of: "agent.persona") == .file(path: "in/clerk.toml", line: 3))
        let overridden = try fixture.load(
            "in/clerk.toml",
            environment: ["HOME": "/home/ada"],
            overrides: [
                ConfigurationOverride(key: "agent.workspace", value: "~/w", option: "--workspace"),
                ConfigurationOverride(key: "agent.persona", value: "Be brief.", option: "--persona"),
            ]
        )
        #expect(overridden.workspace == "/home/ada/w")
        #expect(overridden.persona == "Be brief.")
        #expect(overridden.personaFile == nil)
    }

    @Test func refusesAPersonaThatIsGivenTwiceOrMissing() throws {
        let twice = "[agent]\nname = \"clerk\"\npersona = \"a\"\npersona_file = \"b\""
        #expect(
            try ConfigurationFixture.faults(of: twice) == [
                "clerk.toml:4:1: agent.persona_file: both persona and persona_file are set; keep one of them"
            ]
        )
        #expect(
            try ConfigurationFixture.faults(of: "agent = {name = \"clerk\", persona_file = \"who.md\"}") == [
                "clerk.toml:1:26: agent.persona_file: DIR/who.md: there is no such file"
            ]
        )
    }

    @Test(
        arguments: [
            (
                "network = true",
                "both network = true and hosts are set; leave network out, so that programs reach these "
                    + "hosts only"
            ),
            ("mode = \"none\"", "hosts are set, but mode = \"none\" holds programs to nothing; choose another mode"),
        ]
    )
    func refusesHostsOfProgramsThatNothingHolds(_ other: String, _ message: String) throws {
        let text = "[agent]\nname = \"clerk\"\n[sandbox]\nhosts = [\"pypi.org\"]\n"
        #expect(try ConfigurationFixture.load(text).sandbox.hosts == ["pypi.org"])
        #expect(try ConfigurationFixture.faults(of: text + other) == ["clerk.toml:4:1: sandbox.hosts: " + message])
        // The other one may stand elsewhere.
        let layers = try ConfigurationFixture(["home/config.toml": "[sandbox]\n\(other)", "clerk.toml": text])
        #expect(layers.faults().map { $0.hasSuffix(message) } == [true])
    }

    // MARK: - Files

    @Test func saysWhyAFileCannotBeRead() throws {
        let fixture = try ConfigurationFixture([
            "dir/x.toml": "", "large.toml": String(repeating: "#", count: 1_048_577),
        ])
        try fixture.write("latin.toml", Data("[agent]\nname = \"".utf8 + [0xE9, 0x22]))
        #expect(fixture.faults("none.toml") == ["none.toml: there is no such file"])
        #expect(fixture.faults("dir") == ["dir: is a directory, not a file"])
        #expect(fixture.faults("large.toml") == ["large.toml: larger than 1048576 bytes; is it the right file?"])
        #expect(fixture.faults("latin.toml") == ["latin.toml:2:9: not UTF-8: byte 0xE9"])
        #expect(throws: ConfigurationError.self) { try fixture.load("a\0b") }
        let error = #expect(throws: ConfigurationError.self) { try fixture.load("none.toml") }
        #expect(error?.code == .unreadable)
    }

    // MARK: - Environment variables

    @Test func replacesEnvironmentVariables() throws {
        let text = """
            [agent]
            name = "${WHO}"
            description = "${A}-${B:-b c}-${EMPTY:-e}-${EMPTY}-$${A}-$A-$$-100$"
            [tools]
            use = ["${GROUP:-files}"]
            """
        let loaded = try ConfigurationFixture.load(text, environment: ["WHO": "clerk", "A": "${B}", "EMPTY": ""])
        #expect(loaded.name?.name == "clerk")
        #expect(loaded.description == "${B}-b c-e--${A}-$A-$$-100$")
        #expect(loaded.toolNames == ["files"])
    }

    @Test func namesVariablesThatAreNotSet() throws {
        let text = """
            agent.name = "${WHO}"
            gate.allow = ["files", "", "${RULE}"]
            agent.description = "${not closed"
            agent.persona = "${1}"
            """
        #expect(
            try ConfigurationFixture.faults(of: text) == [
                "clerk.toml:1:7: agent.name: the environment variable WHO is not set; set it, or write ${WHO:-default}",
                "clerk.toml:2:24: gate.allow[1]: an empty pattern; write a group, a tool, \"*\", or \"tool:argument*\"",
                "clerk.toml:2:28: gate.allow[2]: the environment variable RULE is not set; set it, or write "
                    + "${RULE:-default}",
                "clerk.toml:3:7: agent.description: \"${\" without its \"}\"; write \"$${\" for the characters themselves",
                "clerk.toml:4:7: agent.persona: \"${1}\" names no environment variable; write ${NAME} or "
                    + "${NAME:-default}, or \"$${\" for the characters themselves",
            ]
        )
    }
}

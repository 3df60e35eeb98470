@testable import Anima
import Foundation
import Testing

@Suite struct ConfigurationFaultTests {
    /// A line below `agent.name = 'clerk'` and the fault it gives, without `clerk.toml:`.
    static let lines: [(String, String)] = [
        (
            "limits.steps = \"abc\"",
            "2:8: limits.steps: expected an integer from 1 to 1000, found the string \"abc\""
        ),
        ("limits.steps = 3.0", "2:8: limits.steps: expected an integer from 1 to 1000, found the float 3.0"),
        ("limits.steps = -5", "2:8: limits.steps: expected an integer from 1 to 1000, found the integer -5"),
        ("limits.steps = 1001", "2:8: limits.steps: expected an integer from 1 to 1000, found the integer 1001"),
        (
            "limits.steps = 9223372036854775807",
            "2:8: limits.steps: expected an integer from 1 to 1000, found the integer 9223372036854775807"
        ),
        ("limits.steps = true", "2:8: limits.steps: expected an integer from 1 to 1000, found the boolean true"),
        ("limits.steps = [1]", "2:8: limits.steps: expected an integer from 1 to 1000, found an array"),
        (
            "limits.turn_seconds = 1979-05-27",
            "2:8: limits.turn_seconds: expected whole seconds, an integer from 1 to 86400, found a date or time"
        ),
        (
            "limits.tool_seconds.x = 1",
            "2:8: limits.tool_seconds: expected whole seconds, an integer from 1 to 86400, found a table"
        ),
        (
            "retry.base_seconds = nan",
            "2:7: retry.base_seconds: expected seconds, a number from 0.001 to 3600.0, found the float nan"
        ),
        (
            "retry.base_seconds = 0",
            "2:7: retry.base_seconds: expected seconds, a number from 0.001 to 3600.0, found the integer 0"
        ),
        ("agent.description = 1", "2:7: agent.description: expected a string, found the integer 1"),
        ("agent.workspace = \" \"", "2:7: agent.workspace: expected a path, found the string \" \"; it is empty"),
        ("model.use = \"\"", "2:7: model.use: expected a string, found the string \"\"; it is empty"),
        (
            "tools.use = \"files\"",
            "2:7: tools.use: expected an array of groups and tools, found the string \"files\"; write [\"files\"]"
        ),
        ("tools = { use = [\"add\", 1] }", "2:25: tools.use[1]: expected a string, found the integer 1"),
        (
            "tools.use = [\"a b\"]",
            "2:14: tools.use[0]: \"a b\" is no tool or group; names are made of letters, digits, '_', '-' and '.'"
        ),
        (
            "tools.use = [\"files\", \"fils\"]",
            "2:23: tools.use[1]: there is no tool or group \"fils\"; did you mean \"files\"?"
        ),
        (
            "gate.allow = [\"shel:git *\"]",
            "2:15: gate.allow[0]: there is no tool or group \"shel\"; did you mean \"shell\"?"
        ),
        (
            "gate.deny = [\"quux when untrusted\"]",
            "2:14: gate.deny[0]: there is no tool or group \"quux\"; groups are files, shell, http, basic, memory, peers, "
                + "children, itself, and anima tools lists all tools"
        ),
        (
            "model.use = \"opnai:gpt-5\"",
            "2:7: model.use: there is no model \"opnai:gpt-5\"; write provider/name (openai/…, anthropic/…, ollama/…), or a "
                + "name of [models.NAME] (reflex); did you mean \"openai/gpt-5\"?"
        ),
        (
            "model.use = \"opnai/gpt-5\"",
            "2:7: model.use: \"opnai/gpt-5\" names no provider; providers are openai, anthropic, ollama, reflex, cassette; "
                + "did you mean openai/gpt-5?"
        ),
        (
            "model = { use = \"reflex\", fallback = [\"reflx\"] }",
            "2:27: model.fallback: there is no model \"reflx\"; write provider/name (openai/…, anthropic/…, ollama/…), or a "
                + "name of [models.NAME] (reflex); did you mean \"reflex\"?"
        ),
        (
            "tools.environment = [\"1A=1\"]",
            "2:22: tools.environment[0]: \"1A=1\" is no environment variable; write NAME or NAME=value, "
                + "names are letters, digits and '_', no digit first"
        ),
        (
            "tools.headers = [\"https://a.test/path Authorization: x\"]",
            "2:18: tools.headers[0]: \"https://a.test/path Authorization: x\" is no header of an origin; "
                + "write \"https://api.example Authorization: Bearer ${secret:NAME}\""
        ),
        (
            "tools.hosts = [\"${secret:HOST}\"]",
            "2:16: tools.hosts[0]: a secret can stand in tools.environment and tools.headers only"
        ),
        (
            "agent.description = \"${secret:WHO}\"",
            "2:7: agent.description: a secret can stand in tools.environment and tools.headers only"
        ),
        (
            "tools.hosts = [\"a.test:80\", \"http://b.test\"]",
            "2:29: tools.hosts[1]: \"http://b.test\" is no host; write a name or a number, perhaps with a port: "
                + "\"intranet.example\", \"127.0.0.1:8080\""
        ),
        (
            "gate.allow = [\"files\", # \"\n  \"shell\",\n  'files']",
            "4:3: gate.allow[2]: \"files\" is already element 0; remove one of them"
        ),
        (
            "gate.deny = [\"shell:\"]",
            "2:14: gate.deny[0]: \"shell:\" ends in an empty argument pattern; write \"shell\" for every argument"
        ),
        (
            "gate.deny = [\":x\"]",
            "2:14: gate.deny[0]: \":x\" names no tool or group; write a group, a tool, \"*\", or \"tool:argument*\""
        ),
        (
            "sandbox.hosts = [\"pypi.org\", \"*.org\"]",
            "2:30: sandbox.hosts[1]: \"*.org\" is no host; write a name, all names below one, or a number, perhaps with a "
                + "port: \"pypi.org\", \"*.pythonhosted.org\", \"127.0.0.1:8080\""
        ),
        (
            "store.durability = \"ful\"",
            "2:7: store.durability: expected \"full\" or \"normal\", found the string \"ful\"; did you mean \"full\"?"
        ),
        (
            "store.snapshot_events = 63",
            "2:7: store.snapshot_events: expected an integer from 64 to 65536, found the integer 63"
        ),
        (
            "[[store]]\ndurability = \"full\"",
            "2:3: store: expected a table, found an array; write [store] in single brackets"
        ),
        (
            "memory.learn = \"all\"",
            "2:8: memory.learn: expected \"off\", \"rules\" or \"model\", found the string \"all\""
        ),
        (
            "[tool]\nuse = []",
            "2:2: tool: unknown table; tables are agent, model, tools, sandbox, gate, limits, retry, memory, peers, supervisor, inbox, store, embedder, models, prices; "
                + "did you mean [tools]?"
        ),
        (
            "\"we\\u0069rd key\" = {}",
            "2:1: \"weird key\": unknown table; tables are agent, model, tools, sandbox, gate, limits, retry, memory, peers, supervisor, inbox, store, embedder, models, prices"
        ),
        (
            "steps = 3",
            "2:1: steps: unknown key outside of a table; tables are agent, model, tools, sandbox, gate, limits, retry, memory, peers, supervisor, inbox, store, embedder, models, prices; "
                + "did you mean limits.steps?"
        ),
        (
            "[store]\n  snapshotevents = 100",
            "3:3: store.snapshotevents: unknown key; did you mean snapshot_events?"
        ),
        (
            "[retry]\nhops = 3 # x",
            "3:1: retry.hops: unknown key; did you mean limits.hops?"
        ),
        (
            "agent.persona = '''\n[model]\nuse = 3\n\"\"\"'''\n[model]\nuse = 4",
            "7:1: model.use: expected a string, found the integer 4"
        ),
        (
            "agent.persona = \"\"\"\nsay \\\"\"\" = # \"\"\"\"\"\nmodel.use = 4",
            "4:7: model.use: expected a string, found the integer 4"
        ),
        (
            "model = {\"stop\" = ['é'], \"ü\" = 1}",
            "2:26: model.\"ü\": unknown key; [model] has "
                + ConfigurationKey.all.filter { $0.table == "model" }.map(\.name).joined(separator: ", ")
        ),
    ]

    @Test(arguments: lines)
    func saysWhereAndWhatIsWrong(line: String, fault: String) throws {
        #expect(try ConfigurationFixture.faults(of: "agent.name = 'clerk'\n\(line)") == ["clerk.toml:\(fault)"])
    }

    /// Files that are not TOML and the fault they give, without `clerk.toml:`.
    static let syntax: [(String, String)] = [
        (
            "[agent]\nname = \"clerk\"\n[agent]\n",
            "3:1: not valid TOML: table header: cannot redefine existing table 'agent'"
        ),
        ("[agent]\nname = \"a\"\n[!]", "3:2: not valid TOML for Anima: expected the name of a table after ["),
        ("[agent]\nname = \"a\"\n[[ =", "3:4: not valid TOML for Anima: expected the name of a table after ["),
        (
            "[agent]\nname = clerk\n",
            "2:8: not valid TOML: value: could not determine value type; a text needs quotes"
        ),
        (
            "[limits]\nsteps = 99999999999999999999",
            "2:29: not valid TOML: decimal integer: '99999999999999999999' is not representable in 64 bits"
        ),
        (
            "[limits]\nsteps = 1\nsteps = 2",
            "3:9: not valid TOML: key-value pair: cannot redefine existing integer 'steps'"
        ),
        ("[agent]\nname = \"a\\u0000b\"", "2:10: not valid TOML for Anima: the character U+0000 is not allowed"),
        ("[agent]\nname = \"a\" # \0", "2:14: not valid TOML for Anima: the character U+0000 is not allowed"),
        (
            "x = " + String(repeating: "[", count: 100_000),
            "1:21: not valid TOML for Anima: more than 16 arrays or inline tables inside one another"
        ),
        (
            "[" + Array(repeating: "a", count: 200_000).joined(separator: ".") + "]",
            "1:34: not valid TOML for Anima: a key of more than 16 parts"
        ),
    ]

    @Test(arguments: syntax)
    func saysWhereAFileIsNoTOML(text: String, fault: String) throws {
        #expect(try ConfigurationFixture.faults(of: text) == ["clerk.toml:\(fault)"])
    }

    @Test func reportsAllFaultsAtOnceInTheOrderOfLines() throws {
        let text = """
            [agent]
            nam = "clerk"

            [limits]
            steps = 0
            stpes = 4

            [gate]
            allow = ["", "files"]
            """
        #expect(
            try ConfigurationFixture.faults(of: text) == [
                "clerk.toml:2:1: agent.nam: unknown key; did you mean name?",
                "clerk.toml:5:1: limits.steps: expected an integer from 1 to 1000, found the integer 0",
                "clerk.toml:6:1: limits.stpes: unknown key; did you mean steps?",
                "clerk.toml:9:10: gate.allow[0]: an empty pattern; write a group, a tool, \"*\", or "
                    + "\"tool:argument*\"",
                "clerk.toml:1:2: agent.name: missing; write name = \"…\" below [agent]",
            ]
        )
    }

    @Test func keepsTheTextOfVeryManyFaultsShort() throws {
        let fixture = try ConfigurationFixture([
            "clerk.toml": "agent.name = 'clerk'\n" + (0..<250).map { "x\($0) = 1\n" }.joined()
        ])
        let error = try #require(throws: ConfigurationError.self) { try fixture.load() }
        #expect(error.faults.count == 250)
        #expect(error.description.hasSuffix("\nand 150 more"))
        #expect(error.description.split(separator: "\n").count == 101)
    }

    @Test func refusesBadAgentNames() throws {
        #expect(
            try ConfigurationFixture.faults(of: "[agent]\n\tname = \"Büro\\n\"") == [
                "clerk.toml:2:2: agent.name: \"Büro\\n\" is no agent name; use 1 to 63 lowercase letters, digits, "
                    + "'-' and '_', beginning with a letter or digit"
            ]
        )
    }
}

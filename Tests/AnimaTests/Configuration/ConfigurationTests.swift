import AnimaCore
import Foundation
import Testing

@testable import Anima

@Suite("Configuration")
struct ConfigurationTests {
    private let smallest = """
        [agent]
        name = "clerk"
        [model]
        use = "reflex"
        [tools]
        use = ["files", "shell"]
        [gate]
        allow = ["files", "shell"]
        """

    private func load(
        _ text: String,
        defaults: String? = nil,
        environment: [String: String] = [:],
        overrides: [String: String] = [:]
    ) throws -> AgentConfiguration {
        try ConfigurationLoader(environment: environment)
            .load(
                text,
                named: "a.toml",
                directory: "/there",
                defaults: defaults.map { ($0, "home.toml") },
                overrides: overrides
            )
    }

    private func faults(_ text: String, environment: [String: String] = [:]) -> [String] {
        do {
            _ = try load(text, environment: environment)
            return []
        } catch let error as ConfigurationError {
            return error.faults.map(\.description)
        } catch {
            return ["another error: \(error)"]
        }
    }

    @Test("the smallest file means what it says")
    func readsTheSmallestFile() throws {
        let configuration = try load(smallest)
        #expect(configuration.name?.name == "clerk")
        #expect(configuration.model == "reflex")
        #expect(configuration.tools == ["files", "shell"])
        #expect(configuration.policy.gate.rules == [.init(.allow, "files"), .init(.allow, "shell")])
        #expect(configuration.policy.limits == Limits())
        #expect(configuration.policy.retry == RetryPolicy())
        #expect(configuration.workspace == nil)
        #expect(configuration.durability == .full)
    }

    @Test(
        "each fault is told with file, line, and what is allowed",
        arguments: [
            ("[limits]\nstep = 3", "a.toml:2: unknown key \"step\" in [limits]; did you mean \"steps\"?"),
            ("\n[agnt]\nname = \"x\"", "a.toml:2: unknown table \"agnt\"; did you mean \"agent\"?"),
            (
                "[limits]\nsteps = \"many\"",
                "a.toml:2: limits.steps: expected an integer from 1 to 10000, found the string"
            ),
            ("[limits]\n\n# three\nsteps = 3.0", "a.toml:4: limits.steps: expected an integer"),
            ("[limits]\nsteps = 0", "found the integer 0"),
            ("[limits]\nturn_seconds = -1", "expected a number of seconds from 1 to 604800"),
            ("[agent]\nname = \"Bad Name\"", "a.toml:2: agent.name: \"Bad Name\" is not a valid agent name"),
            ("[agent]\nname = 1979-05-27", "agent.name: expected a string of 1 to 63"),
            ("[tools]\nuse = \"files\"", "a.toml:2: tools.use: expected a list of strings, found the string \"files\""),
            ("[tools]\nuse = [\n  \"files\",\n  3\n]\n[gate]\nallow = [\"\"]", "a.toml:2: tools.use"),
            ("[store]\ndurability = \"ful\"", "did you mean \"full\"?"),
            ("[store]\ndurability = ", "a.toml:2: not valid TOML"),
            ("[agent]\nname = \"a\"\n[agent]\nname = \"b\"", "a.toml:3: not valid TOML"),
            ("model = 3", "a.toml:1: [model] must be a table, not the integer 3"),
            ("limits.steps = 3\nlimits.stepss = 4", "a.toml:2: unknown key \"stepss\""),
            ("[agent]\npersona = \"${NOBODY}\"", "the environment variable NOBODY is not set"),
        ]
    )
    func tellsFaults(_ text: String, _ expected: String) {
        let found = faults(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test("all faults of a file are told at once, in its order")
    func tellsAllFaults() {
        let found = faults("[limits]\nsteps = 0\nstep = 1\n[gate]\nallow = [\"\"]\n[nonsense]\n")
        #expect(found.count == 4)
        #expect(found.map { $0.split(separator: ":")[1] } == ["2", "3", "5", "6"])
    }

    @Test("lines are right after strings and lists of several lines")
    func findsLines() {
        let text =
            "[agent]\npersona = \"\"\"\n[limits]\nsteps = 9\n\"\"\"\n[tools]\nuse = [\n\"files\", # ]\n]\n[limits]\nbad = 1"
        #expect(faults(text).first?.hasPrefix("a.toml:11: unknown key \"bad\"") == true)
        #expect(faults(text.replacingOccurrences(of: "\n", with: "\r\n")).first?.hasPrefix("a.toml:11:") == true)
    }

    @Test("environment variables stand in strings")
    func expandsVariables() throws {
        let text = "[agent]\npersona = \"${WHO} $${x} ${NONE:-nobody} $5\"\nworkspace = \"${DIR}/w\""
        let configuration = try load(text, environment: ["WHO": "me", "DIR": "sub"])
        #expect(configuration.persona == "me ${x} nobody $5")
        #expect(configuration.workspace == "/there/sub/w")
    }

    @Test("the agent's file goes over the home's, the command line over both, and each value knows its origin")
    func layers() throws {
        let home = "[limits]\nsteps = 5\nhops = 2\n[model]\nuse = \"careful\""
        let configuration = try load(
            "[agent]\nname = \"a\"\n[limits]\nsteps = 7",
            defaults: home,
            overrides: ["model.use": "reflex"]
        )
        #expect(configuration.policy.limits.steps == 7)
        #expect(configuration.policy.limits.hops == 2)
        #expect(configuration.model == "reflex")
        let origins = Dictionary(uniqueKeysWithValues: configuration.entries.map { ($0.path, $0.origin.description) })
        #expect(origins["limits.steps"] == "a.toml:4")
        #expect(origins["limits.hops"] == "home.toml:3")
        #expect(origins["model.use"] == "command line")
        #expect(origins["limits.mailbox"] == "default")
        #expect(configuration.text.contains("steps = 7"))
    }

    @Test("the home's file can't name an agent")
    func sharedFileHasNoAgent() {
        #expect(throws: ConfigurationError.self) { try load(smallest, defaults: "[agent]\nname = \"x\"") }
    }

    @Test("the sample has every key and no fault; so has a new agent's file")
    func samplesLoad() throws {
        #expect(faults(ConfigurationSample.text) == [])
        for key in ConfigurationSchema.keys { #expect(ConfigurationSample.text.contains("\n\(key.name) = ")) }
        #expect(faults(ConfigurationSample.newAgent(name: try AgentID("x"))) == [])
    }

    @Test("what is shown can be read again")
    func shownTextLoads() throws {
        let configuration = try load(smallest)
        #expect(try load(configuration.text).policy == configuration.policy)
    }

    @Test("the documentation has the sample and the table of keys")
    func documentationIsCurrent() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let sample = try String(contentsOf: root.appendingPathComponent("docs/config.sample.toml"), encoding: .utf8)
        #expect(sample == ConfigurationSample.text, "make docs writes it anew")
        let guide = try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        #expect(guide.contains(ConfigurationSample.table), "make docs writes it anew")
    }

    @Test("damaged files give faults within the file, and never a crash")
    func survivesDamage() {
        let sample = Array(ConfigurationSample.text.utf8)
        var chance = SeededGenerator(seed: 11)
        for _ in 0..<400 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...6, using: &chance) {
                let place = Int.random(in: 0..<bytes.count, using: &chance)
                switch Int.random(in: 0..<3, using: &chance) {
                case 0: bytes[place] = UInt8.random(in: 32...126, using: &chance)
                case 1: bytes.remove(at: place)
                default: bytes.insert("[]=\"'#.\n{},".utf8.randomElement(using: &chance) ?? 0, at: place)
                }
            }
            let lines = bytes.filter { $0 == 10 }.count + 2
            do {
                _ = try load(String(decoding: bytes, as: UTF8.self))
            } catch let error as ConfigurationError {
                #expect(!error.faults.isEmpty)
                #expect(error.faults.allSatisfy { ($0.line ?? 1) <= lines })
            } catch {
                Issue.record("another error: \(error)")
            }
        }
    }
}

import AnimaCore
import AnimaModels
import AnimaRuntime
import Foundation
import Testing

@testable import Anima

/// The report, the sample and the documents, all made from the list of keys.
@Suite struct ConfigurationDocumentsTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized

    /// With `ANIMA_UPDATE_DOCS=1` the test writes the generated part instead of comparing it.
    private static let updates = ProcessInfo.processInfo.environment["ANIMA_UPDATE_DOCS"] == "1"

    @Test func everyKeyIsListedOnceAndHasItsDefaultInRange() {
        #expect(Set(ConfigurationKey.all.map(\.path)).count == ConfigurationKey.all.count)
        #expect(Set(ConfigurationKey.tables).count == ConfigurationKey.tables.count)
        for key in ConfigurationKey.all {
            guard let value = key.value(in: AgentConfiguration()) else { continue }
            guard case .value(let checked) = key.check(value.node) else {
                Issue.record("the default of \(key.path), \(value), is out of its range")
                continue
            }
            #expect(checked == value)
        }
    }

    @Test func theSampleLoads() throws {
        let loaded = try ConfigurationFixture.load(ConfigurationSample.text)
        #expect(loaded.name?.name == "clerk")
        for key in ConfigurationKey.all { #expect(ConfigurationSample.text.contains("\(key.name) = ")) }
    }

    @Test func theSampleLoadsWithEveryKeySet() throws {
        let text = ConfigurationSample.text.split(separator: "\n")
            .filter { !$0.contains("persona_file") && !$0.contains(#/^(# )?use = "/#) }
            .map { $0.contains(#/^# ([a-z_]+ = |\[)/#) ? $0.dropFirst(2) : $0 }
        let environment = ["HOME": "/home/ada", "MY_KEY": "a-key"]
        let loaded = try ConfigurationFixture.load(text.joined(separator: "\n"), environment: environment)
        #expect(loaded.origins.count == ConfigurationKey.all(of: loaded).count - 3)
        #expect(loaded.models.keys.sorted() == ["fast"])
        #expect(loaded.prices.count == 1)
        #expect(loaded.policy.retry == RetryPolicy())
        #expect(loaded.policy.limits.steps == Limits().steps)
    }

    @Test func aNewAgentsFileLoadsAndGrantsNothing() throws {
        let text = ConfigurationSample.newAgent(name: try AgentID("bob-2"))
        let fixture = try ConfigurationFixture(["agents/bob-2/agent.toml": text])
        let loaded = try fixture.load("agents/bob-2/agent.toml", form: .agentDirectory)
        #expect(loaded.name?.name == "bob-2")
        #expect(!loaded.model.isChosen)
        #expect(loaded.toolNames.isEmpty)
        #expect(loaded.policy.gate.rules.isEmpty)
    }

    @Test func showsValuesAndWhereTheyComeFrom() throws {
        let text = "[agent]\nname = \"clerk\"\nworkspace = \"/w\"\ntools.use = []\n[retry]\nbase_seconds = 0.1\n"
            .replacing("tools.use = []\n", with: "")
        let loaded = try ConfigurationFixture(["clerk.toml": text])
            .load(
                overrides: [ConfigurationOverride(key: "model.use", value: "openai/a \"${b}\"", option: "--model")]
            )
        #expect(
            ConfigurationReport(loaded).text
                .hasPrefix(
                    #"""
                    [agent]
                    name = "clerk"                  # clerk.toml:2
                    description = ""                # default
                    persona = ""                    # default
                    # persona_file is not set
                    workspace = "/w"                # clerk.toml:3

                    [model]
                    use = "openai/a \"$${b}\""      # --model
                    # provider is not set
                    """#
                )
        )
        #expect(ConfigurationReport(loaded).text.contains("base_seconds = 0.1              # clerk.toml:5\n"))
        let json = ConfigurationReport(loaded).json
        #expect(json["model"]?["use"]?["value"] == "openai/a \"${b}\"")
        #expect(json["model"]?["use"]?["origin"] == ["kind": "override", "option": "--model"])
        #expect(json["agent"]?["name"]?["origin"] == ["kind": "file", "path": "clerk.toml", "line": 2])
        #expect(json["agent"]?["persona_file"]?["value"] == .null)
        #expect(json["limits"]?["steps"] == ["value": 40, "origin": ["kind": "default"]])
    }

    @Test func whatItShowsLoadsAsTheSameValues() throws {
        let text = """
            [agent]
            name = "clerk"
            description = "tab\\t quote\\" back\\\\slash del\\u007f é ${X} $${Y} \\U0001F600"
            persona_file = "clerk.toml"
            [gate]
            allow = ["files", "shell:echo '$${HOME}' *"]
            deny = ["*"]
            [limits]
            steps = 3
            [retry]
            base_seconds = 0.123456
            """
        var first = try ConfigurationFixture.load(text, environment: ["X": "\u{1}${Z}\n"])
        #expect(ConfigurationReport(first).text.contains("# persona is read from persona_file\n"))
        first.personaFile = nil
        var second = try ConfigurationFixture.load(ConfigurationReport(first).text)
        (second.origins, second.expanded) = (first.origins, first.expanded)
        #expect(first == second)
    }

    @Test func theSampleFileIsTheGeneratedOne() throws {
        let file = Self.root.appending(path: "docs/config.sample.toml")
        if Self.updates { try ConfigurationSample.text.write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == ConfigurationSample.text)
    }

    @Test func theGuideHoldsTheGeneratedTable() throws {
        let file = Self.root.appending(path: "docs/configuration.md")
        var guide = try String(contentsOf: file, encoding: .utf8)
        let begin = "<!-- keys: generated, see ConfigurationDocumentsTests -->\n"
        let end = "<!-- end of keys -->"
        let parts = guide.split(separator: begin).flatMap { $0.split(separator: end) }
        try #require(parts.count == 3)
        if Self.updates {
            guide = "\(parts[0])\(begin)\(ConfigurationSample.markdown)\(end)\(parts[2])"
            try guide.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(guide.contains(begin + ConfigurationSample.markdown + end))
    }

    /// Every fenced `toml` block of a guide loads, or gives the faults of the `text` block that follows it.
    @Test(arguments: ["docs/configuration.md", "docs/models.md", "docs/permission.md"])
    func theExamplesOfTheGuidesAreTrue(path: String) throws {
        let guide = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        var blocks: [(language: Substring, text: String)] = []
        for match in guide.matches(of: #/```(toml|text)\n([^`]*)```/#) { blocks.append((match.1, String(match.2))) }
        #expect(blocks.contains { $0.language == "toml" })
        for (index, block) in blocks.enumerated() where block.language == "toml" {
            let next = index + 1 < blocks.count ? blocks[index + 1] : block
            let expected = next.language == "text" && next.text.hasPrefix("clerk.toml") ? next.text : ""
            // A part of a file stands for the file of an agent that has a name.
            let text = block.text.contains("[agent]") ? block.text : "agent.name = \"clerk\"\n" + block.text
            let environment = ["HOME": "/home/ada", "OPENROUTER_API_KEY": "a-key"]
            let faults = try ConfigurationFixture.faults(of: text, environment: environment)
            #expect(faults.map { $0 + "\n" }.joined() == expected)
        }
    }

    /// Every model that the guide shows can be set up.
    @Test func theModelsOfTheGuideCanBeSetUp() throws {
        let guide = try String(contentsOf: Self.root.appending(path: "docs/models.md"), encoding: .utf8)
        let hub = ModelHub(clock: SystemClock())
        var names: [String] = []
        for match in guide.matches(of: #/```toml\n([^`]*)```/#) {
            let text = match.1.contains("[agent]") ? String(match.1) : "agent.name = \"clerk\"\n" + match.1
            let environment = ["HOME": "/home/ada", "OPENROUTER_API_KEY": "a-key"]
            let configuration = try ConfigurationFixture.load(text, environment: environment)
            let resolver = ModelResolver(configuration, environment: environment, keys: [:])
            for description in try resolver.chosen() ?? [] where description.provider != .cassette {
                names.append(try hub.model(description).name)
            }
            if let embedder = try resolver.embedder() { names.append(try hub.embedder(embedder).name) }
        }
        #expect(names.count >= 12)
        #expect(Set(names.map { $0.prefix { $0 != "/" } }) == ["openai", "anthropic", "ollama", "reflex"])
    }
}

extension ConfigurationValue {
    /// The value as a file would give it.
    fileprivate var node: TOMLNode {
        switch self {
        case .text(let text): .string(text)
        case .integer(let value): .integer(value)
        case .number(let value): .float(value)
        case .list(let items): .array(items.map { .string($0) })
        case .flag(let value): .boolean(value)
        case .secret(let secret): .string(secret.reveal())
        }
    }
}

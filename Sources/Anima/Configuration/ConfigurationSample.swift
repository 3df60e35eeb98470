public import AnimaCore

/// Texts to begin with, made from the list of keys.
public enum ConfigurationSample {
    /// A complete file: every key with its meaning; those that are commented out show their default or an example.
    public static var text: String {
        var output = """
            # The configuration of an agent, with every key there is.
            # A key in a comment shows its default or, where it has none, an example.
            # ${NAME} and ${NAME:-default} in a text stand for an environment variable, $${ for ${ itself.

            """
        for table in ConfigurationKey.tables {
            output += "\n[\(table)]\n"
            output += ConfigurationKey.all.filter { $0.table == table }.map(lines).joined(separator: "\n")
        }
        for family in ConfigurationKey.Family.allCases {
            let example = family == .models ? "fast" : "\"openai/my-model*\""
            output +=
                "\n# \(family.meaning)\n# Any number of these tables may stand here.\n# [\(family.rawValue).\(example)]\n"
            let element = family == .models ? "fast" : "openai/my-model*"
            output += family.keys(of: element).map { lines($0, isComment: true) }.joined(separator: "\n")
        }
        return output
    }

    /// The `agent.toml` of a new agent: short, with no tools until somebody grants them.
    public static func newAgent(name: AgentID) -> String {
        """
        # What \(name) is and may do; docs/configuration.md lists every key.

        [agent]
        name = \(ConfigurationValue.text(name.name).toml)
        persona = "You are \(name), a helpful agent."

        [model]
        # use = "anthropic/claude-sonnet-5-5"    # absent: what is found (docs/models.md)

        [tools]
        use = []      # for example ["files", "shell"]

        [gate]
        allow = []    # for example ["files", "shell:git status*"]; what no rule names is denied

        """
    }

    /// The table of keys in docs/configuration.md.
    static var markdown: String {
        var output = "| Key | Takes | Default | Meaning |\n|---|---|---|---|\n"
        for key in ConfigurationKey.all {
            let value = key.defaultNote ?? "`\(key.defaultLiteral)`"
            output += "| `\(key.path)` | \(key.expectation) | \(value) | \(key.meaning) |\n"
        }
        let named = ConfigurationKey.Family.models
        output +=
            "| `[\(named.rawValue).\(named.placeholder)]` | the keys of `[model]` but `use` and `fallback` | none | "
        output += "\(named.meaning) |\n"
        let prices = ConfigurationKey.Family.prices
        for key in prices.keys(of: "x/y") {
            output += "| `\(prices.rawValue).\(prices.placeholder).\(key.name)` | \(key.expectation) | "
            output += "\(key.defaultNote ?? "") | \(key.meaning) |\n"
        }
        return output
    }

    private static func lines(_ key: ConfigurationKey) -> String { lines(key, isComment: false) }

    private static func lines(_ key: ConfigurationKey, isComment: Bool) -> String {
        let assignment =
            switch key.sample {
            case .set(let literal): (isComment ? "# " : "") + "\(key.name) = \(literal)"
            case .example(let literal): "# \(key.name) = \(literal)"
            case .byDefault: "# \(key.name) = \(key.defaultLiteral)"
            }
        let note = key.defaultNote.map { "; default: \($0)" } ?? ""
        return "# \(key.meaning)\n# Takes \(key.expectation)\(note).\n\(assignment)\n"
    }
}

extension ConfigurationKey {
    /// The default as TOML; empty when there is none.
    fileprivate var defaultLiteral: String { value(in: AgentConfiguration())?.toml ?? "" }
}

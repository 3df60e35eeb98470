public import AnimaCore

extension AgentConfiguration {
    /// The effective values as TOML, each with where it comes from.
    public var text: String {
        var lines: [String] = []
        var table = ""
        for entry in entries {
            let parts = entry.path.split(separator: ".", maxSplits: 1).map(String.init)
            if parts[0] != table {
                table = parts[0]
                if !lines.isEmpty { lines.append("") }
                lines.append("[\(table)]")
            }
            let setting = entry.value.map { "\(parts[1]) = \($0.toml)" } ?? "# \(parts[1]) is not set"
            let padding = String(repeating: " ", count: max(1, 40 - setting.count))
            lines.append("\(setting)\(padding)# \(entry.origin)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The effective values as one JSON object: key path to value and origin.
    public var json: JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: entries.map {
                    ($0.path, ["value": $0.value ?? .null, "origin": .string($0.origin.description)])
                }
            )
        )
    }
}

/// Texts made from the list of keys.
public enum ConfigurationSample {
    /// A file with every key, each with what it means and allows.
    public static var text: String {
        var lines = ["# Every key of an Anima configuration. A key that is left out has the value shown here,", ""]
        lines[0] += " unless its comment says otherwise."
        for table in ConfigurationSchema.tables {
            lines.append("# \(ConfigurationSchema.meanings[table] ?? "")")
            lines.append("[\(table)]")
            for key in ConfigurationSchema.keys where key.table == table {
                let standard = key.example == nil ? "" : " Default: \(key.defaultValue.map(\.toml) ?? "none")."
                lines.append("# \(key.meaning) Takes \(key.allowed).\(standard)")
                lines.append("\(key.name) = \((key.example ?? key.defaultValue ?? "").toml)")
            }
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n") + "\n"
    }

    /// The keys as a Markdown table, for the documentation.
    public static var table: String {
        var lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
        for key in ConfigurationSchema.keys {
            let standard = key.defaultValue.map { "`\($0.toml)`" } ?? "none"
            lines.append("| `\(key.path)` | \(key.allowed) | \(standard) | \(key.meaning) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The file of a new agent of the home.
    public static func newAgent(name: AgentID) -> String {
        """
        # What \(name) is and may do. Every key: anima config sample
        [agent]
        description = ""

        [model]
        use = "reflex"

        [tools]
        use = ["files", "basic", "memory"]

        [gate]
        allow = ["files", "basic", "memory"]

        """
    }
}

extension JSONValue {
    /// The value as TOML writes it; strings as JSON's, which TOML's basic strings include.
    fileprivate var toml: String {
        switch self {
        case .array(let values): "[" + values.map(\.toml).joined(separator: ", ") + "]"
        default: text
        }
    }
}

public import AnimaCore

/// The values in effect and where each comes from, as `anima config show` prints them.
public struct ConfigurationReport: Sendable, Hashable {
    private let configuration: AgentConfiguration

    /// Reports on a configuration.
    public init(_ configuration: AgentConfiguration) { self.configuration = configuration }

    /// The values as TOML, each with a comment that says where it comes from.
    ///
    /// Loading the text gives the same values: paths are absolute and variables are replaced.
    public var text: String {
        var output = ""
        var table = ""
        for key in ConfigurationKey.all(of: configuration) {
            if key.table != table {
                table = key.table
                output += (output.isEmpty ? "" : "\n") + "[\(table)]\n"
            }
            output += line(key) + "\n"
        }
        return output
    }

    /// The values as JSON: tables of keys, each `{"value": …, "origin": {"kind": …}}`; an absent value is null.
    ///
    /// The kind is `default`, `directory`, `file` (with `path` and `line`) or `override` (with `option`).
    public var json: JSONValue {
        var tables: [String: [String: JSONValue]] = [:]
        for key in ConfigurationKey.all(of: configuration) {
            tables[key.table, default: [:]][key.name] = [
                "value": key.value(in: configuration)?.json ?? nil,
                "origin": configuration.origin(of: key.path).json,
            ]
        }
        return .object(tables.mapValues { .object($0) })
    }

    private func line(_ key: ConfigurationKey) -> String {
        let origin = configuration.origin(of: key.path)
        guard let value = key.value(in: configuration) else { return "# \(key.name) is not set" }
        if key.path == "agent.persona", configuration.personaFile != nil {
            return "# \(key.name) is read from persona_file"
        }
        if case .secret = value { return "# \(key.name) is set and not shown   # \(origin.line)" }
        let assignment = "\(key.name) = \(value.toml)"
        let padding = String(repeating: " ", count: max(3, 32 - assignment.unicodeScalars.count))
        return "\(assignment)\(padding)# \(origin.line)"
    }
}

extension AgentConfiguration.Origin {
    /// The description on one line, whatever the path of the file.
    fileprivate var line: String {
        let text = description
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return JSONValue.string(text).text
    }

    fileprivate var json: JSONValue {
        switch self {
        case .default: ["kind": "default"]
        case .directory: ["kind": "directory"]
        case .file(let path, let line): ["kind": "file", "path": .string(path), "line": .int(line)]
        case .override(let option): ["kind": "override", "option": .string(option)]
        }
    }
}

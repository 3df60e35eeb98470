import AnimaCore

/// One configuration file, parsed and checked: what it sets and what is wrong with it.
struct ConfigurationDocument {
    /// A value and where it stands.
    struct Setting {
        var value: ConfigurationValue
        let position: KeyPositions.Position
    }

    /// The path, as the caller gave it; faults and origins show it.
    let file: String
    /// The checked values, by key path.
    private(set) var settings: [String: Setting] = [:]
    /// Everything wrong, in the order of lines.
    private(set) var faults: [ConfigurationFault] = []

    private let positions: KeyPositions
    private let environment: [String: String]

    /// Parses and checks a file's text.
    ///
    /// - Parameters:
    ///   - isHomeWide: Whether it is the home's `config.toml`, which describes no agent.
    ///   - environment: What `${NAME}` may name.
    init(file: String, text: String, isHomeWide: Bool, environment: [String: String]) {
        self.file = file
        self.environment = environment
        // A byte order mark is no part of the document, neither for toml++ nor for columns.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        positions = KeyPositions(text)
        if let obstacle = positions.obstacle {
            report(obstacle.position, nil, "not valid TOML for Anima: \(obstacle.message)")
            return
        }
        do throws(TOMLNode.SyntaxError) {
            let root = try TOMLNode.document(text)
            for (name, node) in root { check(table: name, node, isHomeWide: isHomeWide) }
        } catch {
            // At the end of a file the parser may point behind the last line.
            let isInside = error.position.line <= positions.lineCount
            let position = isInside ? error.position : .init(line: positions.lineCount, column: 1)
            report(position, nil, error.message)
        }
        faults.sort { ($0.sortKey, $0.message) < ($1.sortKey, $1.message) }
    }

    /// A fault of a key that this file sets, or lacks: it then stands at the key's table.
    func fault(_ key: String, _ message: String) -> ConfigurationFault {
        fault(settings[key]?.position ?? positions[key], key, message)
    }

    private func fault(_ at: KeyPositions.Position, _ key: String?, _ message: String) -> ConfigurationFault {
        ConfigurationFault(
            place: .position(file: file, line: at.line, column: at.column),
            key: key,
            message: message
        )
    }

    private mutating func report(_ position: KeyPositions.Position, _ key: String?, _ message: String) {
        faults.append(fault(position, key, message))
    }

    private mutating func report(_ path: String, _ message: String) { report(positions[path], path, message) }
}

// MARK: - Checks

extension ConfigurationDocument {
    private mutating func check(table name: String, _ node: TOMLNode, isHomeWide: Bool) {
        let path = KeyPositions.path("", name)
        let isKnown = ConfigurationKey.tables.contains(name) || ConfigurationKey.emptyTables.contains(name)
        guard isKnown else { return report(path, unknownTable(name, node)) }
        guard case .table(let members) = node else {
            let found = if case .array = node { "an array; write [\(name)] in single brackets" } else { node.found }
            return report(path, "expected a table, found \(found)")
        }
        if isHomeWide, name == ConfigurationKey.agentTable {
            return report(path, "[agent] belongs into an agent's own file, not into the home's config.toml")
        }
        for (member, node) in members {
            let path = KeyPositions.path(name, member)
            if let key = ConfigurationKey.named(path) {
                check(key, node)
            } else {
                report(path, unknownKey(member, in: name))
            }
        }
    }

    private mutating func check(_ key: ConfigurationKey, _ node: TOMLNode) {
        let before = faults.count
        let expanded = expand(node, key.path)
        // A text whose variable is unknown has its fault; what it would have been is not known.
        let unexpanded = Set(faults[before...].map(\.key))
        switch key.check(expanded) {
        case .value(let value):
            guard unexpanded.isEmpty else { return }
            settings[key.path] = Setting(value: value, position: positions[key.path])
        case .problems(let problems):
            for problem in problems {
                let path = key.path + (problem.element.map { "[\($0)]" } ?? "")
                if !unexpanded.contains(path) { report(path, problem.message) }
            }
        }
    }

    /// Replaces variables in the texts of a value; a text that names an unknown one is reported and stays as it is.
    private mutating func expand(_ node: TOMLNode, _ path: String) -> TOMLNode {
        switch node {
        case .string(let text):
            do throws(VariableExpansion.Fault) {
                return .string(try VariableExpansion.expand(text, environment))
            } catch {
                report(path, error.message)
                return node
            }
        case .array(let elements):
            return .array(elements.enumerated().map { expand($1, "\(path)[\($0)]") })
        default: return node
        }
    }

    private func unknownTable(_ name: String, _ node: TOMLNode) -> String {
        if case .table = node {
            let meant = Spelling.closest(to: name, among: ConfigurationKey.tables).map { "; did you mean [\($0)]?" }
            return "unknown table; tables are \(ConfigurationKey.tables.joined(separator: ", "))\(meant ?? "")"
        }
        let meant = Self.keyElsewhere(name).map { "; did you mean \($0)?" } ?? ""
        return "unknown key outside of a table; tables are \(ConfigurationKey.tables.joined(separator: ", "))\(meant)"
    }

    private func unknownKey(_ name: String, in table: String) -> String {
        let names = ConfigurationKey.all.filter { $0.table == table }.map(\.name)
        guard !names.isEmpty else { return "unknown key; [\(table)] has no keys yet" }
        let meant = Spelling.closest(to: name, among: names) ?? Self.keyElsewhere(name)
        return "unknown key; [\(table)] has \(names.joined(separator: ", "))"
            + (meant.map { "; did you mean \($0)?" } ?? "")
    }

    /// The key of this name in any table.
    private static func keyElsewhere(_ name: String) -> String? {
        ConfigurationKey.all.first { $0.name == name }?.path
    }
}

extension ConfigurationFault {
    /// The order of faults within one file.
    fileprivate var sortKey: KeyPositions.Position {
        if case .position(_, let line, let column) = place {
            .init(line: line, column: column)
        } else {
            .init(line: 0, column: 0)
        }
    }
}

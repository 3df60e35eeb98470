import AnimaCore

/// One configuration file, parsed and checked: what it sets and what is wrong with it.
struct ConfigurationDocument {
    /// A value and where it stands.
    struct Setting {
        let key: ConfigurationKey
        var value: ConfigurationValue
        let position: KeyPositions.Position
        /// Whether its text named variables.
        var isExpanded = false
    }

    /// The path, as the caller gave it; faults and origins show it.
    let file: String
    /// The checked values, by key path.
    private(set) var settings: [String: Setting] = [:]
    /// Everything wrong, in the order of lines.
    private(set) var faults: [ConfigurationFault] = []

    private let positions: KeyPositions
    private let environment: [String: String]
    private let keys: [String: String]

    /// Parses and checks a file's text.
    ///
    /// - Parameters:
    ///   - isHomeWide: Whether it is the home's `config.toml`, which describes no agent.
    ///   - environment: What `${NAME}` may name.
    ///   - keys: What `${NAME}` may name beside it where a secret is expected.
    init(file: String, text: String, isHomeWide: Bool, environment: [String: String], keys: [String: String]) {
        self.file = file
        self.environment = environment
        self.keys = keys
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
        if let family = ConfigurationKey.Family(rawValue: name) { return check(family, node) }
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
                let names = ConfigurationKey.all.filter { $0.table == name }.map(\.name)
                report(path, Self.unknownKey(member, in: name, among: names))
            }
        }
    }

    private mutating func check(_ family: ConfigurationKey.Family, _ node: TOMLNode) {
        guard case .table(let elements) = node else {
            return report(
                family.rawValue,
                "expected tables [\(family.rawValue).\(family.placeholder)], found \(node.found)"
            )
        }
        for (element, node) in elements {
            let path = KeyPositions.path(family.rawValue, element)
            if let problem = family.problem(ofName: element) {
                report(path, problem)
                continue
            }
            guard case .table(let members) = node else {
                report(path, "expected a table [\(path)], found \(node.found)")
                continue
            }
            let keys = family.keys(of: element)
            for (member, node) in members {
                let memberPath = KeyPositions.path(path, member)
                if let key = keys.first(where: { $0.path == memberPath }) {
                    check(key, node)
                } else {
                    report(memberPath, Self.unknownKey(member, in: path, among: keys.map(\.name)))
                }
            }
            if family == .prices {
                for name in ["input", "output"] where members[name] == nil {
                    report(path, "\(name) is missing; write what a million tokens cost, in US dollars")
                }
            }
            if family == .models, members["provider"] == nil {
                report(path, "provider is missing; write provider = \"openai\", \"anthropic\", \"ollama\" …")
            }
        }
    }

    private mutating func check(_ key: ConfigurationKey, _ node: TOMLNode) {
        let before = faults.count
        let isSecret = if case .secret = key.kind { true } else { false }
        let expanded = expand(node, key.path, isSecret ? environment.merging(keys) { first, _ in first } : environment)
        // A text whose variable is unknown has its fault; what it would have been is not known.
        let unexpanded = Set(faults[before...].map(\.key))
        switch key.check(expanded) {
        case .value(let value):
            guard unexpanded.isEmpty else { return }
            settings[key.path] = Setting(
                key: key,
                value: value,
                position: positions[key.path],
                isExpanded: expanded != node
            )
        case .problems(let problems):
            for problem in problems {
                let path = key.path + (problem.element.map { "[\($0)]" } ?? "")
                if !unexpanded.contains(path) { report(path, problem.message) }
            }
        }
    }

    /// Replaces variables in the texts of a value; a text that names an unknown one is reported and stays as it is.
    private mutating func expand(_ node: TOMLNode, _ path: String, _ environment: [String: String]) -> TOMLNode {
        switch node {
        case .string(let text):
            do throws(VariableExpansion.Fault) {
                return .string(try VariableExpansion.expand(text, environment))
            } catch {
                report(path, error.message)
                return node
            }
        case .array(let elements):
            return .array(elements.enumerated().map { expand($1, "\(path)[\($0)]", environment) })
        default: return node
        }
    }

    private static let tableNames = ConfigurationKey.tables + ConfigurationKey.Family.allCases.map(\.rawValue)

    private func unknownTable(_ name: String, _ node: TOMLNode) -> String {
        if case .table = node {
            let meant = Spelling.closest(to: name, among: Self.tableNames).map { "; did you mean [\($0)]?" }
            return "unknown table; tables are \(Self.tableNames.joined(separator: ", "))\(meant ?? "")"
        }
        let meant = Self.keyElsewhere(name).map { "; did you mean \($0)?" } ?? ""
        return "unknown key outside of a table; tables are \(Self.tableNames.joined(separator: ", "))\(meant)"
    }

    private static func unknownKey(_ name: String, in table: String, among names: [String]) -> String {
        guard !names.isEmpty else { return "unknown key; [\(table)] has no keys yet" }
        if let meant = Spelling.closest(to: name, among: names) ?? keyElsewhere(name) {
            return "unknown key; did you mean \(meant)?"
        }
        return "unknown key; [\(table)] has \(names.joined(separator: ", "))"
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

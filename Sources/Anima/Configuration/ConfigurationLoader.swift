import AnimaCore

/// Reads configuration files strictly: what is not understood is an error, never ignored.
public struct ConfigurationLoader: Sendable {
    private let environment: [String: String]

    /// - Parameter environment: What `${NAME}` in strings stands for.
    public init(environment: [String: String]) { self.environment = environment }

    /// Reads a file, with another one for what it doesn't say.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - defaults: A file with defaults for all agents; need not exist.
    ///   - overrides: Values that go over both, by key path.
    /// - Throws: ``ConfigurationError`` with every fault of both files.
    public func load(
        file path: String,
        defaults: String? = nil,
        overrides: [String: String] = [:]
    ) throws(ConfigurationError) -> AgentConfiguration {
        let text: String?
        var shared: String?
        do {
            text = try FilePath.read(path)
            if let defaults { shared = try FilePath.read(defaults) }
        } catch {
            throw ConfigurationError(faults: [.init(file: path, line: nil, problem: error.message)])
        }
        guard let text else {
            throw ConfigurationError(faults: [.init(file: path, line: nil, problem: "there is no such file")])
        }
        let directory = FilePath.absolute(path).split(separator: "/").dropLast().joined(separator: "/")
        return try load(
            text,
            named: path,
            directory: "/" + directory,
            defaults: shared.map { ($0, defaults ?? "") },
            overrides: overrides
        )
    }

    /// Reads a text as if it stood in a file.
    func load(
        _ text: String,
        named file: String,
        directory: String,
        defaults: (text: String, file: String)? = nil,
        overrides: [String: String] = [:]
    ) throws(ConfigurationError) -> AgentConfiguration {
        var check = Check(environment: environment)
        var found: [String: (value: JSONValue, origin: AgentConfiguration.Origin)] = [:]
        if let defaults {
            let document = try TOMLDocument(parsing: defaults.text, file: defaults.file)
            found = check.values(of: document, file: defaults.file, isShared: true)
        }
        let document = try TOMLDocument(parsing: text, file: file)
        found.merge(check.values(of: document, file: file, isShared: false)) { $1 }
        for (path, text) in overrides { found[path] = (.string(text), .commandLine) }
        guard check.faults.isEmpty else { throw ConfigurationError(faults: check.faults) }
        let entries = ConfigurationSchema.keys.map { key in
            AgentConfiguration.Entry(
                path: key.path,
                value: found[key.path]?.value ?? key.defaultValue,
                origin: found[key.path]?.origin ?? .standard
            )
        }
        return AgentConfiguration(entries: entries, directory: directory)
    }
}

/// Checks documents against the schema and collects what is wrong.
private struct Check {
    let environment: [String: String]
    var faults: [ConfigurationError.Fault] = []

    mutating func values(
        of document: TOMLDocument,
        file: String,
        isShared: Bool
    ) -> [String: (value: JSONValue, origin: AgentConfiguration.Origin)] {
        var found: [String: (value: JSONValue, origin: AgentConfiguration.Origin)] = [:]
        var problems: [(line: Int?, problem: String)] = []
        let tables = ConfigurationSchema.tables.filter { !isShared || $0 != "agent" }
        for (table, item) in document.items {
            let line = document.line(of: table)
            guard tables.contains(table) else {
                problems.append((line, Self.unknown("table", table, among: tables)))
                continue
            }
            guard case .table(let members) = item else {
                problems.append((line, "[\(table)] must be a table, not \(item.name)"))
                continue
            }
            let keys = ConfigurationSchema.keys.filter { $0.table == table }
            for (name, item) in members {
                let path = "\(table).\(name)"
                let line = document.line(of: path)
                guard let key = keys.first(where: { $0.name == name }) else {
                    problems.append((line, Self.unknown("key", name, in: table, among: keys.map(\.name))))
                    continue
                }
                do {
                    found[path] = (try value(item, of: key), .file(file, line: line))
                } catch {
                    problems.append((line, "\(path): \(error.text)"))
                }
            }
        }
        let sorted = problems.sorted { ($0.line ?? 0, $0.problem) < ($1.line ?? 0, $1.problem) }
        faults += sorted.map { ConfigurationError.Fault(file: file, line: $0.line, problem: $0.problem) }
        return found
    }

    private struct Problem: Error {
        let text: String
    }

    private func value(_ item: TOMLDocument.Item, of key: ConfigurationKey) throws(Problem) -> JSONValue {
        let mismatch = Problem(text: "expected \(key.allowed), found \(item.name)")
        guard case .value(let value) = item else { throw mismatch }
        switch (key.form, value) {
        case (.text, .string(let text)): return .string(try expanded(text))
        case (.agentName, .string(let text)):
            let name = try expanded(text)
            do { _ = try AgentID(name) } catch { throw Problem(text: error.description) }
            return .string(name)
        case (.choice(let choices), .string(let text)):
            let choice = try expanded(text)
            guard choices.contains(choice) else {
                throw Problem(text: mismatch.text + Self.hint(choice, among: choices))
            }
            return .string(choice)
        case (.integer(let range), .int(let number)):
            guard range.contains(number) else { throw mismatch }
            return value
        case (.seconds(let range), .int(let number)):
            guard range.contains(Double(number)) else { throw mismatch }
            return value
        case (.seconds(let range), .double(let number)):
            guard range.contains(number) else { throw mismatch }
            return value
        case (.texts, .array(let values)):
            var texts: [JSONValue] = []
            for value in values {
                guard case .string(let text) = value else {
                    throw Problem(text: "expected a list of strings, found the \(value.typeName) \(value.text) in it")
                }
                let whole = try expanded(text)
                guard !whole.isEmpty else { throw Problem(text: "an empty string in the list means nothing") }
                texts.append(.string(whole))
            }
            return .array(texts)
        default: throw mismatch
        }
    }

    /// The text with `${NAME}` and `${NAME:-default}` replaced; `$${` stands for `${`.
    private func expanded(_ text: String) throws(Problem) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw Problem(text: "\"${\" without \"}\"") }
                let inside = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
                result += try variable(String(inside))
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private func variable(_ inside: String) throws(Problem) -> String {
        let marker = inside.range(":-")
        let name = marker.map { String(inside[..<$0]) } ?? inside
        if let value = environment[name], !value.isEmpty || marker == nil { return value }
        if let marker { return String(inside[inside.index(marker, offsetBy: 2)...]) }
        throw Problem(text: "the environment variable \(name) is not set; set it, or write ${\(name):-default}")
    }

    private static func unknown(_ kind: String, _ name: String, in table: String? = nil, among names: [String])
        -> String
    {
        let place = table.map { " in [\($0)]" } ?? ""
        return
            "unknown \(kind) \"\(name)\"\(place)\(hint(name, among: names)) (allowed: \(names.joined(separator: ", ")))"
    }

    private static func hint(_ name: String, among names: [String]) -> String {
        Spelling.closest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    }
}

extension String {
    /// Where a text begins in this one.
    fileprivate func range(_ text: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}

import AnimaCore
import TOMLKit

/// A TOML file as values that outlive the parser, with the lines of its keys.
struct TOMLDocument {
    /// A value, as far as configuration knows it.
    indirect enum Item {
        case value(JSONValue)
        case table([String: Item])
        /// A kind that no key takes: a date, a time.
        case other(String)

        /// What it is called in messages.
        var name: String {
            switch self {
            case .value(.string(let text)): "the string \"\(text.prefix(40))\""
            case .value(.array): "a list"
            case .value(let value): "the \(value.typeName) \(value.text.prefix(40))"
            case .table: "a table"
            case .other(let kind): kind
            }
        }
    }

    let items: [String: Item]
    private let lines: KeyLines

    /// Parses a text.
    ///
    /// - Throws: ``ConfigurationError`` with the line of a syntax error.
    init(parsing text: String, file: String) throws(ConfigurationError) {
        do {
            // The root owns what the children point into: everything is copied before it goes.
            let root = try TOMLTable(string: text)
            items = withExtendedLifetime(root) { Self.items(of: root) }
        } catch let error as TOMLParseError {
            throw ConfigurationError(
                faults: [
                    .init(file: file, line: error.source.begin.line, problem: "not valid TOML: \(error.description)")
                ]
            )
        } catch {
            throw ConfigurationError(faults: [.init(file: file, line: nil, problem: "not valid TOML: \(error)")])
        }
        lines = KeyLines(of: text)
    }

    /// The line that a key, or the nearest table around it, stands on.
    func line(of path: String) -> Int? { lines.line(of: path) }

    private static func items(of table: TOMLTable) -> [String: Item] {
        Dictionary(table.keys.map { ($0, table[$0].map(item) ?? .other("nothing")) }, uniquingKeysWith: { $1 })
    }

    private static func item(_ value: any TOMLValueConvertible) -> Item {
        switch value.type {
        case .table: return .table(value.table.map(items) ?? [:])
        case .array:
            var values: [JSONValue] = []
            for element in value.array ?? TOMLArray() {
                guard case .value(let json) = item(element) else { return .other("a list of \(element.type)s") }
                values.append(json)
            }
            return .value(.array(values))
        case .string: return .value(.string(value.string ?? ""))
        case .int: return .value(.int(value.int ?? 0))
        case .double: return .value(.double(value.double ?? 0))
        case .bool: return .value(.bool(value.bool ?? false))
        case .date: return .other("a date")
        case .time: return .other("a time")
        case .dateTime: return .other("a date and time")
        }
    }
}

/// Finds the lines of keys in a TOML text that is known to be valid.
///
/// The parser keeps no positions of values; this reads only as much of the syntax as it needs: table headers, keys at the
/// beginning of a line, and where strings and lists go over several lines.
struct KeyLines {
    private var lines: [String: Int] = [:]

    init(of text: String) {
        var table = ""
        var depth = 0
        var fence: String?
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var rest = Substring(line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" })
            if fence == nil, depth == 0 {
                if rest.hasPrefix("[") {
                    table = Self.path(rest.drop { $0 == "[" }.prefix { $0 != "]" })
                    record(table, index + 1)
                    continue
                }
                if let equals = rest.firstIndex(of: "="), !rest.hasPrefix("#") {
                    let key = Self.path(rest[..<equals])
                    record(table.isEmpty ? key : "\(table).\(key)", index + 1)
                    rest = rest[rest.index(after: equals)...]
                }
            }
            Self.follow(rest, &depth, &fence)
        }
    }

    func line(of path: String) -> Int? {
        var path = path[...]
        while true {
            if let line = lines[String(path)] { return line }
            guard let dot = path.lastIndex(of: ".") else { return nil }
            path = path[..<dot]
        }
    }

    private mutating func record(_ path: String, _ line: Int) {
        var parts = path.split(separator: ".")
        while !parts.isEmpty {
            let prefix = parts.joined(separator: ".")
            if lines[prefix] == nil { lines[prefix] = line }
            parts.removeLast()
        }
    }

    /// `a . "b"` as `a.b`.
    private static func path(_ text: Substring) -> String {
        text.split(separator: ".").map { $0.filter { !" \t\"'".contains($0) } }.joined(separator: ".")
    }

    /// Keeps count of open lists and of a string that goes on in the next line.
    private static func follow(_ text: Substring, _ depth: inout Int, _ fence: inout String?) {
        var rest = text
        while let character = rest.first {
            if let open = fence {
                if character == "\\", open.hasPrefix("\"") {
                    rest = rest.dropFirst(2)
                } else if rest.hasPrefix(open) {
                    rest = rest.dropFirst(open.count)
                    fence = nil
                } else {
                    rest = rest.dropFirst()
                }
                continue
            }
            if let open = ["\"\"\"", "'''", "\"", "'"].first(where: { rest.hasPrefix($0) }) {
                fence = open
                rest = rest.dropFirst(open.count)
                continue
            }
            if character == "#" { return }
            if character == "[" || character == "{" { depth += 1 }
            if character == "]" || character == "}" { depth -= 1 }
            rest = rest.dropFirst()
        }
        // A string of one line ends with it.
        if fence?.count == 1 { fence = nil }
    }
}

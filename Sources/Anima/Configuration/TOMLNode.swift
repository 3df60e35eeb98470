import TOMLKit

/// A value of a TOML document, taken out of TOMLKit at once.
///
/// The one place that touches TOMLKit. It copies because a `TOMLTable` is an unowned pointer into C++ whose memory is
/// never freed, because its iterators trap on keys that hold U+0000, and because each of its reads allocates.
enum TOMLNode: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// A date, a time or both; no key takes one.
    case date
    case array([TOMLNode])
    case table([String: TOMLNode])

    /// A syntax error of the document.
    struct SyntaxError: Error, Hashable {
        let position: KeyPositions.Position
        let message: String
    }

    /// Reads a document.
    ///
    /// - Parameter text: Without U+0000, where C would end it, and with little nesting: toml++ recurses over dotted keys
    ///   without a bound (200,000 of them overflow the stack). ``KeyPositions`` finds both beforehand.
    /// - Throws: The first syntax error; the parser stops there.
    static func document(_ text: String) throws(SyntaxError) -> [String: TOMLNode] {
        do {
            return members(try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            throw SyntaxError(
                position: .init(line: error.source.begin.line, column: error.source.begin.column),
                message: message(error.description)
            )
        } catch {
            throw SyntaxError(position: .init(line: 1, column: 1), message: "\(error)")
        }
    }

    /// The value's type and, when short, the value, as a fault names what it found.
    var found: String {
        switch self {
        case .string(let text): "the string \(Self.quoted(text))"
        case .integer(let value): "the integer \(value)"
        case .float(let value): "the float \(value)"
        case .boolean(let value): "the boolean \(value)"
        case .date: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }

    /// A text in quotes, on one line, cut after 80 characters.
    static func quoted(_ text: String) -> String {
        let short = text.unicodeScalars.prefix(80)
        var output = "\""
        for scalar in short {
            switch scalar {
            case "\"", "\\": output += "\\\(scalar)"
            case _ where scalar.properties.generalCategory == .control: output += scalar.escaped(asASCII: true)
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + (short.endIndex < text.unicodeScalars.endIndex ? "…\"" : "\"")
    }

    private static func members(_ table: TOMLTable) -> [String: TOMLNode] {
        var members: [String: TOMLNode] = [:]
        for key in table.keys {
            guard let value = table[key] else { continue }
            members[key] = node(value.tomlValue)
        }
        return members
    }

    private static func node(_ value: TOMLValue) -> TOMLNode {
        switch value.type {
        case .string: .string(value.string ?? "")
        case .int: .integer(value.int ?? 0)
        case .double: .float(value.double ?? 0)
        case .bool: .boolean(value.bool ?? false)
        case .date, .time, .dateTime: .date
        case .array: .array(value.array.map { array in array.indices.map { node(array[$0].tomlValue) } } ?? [])
        case .table: .table(value.table.map(members) ?? [:])
        }
    }

    private static func message(_ description: String) -> String {
        let prefix = "Error while parsing "
        var text = description.hasPrefix(prefix) ? String(description.dropFirst(prefix.count)) : description
        text = text.unicodeScalars.reduce(into: "") { output, scalar in
            if scalar.value < 0x20 { output += " " } else { output.unicodeScalars.append(scalar) }
        }
        if text.hasSuffix("could not determine value type") { text += "; a text needs quotes" }
        return "not valid TOML: \(text)"
    }
}

import AnimaCore

/// A checked value of a key.
enum ConfigurationValue: Hashable, Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case list([String])
    case flag(Bool)
    /// Never written anywhere.
    case secret(Secret)

    /// The value as TOML that reads back as the same value: `${` is escaped.
    var toml: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        case .list(let items): "[" + items.map(Self.quoted).joined(separator: ", ") + "]"
        case .flag(let value): "\(value)"
        case .secret: Self.quoted("(not shown)")
        }
    }

    /// The value as JSON.
    var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .integer(let value): .int(value)
        case .number(let value): .double(value)
        case .list(let items): .array(items.map { .string($0) })
        case .flag(let value): .bool(value)
        case .secret: .string("(not shown)")
        }
    }

    // The escapes that JSONValue writes are also those of TOML's basic strings.
    private static func quoted(_ text: String) -> String { VariableExpansion.escaped(JSONValue.string(text).text) }
}

extension Duration {
    /// The duration in seconds, to the microsecond, so that 0.1 s is shown as 0.1.
    var wholeAndFractionalSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + (Double(attoseconds) / 1e12).rounded() / 1e6
    }
}

/// The name of an agent: the address others use and the name of its directory.
///
/// 1 to 63 characters: lowercase letters, digits, `-` and `_`, beginning with a letter or digit.
public struct AgentID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The name as written.
    public let name: String

    /// Takes a name that follows the pattern.
    ///
    /// - Throws: ``IdentityError`` saying what is allowed.
    public init(_ name: String) throws(IdentityError) {
        let isValid =
            (1...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { Self.isAllowed($0) }
            && name.utf8.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") } == true
        guard isValid else {
            throw IdentityError(
                kind: "agent name",
                value: name,
                rule: "1 to 63 lowercase letters, digits, '-' and '_', beginning with a letter or digit"
            )
        }
        self.name = name
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    public var description: String { name }

    public static func < (left: AgentID, right: AgentID) -> Bool { left.name < right.name }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// A name or identifier that does not follow its pattern.
public struct IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was to be named, for example `agent name`.
    public let kind: String
    /// What was given.
    public let value: String
    /// What is allowed.
    public let rule: String

    public var description: String { "\"\(value.prefix(80))\" is not a valid \(kind): use \(rule)" }
}

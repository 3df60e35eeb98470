/// The identity of a life: 26 characters, random, made once when the life begins and again when it is forked.
///
/// With a call's id it names one effect in the whole world, so a far side can tell a repetition from a new call.
public struct LifeID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The identifier's text.
    public let text: String
    /// Takes an identifier made by ``IdentifierSource``.
    public init(_ text: String) { self.text = text }
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    public var description: String { text }
}

/// The identity of an envelope, given by its sender; an agent takes each one once.
///
/// 1 to 128 printable ASCII characters without spaces.
public struct EnvelopeID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The identifier's text.
    public let text: String

    /// Takes an identifier that follows the pattern.
    public init(_ text: String) throws(IdentityError) {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw IdentityError(
                kind: "envelope id",
                value: text,
                rule: "1 to 128 printable ASCII characters without spaces"
            )
        }
        self.text = text
    }

    /// Takes what an ``IdentifierSource`` made, which follows the pattern by construction.
    package init(made text: String) { self.text = text }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    public var description: String { text }
}

/// The name of a conversation; each has a transcript of its own.
///
/// 1 to 128 UTF-8 bytes without control characters.
public struct ConversationID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The name as written.
    public let name: String

    /// The conversation of tasks that name none.
    public static let main = ConversationID(unchecked: "main")

    /// Takes a name that follows the pattern.
    public init(_ name: String) throws(IdentityError) {
        let isValid =
            (1...128).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isValid else {
            throw IdentityError(
                kind: "conversation name",
                value: name,
                rule: "1 to 128 bytes without control characters"
            )
        }
        self.name = name
    }

    private init(unchecked name: String) { self.name = name }

    /// The conversation with another agent about what is said in one of its conversations.
    ///
    /// Each of those has its own, so that what is said in one is not known in another.
    public init(with agent: AgentID, about conversation: ConversationID = .main) {
        let name = conversation == .main ? "@\(agent)" : "@\(agent)/\(conversation)"
        guard name.utf8.count > 128 else {
            self.init(unchecked: name)
            return
        }
        self.init(unchecked: "@\(agent)/#\(ContentHash.hexadecimal(of: Array(conversation.name.utf8)).prefix(16))")
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
    public var description: String { name }
    public static func < (left: ConversationID, right: ConversationID) -> Bool { left.name < right.name }
}

/// The number of a turn within a life, from 1; written `t12`.
public struct TurnID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// Counts the turns of the life, from 1.
    public let number: Int

    /// Names the turn with this number.
    public init(_ number: Int) { self.number = number }

    /// Reads the written form, `t12`; nil when the text is something else.
    public init?(text: String) {
        guard text.first == "t", let number = Int(text.dropFirst()), number > 0 else { return nil }
        self.number = number
    }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(Int.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
    public var description: String { "t\(number)" }
    public static func < (left: TurnID, right: TurnID) -> Bool { left.number < right.number }
}

/// The place of a tool call in a life: turn, step and position, each from 1; written `t12.3.1`.
///
/// It is ours, not the provider's: the same place after a crash gives the same id.
public struct ToolCallID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The turn that the call belongs to.
    public let turn: TurnID
    /// The step within the turn, from 1.
    public let step: Int
    /// The position within the step, from 1.
    public let index: Int

    /// Names the call at this place.
    public init(turn: TurnID, step: Int, index: Int) {
        self.turn = turn
        self.step = step
        self.index = index
    }

    /// Reads the written form, `t12.3.1`; nil when the text is something else.
    public init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let turn = TurnID(text: String(parts[0])),
            let step = Int(parts[1]), let index = Int(parts[2]), step > 0, index > 0
        else { return nil }
        self.init(turn: turn, step: step, index: index)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ToolCallID(text: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not a tool call id")
        }
        self = id
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
    public var description: String { "t\(turn.number).\(step).\(index)" }
    public static func < (left: ToolCallID, right: ToolCallID) -> Bool {
        (left.turn.number, left.step, left.index) < (right.turn.number, right.step, right.index)
    }
}

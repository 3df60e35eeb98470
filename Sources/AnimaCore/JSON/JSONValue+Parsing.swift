/// A text that is not JSON, and where it stops being it.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected or found.
    public let message: String
    /// The byte at which reading ended, from 0.
    public let offset: Int

    public var description: String { "not JSON at byte \(offset): \(message)" }
}

extension JSONValue {
    /// Reads one JSON document (RFC 8259).
    ///
    /// Of members with the same name the last one counts. Whole numbers that fit 64 bits become ``int(_:)``.
    public init(parsing text: String) throws(JSONSyntaxError) {
        var text = text
        let result: Result<JSONValue, JSONSyntaxError> = text.withUTF8 { Self.parse(UnsafeRawBufferPointer($0)) }
        self = try result.get()
    }

    /// Reads one JSON document in UTF-8.
    public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBytes { Self.parse($0) }.get()
    }

    /// Reads one JSON document in UTF-8.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        self = try Self.parse(bytes).get()
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<JSONValue, JSONSyntaxError> {
        Result { () throws(JSONSyntaxError) in
            var parser = JSONParser(bytes: bytes)
            return try parser.document()
        }
    }
}

/// Reads JSON from memory that somebody else keeps alive.
private struct JSONParser {
    /// More nesting than this is refused: the parser calls itself for each level.
    static let deepest = 256

    let bytes: UnsafeRawBufferPointer
    var index = 0
    var depth = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw error("there is more after the value") }
        return value
    }

    private func error(_ message: String) -> JSONSyntaxError { JSONSyntaxError(message: message, offset: index) }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        guard index < bytes.count else { throw error("the text ends where a value is expected") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("a value is expected")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count,
            UnsafeRawBufferPointer(rebasing: bytes[index..<index + count])
                .elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: count))
        else { throw error("a value is expected") }
        index += count
        return value
    }

    private mutating func descend() throws(JSONSyntaxError) {
        depth += 1
        if depth > Self.deepest { throw error("more than \(Self.deepest) levels") }
        index += 1
        skipSpace()
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var members: [String: JSONValue] = [:]
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            depth -= 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw error("a name is expected") }
            let name = try string()
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw error("\":\" is expected") }
            index += 1
            members[name] = try value()
            if try isOver(at: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var values: [JSONValue] = []
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            depth -= 1
            return .array(values)
        }
        while true {
            values.append(try value())
            if try isOver(at: UInt8(ascii: "]")) { return .array(values) }
        }
    }

    /// Whether the end follows; else a comma does.
    private mutating func isOver(at end: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        guard index < bytes.count else { throw error("the text ends inside a list or object") }
        if bytes[index] == end {
            index += 1
            depth -= 1
            return true
        }
        guard bytes[index] == UInt8(ascii: ",") else { throw error("\",\" is expected") }
        index += 1
        return false
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let firstDigit = index
        try digits()
        if index - firstDigit > 1, bytes[firstDigit] == UInt8(ascii: "0") { throw error("a number begins with 0") }
        var isWhole = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole, text != "-0", let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else {
            throw error("the number \(text.prefix(40)) is too large")
        }
        return .double(value)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        if index == start { throw error("a digit is expected") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let text = String(decoding: bytes[start..<index], as: UTF8.self)
                index += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw error("a control character stands in a text")
            default: index += 1
            }
        }
        throw error("a text does not end")
    }

    /// Goes on with a text at its first escape.
    private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var output = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: output, as: UTF8.self)
            case 0..<0x20: throw error("a control character stands in a text")
            case UInt8(ascii: "\\"):
                guard index < bytes.count else { break }
                let escape = bytes[index]
                index += 1
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(escape)
                case UInt8(ascii: "b"): output.append(0x08)
                case UInt8(ascii: "f"): output.append(0x0C)
                case UInt8(ascii: "n"): output.append(0x0A)
                case UInt8(ascii: "r"): output.append(0x0D)
                case UInt8(ascii: "t"): output.append(0x09)
                case UInt8(ascii: "u"): output += Array(String(try escapedScalar()).utf8)
                default: throw error("an unknown escape")
                }
            default: output.append(byte)
            }
        }
        throw error("a text does not end")
    }

    /// The character of `\uXXXX`, perhaps of a pair of them; half a pair becomes U+FFFD.
    private mutating func escapedScalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let after = index
        guard (0xD800..<0xDC00).contains(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        index += 2
        let second = try codeUnit()
        guard (0xDC00..<0xE000).contains(second) else {
            index = after
            return "\u{FFFD}"
        }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        guard index + 4 <= bytes.count else { throw error("an escape is cut off") }
        var value: UInt16 = 0
        for _ in 0..<4 {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error("an escape needs four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }
}

import AnimaCore

/// Where the keys of a TOML document stand, and the two things that must not reach the parser.
///
/// TOMLKit tells positions of syntax errors only, so this small scanner walks the source once: tables, dotted keys,
/// inline tables, arrays (of tables, too), strings of all four kinds, comments. It decides nothing about syntax: of a
/// document that the parser takes it knows every key, of any other it only promises to end.
struct KeyPositions {
    /// A character of a document; both count from 1, columns in Unicode scalars.
    struct Position: Hashable, Sendable, Comparable {
        let line: Int
        let column: Int

        static func < (left: Position, right: Position) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// Parts of a dotted key, and arrays or inline tables inside one another; no key needs more than two.
    static let maximumDepth = 16

    /// The first thing that the parser can't be given, if the document has one: U+0000 (C strings end there), too deep nesting
    /// (toml++ recurses), a table header without a name (toml++ asserts).
    private(set) var obstacle: (position: Position, message: String)?
    /// How many lines the document has; at least 1.
    var lineCount: Int { line }

    private var positions: [String: Position] = [:]
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var column = 1

    /// Scans a document.
    init(_ text: String) {
        bytes = Array(text.utf8)
        var table = ""
        while let byte = skipBlanks() {
            if byte == UInt8(ascii: "[") {
                advance()
                if peek == UInt8(ascii: "[") { advance() }
                skipSpaces()
                checkHeader()
                table = key(under: "") ?? ""
            } else if let path = key(under: table) {
                assignment(to: path, depth: 0)
            }
            skipLine()
        }
    }

    /// The position of a key; nil when the document has no such key.
    ///
    /// Keys in arrays of tables are noted without the index, where they come first.
    func known(_ path: String) -> Position? { positions[path] }

    /// The position of a key, or of the closest table around it.
    ///
    /// - Parameter path: A path made by ``path(_:_:)`` and, for elements of arrays, `[index]`.
    subscript(path: String) -> Position {
        if let position = known(path) { return position }
        guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return Position(line: 1, column: 1) }
        return self[String(path[..<end])]
    }

    /// The path of a member: bare keys as they are, others in quotes.
    static func path(_ table: String, _ key: String) -> String {
        let isBare = !key.isEmpty && key.utf8.allSatisfy(isBareByte)
        let part = isBare ? key : JSONValue.string(key).text
        return table.isEmpty ? part : "\(table).\(part)"
    }

    // MARK: - Characters

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var here: Position { Position(line: line, column: column) }

    private mutating func advance() {
        guard index < bytes.count else { return }
        let byte = bytes[index]
        if byte == 0 { stop(at: here, "the character U+0000 is not allowed") }
        index += 1
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if index >= bytes.count || bytes[index] & 0xC0 != 0x80 {
            column += 1
        }
    }

    private mutating func stop(at position: Position, _ message: String) {
        if obstacle == nil { obstacle = (position, message) }
    }

    /// What can't begin the name of a table: toml++ takes it for granted that its parser of keys never sees it.
    private mutating func checkHeader() {
        guard let byte = peek, !Self.isBareByte(byte), !"\"']".utf8.contains(byte) else { return }
        stop(at: here, "expected the name of a table after [")
    }

    private mutating func skipLine() {
        while let byte = peek, byte != UInt8(ascii: "\n") { advance() }
    }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { advance() }
    }

    /// Skips spaces, ends of lines and comments; returns what comes then.
    private mutating func skipBlanks() -> UInt8? {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
            case UInt8(ascii: "#"): skipLine()
            default: return byte
            }
        }
        return nil
    }

    // MARK: - Keys and values

    /// Reads a key, dotted or not, and notes the place of each part; nil when there is none.
    private mutating func key(under table: String) -> String? {
        var path = table
        var depth = 0
        while true {
            skipSpaces()
            let start = here
            let part: String
            if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
                part = string()
            } else {
                let begin = index
                while let byte = peek, Self.isBareByte(byte) { advance() }
                guard begin < index else { return nil }
                part = String(decoding: bytes[begin..<index], as: UTF8.self)
            }
            depth += 1
            guard depth <= Self.maximumDepth else {
                stop(at: start, "a key of more than \(Self.maximumDepth) parts")
                return nil
            }
            path = Self.path(path, part)
            note(path, start)
            skipSpaces()
            guard peek == UInt8(ascii: ".") else { return path }
            advance()
        }
    }

    private mutating func note(_ path: String, _ position: Position) {
        if positions[path] == nil { positions[path] = position }
    }

    private mutating func assignment(to path: String, depth: Int) {
        skipSpaces()
        guard peek == UInt8(ascii: "=") else { return }
        advance()
        skipSpaces()
        value(of: path, depth: depth)
    }

    private mutating func value(of path: String, depth: Int) {
        guard depth < Self.maximumDepth || (peek != UInt8(ascii: "[") && peek != UInt8(ascii: "{")) else {
            stop(at: here, "more than \(Self.maximumDepth) arrays or inline tables inside one another")
            index = bytes.count
            return
        }
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
        case UInt8(ascii: "["): array(path, depth: depth)
        case UInt8(ascii: "{"): inlineTable(path, depth: depth)
        default:
            while let byte = peek, !",]}#\n".utf8.contains(byte) { advance() }
        }
    }

    private mutating func array(_ path: String, depth: Int) {
        advance()
        var count = 0
        while let byte = skipBlanks() {
            if byte == UInt8(ascii: "]") { return advance() }
            let begin = index
            if byte != UInt8(ascii: ",") {
                let element = "\(path)[\(count)]"
                note(element, here)
                value(of: element, depth: depth + 1)
                count += 1
            }
            if index == begin { advance() }
        }
    }

    private mutating func inlineTable(_ path: String, depth: Int) {
        advance()
        while let byte = skipBlanks() {
            if byte == UInt8(ascii: "}") { return advance() }
            let begin = index
            if let path = key(under: path) { assignment(to: path, depth: depth + 1) }
            if index == begin { advance() }
        }
    }

    private static func isBareByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

// MARK: - Strings

extension KeyPositions {
    /// Reads a string of any kind and returns its content.
    private mutating func string() -> String {
        guard let quote = peek else { return "" }
        let isMultiline = isNext(quote, times: 3)
        for _ in 0..<(isMultiline ? 3 : 1) { advance() }
        var content: [UInt8] = []
        while let byte = peek {
            if byte == quote {
                if !isMultiline {
                    advance()
                    break
                }
                if isNext(quote, times: 3) {
                    // Up to two quotes may stand right before the three that end the string.
                    for _ in 0..<5 where peek == quote { advance() }
                    break
                }
            }
            if byte == UInt8(ascii: "\n"), !isMultiline { break }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                escape(into: &content)
            } else {
                content.append(byte)
                advance()
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private func isNext(_ byte: UInt8, times: Int) -> Bool {
        bytes[index...].prefix(times).count == times && bytes[index...].prefix(times).allSatisfy { $0 == byte }
    }

    private mutating func escape(into content: inout [UInt8]) {
        let start = here
        advance()
        guard let kind = peek, kind != UInt8(ascii: "\n") else { return }
        advance()
        switch kind {
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = bytes[index...].prefix(kind == UInt8(ascii: "u") ? 4 : 8)
            guard let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(value)
            else { return }
            if value == 0 { stop(at: start, "the character U+0000 is not allowed") }
            for _ in digits { advance() }
            content.append(contentsOf: Array(String(scalar).utf8))
        default: content.append(kind)
        }
    }
}

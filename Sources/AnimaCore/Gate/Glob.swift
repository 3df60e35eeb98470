/// A pattern in which `*` stands for any text, `?` for one byte; with a separator, `*` and `?` stop at it and `**`
/// does not.
///
/// `**/` also stands for nothing, so `**/a` matches `a`.
///
/// Matching takes time proportional to pattern times text, whatever they are.
public struct Glob: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case byte(UInt8)
        case one
        case many
        case manyAcross
        /// `**/`: nothing, or anything that ends in the separator.
        case directories
    }

    private let parts: [Part]
    private let separator: UInt8?

    /// Reads a pattern.
    ///
    /// - Parameter separator: The byte that `*` stops at; nil for none.
    public init(_ pattern: String, separator: UInt8?) {
        var parts: [Part] = []
        let bytes = Array(pattern.utf8)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "*"):
                var stars = 1
                while index + stars < bytes.count, bytes[index + stars] == UInt8(ascii: "*") { stars += 1 }
                index += stars
                if separator == nil || stars == 1 {
                    parts.append(separator == nil ? .manyAcross : .many)
                } else if index < bytes.count, bytes[index] == separator {
                    parts.append(.directories)
                    index += 1
                } else {
                    parts.append(.manyAcross)
                }
            case UInt8(ascii: "?"):
                parts.append(.one)
                index += 1
            case let byte:
                parts.append(.byte(byte))
                index += 1
            }
        }
        self.parts = parts
        self.separator = separator
    }

    /// Whether the pattern stands for the whole text.
    public func matches(_ text: some StringProtocol) -> Bool {
        // The set of pattern positions that the text read so far can be at.
        var reached = closure(of: [0])
        var previous: UInt8 = separator ?? 0
        for byte in text.utf8 {
            var next: Set<Int> = []
            for position in reached where position < parts.count {
                switch parts[position] {
                case .byte(let expected): if byte == expected { next.insert(position + 1) }
                case .one: if byte != separator { next.insert(position + 1) }
                case .many: if byte != separator { next.insert(position) }
                case .manyAcross: next.insert(position)
                case .directories:
                    next.insert(position)
                    if byte == separator { next.insert(position + 1) }
                }
            }
            previous = byte
            reached = closure(of: next, stayingInDirectories: previous != separator)
            if reached.isEmpty { return false }
        }
        return reached.contains(parts.count)
    }

    private func closure(of positions: Set<Int>, stayingInDirectories: Bool = false) -> Set<Int> {
        var result = positions
        for position in positions.sorted() {
            var next = position
            while next < parts.count {
                switch parts[next] {
                case .many, .manyAcross: next += 1
                case .directories where !stayingInDirectories || next != position: next += 1
                default: next = .max
                }
                if next <= parts.count { result.insert(next) }
            }
        }
        return result
    }
}

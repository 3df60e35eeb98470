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
        // Which positions of the pattern the text read so far can be at.
        var reached = [Bool](repeating: false, count: parts.count + 1)
        var next = reached
        reached[0] = true
        pass(&reached, atNameStart: true)
        for byte in text.utf8 {
            var isAnywhere = false
            for index in next.indices { next[index] = false }
            for (position, part) in parts.enumerated() where reached[position] {
                switch part {
                case .byte(let expected): if byte == expected { next[position + 1] = true }
                case .one: if byte != separator { next[position + 1] = true }
                case .many: if byte != separator { next[position] = true }
                case .manyAcross, .directories: next[position] = true
                }
                isAnywhere = isAnywhere || next[position] || next[position + 1]
            }
            guard isAnywhere else { return false }
            pass(&next, atNameStart: byte == separator)
            swap(&reached, &next)
        }
        return reached[parts.count]
    }

    /// Adds the positions that nothing more is needed for.
    private func pass(_ reached: inout [Bool], atNameStart: Bool) {
        for (position, part) in parts.enumerated() where reached[position] {
            switch part {
            case .many, .manyAcross: reached[position + 1] = true
            case .directories where atNameStart: reached[position + 1] = true
            default: continue
            }
        }
    }
}

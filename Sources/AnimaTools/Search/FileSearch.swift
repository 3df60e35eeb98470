/// Finds the lines of one text that match, quickly where most don't.
struct FileSearch {
    /// A line that matches.
    struct Match: Hashable, Sendable {
        /// From 1.
        let line: Int
        /// Where its bytes are, without the line's end.
        let range: Range<Int>
        /// The offset within the text after what matched.
        let end: Int
    }

    private let required: [UInt8]
    private let isLiteral: Bool
    private var automaton: LineAutomaton

    init(_ expression: RegularExpression) throws(RegularExpression.SyntaxError) {
        required = expression.requiredText
        guard !required.contains(Lines.lineFeed) else {
            throw RegularExpression.SyntaxError(message: "it holds a line feed, and a match lies within one line")
        }
        isLiteral = expression.isLiteral && !required.isEmpty
        automaton = try LineAutomaton(expression)
    }

    /// The first lines that match, in their order.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - shouldStop: Asked from time to time; true ends the search with what there is.
    mutating func matches(in text: UnsafeRawBufferPointer, limit: Int, shouldStop: () -> Bool) -> [Match] {
        var matches: [Match] = []
        var line = 1
        var position = 0
        var sinceAsked = 0
        while position < text.count, matches.count < limit {
            var hit = position
            if !required.isEmpty {
                // Only lines with the text that every match has need a closer look.
                guard let found = Lines.find(required, in: text, from: position) else { break }
                hit = found
                var feed = Lines.nextFeed(in: text, from: position)
                while let start = feed, start < hit {
                    line += 1
                    position = start + 1
                    feed = Lines.nextFeed(in: text, from: position)
                }
            }
            let next = Lines.nextFeed(in: text, from: position) ?? text.count
            let end = next > position && text[next - 1] == UInt8(ascii: "\r") ? next - 1 : next
            let matchEnd =
                isLiteral
                ? hit + required.count
                : automaton.firstMatchEnd(
                    in: UnsafeRawBufferPointer(rebasing: text[position..<end]),
                    shouldStop: shouldStop
                )
                .map { position + $0 }
            if let matchEnd { matches.append(Match(line: line, range: position..<end, end: matchEnd)) }
            sinceAsked += next - position + 16
            if sinceAsked > 262_144 {
                if shouldStop() { break }
                sinceAsked = 0
            }
            line += 1
            position = next + 1
        }
        return matches
    }
}

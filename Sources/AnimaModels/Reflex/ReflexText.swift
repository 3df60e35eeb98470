/// A request taken apart: words with their quotes resolved, and parts that are done one after the other.
enum ReflexText {
    /// A word, or a quoted text.
    struct Word: Hashable {
        /// What it says, without quotes.
        let text: String
        let isQuoted: Bool
        /// Where it stands in the request, quotes included.
        let range: Range<String.Index>
        /// For comparing with patterns; empty for what no pattern holds, a quoted or a very long text.
        let lowercased: String

        init(text: String, isQuoted: Bool, range: Range<String.Index>) {
            self.text = text
            self.isQuoted = isQuoted
            self.range = range
            let isComparable = !isQuoted && text.utf8.count <= 32
            lowercased = isComparable ? String(text.lowercased().map { $0 == "\u{2019}" ? "'" : $0 }) : ""
        }
    }

    /// One thing to do.
    struct Part: Hashable {
        let words: [Word]
        let request: String

        /// The words as they stand in the request; of a single quoted word what is inside.
        func text(_ range: Range<Int>) -> String {
            guard let first = words[range].first, let last = words[range].last else { return "" }
            if range.count == 1 { return first.text }
            return String(request[first.range.lowerBound..<last.range.upperBound])
        }

        var whole: String { text(words.indices) }
    }

    /// The most parts of one request that are done.
    static let maximumParts = 32

    /// The parts of a request, in order.
    static func parts(of request: String) -> [Part] {
        var parts: [[Word]] = [[]]
        for word in words(of: request) {
            if word.text == "\n" || word.text == ";", !word.isQuoted {
                parts.append([])
            } else {
                parts[parts.count - 1].append(word)
            }
        }
        return parts.flatMap(split).map { trimmed($0) }.filter { !$0.isEmpty }.map { Part(words: $0, request: request) }
    }

    /// Cuts at "and then", "then", and at a comma or "and" before a verb.
    private static func split(_ words: [Word]) -> [[Word]] {
        var parts: [[Word]] = []
        var current: [Word] = []
        // A memory is taken whole: only what clearly goes on ends it.
        var isMemory: Bool { ["remember", "note"].contains(trimmed(current.prefix(16)).first?.lowercased ?? "") }
        for (index, word) in words.enumerated() {
            let next = words[(index + 1)...].prefix(3).map(\.lowercased)
            let isThen = word.lowercased == "then" || (word.lowercased == "and" && next.first == "then")
            let joins = [",", "and", "also", ".", "finally"].contains(word.lowercased)
            let beforeVerb = next.first { !["and", "also", "finally", "please", ","].contains($0) }
            let isBeforeVerb = joins && beforeVerb.map(ReflexRule.verbs.contains) ?? false
            if isThen || (isBeforeVerb && !isMemory) {
                if !current.isEmpty { parts.append(current) }
                current = []
            } else {
                current.append(word)
            }
        }
        return parts + [current]
    }

    private static let fillers: Set<String> = [
        "and", "then", "please", "also", "finally", "first", "now", "next", ",", ".", "-", "*", "kindly", "just", ":",
    ]

    /// Without filler words at the beginning, numbering, and marks at the end.
    private static func trimmed(_ words: some Collection<Word>) -> [Word] {
        var words = Array(words)[...]
        while let first = words.first, !first.isQuoted, words.count > 1 || fillers.contains(first.lowercased) {
            // "1)" is one word, "1." are two.
            let isNumber = first.text.count <= 3 && first.text.first?.isNumber == true
            let isNumbering = isNumber && (first.text.hasSuffix(")") || words.dropFirst().first?.text == ".")
            let isAsking =
                ["can", "could", "would", "will"].contains(first.lowercased)
                && words.dropFirst().first?.lowercased == "you"
            if isAsking {
                words = words.dropFirst(2)
            } else if fillers.contains(first.lowercased) || isNumbering {
                words = words.dropFirst()
            } else {
                break
            }
        }
        while let last = words.last, !last.isQuoted, [",", ".", "?", "!", "please", "and"].contains(last.lowercased) {
            // A full stop that stands alone is the directory, not the end of the sentence.
            if last.text == ".", let before = words.dropLast().last, before.range.upperBound < last.range.lowerBound {
                break
            }
            words = words.dropLast()
        }
        // The number of a numbered list, cut off at its full stop.
        let isNumber =
            words.count == 1
            && words.first.map { $0.text.count <= 3 && $0.text.allSatisfy(\.isNumber) && !$0.isQuoted } == true
        return isNumber ? [] : Array(words)
    }

    private static let closing: [Character: Character] = ["\"": "\"", "`": "`", "“": "”", "«": "»", "'": "'", "‘": "’"]

    /// The words of a request; marks at the end of a word, line ends and quoted texts are words of their own.
    static func words(of request: String) -> [Word] {
        var words: [Word] = []
        var index = request.startIndex
        var start: String.Index?
        func finish(_ end: String.Index) {
            guard let begin = start else { return }
            start = nil
            // Marks at the end belong to the sentence, not to the word.
            var last = end
            while last > begin, ",.?!:".contains(request[request.index(before: last)]) {
                last = request.index(before: last)
            }
            // The directory above is written with two.
            let marks = request[last..<end]
            let isAbove = marks.hasPrefix("..") && !marks.hasPrefix("...")
            if isAbove, last == begin || request[request.index(before: last)] == "/" {
                last = request.index(last, offsetBy: 2)
            }
            if last > begin {
                words.append(Word(text: String(request[begin..<last]), isQuoted: false, range: begin..<last))
            }
            if last < end {
                let text = last == begin ? String(request[begin..<end].prefix(1)) : String(request[last])
                words.append(Word(text: text, isQuoted: false, range: last..<end))
            }
        }
        // An opening quote without its end is a plain character; where none follows, none is looked for again.
        var lastOf: [Character: String.Index] = [:]
        for mark in closing.values { lastOf[mark] = request.lastIndex(of: mark) }
        while index < request.endIndex {
            let character = request[index]
            let next = request.index(after: index)
            if start == nil, let mark = closing[character], let last = lastOf[mark], last > index,
                let end = request[next...].firstIndex(of: mark), mark != "'" || !request[next..<end].contains("\n")
            {
                let after = request.index(after: end)
                words.append(Word(text: String(request[next..<end]), isQuoted: true, range: index..<after))
                index = after
            } else if character.isNewline || character == ";" {
                finish(index)
                words.append(Word(text: character == ";" ? ";" : "\n", isQuoted: false, range: index..<next))
                index = next
            } else if character.isWhitespace {
                finish(index)
                index = next
            } else {
                if start == nil { start = index }
                index = next
            }
        }
        finish(request.endIndex)
        return words
    }
}

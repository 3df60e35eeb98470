/// A place in a pattern that takes words of the request; its name says which words it takes.
struct ReflexSlot {
    let name: String

    /// The most words it takes.
    var maximumWords: Int {
        switch name {
        case "from", "to", "count", "span", "peer", "memory", "topic", "template": 1
        case "file", "dir": 3
        default: .max / 2
        }
    }

    /// Whether it takes these words.
    func accepts(_ words: ArraySlice<ReflexText.Word>) -> Bool {
        switch name {
        case "from", "to", "count": words.allSatisfy { !$0.isQuoted && Int($0.text) != nil }
        case "peer": words.first?.text.hasPrefix("@") == true
        case "memory": words.first.map { $0.text.first == "m" && Int($0.text.dropFirst()) != nil } == true
        case "span": words.allSatisfy { !$0.isQuoted && Self.span($0.text) != nil }
        case "file", "dir": words.count == 1 || Self.isThatFile(words)
        case "files": Self.files(words) != nil
        case "numbers": Self.numbers(words).map { $0.count > 1 } ?? false
        default: true
        }
    }

    /// "that file", "the same file": more than one word for one file.
    private static func isThatFile(_ words: ArraySlice<ReflexText.Word>) -> Bool {
        words.last?.lowercased == "file"
            && words.dropLast().allSatisfy { ["the", "this", "that", "same"].contains($0.lowercased) }
    }

    /// Two numbers joined by a dash, as in "lines 3-7".
    static func span(_ text: String) -> (from: Int, to: Int)? {
        guard text.utf8.count <= 41 else { return nil }
        let halves = text.split(whereSeparator: { $0 == "-" || $0 == "\u{2013}" })
        guard halves.count == 2, let from = Int(halves[0]), let to = Int(halves[1]) else { return nil }
        return (from, to)
    }

    /// The files of a list such as "a.txt, b.txt and c.txt"; nil when words stand side by side that nothing joins.
    static func files(_ words: ArraySlice<ReflexText.Word>) -> [ReflexText.Word]? {
        var files: [ReflexText.Word] = []
        var isJoined = true
        var words = words
        while let word = words.popFirst() {
            if [",", "and", "&"].contains(word.lowercased) {
                isJoined = true
            } else if isJoined, ["the", "file"].contains(word.lowercased), let next = words.first, !next.isJoint {
                continue
            } else if isJoined, ["this", "that", "same"].contains(word.lowercased), words.first?.lowercased == "file" {
                words.removeFirst()
                files.append(word)
                isJoined = false
            } else if isJoined {
                files.append(word)
                isJoined = false
            } else {
                return nil
            }
        }
        return isJoined ? nil : files
    }

    private static let references: Set<String> = [
        "result", "results", "number", "it", "that", "output", "sum", "answer", "count",
    ]
    private static let joints: Set<String> = [
        ",", "and", "&", "+", "plus", "the", "to", "of", "line", "word", "lines", "words", "number", "numbers",
    ]

    /// The numbers of a list such as "1, 2 and the result", as words; nil when there is anything else in it.
    static func numbers(_ words: ArraySlice<ReflexText.Word>) -> [String]? {
        var numbers: [String] = []
        for (index, word) in zip(words.indices, words) {
            let follower = index + 1 < words.endIndex ? words[index + 1].text : ""
            if ReflexNumber.isDecimal(word.text) {
                numbers.append(word.text)
            } else if references.contains(word.lowercased), !ReflexNumber.isDecimal(follower) {
                // In "the number of lines" and "the number 3" another word says which.
                if follower.lowercased() == "of" { numbers.append("number") } else { numbers.append(word.lowercased) }
            } else if !joints.contains(word.lowercased) {
                // "2+40"
                let pieces = word.isQuoted ? [] : word.text.split(separator: "+")
                guard pieces.count > 1, pieces.allSatisfy({ ReflexNumber.isDecimal($0) }) else { return nil }
                numbers += pieces.map { String($0) }
            }
        }
        return numbers
    }
}

extension ReflexText.Word {
    /// Whether it joins the words around it.
    fileprivate var isJoint: Bool { [",", "and", "&"].contains(lowercased) }
}

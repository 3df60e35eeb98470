/// Matches the words of a part with a rule's pattern.
struct ReflexPattern {
    private enum Item {
        case literal(Set<String>, isOptional: Bool)
        case slot(String, isOptional: Bool)
    }

    private let items: [Item]
    /// Longer parts are matched word by word only when they are quoted; this keeps matching cheap.
    private static let maximumWords = 2000

    init(_ pattern: String) {
        items = pattern.split(separator: " ")
            .map { word in
                if word.hasPrefix("{") {
                    let name = word.dropFirst().dropLast()
                    return .slot(String(name.filter { $0 != "?" }), isOptional: name.hasSuffix("?"))
                }
                let isOptional = word.hasSuffix("?")
                return .literal(
                    Set((isOptional ? word.dropLast() : word).split(separator: "|").map(String.init)),
                    isOptional: isOptional
                )
            }
    }

    /// The words that each slot takes; nil when the part doesn't fit.
    func match(_ words: [ReflexText.Word]) -> [String: Range<Int>]? {
        guard words.count <= Self.maximumWords else { return nil }
        var failed: Set<Int> = []
        return match(words, 0, 0, &failed)
    }

    /// - Parameter failed: Places that are known to lead nowhere, so that each is tried once.
    private func match(_ words: [ReflexText.Word], _ word: Int, _ item: Int, _ failed: inout Set<Int>) -> [String:
        Range<Int>]?
    {
        guard item < items.count else { return word == words.count ? [:] : nil }
        let key = word * items.count + item
        if failed.contains(key) { return nil }
        defer { failed.insert(key) }
        switch items[item] {
        case .literal(let texts, let isOptional):
            if word < words.count, texts.contains(words[word].lowercased),
                let rest = match(words, word + 1, item + 1, &failed)
            {
                return rest
            }
            return isOptional ? match(words, word, item + 1, &failed) : nil
        case .slot(let name, let isOptional):
            // The longest first: in "write how to cook to a.txt" the last "to" counts.
            let most = Self.isSingle(name) ? min(word + 1, words.count) : words.count
            for end in stride(from: most, to: word, by: -1) {
                if let rest = match(words, end, item + 1, &failed) {
                    return rest.merging([name: word..<end]) { $1 }
                }
            }
            return isOptional ? match(words, word, item + 1, &failed) : nil
        }
    }

    private static func isSingle(_ slot: String) -> Bool { ["file", "dir", "from", "to"].contains(slot) }
}

/// A part that was understood.
struct ReflexIntent {
    let action: ReflexRule.Action
    let part: ReflexText.Part
    private let slots: [String: Range<Int>]

    /// Nil when no rule fits.
    init?(_ part: ReflexText.Part) {
        for (action, pattern) in Self.patterns {
            if let slots = pattern.match(part.words) {
                self.action = action
                self.part = part
                self.slots = slots
                return
            }
        }
        return nil
    }

    private static let patterns: [(ReflexRule.Action, ReflexPattern)] = ReflexRule.all.flatMap { rule in
        rule.patterns.map { (rule.action, ReflexPattern($0)) }
    }

    /// The words that a slot took, as they stand in the request.
    func text(_ slot: String) -> String? { slots[slot].map { part.text($0) } }

    /// Whether a slot took one quoted text, which is meant literally.
    func isQuoted(_ slot: String) -> Bool {
        slots[slot].map { $0.count == 1 && part.words[$0.lowerBound].isQuoted } ?? false
    }

    /// The words of a slot without "and" and commas.
    func list(_ slot: String) -> [String] {
        guard let range = slots[slot] else { return [] }
        return part.words[range]
            .filter { $0.isQuoted || !["and", ",", "+", "plus", "the", "file"].contains($0.lowercased) }
            .map(\.text)
    }
}

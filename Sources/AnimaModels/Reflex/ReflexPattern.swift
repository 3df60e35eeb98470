/// Matches the words of a part with a rule's pattern.
struct ReflexPattern {
    private enum Item {
        case literal(Set<String>, isOptional: Bool)
        case slot(ReflexSlot, isOptional: Bool)
    }

    private let items: [Item]
    /// Longer parts are understood only when their texts are quoted, which makes one word of each; this keeps matching cheap.
    static let maximumWords = 2000

    init(_ pattern: String) {
        items = pattern.split(separator: " ")
            .map { word in
                if word.hasPrefix("{") {
                    let name = word.dropFirst().dropLast()
                    return .slot(ReflexSlot(name: String(name.filter { $0 != "?" })), isOptional: name.hasSuffix("?"))
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
    private func match(
        _ words: [ReflexText.Word],
        _ word: Int,
        _ item: Int,
        _ failed: inout Set<Int>
    ) -> [String: Range<Int>]? {
        guard item < items.count else { return word == words.count ? [:] : nil }
        let key = word * items.count + item
        if failed.contains(key) { return nil }
        switch items[item] {
        case .literal(let texts, let isOptional):
            if word < words.count, texts.contains(words[word].lowercased),
                let rest = match(words, word + 1, item + 1, &failed)
            {
                return rest
            }
            if isOptional, let rest = match(words, word, item + 1, &failed) { return rest }
        case .slot(let slot, let isOptional):
            // The longest first: in "write how to cook to a.txt" the last "to" counts.
            let most = min(words.count, word + slot.maximumWords)
            for end in stride(from: most, to: word, by: -1) {
                if let rest = match(words, end, item + 1, &failed), slot.accepts(words[word..<end]) {
                    return rest.merging([slot.name: word..<end]) { $1 }
                }
            }
            if isOptional, let rest = match(words, word, item + 1, &failed) { return rest }
        }
        failed.insert(key)
        return nil
    }
}

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

    /// The quoted text after words that only announce it: the text "…".
    func announcedQuote(_ slot: String) -> String? {
        guard let range = slots[slot], range.count <= 3, let last = part.words[range].last, last.isQuoted else {
            return nil
        }
        let announcement = part.words[range].dropLast().map(\.lowercased)
        let nouns = ["text", "word", "words", "line", "string", "content"]
        let isOne = announcement.last.map(nouns.contains) ?? false
        return isOne && announcement.dropLast().allSatisfy { ["the", "a"].contains($0) } ? last.text : nil
    }

    /// The files of a list.
    func files(_ slot: String) -> [ReflexText.Word] {
        slots[slot].flatMap { ReflexSlot.files(part.words[$0]) } ?? []
    }

    /// The numbers to add, as words.
    var numbers: [String] { slots["numbers"].flatMap { ReflexSlot.numbers(part.words[$0]) } ?? [] }

    /// The lines that are asked for; nil when there are no such lines.
    var lines: (first: Int, last: Int, count: Int)? {
        let span = text("span").flatMap { ReflexSlot.span($0) }
        let count = text("count").flatMap { Int($0) }
        let first = count == nil ? span?.from ?? text("from").flatMap { Int($0) } : 1
        // Lines count from 1; that also keeps the difference within 64 bits.
        guard let first, first >= 1 else { return nil }
        let last = count ?? span?.to ?? text("to").flatMap { Int($0) } ?? first
        guard last >= first, last < .max else { return nil }
        return (first, last, last - first + 1)
    }
}

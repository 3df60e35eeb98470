/// Finds memories that say the same, as ``MemoryGate`` sees it, without comparing each with each.
///
/// Two texts that say the same share almost all of their words, so they also share one of the few rarest words of each.
/// Only texts with such a word in common are compared.
package struct MemoryRepeats: Hashable, Sendable {
    /// Groups of memories that say the same, each from its oldest one on, in the order of the oldest ones.
    package let groups: [[Int]]
    /// Whether all were compared that had to be.
    package let isComplete: Bool

    /// Compares texts.
    ///
    /// - Parameters:
    ///   - texts: Memories by their numbers, oldest first.
    ///   - comparisons: At most so many pairs are compared; what is left then is not looked at.
    package init(_ texts: [(id: Int, text: String)], comparisons: Int = 500_000) {
        let statements = texts.map { Statement($0.text) }
        var counts: [String: Int] = [:]
        for word in statements.lazy.flatMap(\.words) { counts[word, default: 0] += 1 }
        var byRareWord: [String: [Int]] = [:]
        var leaders = Array(texts.indices)
        var left = comparisons
        var isComplete = true
        search: for index in texts.indices {
            let statement = statements[index]
            let words = statement.words.sorted { (counts[$0] ?? 0, $0) < (counts[$1] ?? 0, $1) }
            // With at least 85 of 100 words in common, one of the rarest 15 and one more is.
            let rare = words.prefix(words.count - (words.count * 85 + 99) / 100 + 1)
            var seen: Set<Int> = []
            candidates: for word in rare {
                for other in byRareWord[word] ?? [] where seen.insert(other).inserted {
                    guard left > 0 else {
                        isComplete = false
                        break search
                    }
                    left -= 1
                    guard statements[other].saysTheSame(as: statement) else { continue }
                    leaders[index] = leaders[other]
                    break candidates
                }
            }
            for word in rare { byRareWord[word, default: []].append(index) }
        }
        let grouped = Dictionary(grouping: texts.indices) { leaders[$0] }
        groups = grouped.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
            .map { group in group.value.map { texts[$0].id } }
        self.isComplete = isComplete
    }
}

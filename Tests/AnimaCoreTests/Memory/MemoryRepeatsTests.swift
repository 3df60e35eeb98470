import AnimaCore
import Testing

@Suite("Memories that say the same")
struct MemoryRepeatsTests {
    @Test("finds what comparing each with each finds")
    func findsAll() {
        let words = ["boat", "tea", "oslo", "red", "captain", "winter", "cat", "piano"]
        var generator = SystemRandomNumberGenerator()
        var texts: [(id: Int, text: String)] = []
        for id in 1...300 {
            let count = Int.random(in: 1...4, using: &generator)
            let text = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            texts.append((id, Bool.random(using: &generator) ? text : "not " + text))
        }
        let repeats = MemoryRepeats(texts)
        #expect(repeats.isComplete)
        var same: [String: [Int]] = [:]
        for (id, text) in texts {
            let parts = text.split(separator: " ")
            let key = Set(parts).sorted().joined(separator: " ")
            same[key, default: []].append(id)
        }
        let expected = same.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
        #expect(repeats.groups == expected)
    }

    @Test("finds long texts that differ in one word, and keeps apart what differs in a number or a denial")
    func comparesNearly() {
        let long = "Ada sailed with Bob and Carol from Oslo over Bergen to Aberdeen in winter"
        let repeats = MemoryRepeats([
            (1, long), (2, "the code is 7"), (3, long + " happily"), (4, "the code is 8"), (5, "Ada likes tea"),
            (6, "Ada does not like tea"),
        ])
        #expect(repeats.groups == [[1, 3]])
    }

    @Test("stops at its bound and says so")
    func isBounded() {
        let texts = (1...100).map { (id: $0, text: "boat \($0 % 2 == 0 ? "tea" : "coffee") red") }
        let repeats = MemoryRepeats(texts, comparisons: 10)
        #expect(!repeats.isComplete)
        #expect(MemoryRepeats([]).groups.isEmpty && MemoryRepeats([]).isComplete)
    }
}

import AnimaCore
import Foundation
import Testing

@testable import MemoryEvaluation

@Suite("The evaluation of memory")
struct MemoryEvaluationTests {
    @Test func endsWithALineOfJSON() async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/sample.json")
        let output = try await MemoryEvaluation.report(on: Data(contentsOf: path), ablates: true)
        let last = try #require(output.split(separator: "\n").last)
        let result = try JSONValue(parsing: String(last))
        #expect(result["questions"] == 5)
        #expect(result["r@20"] == 1.0)
        #expect(result["categories"]?["1"]?["r@10"] == 1.0)
        #expect(result["categories"]?["5"] == nil)
        #expect(output.contains("without neighbours"))
    }

    @Test(arguments: ["", "{}", "[{}]", "[1]"])
    func refusesWhatIsNoConversation(_ text: String) async {
        await #expect(throws: (any Error).self) { try await MemoryEvaluation.report(on: Data(text.utf8)) }
    }

    @Test("of a month of talk facts are kept, and neither noise nor lies", arguments: [1, 2])
    func keepsTheRightThings(seed: UInt64) async throws {
        let result = try await MonthResult.live(seed: seed)
        #expect(result.said.values.reduce(0, +) > 1000)
        #expect(result.poison == 0 && result.poisonShown == 0)
        #expect(result.duplicates == 0 && result.stale == 0)
        #expect(Double(result.correct) >= 0.95 * Double(result.stored), "\(result.table)")
        #expect(result.repeats > 20 && result.repeatsLeft == 0 && result.staleAfter == 0, "\(result.table)")
        #expect(result.knownAfter >= result.known, "\(result.table)")
        #expect(Double(result.known) >= 0.9 * Double(result.attributes), "\(result.table)")
    }

    @Test(
        "a model that believes every page and lies about who said it makes no lie the owner's or the agent's word",
        arguments: [1]
    )
    func keepsStrangersApart(seed: UInt64) async throws {
        let result = try await GullibleMonth.live(seed: seed)
        #expect(result.pages > 100 && result.kept > 10, "\(result.table)")
        #expect(result.promoted == 0 && result.shown == 0, "\(result.table)")
        #expect(Double(result.known) >= 0.8 * Double(result.attributes), "\(result.table)")
    }
}

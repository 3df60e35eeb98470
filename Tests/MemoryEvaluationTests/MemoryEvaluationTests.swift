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
}

import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Answers without an end")
struct ReplyReceiverTests {
    @Test func refusesAnAnswerThatGrowsWithoutEnd() throws {
        let format = ChatCompletions(options: ModelOptions(model: "m"), isOpenAI: false)
        let receiver = ReplyReceiver(format.decoder { _ in }, limit: 3_000_000)
        try receiver.receive(HTTPHead(status: 200, headers: []))
        let comment = Array(": still there\n\n".utf8) + [UInt8](repeating: UInt8(ascii: ":"), count: 1_000_000)
        try comment.withUnsafeBytes { try receiver.receive($0) }
        try comment.withUnsafeBytes { try receiver.receive($0) }
        let error = #expect(throws: WireError.self) { try comment.withUnsafeBytes { try receiver.receive($0) } }
        #expect(error?.message == "the answer is larger than 2 MiB")
    }
}

import AnimaCore
import AnimaTesting
import Foundation
import Testing

@testable import AnimaModels

@Suite("Cassettes")
struct CassetteTests {
    private static let key = "secret-key-123"

    private static func description(_ change: (inout ModelDescription) -> Void = { _ in }) -> ModelDescription {
        var description = ModelDescription(provider: .openai, name: "m")
        description.key = Secret(key)
        change(&description)
        return description
    }

    /// What a cassette holds after requests were answered.
    private static func record(
        _ subject: ModelDescription,
        _ answers: ScriptedTransport.Answer...
    ) async throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).jsonl").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        for answer in answers {
            let recorder = try CassetteRecorder(path: path)
            let transport = RecordingTransport(
                inner: ScriptedTransport(answer),
                recorder: recorder,
                subject: subject,
                baseURL: subject.address
            )
            _ = try? await subject.httpModel(transport: transport, clock: ManualClock())
                .respond(to: try request()) { _ in }
        }
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    private static func request() throws -> ModelRequest {
        ModelRequest(instructions: "The key is \(key).", turns: [try Conversations.turn(1, "Hi", end: nil)])
    }

    private static func play(_ text: String) throws -> CassetteModel {
        try CassetteModel(path: "tapes/one.jsonl", text: text, clock: ManualClock())
    }

    private static let stream = [
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel", "lo.\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    ]

    @Test("play what was recorded, piece by piece")
    func replay() async throws {
        let answer = ScriptedTransport.Answer(200, Self.stream[0], Self.stream[1], Self.stream[2])
        let text = try await Self.record(Self.description(), answer)
        let deltas = DeltaLog()
        let model = try Self.play(text)
        let reply = try await model.respond(to: try Self.request()) { deltas.add($0) }
        #expect(reply.text == "Hello.")
        #expect(deltas.text == "Hello.")
        #expect(model.name == "cassette/one.jsonl")
    }

    @Test("hold no key: not in headers, bodies or answers, however these were cut")
    func areClean() async throws {
        let answers = [
            ScriptedTransport.Answer(401, "{\"error\":\"Wrong: \(Self.key)\"}", headers: [("x-key", Self.key)]),
            ScriptedTransport.Answer(401, "{\"error\":\"Wrong: secret-", "key-123\"}"),
        ]
        for answer in answers {
            let text = try await Self.record(Self.description(), answer)
            #expect(!text.contains("secret-"), "\(text)")
            #expect(!text.contains("key-123"))
            #expect(text.contains("(secret)"))
            #expect(!text.contains("authorization"))
        }
    }

    @Test("hold no key beside a character that was cut in two")
    func areCleanWhenCut() async throws {
        var answer = ScriptedTransport.Answer(401)
        let body = Array("{\"error\":\"\(Self.key) é\"}".utf8)
        let cut = try #require(body.firstIndex(of: 0xC3)) + 1
        answer.pieces = [Array(body[..<cut]), Array(body[cut...])]
        let text = try await Self.record(Self.description(), answer)
        let model = try Self.play(text)
        let error = await #expect(throws: ModelError.self) { try await model.respond(to: try Self.request()) { _ in } }
        #expect(error?.message.contains("(secret) é") == true)
    }

    @Test("keep bytes that are no text")
    func keepBytes() throws {
        var exchange = Cassette.Exchange(subject: Self.description(), method: "POST", path: "/x", body: nil)
        exchange.pieces = [[0xE6, 0x9D], [0xB1], [0xFF]]
        #expect(try Cassette.Exchange(line: exchange.line(without: Secret(Self.key))).pieces == exchange.pieces)
    }

    @Test("play failures as they were")
    func replayFailures() async throws {
        let slow = ScriptedTransport.Answer(429, "{\"error\":\"slow down\"}", headers: [("retry-after", "3")])
        let slowTape = try Self.play(try await Self.record(Self.description(), slow))
        let slowness = await #expect(throws: ModelError.self) {
            try await slowTape.respond(to: try Self.request()) { _ in }
        }
        #expect(slowness?.code == .rateLimited)
        #expect(slowness?.retryAfter == .seconds(3))

        var cut = ScriptedTransport.Answer(200, Self.stream[0])
        cut.failure = TransportError(kind: .cut, message: "the connection ended")
        let cutTape = try Self.play(try await Self.record(Self.description(), cut))
        let cutting = await #expect(throws: ModelError.self) {
            try await cutTape.respond(to: try Self.request()) { _ in }
        }
        #expect(cutting?.code == .unavailable)
        #expect(cutting?.message.contains("the connection ended") == true)
    }

    @Test(
        "are played as the kind of model that was recorded",
        arguments: [
            (.ollama, .chat, "{\"message\":{\"content\":\"Hi\"},\"done\":true}\n"),
            (
                .anthropic, .chat,
                "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Hi\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n"
            ),
            (
                .openai, .responses,
                "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}]}}\n\n"
            ),
        ] as [(ModelDescription.Provider, ModelDescription.Style, String)]
    )
    func replayAllKinds(
        _ provider: ModelDescription.Provider,
        _ style: ModelDescription.Style,
        _ body: String
    ) async throws {
        var subject = ModelDescription(provider: provider, name: "m")
        subject.style = style
        let model = try Self.play(try await Self.record(subject, ScriptedTransport.Answer(200, body)))
        #expect(try await model.respond(to: try Self.request()) { _ in }.text == "Hi")
    }

    @Test("find the calls in the text of a model that was told of tools in text")
    func replayTextTools() async throws {
        let call = "<tool_call>{\\\"name\\\":\\\"add\\\",\\\"arguments\\\":{}}</tool_call>"
        let body = "data: {\"choices\":[{\"delta\":{\"content\":\"\(call)\"},\"finish_reason\":\"stop\"}]}\n\n"
        let subject = Self.description { $0.tools = .text }
        let model = try Self.play(try await Self.record(subject, ScriptedTransport.Answer(200, body)))
        var request = try Self.request()
        request.tools = [Conversations.add]
        let reply = try await model.respond(to: request) { _ in }
        #expect(reply.calls.map(\.tool) == ["add"])
        #expect(reply.text == "")
    }

    @Test("say when they are at their end, and when another path is asked than was recorded")
    func tellOfMismatches() async throws {
        let text = try await Self.record(Self.description(), ScriptedTransport.Answer(200, Self.stream.joined()))
        let model = try Self.play(text)
        _ = try await model.respond(to: try Self.request()) { _ in }
        let atEnd = await #expect(throws: ModelError.self) { try await model.respond(to: try Self.request()) { _ in } }
        #expect(atEnd?.code == .invalidRequest)
        #expect(atEnd?.message.contains("at its end after 1 exchanges") == true)

        let other = try Self.play(text.split(separator: "/chat/completions").joined(separator: "/other"))
        let mismatch = await #expect(throws: ModelError.self) {
            try await other.respond(to: try Self.request()) { _ in }
        }
        #expect(mismatch?.code == .invalidRequest)
        #expect(mismatch?.message.contains("the recorded exchange was with /other") == true)
    }

    @Test(
        "that are none are refused",
        arguments: [
            ("", "is no cassette"), ("{\"cassette\":2}\n", "is no cassette"), ("not JSON", "is no cassette"),
            ("{\"cassette\":1}\n{\"as\":1}\n", "tapes/one.jsonl:2"),
            ("{\"cassette\":1}\n{\"as\":\n", "tapes/one.jsonl:2"),
        ]
    )
    func refuseOthers(_ text: String, _ says: String) {
        let error = #expect(throws: ModelSetupError.self) { try Self.play(text) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test("are not written over")
    func areNotOverwritten() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).jsonl").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try CassetteRecorder(path: path)
        let error = #expect(throws: ModelSetupError.self) { _ = try CassetteRecorder(path: path) }
        #expect(error?.message.contains("there already") == true)
    }
}

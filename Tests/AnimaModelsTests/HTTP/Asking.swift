import AnimaCore
import AnimaModels
import AnimaTesting
import Synchronization
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Asks models over HTTP, and looks at what comes of it.
enum Asking {
    static let key = "sk-test-0123456789abcdef"
    /// Tue, 14 Nov 2023 22:13:20 GMT.
    static let now = Instant(microseconds: 1_700_000_000_000_000)

    /// Long enough not to be met by chance on a busy machine.
    static var patient: HTTPTimeouts { timeouts() }

    static func timeouts(
        connect: Duration = .seconds(20),
        firstByte: Duration = .seconds(20),
        idle: Duration = .seconds(20)
    ) -> HTTPTimeouts {
        var timeouts = HTTPTimeouts()
        timeouts.connect = connect
        timeouts.firstByte = firstByte
        timeouts.idle = idle
        return timeouts
    }

    static func model(
        at address: String,
        provider: ModelDescription.Provider = .openai,
        style: ModelDescription.Style = .chat,
        timeouts: HTTPTimeouts = patient,
        environment: [String: String] = [:]
    ) throws -> any ModelProvider {
        var description = ModelDescription(provider: provider, name: "m-1")
        description.baseURL = address
        description.key = Secret(key)
        description.style = style
        description.timeouts = timeouts
        return try ModelHub(clock: ManualClock(at: now), environment: environment).model(description)
    }

    static func request(_ text: String = "hello") throws -> ModelRequest {
        let envelope = Envelope(id: try EnvelopeID("e"), text: text, sentAt: now)
        return ModelRequest(turns: [TranscriptTurn(id: TurnID(1), input: envelope)])
    }

    static func reply(
        of model: any ModelProvider,
        sink: @escaping @Sendable (ModelDelta) -> Void = { _ in }
    ) async throws -> ModelReply {
        try await model.respond(to: request(), sink: sink)
    }

    /// How a model fails; what is said about it never holds the key.
    static func failure(
        of model: any ModelProvider,
        sink: @escaping @Sendable (ModelDelta) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ModelError {
        let error = try await #require(throws: ModelError.self, sourceLocation: sourceLocation) {
            try await reply(of: model, sink: sink)
        }
        var dumped = ""
        dump(error, to: &dumped)
        #expect(!"\(error) \(error.message) \(dumped)".contains(key), sourceLocation: sourceLocation)
        return error
    }

    /// The pieces of a streamed answer.
    static func pieces(_ texts: [String]) -> [String] {
        texts.map { JSONValue.object(["choices": [["index": 0, "delta": ["content": .string($0)]]]]).text }
    }

    /// A streamed answer, whole.
    static func answer(_ texts: String...) -> [ScriptedServer.Step] {
        let last = """
            {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}
            """
        return ScriptedServer.events(pieces(texts) + [last, "[DONE]"]) + [.end]
    }

    /// The beginning of a streamed answer.
    static func beginning(_ texts: String...) -> [ScriptedServer.Step] { ScriptedServer.events(pieces(texts)) }

    /// Runs a body against a server, and stops the server afterwards.
    static func with<Result>(
        _ server: ScriptedServer,
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Runs a body with a file that holds the certificate of secure servers.
    static func withCertificateFile<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "anima-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "certificate.pem")
        try Data(ScriptedServer.certificate.utf8).write(to: file)
        return try await body(file.path)
    }
}

/// The text that was streamed so far, and a door that opens with its first piece.
final class Heard: Sendable {
    private let state = Mutex("")
    let first = Door()

    var text: String { state.withLock { $0 } }

    @Sendable
    func sink(_ delta: ModelDelta) {
        guard case .text(let text) = delta else { return }
        state.withLock { $0 += text }
        first.open()
    }
}

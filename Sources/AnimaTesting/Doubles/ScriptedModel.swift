public import AnimaCore
import Synchronization

/// A model that says what its script says, whatever it is asked.
public final class ScriptedModel: ModelProvider {
    /// One answer of the script.
    public enum Line: Sendable {
        /// A whole reply; its text is streamed in pieces.
        case reply(ModelReply)
        /// A failure, after some text was streamed.
        case failure(ModelError, afterText: String = "")
        /// Streams a text, then waits at a door, then replies; ends when cancelled.
        case waiting(Door, afterText: String, ModelReply)
        /// Decides by the request.
        case deciding(@Sendable (ModelRequest) -> ModelReply)

        /// Says a text.
        public static func says(_ text: String) -> Line { .reply(ModelReply(text: text)) }

        /// Asks for tool calls.
        public static func calls(_ calls: (tool: String, arguments: JSONValue)...) -> Line {
            .reply(ModelReply(text: "", calls: calls.map { .init(tool: $0.tool, arguments: $0.arguments) }))
        }
    }

    public let name: String
    public let facts: ModelFacts
    private let state: Mutex<(lines: [Line], requests: [ModelRequest])>
    private let isEndless: Bool

    /// A model with a script.
    ///
    /// - Parameter isEndless: Whether the last line is repeated for ever; else asking more is an error.
    public init(_ lines: [Line], name: String = "scripted", facts: ModelFacts = ModelFacts(), isEndless: Bool = false) {
        self.name = name
        self.facts = facts
        self.isEndless = isEndless
        state = Mutex((lines, []))
    }

    /// What it was asked, in order.
    public var requests: [ModelRequest] { state.withLock { $0.requests } }

    public func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        let line = state.withLock { state -> Line? in
            state.requests.append(request)
            guard let line = state.lines.first else { return nil }
            if !isEndless || state.lines.count > 1 { state.lines.removeFirst() }
            return line
        }
        switch line {
        case nil: throw ModelError(code: .invalidRequest, message: "the script is at its end")
        case .reply(let reply):
            Self.stream(reply.text, to: sink)
            return reply
        case .failure(let error, let text):
            Self.stream(text, to: sink)
            throw error
        case .waiting(let door, let text, let reply):
            Self.stream(text, to: sink)
            await door.pass()
            try Task.checkCancellation()
            return reply
        case .deciding(let decide):
            let reply = decide(request)
            Self.stream(reply.text, to: sink)
            return reply
        }
    }

    private static func stream(_ text: String, to sink: (ModelDelta) -> Void) {
        var rest = text[...]
        while !rest.isEmpty {
            sink(.text(String(rest.prefix(4))))
            rest = rest.dropFirst(4)
        }
    }
}

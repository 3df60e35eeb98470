/// A language model: a request in, a stream of events and one reply out.
public protocol ModelProvider: Sendable {
    /// How logs and events name it: `reflex`, `anthropic/claude-…`.
    var name: String { get }

    /// Asks the model once; no retries here.
    ///
    /// - Parameters:
    ///   - request: What the model sees.
    ///   - sink: Takes the parts of the reply as they come, in order; never blocks. What it took adds up to the reply.
    /// - Throws: ``ModelError``; `CancellationError` when the task is cancelled.
    @concurrent func respond(
        to request: ModelRequest,
        sink: @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply
}

/// A part of a reply while it streams.
public enum ModelDelta: Hashable, Sendable {
    /// More of the answer's text.
    case text(String)
    /// More of the model's reasoning.
    case reasoning(String)
}

/// What a model sees: a stable prefix (instructions, tools), then turns, the last of which may be open.
public struct ModelRequest: Hashable, Sendable {
    /// Who the agent is and how it works; does not change during a conversation.
    public var instructions: String
    /// The tools it may call, in a fixed order.
    public var tools: [ToolSpec]
    /// The conversation, oldest first; the last turn is the one to answer.
    public var turns: [TranscriptTurn]
    /// The most tokens the reply may have; nil leaves it to the model.
    public var maxOutputTokens: Int?

    /// Makes a request.
    public init(
        instructions: String = "",
        tools: [ToolSpec] = [],
        turns: [TranscriptTurn],
        maxOutputTokens: Int? = nil
    ) {
        self.instructions = instructions
        self.tools = tools
        self.turns = turns
        self.maxOutputTokens = maxOutputTokens
    }
}

/// One whole reply.
public struct ModelReply: Hashable, Sendable, Codable {
    /// One tool call as the model asked for it.
    public struct Call: Hashable, Sendable, Codable {
        /// The tool's name, which may not exist.
        public let tool: String
        /// The arguments, not validated yet.
        public let arguments: JSONValue
        /// The provider's own id of the call, to be repeated to it with the result.
        public let providerID: String?

        /// Makes a call.
        public init(tool: String, arguments: JSONValue, providerID: String? = nil) {
            self.tool = tool
            self.arguments = arguments
            self.providerID = providerID
        }
    }

    /// Why a reply ended.
    public enum Stop: String, Hashable, Sendable, Codable {
        /// The model had said everything.
        case end
        /// It waits for the results of its tool calls.
        case toolUse
        /// It reached the most tokens a reply may have.
        case length
        /// The provider's filter ended it.
        case filtered
    }

    /// The text; the answer when there are no calls.
    public var text: String
    /// What the model thought, when it shows it.
    public var reasoning: String?
    /// The tool calls, in the model's order.
    public var calls: [Call]
    /// Why it ended.
    public var stop: Stop
    /// What it cost.
    public var usage: Usage

    /// Makes a reply.
    public init(
        text: String,
        reasoning: String? = nil,
        calls: [Call] = [],
        stop: Stop? = nil,
        usage: Usage = Usage()
    ) {
        self.text = text
        self.reasoning = reasoning
        self.calls = calls
        self.stop = stop ?? (calls.isEmpty ? .end : .toolUse)
        self.usage = usage
    }
}

/// A model call that failed.
public struct ModelError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// What kind of failure it was; coarse, so that the retry policy can decide by it.
    public enum Code: String, Hashable, Sendable, Codable {
        /// Not reachable, connection lost, overloaded, server error: trying again may help.
        case unavailable
        /// Too many requests: trying again later helps.
        case rateLimited
        /// No complete answer within the time: trying again may help.
        case timeout
        /// The key is missing, wrong or without rights: only the owner can help.
        case unauthorized
        /// The provider refused the request: trying the same again does not help.
        case invalidRequest
        /// The conversation is longer than the model's window.
        case contextOverflow
        /// The provider's answer could not be understood: trying again may help.
        case invalidReply
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, on what, and what to do.
    public let message: String
    /// How long the provider asks to wait, in milliseconds.
    public let retryAfterMilliseconds: Int?

    /// Makes an error.
    public init(code: Code, message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        retryAfterMilliseconds = retryAfter.map { Int($0.microseconds / 1000) }
    }

    /// How long the provider asks to wait.
    public var retryAfter: Duration? { retryAfterMilliseconds.map { .milliseconds($0) } }

    /// Whether the same request may succeed later.
    public var isTransient: Bool {
        switch code {
        case .unavailable, .rateLimited, .timeout, .invalidReply: true
        case .unauthorized, .invalidRequest, .contextOverflow: false
        }
    }

    public var description: String { message }
}

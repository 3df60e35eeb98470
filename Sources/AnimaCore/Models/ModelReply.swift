/// One whole reply.
public struct ModelReply: Hashable, Sendable, Codable {
    /// One tool call as the model asked for it.
    public struct Call: Hashable, Sendable, Codable {
        /// The tool's name, which may not exist.
        public let tool: String
        /// The arguments, not validated yet; the text as it came when it was not JSON.
        public let arguments: JSONValue
        /// The provider's own id of the call, to be repeated to it with the result.
        public let providerID: String?
        /// Why the call can't be read, for the model; nil for a call that can.
        public let problem: String?

        /// Makes a call.
        public init(tool: String, arguments: JSONValue, providerID: String? = nil, problem: String? = nil) {
            self.tool = tool
            self.arguments = arguments
            self.providerID = providerID
            self.problem = problem
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
        /// The provider's filter ended it, or the model refused.
        case filtered
    }

    /// The text; the answer when there are no calls.
    public var text: String
    /// What the model thought, when it shows it.
    public var reasoning: String?
    /// What the provider wants to get back unchanged with the reply, such as signed reasoning; nil for most.
    public var keepsake: ModelKeepsake?
    /// The tool calls, in the model's order.
    public var calls: [Call]
    /// Why it ended.
    public var stop: Stop
    /// What it cost.
    public var usage: Usage
    /// What the owner should know although the call succeeded, for example that the prompt was cut.
    public var notices: [String]

    /// Makes a reply.
    public init(
        text: String,
        reasoning: String? = nil,
        keepsake: ModelKeepsake? = nil,
        calls: [Call] = [],
        stop: Stop? = nil,
        usage: Usage = Usage(),
        notices: [String] = []
    ) {
        self.text = text
        self.reasoning = reasoning
        self.keepsake = keepsake
        self.calls = calls
        self.stop = stop ?? (calls.isEmpty ? .end : .toolUse)
        self.usage = usage
        self.notices = notices
    }
}

/// Parts of a reply that only its provider understands and wants back with the conversation.
///
/// Signed or encrypted reasoning, for example: without it a provider refuses the next step or thinks anew.
public struct ModelKeepsake: Hashable, Sendable, Codable {
    /// Who understands it: the wire format and model, for example `anthropic/claude-…`.
    public let origin: String
    /// The parts as they came, in order.
    public let parts: [JSONValue]

    /// Keeps parts.
    public init(origin: String, parts: [JSONValue]) {
        self.origin = origin
        self.parts = parts
    }

    /// The parts, when this is who understands them; nobody else gets to see them.
    public func parts(for origin: String) -> [JSONValue]? { origin == self.origin ? parts : nil }
}

extension Fact {
    /// What `life.began` carries.
    public struct LifeBegan: Hashable, Sendable, Codable {
        /// The identity of the life from here on.
        public let life: LifeID
        /// The version of the program that began it.
        public let program: String
        /// The life that it was copied from.
        public let parent: LifeID?

        /// Makes the payload.
        public init(life: LifeID, program: String, parent: LifeID? = nil) {
            self.life = life
            self.program = program
            self.parent = parent
        }
    }

    /// What `agent.configured` carries.
    public struct AgentConfigured: Hashable, Sendable, Codable {
        /// What the agent may do from here on.
        public let policy: AgentPolicy
        /// The model's name.
        public let model: String

        /// Makes the payload.
        public init(policy: AgentPolicy, model: String) {
            self.policy = policy
            self.model = model
        }
    }

    /// What `agent.woke` carries.
    public struct AgentWoke: Hashable, Sendable, Codable {
        /// The version of the program that took over.
        public let program: String
        /// The turns that were open.
        public let openTurns: [TurnID]

        /// Makes the payload.
        public init(program: String, openTurns: [TurnID]) {
            self.program = program
            self.openTurns = openTurns
        }
    }

    /// What `envelope.accepted` carries.
    public struct EnvelopeAccepted: Hashable, Sendable, Codable {
        /// What was taken.
        public let envelope: Envelope

        /// Makes the payload.
        public init(envelope: Envelope) { self.envelope = envelope }
    }

    /// What `turn.opened` carries.
    public struct TurnOpened: Hashable, Sendable, Codable {
        /// What the turn answers.
        public let envelope: EnvelopeID

        /// Makes the payload.
        public init(envelope: EnvelopeID) { self.envelope = envelope }
    }

    /// What `model.replied` carries.
    public struct ModelReplied: Hashable, Sendable, Codable {
        /// One call of the reply, as decided about.
        public struct Call: Hashable, Sendable, Codable {
            /// Its place in the life.
            public let id: ToolCallID
            /// The tool's name as the model gave it.
            public let tool: String
            /// The arguments, coerced to the schema when they fit it.
            public let arguments: JSONValue
            /// The provider's own id of the call.
            public let providerID: String?
            /// What was decided.
            public let verdict: ToolCall.Verdict
            /// What may happen to it after a crash.
            public let replay: Replay
            /// Whether it runs alone.
            public let isExclusive: Bool

            /// Makes a call.
            public init(
                id: ToolCallID,
                tool: String,
                arguments: JSONValue,
                providerID: String?,
                verdict: ToolCall.Verdict,
                replay: Replay,
                isExclusive: Bool
            ) {
                self.id = id
                self.tool = tool
                self.arguments = arguments
                self.providerID = providerID
                self.verdict = verdict
                self.replay = replay
                self.isExclusive = isExclusive
            }
        }

        /// The model's name.
        public let model: String
        /// What it said.
        public let text: String
        /// What it thought, when it shows it.
        public let reasoning: String?
        /// The tool calls.
        public let calls: [Call]
        /// Why the reply ended.
        public let stop: ModelReply.Stop
        /// What it cost.
        public let usage: Usage
        /// Which try it was, from 1.
        public let attempt: Int
        /// How long it took, in milliseconds.
        public let milliseconds: Int

        /// Makes the payload.
        public init(
            model: String,
            text: String,
            reasoning: String? = nil,
            calls: [Call] = [],
            stop: ModelReply.Stop,
            usage: Usage = Usage(),
            attempt: Int = 1,
            milliseconds: Int = 0
        ) {
            self.model = model
            self.text = text
            self.reasoning = reasoning
            self.calls = calls
            self.stop = stop
            self.usage = usage
            self.attempt = attempt
            self.milliseconds = milliseconds
        }
    }

    /// What `model.failed` carries.
    public struct ModelFailed: Hashable, Sendable, Codable {
        /// The model's name.
        public let model: String
        /// What went wrong.
        public let error: ModelError
        /// Which try it was, from 1.
        public let attempt: Int
        /// When it is tried again; nil when it is not.
        public let retryAt: Instant?

        /// Makes the payload.
        public init(model: String, error: ModelError, attempt: Int, retryAt: Instant?) {
            self.model = model
            self.error = error
            self.attempt = attempt
            self.retryAt = retryAt
        }
    }

    /// What `tool.started` carries.
    public struct ToolStarted: Hashable, Sendable, Codable {
        /// The call.
        public let call: ToolCallID
        /// The tool's name.
        public let tool: String
        /// Which try it is, from 1.
        public let attempt: Int

        /// Makes the payload.
        public init(call: ToolCallID, tool: String, attempt: Int) {
            self.call = call
            self.tool = tool
            self.attempt = attempt
        }
    }

    /// What `tool.finished` carries.
    public struct ToolFinished: Hashable, Sendable, Codable {
        /// The call.
        public let call: ToolCallID
        /// The tool's name.
        public let tool: String
        /// Its one result.
        public let result: ToolResult
        /// How long it took, in milliseconds.
        public let milliseconds: Int

        /// Makes the payload.
        public init(call: ToolCallID, tool: String, result: ToolResult, milliseconds: Int = 0) {
            self.call = call
            self.tool = tool
            self.result = result
            self.milliseconds = milliseconds
        }
    }

    /// What `turn.closing` carries.
    public struct TurnClosing: Hashable, Sendable, Codable {
        /// How the turn is to end.
        public let end: TurnEnd
        /// What the model had said of a reply that was cut short.
        public let partialText: String?

        /// Makes the payload.
        public init(end: TurnEnd, partialText: String? = nil) {
            self.end = end
            self.partialText = partialText
        }
    }

    /// What `turn.ended` carries.
    public struct TurnEnded: Hashable, Sendable, Codable {
        /// How it ended.
        public let end: TurnEnd
        /// The answer, or what there was of one.
        public let text: String
        /// The number of steps.
        public let steps: Int
        /// What its model calls cost.
        public let usage: Usage

        /// Makes the payload.
        public init(end: TurnEnd, text: String, steps: Int, usage: Usage) {
            self.end = end
            self.text = text
            self.steps = steps
            self.usage = usage
        }
    }

    /// What `memory.stored` carries.
    public struct MemoryStored: Hashable, Sendable, Codable {
        /// What is remembered.
        public let text: String
        /// The trust of the text.
        public let trust: Trust
        /// The tool call that stored it.
        public let call: ToolCallID?

        /// Makes the payload.
        public init(text: String, trust: Trust, call: ToolCallID? = nil) {
            self.text = text
            self.trust = trust
            self.call = call
        }
    }
}

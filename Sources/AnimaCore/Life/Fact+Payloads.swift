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
        public var policy: AgentPolicy { shared.value }
        /// The models' names, in the order in which they are tried.
        public let models: [String]
        let shared: Shared<AgentPolicy>

        private enum CodingKeys: String, CodingKey {
            case models
            case shared = "policy"
        }

        /// Makes the payload; agents that are given the same one share its policy in memory.
        public init(policy: AgentPolicy, models: [String]) {
            shared = Shared(policy)
            self.models = models
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

    /// What `envelope.joined` carries.
    public struct EnvelopeJoined: Hashable, Sendable, Codable {
        /// Which one.
        public let envelope: EnvelopeID

        /// Makes the payload.
        public init(envelope: EnvelopeID) { self.envelope = envelope }
    }

    /// What `envelope.dropped` carries.
    public struct EnvelopeDropped: Hashable, Sendable, Codable {
        /// Which one.
        public let envelope: EnvelopeID
        /// Who took it out.
        public let by: String

        /// Makes the payload.
        public init(envelope: EnvelopeID, by: String) {
            self.envelope = envelope
            self.by = by
        }
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
        /// What its provider wants back unchanged.
        public let keepsake: ModelKeepsake?
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
        /// What the owner should know although the call succeeded; nil for nothing.
        public let notices: [String]?
        /// Where untrusted text that the model saw comes from; nil when it saw none.
        public let untrusted: String?
        /// The memories that came to mind before it, best first; nil when none was looked for.
        public let recalled: [Recalled]?

        /// A memory that came to mind.
        public struct Recalled: Hashable, Sendable, Codable {
            /// Its number.
            public let memory: Int
            /// How much of the message it covers, in percent.
            public let relevance: Int

            /// Names a memory.
            public init(memory: Int, relevance: Int) {
                self.memory = memory
                self.relevance = relevance
            }
        }

        /// Makes the payload.
        public init(
            model: String,
            text: String,
            reasoning: String? = nil,
            keepsake: ModelKeepsake? = nil,
            calls: [Call] = [],
            stop: ModelReply.Stop,
            usage: Usage = Usage(),
            attempt: Int = 1,
            milliseconds: Int = 0,
            notices: [String] = [],
            untrusted: String? = nil,
            recalled: [Recalled]? = nil
        ) {
            self.model = model
            self.text = text
            self.reasoning = reasoning
            self.keepsake = keepsake
            self.notices = notices.isEmpty ? nil : notices
            self.untrusted = untrusted
            self.calls = calls
            self.stop = stop
            self.usage = usage
            self.attempt = attempt
            self.milliseconds = milliseconds
            self.recalled = recalled
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
        /// What is done about it.
        public let next: Next

        /// Makes the payload.
        public init(model: String, error: ModelError, attempt: Int, next: Next) {
            self.model = model
            self.error = error
            self.attempt = attempt
            self.next = next
        }

        /// When a model is asked again; nil when none is, or at once.
        public var retryAt: Instant? {
            switch next {
            case .retry(let moment), .park(let moment): moment
            case .fallback, .compact, .giveUp: nil
            }
        }

        /// What is done about a failed model call.
        public enum Next: Hashable, Sendable {
            /// The same model is asked again at this moment.
            case retry(at: Instant)
            /// The next model of the agent is asked at once.
            case fallback(model: String)
            /// The same model is asked again at once, with a shorter request.
            case compact
            /// Nobody answers: the turn waits until this moment, then all models are tried again.
            case park(until: Instant)
            /// No model is asked again; the turn ends.
            case giveUp
        }
    }

    /// What `approval.asked` carries.
    public struct ApprovalAsked: Hashable, Sendable, Codable {
        /// The call in question.
        public let call: ToolCallID
        /// The tool's name.
        public let tool: String
        /// What it would run in, besides its arguments.
        public let circumstances: [String: String]
        /// Without an answer the call is denied at this moment.
        public let expiresAt: Instant

        /// Makes the payload.
        public init(call: ToolCallID, tool: String, circumstances: [String: String], expiresAt: Instant) {
            self.call = call
            self.tool = tool
            self.circumstances = circumstances
            self.expiresAt = expiresAt
        }
    }

    /// What `approval.decided` carries.
    public struct ApprovalDecided: Hashable, Sendable, Codable {
        /// The call in question.
        public let call: ToolCallID
        /// The answer.
        public let decision: Approval.Decision
        /// Who gave it.
        public let by: String
        /// Why, for the model.
        public let because: String?
        /// The rule that holds from now on, when the owner wants one.
        public let always: Gate.Rule?

        /// Makes the payload.
        public init(
            call: ToolCallID,
            decision: Approval.Decision,
            by: String,
            because: String? = nil,
            always: Gate.Rule? = nil
        ) {
            self.call = call
            self.decision = decision
            self.by = by
            self.because = because
            self.always = always
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

    /// What `tool.waiting` carries.
    public struct ToolWaiting: Hashable, Sendable, Codable {
        /// The call.
        public let call: ToolCallID
        /// The tool's name.
        public let tool: String
        /// The envelope whose answer is its result.
        public let envelope: EnvelopeID
        /// Who is to answer.
        public let from: AgentID
        /// When it is waited for no longer.
        public let until: Instant

        /// Makes the payload.
        public init(call: ToolCallID, tool: String, envelope: EnvelopeID, from: AgentID, until: Instant) {
            self.call = call
            self.tool = tool
            self.envelope = envelope
            self.from = from
            self.until = until
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
        /// What it changed of files, in the order in which it happened; nil for nothing.
        public let changes: [FileChange]?

        /// Makes the payload.
        public init(
            call: ToolCallID,
            tool: String,
            result: ToolResult,
            milliseconds: Int = 0,
            changes: [FileChange] = []
        ) {
            self.call = call
            self.tool = tool
            self.result = result
            self.milliseconds = milliseconds
            self.changes = changes.isEmpty ? nil : changes
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
        /// What sort of thing it is; nil for a fact.
        public let kind: Memory.Kind?
        /// Whom or what it is about, in a few words.
        public let subject: String?
        /// How much it matters, 1 to 10; nil for ``Memory/ordinaryImportance``.
        public let importance: Int?
        /// Who said it, as ``Episode/speaker``.
        public let speaker: String?
        /// The number of the event that it was drawn from.
        public let source: Int?
        /// The time that it speaks of.
        public let about: TimeSpan?
        /// The memories that it takes the place of; nil for none.
        public let supersedes: [Int]?
        /// When the oldest memory was learned that it was merged from; nil for one that was learned with this event.
        public let learned: Instant?

        /// Makes the payload; an importance outside of 1 to 10 is brought into it.
        public init(
            text: String,
            trust: Trust,
            call: ToolCallID? = nil,
            kind: Memory.Kind = .fact,
            subject: String? = nil,
            importance: Int = Memory.ordinaryImportance,
            speaker: String? = nil,
            source: Int? = nil,
            about: TimeSpan? = nil,
            supersedes: [Int] = [],
            learned: Instant? = nil
        ) {
            self.text = text
            self.trust = trust
            self.call = call
            self.kind = kind == .fact ? nil : kind
            self.subject = subject
            let bounded = min(max(importance, 1), 10)
            self.importance = bounded == Memory.ordinaryImportance ? nil : bounded
            self.speaker = speaker
            self.source = source
            self.about = about
            self.supersedes = supersedes.isEmpty ? nil : supersedes
            self.learned = learned
        }
    }

    /// What `memory.forgotten` carries.
    public struct MemoryForgotten: Hashable, Sendable, Codable {
        /// The numbers of the memories.
        public let memories: [Int]
        /// Who had them forgotten: `owner`, or the agent's own name.
        public let by: String
        /// Why.
        public let reason: String?

        /// Makes the payload.
        public init(memories: [Int], by: String, reason: String? = nil) {
            self.memories = memories
            self.by = by
            self.reason = reason
        }
    }

    /// What `memory.learned` carries.
    public struct MemoryLearned: Hashable, Sendable, Codable {
        /// The turn.
        public let turn: TurnID
        /// Who learned: `rules`, or the model's name.
        public let by: String
        /// How many memories came of it.
        public let kept: Int
        /// What was not kept.
        public let refused: [Refused]?
        /// The model that answered, whether its answer was of use or not.
        public let model: String?
        /// What the model call cost.
        public let usage: Usage?
        /// Why no model was asked although one should be, or what was wrong with its answer.
        public let problem: String?

        /// Something that was not kept.
        public struct Refused: Hashable, Sendable, Codable {
            /// Its text; of a secret only how long it was.
            public let text: String
            /// Why.
            public let reason: MemoryGate.Refusal

            /// Names what was not kept.
            public init(text: String, reason: MemoryGate.Refusal) {
                self.text = text
                self.reason = reason
            }
        }

        /// Makes the payload.
        public init(
            turn: TurnID,
            by: String,
            kept: Int,
            refused: [Refused] = [],
            model: String? = nil,
            usage: Usage? = nil,
            problem: String? = nil
        ) {
            self.turn = turn
            self.by = by
            self.kept = kept
            self.refused = refused.isEmpty ? nil : refused
            self.model = model
            self.usage = usage
            self.problem = problem
        }
    }

    /// What `memory.consolidated` carries.
    public struct MemoryConsolidated: Hashable, Sendable, Codable {
        /// What came of several memories.
        public let merged: [Merged]
        /// Memories that this closes: old ones of little importance that never came to mind.
        public let aged: [Int]
        /// Who merged: `rules`, or the model's name.
        public let by: String
        /// What the model proposed and was not done.
        public let refused: [Refused]?
        /// The model that answered, whether its answer was of use or not.
        public let model: String?
        /// What the model call cost.
        public let usage: Usage?
        /// Why no model was asked although one should be, or what was wrong with its answer.
        public let problem: String?

        /// A memory that took the place of several.
        public struct Merged: Hashable, Sendable, Codable {
            /// Its number.
            public let memory: Int
            /// Theirs.
            public let from: [Int]

            /// Names a memory and what it was made of.
            public init(memory: Int, from: [Int]) {
                self.memory = memory
                self.from = from
            }
        }

        /// A proposal that was not followed.
        public struct Refused: Hashable, Sendable, Codable {
            /// Its text; of a secret only how long it was.
            public let text: String
            /// Why.
            public let reason: Consolidation.Refusal

            /// Names what was not done.
            public init(text: String, reason: Consolidation.Refusal) {
                self.text = text
                self.reason = reason
            }
        }

        /// Makes the payload.
        public init(
            merged: [Merged] = [],
            aged: [Int] = [],
            by: String = "rules",
            refused: [Refused] = [],
            model: String? = nil,
            usage: Usage? = nil,
            problem: String? = nil
        ) {
            self.merged = merged
            self.aged = aged
            self.by = by
            self.refused = refused.isEmpty ? nil : refused
            self.model = model
            self.usage = usage
            self.problem = problem
        }
    }

    /// What `memory.restored` carries.
    public struct MemoryRestored: Hashable, Sendable, Codable {
        /// The numbers of the memories.
        public let memories: [Int]
        /// Who had them restored: `owner`.
        public let by: String
        /// Why.
        public let reason: String?

        /// Makes the payload.
        public init(memories: [Int], by: String, reason: String? = nil) {
            self.memories = memories
            self.by = by
            self.reason = reason
        }
    }

    /// What `conversation.compacted` carries.
    public struct ConversationCompacted: Hashable, Sendable, Codable {
        /// What stands for the older turns from here on.
        public let summary: ConversationSummary
        /// Who wrote it: `rules`, or the model's name.
        public let by: String
        /// The model that answered, whether its answer was of use or not.
        public let model: String?
        /// What the model call cost.
        public let usage: Usage?
        /// What was wrong with the model's answer.
        public let problem: String?

        /// Makes the payload.
        public init(_ compaction: Compaction) {
            summary = compaction.summary
            by = compaction.by
            model = compaction.model
            usage = compaction.usage
            problem = compaction.problem
        }
    }

    /// What `block.edited` carries.
    public struct BlockEdited: Hashable, Sendable, Codable {
        /// The block's name.
        public let name: String
        /// What it says now; empty when it is gone.
        public let text: String
        /// Who wrote it: `owner`, or the agent's own name.
        public let by: String
        /// The tool call that wrote it.
        public let call: ToolCallID?

        /// Makes the payload.
        public init(name: String, text: String, by: String, call: ToolCallID? = nil) {
            self.name = name
            self.text = text
            self.by = by
            self.call = call
        }
    }

    /// What `grants.forgotten` carries.
    public struct GrantsForgotten: Hashable, Sendable, Codable {
        /// The rules.
        public let rules: [Gate.Rule]
        /// Who took them back.
        public let by: String

        /// Makes the payload.
        public init(rules: [Gate.Rule], by: String) {
            self.rules = rules
            self.by = by
        }
    }

    /// What `files.restored` carries.
    public struct FilesRestored: Hashable, Sendable, Codable {
        /// The sequence numbers of the events whose changes were taken back whole.
        public let undone: [Int]
        /// What that changed of files, in the order in which it happened; it can be taken back too.
        public let changes: [FileChange]

        /// Makes the payload.
        public init(undone: [Int], changes: [FileChange]) {
            self.undone = undone
            self.changes = changes
        }
    }
}

extension Fact.ModelFailed.Next: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind
        case at
        case model
    }

    /// The word for it: `retry`, `fallback`, `compact`, `park` or `giveUp`.
    public var name: String {
        switch self {
        case .retry: "retry"
        case .fallback: "fallback"
        case .compact: "compact"
        case .park: "park"
        case .giveUp: "giveUp"
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "retry": self = .retry(at: try container.decode(Instant.self, forKey: .at))
        case "fallback": self = .fallback(model: try container.decode(String.self, forKey: .model))
        case "compact": self = .compact
        case "park": self = .park(until: try container.decode(Instant.self, forKey: .at))
        case "giveUp": self = .giveUp
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .kind,
                in: container,
                debugDescription: "\"\(other)\" is nothing that is done about a failure"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .kind)
        switch self {
        case .retry(let moment), .park(let moment): try container.encode(moment, forKey: .at)
        case .fallback(let model): try container.encode(model, forKey: .model)
        case .compact, .giveUp: break
        }
    }
}

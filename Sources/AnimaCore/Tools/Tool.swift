/// The interface to reality: everything an agent does to the world goes through one.
public protocol Tool: Sendable {
    /// What it is; the same for the tool's whole life.
    var spec: ToolSpec { get }

    /// Runs one call.
    ///
    /// A failure of the work is a result with an error, not a thrown error. When the task is cancelled the tool stops
    /// what it began and returns soon, with what there is.
    ///
    /// - Parameter call: The arguments have been validated against the schema and allowed by the gate.
    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput

    /// What a call would run in besides its arguments, in words for the owner: directory, program, contents by hash.
    ///
    /// Asked before the owner is, and again before an approved call runs: when something differs the owner is asked again.
    @concurrent func circumstances(of call: ToolInvocation) async -> [String: String]

    /// Finds out whether a call that a crash interrupted took effect; asked only of tools that replay by `.probe`.
    ///
    /// - Returns: Its result if it did, nil if it did not happen and may be run.
    @concurrent func probe(_ call: ToolInvocation) async -> ToolOutput?

    /// Ends what earlier calls of an agent left running, and returns when nothing of it is left.
    ///
    /// Called when the agent stops, after its last call has ended; the same tools may serve other agents, and this one
    /// again when it is woken.
    @concurrent func release(_ agent: AgentID) async
}

extension Tool {
    public func circumstances(of call: ToolInvocation) async -> [String: String] { [:] }

    public func probe(_ call: ToolInvocation) async -> ToolOutput? { .unknownOutcome }

    public func release(_ agent: AgentID) async {}
}

/// One call as a tool gets it.
public struct ToolInvocation: Sendable {
    /// The call's place in the life.
    public let id: ToolCallID
    /// Names this call in the whole world; the same on each attempt.
    ///
    /// For far sides that drop repetitions.
    public let key: String
    /// The agent that calls.
    public let agent: AgentID
    /// An object that follows the tool's schema.
    public let arguments: JSONValue
    /// When the call must have ended.
    public let timeout: Duration
    /// The moment of the call.
    public let now: Instant
    /// The agent's own memories.
    public let memories: any MemoryReader
    /// The trust of what the model sees: what it asks to be remembered has no more.
    public let trust: Trust
    /// The blocks that are in view, and what bounds them.
    public let blocks: [MemoryBlock]
    /// What bounds memory.
    public let memoryPolicy: MemoryPolicy
    /// Whom the agent knows.
    public let acquaintances: Acquaintances
    /// What the earlier calls of the conversation gave.
    public let outputs: any OutputReader
    /// What the owner said when asked about the call; nil when nothing was said.
    public let answer: String?
    /// What the turn may still use; nil when nobody knows.
    public let remaining: Remaining?
    /// The files that rules of the gate keep the call from; nil for none.
    public let reach: PathReach?
    /// The addresses that redirects may lead it to; nil for all.
    public let redirects: AddressReach?
    /// Takes parts of the output while the tool runs; never blocks.
    public let progress: @Sendable (String) -> Void

    /// Makes an invocation.
    public init(
        id: ToolCallID,
        key: String,
        agent: AgentID,
        arguments: JSONValue,
        timeout: Duration,
        now: Instant,
        memories: any MemoryReader = NoMemories(),
        trust: Trust = .owner,
        blocks: [MemoryBlock] = [],
        memoryPolicy: MemoryPolicy = MemoryPolicy(),
        acquaintances: Acquaintances = Acquaintances(),
        outputs: any OutputReader = NoOutputs(),
        answer: String? = nil,
        remaining: Remaining? = nil,
        reach: PathReach? = nil,
        redirects: AddressReach? = nil,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.id = id
        self.key = key
        self.agent = agent
        self.arguments = arguments
        self.timeout = timeout
        self.now = now
        self.memories = memories
        self.trust = trust
        self.blocks = blocks
        self.memoryPolicy = memoryPolicy
        self.acquaintances = acquaintances
        self.outputs = outputs
        self.answer = answer
        self.remaining = remaining
        self.reach = reach
        self.redirects = redirects
        self.progress = progress
    }
}

/// Finds what earlier calls gave, whole.
public protocol OutputReader: Sendable {
    /// The whole output of a finished call; nil when there is no such call in the conversation.
    func output(of call: ToolCallID) async throws -> [UInt8]?
}

/// Knows no earlier calls.
public struct NoOutputs: OutputReader {
    /// Makes a reader without outputs.
    public init() {}

    public func output(of call: ToolCallID) async throws -> [UInt8]? { nil }
}

/// What a tool gave back, before limits are applied.
public struct ToolOutput: Hashable, Sendable {
    /// What the model reads.
    public var content: String
    /// Whether the work failed.
    public var isError: Bool
    /// Memories to keep, which the gate of memory has let through; they are written together with the result, or neither is.
    public var remember: [MemoryDraft]
    /// Memories to forget.
    public var forget: [Int] = []
    /// Blocks to write, by name; an empty text removes one.
    public var blocks: [String: String] = [:]
    /// What to send to other agents; it is on its way when the result is on record, or neither is.
    ///
    /// With a question among it the call gets no result yet: the first one's answer becomes its result.
    public var send: [OutgoingMessage] = []
    /// A child to make for a task; its name becomes part of the content.
    public var spawn: SpawnRequest?
    /// The child whose report becomes the result of the call, and how long it is waited for at most.
    public var wait: Wait?
    /// The topics to be subscribed to from now on, beside those of the configuration; nil for no change.
    public var topics: [String]?
    /// The trust of the content when it is less than the tool's; nil for the tool's.
    public var trust: Trust?
    /// What the content lost to the tool's own limits, in bytes.
    public var omittedBytes: Int
    /// What was changed of files, in the order in which it happened.
    public var changes: [FileChange] = []
    /// The bytes that take the changes back; they are kept together with the result.
    public var keeps: [LifeBatch.Spill] = []
    /// Images to look at: PNG, JPEG, GIF or WebP; models that see are shown them with the content.
    public var images: [[UInt8]] = []

    /// A child whose report is waited for.
    public struct Wait: Hashable, Sendable {
        /// Its name.
        public let child: AgentID
        /// So long at most; nil for as long as its own deadline.
        public let timeout: Duration?

        /// Waits for a child.
        public init(for child: AgentID, timeout: Duration? = nil) {
            self.child = child
            self.timeout = timeout
        }
    }

    /// Work that succeeded.
    public static func success(_ content: String, remember: [MemoryDraft] = [], omittedBytes: Int = 0) -> ToolOutput {
        ToolOutput(content: content, isError: false, remember: remember, omittedBytes: omittedBytes)
    }

    /// Nobody can find out whether an interrupted call took effect.
    public static let unknownOutcome = failure(
        "the outcome is unknown: the tool can't find out whether the call took effect"
    )

    /// Work that failed, with what went wrong and what to do, for the model.
    public static func failure(_ content: String, omittedBytes: Int = 0) -> ToolOutput {
        ToolOutput(content: content, isError: true, remember: [], omittedBytes: omittedBytes)
    }
}

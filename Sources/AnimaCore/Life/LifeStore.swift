/// Keeps one agent's life: appends events, remembers a snapshot, answers questions about the past.
///
/// A store belongs to one agent and has one writer. All its calls are safe from any task.
public protocol LifeStore: MemoryReader, VectorStore {
    /// Reads what is needed to wake: the newest usable snapshot and the events after it.
    func wake() async throws -> Awakening

    /// Appends a batch with its projections, all or nothing.
    ///
    /// When it returns, the batch survives the end of the process; with `batch.isFlushed` and full durability, also a
    /// power cut, with everything appended before it. Cancelling the calling task does not stop it.
    ///
    /// - Throws: ``StoreError``. After `.duplicateEnvelope` and `.conflict` the store is as before and usable; after
    ///   another error the life must be woken again.
    func append(_ batch: LifeBatch) async throws

    /// Reads events in order.
    ///
    /// - Parameters:
    ///   - after: Only events with a higher sequence number; 0 for all.
    ///   - turn: Only events of this turn.
    ///   - limit: At most so many.
    func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event]

    /// The newest ended turns of a conversation, oldest first.
    ///
    /// - Parameter bytes: Stops before the turn with which the sum of their approximate sizes goes over this.
    func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn]

    /// The newest summary of a conversation; nil when it has none.
    func summary(of conversation: ConversationID) async throws -> ConversationSummary?

    /// The ended turn that answered an envelope; nil when there is none yet.
    func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn?

    /// What may be consolidated of what the agent remembers; reads the whole log.
    ///
    /// The newest ``Consolidation/mostMemories`` that hold, which of all memories came to mind, and which were restored.
    func consolidationMaterial() async throws -> Consolidation.Material

    /// Whether an envelope was ever taken.
    func hasTaken(_ envelope: EnvelopeID) async throws -> Bool

    /// The bytes that a result was too long to carry; nil when unknown.
    func spill(hash: String) async throws -> [UInt8]?

    /// Gives up the life; later calls throw. Waits for appends that have begun, and may save the state for a quick start.
    ///
    /// - Parameter atRest: Whether nothing is owed, which may be noted for who looks for agents with something to do.
    func close(atRest: Bool) async
}

extension LifeStore {
    /// Gives up the life, of which nobody says that nothing is owed in it.
    public func close() async { await close(atRest: false) }
}

/// What a life is folded from when it wakes.
public struct Awakening: Sendable {
    /// A state that was saved; nil when there is none or it can't be used.
    public let snapshot: AgentState?
    /// The events after it, in order.
    public let tail: [Event]

    /// Puts a snapshot and its tail together.
    public init(snapshot: AgentState?, tail: [Event]) {
        self.snapshot = snapshot
        self.tail = tail
    }

    /// The state that they amount to.
    public func state() -> AgentState {
        var state = snapshot ?? AgentState()
        for event in tail { state.apply(event) }
        return state
    }
}

/// What is appended at once.
public struct LifeBatch: Sendable {
    /// The events, numbered on from the life's last one.
    public var events: [Event]
    /// The turns that the events end, in the order of their ends.
    public var endedTurns: [TranscriptTurn]
    /// Whole outputs that results refer to.
    public var spills: [Spill]
    /// The state after the events, when it is time to save it.
    public var snapshot: AgentState?
    /// Whether it must be on the disk before `append` returns.
    public var isFlushed: Bool

    /// A whole output, referred to by its hash.
    public struct Spill: Hashable, Sendable {
        /// SHA-256 of the bytes, hexadecimal.
        public let hash: String
        /// The bytes.
        public let bytes: [UInt8]

        /// Keeps bytes under their hash.
        public init(hash: String, bytes: [UInt8]) {
            self.hash = hash
            self.bytes = bytes
        }
    }

    /// Makes a batch.
    public init(
        events: [Event],
        endedTurns: [TranscriptTurn] = [],
        spills: [Spill] = [],
        snapshot: AgentState? = nil,
        isFlushed: Bool = true
    ) {
        self.events = events
        self.endedTurns = endedTurns
        self.spills = spills
        self.snapshot = snapshot
        self.isFlushed = isFlushed
    }
}

/// A life that can't be opened, read or written.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What is wrong; coarse.
    public enum Code: Hashable, Sendable {
        /// An envelope with this id is in the life already; nothing was appended.
        case duplicateEnvelope(EnvelopeID)
        /// The events don't go on from the life's last one; nothing was appended. A bug or a second writer.
        case conflict
        /// Another process holds the life. Try again when it has ended.
        case locked
        /// There is no such life.
        case notFound
        /// The file is not a life of Anima; it is left alone.
        case foreign
        /// A newer program wrote it; use that.
        case newer
        /// The file is damaged; it is left alone. Restore a copy.
        case corrupt
        /// No room is left on the disk. Make room, then go on.
        case diskFull
        /// The directory or file can't be written.
        case readOnly
        /// Reading or writing failed in another way.
        case io
        /// The store was closed.
        case closed
    }

    /// What is wrong.
    public let code: Code
    /// What was tried, on what, and what to do.
    public let message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

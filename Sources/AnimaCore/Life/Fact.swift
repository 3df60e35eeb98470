/// What can happen in a life.
///
/// A new kind of event begins here; see ARCHITECTURE.md, "A new event".
public enum Fact: Hashable, Sendable {
    /// The life began, or went on in a copy of its own.
    case lifeBegan(LifeBegan)
    /// The owner's configuration of what the agent may do took effect.
    case agentConfigured(AgentConfigured)
    /// A process took over work that another one had left.
    case agentWoke(AgentWoke)
    /// An envelope was taken.
    indirect case envelopeAccepted(EnvelopeAccepted)
    /// Work on an envelope began.
    case turnOpened(TurnOpened)
    /// A message was taken into an open turn.
    case envelopeJoined(EnvelopeJoined)
    /// The owner took a message out of the inbox.
    case envelopeDropped(EnvelopeDropped)
    /// The model replied, and the gate decided about each call that the reply asks for.
    case modelReplied(ModelReplied)
    /// A model call failed.
    case modelFailed(ModelFailed)
    /// The owner was asked whether a call may run.
    case approvalAsked(ApprovalAsked)
    /// The owner answered.
    case approvalDecided(ApprovalDecided)
    /// A tool call that may not be repeated is about to be tried.
    case toolStarted(ToolStarted)
    /// A tool call waits for the answer to an envelope.
    case toolWaiting(ToolWaiting)
    /// A tool call got its one result.
    case toolFinished(ToolFinished)
    /// A turn is to end before its answer; its open calls are being settled.
    case turnClosing(TurnClosing)
    /// A turn ended.
    case turnEnded(TurnEnded)
    /// Something was remembered.
    case memoryStored(MemoryStored)
    /// Memories were forgotten.
    case memoryForgotten(MemoryForgotten)
    /// An ended turn was learned from.
    case memoryLearned(MemoryLearned)
    /// The agent sent an envelope to another one.
    indirect case envelopeSent(EnvelopeSent)
    /// An envelope could not be carried; it is tried again.
    case envelopeDelayed(EnvelopeDelayed)
    /// An envelope that was sent was delivered, refused or given up.
    case envelopeSettled(EnvelopeSettled)
    /// Rules that the owner had added when asked are gone again.
    case grantsForgotten(GrantsForgotten)
    /// The agent wants messages of other topics than before.
    case topicsChanged(TopicsChanged)
    /// A child is given up: no report of it came.
    case childLost(ChildLost)
    /// A summary took the place of a conversation's older turns.
    case conversationCompacted(ConversationCompacted)
    /// Memories were merged and aged.
    case memoryConsolidated(MemoryConsolidated)
    /// Memories that were closed hold again.
    case memoryRestored(MemoryRestored)
    /// A block that is always in view was written.
    case blockEdited(BlockEdited)
    /// Changes of files were taken back.
    case filesRestored(FilesRestored)

    /// The kinds of facts, by the names that logs and files use.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// See ``Fact/lifeBegan(_:)``.
        case lifeBegan = "life.began"
        /// See ``Fact/agentConfigured(_:)``.
        case agentConfigured = "agent.configured"
        /// See ``Fact/agentWoke(_:)``.
        case agentWoke = "agent.woke"
        /// See ``Fact/envelopeAccepted(_:)``.
        case envelopeAccepted = "envelope.accepted"
        /// See ``Fact/turnOpened(_:)``.
        case turnOpened = "turn.opened"
        /// See ``Fact/envelopeJoined(_:)``.
        case envelopeJoined = "envelope.joined"
        /// See ``Fact/envelopeDropped(_:)``.
        case envelopeDropped = "envelope.dropped"
        /// See ``Fact/modelReplied(_:)``.
        case modelReplied = "model.replied"
        /// See ``Fact/modelFailed(_:)``.
        case modelFailed = "model.failed"
        /// See ``Fact/approvalAsked(_:)``.
        case approvalAsked = "approval.asked"
        /// See ``Fact/approvalDecided(_:)``.
        case approvalDecided = "approval.decided"
        /// See ``Fact/toolStarted(_:)``.
        case toolStarted = "tool.started"
        /// See ``Fact/toolWaiting(_:)``.
        case toolWaiting = "tool.waiting"
        /// See ``Fact/toolFinished(_:)``.
        case toolFinished = "tool.finished"
        /// See ``Fact/turnClosing(_:)``.
        case turnClosing = "turn.closing"
        /// See ``Fact/turnEnded(_:)``.
        case turnEnded = "turn.ended"
        /// See ``Fact/memoryStored(_:)``.
        case memoryStored = "memory.stored"
        /// See ``Fact/memoryForgotten(_:)``.
        case memoryForgotten = "memory.forgotten"
        /// See ``Fact/memoryLearned(_:)``.
        case memoryLearned = "memory.learned"
        /// See ``Fact/envelopeSent(_:)``.
        case envelopeSent = "envelope.sent"
        /// See ``Fact/envelopeDelayed(_:)``.
        case envelopeDelayed = "envelope.delayed"
        /// See ``Fact/envelopeSettled(_:)``.
        case envelopeSettled = "envelope.settled"
        /// See ``Fact/grantsForgotten(_:)``.
        case grantsForgotten = "grants.forgotten"
        /// See ``Fact/topicsChanged(_:)``.
        case topicsChanged = "topics.changed"
        /// See ``Fact/childLost(_:)``.
        case childLost = "child.lost"
        /// See ``Fact/conversationCompacted(_:)``.
        case conversationCompacted = "conversation.compacted"
        /// See ``Fact/memoryConsolidated(_:)``.
        case memoryConsolidated = "memory.consolidated"
        /// See ``Fact/memoryRestored(_:)``.
        case memoryRestored = "memory.restored"
        /// See ``Fact/blockEdited(_:)``.
        case blockEdited = "block.edited"
        /// See ``Fact/filesRestored(_:)``.
        case filesRestored = "files.restored"
    }

    /// The kind of this fact.
    public var kind: Kind {
        switch self {
        case .lifeBegan: .lifeBegan
        case .agentConfigured: .agentConfigured
        case .agentWoke: .agentWoke
        case .envelopeAccepted: .envelopeAccepted
        case .turnOpened: .turnOpened
        case .envelopeJoined: .envelopeJoined
        case .envelopeDropped: .envelopeDropped
        case .modelReplied: .modelReplied
        case .modelFailed: .modelFailed
        case .approvalAsked: .approvalAsked
        case .approvalDecided: .approvalDecided
        case .toolStarted: .toolStarted
        case .toolWaiting: .toolWaiting
        case .toolFinished: .toolFinished
        case .turnClosing: .turnClosing
        case .turnEnded: .turnEnded
        case .memoryStored: .memoryStored
        case .memoryForgotten: .memoryForgotten
        case .memoryLearned: .memoryLearned
        case .envelopeSent: .envelopeSent
        case .envelopeDelayed: .envelopeDelayed
        case .envelopeSettled: .envelopeSettled
        case .grantsForgotten: .grantsForgotten
        case .topicsChanged: .topicsChanged
        case .childLost: .childLost
        case .conversationCompacted: .conversationCompacted
        case .memoryConsolidated: .memoryConsolidated
        case .memoryRestored: .memoryRestored
        case .blockEdited: .blockEdited
        case .filesRestored: .filesRestored
        }
    }

    /// The hashes of the bytes that it refers to and that the life keeps beside the events.
    public var spillHashes: [String] {
        switch self {
        case .toolFinished(let fact):
            [fact.result.spill?.hash].compactMap(\.self) + (fact.result.images ?? []).map(\.hash)
                + (fact.changes ?? []).compactMap(\.keptHash)
        case .filesRestored(let fact): fact.changes.compactMap(\.keptHash)
        case .envelopeAccepted(let fact): (fact.envelope.images ?? []).map(\.hash)
        default: []
        }
    }
}

/// What becomes of a message that comes while a turn of its conversation is open.
public enum InboxPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// The model is shown it at its next step, in the same turn.
    case steer
    /// It waits until the turn has ended, and begins one of its own.
    case wait
    /// The turn ends with what there is, and the message begins one of its own.
    case interrupt
}

/// A message that was taken into an open turn.
public struct JoinedMessage: Hashable, Sendable, Codable {
    /// What came.
    public let envelope: Envelope
    /// After how many steps of the turn the model is shown it; 0 for together with the first message.
    public let step: Int

    /// Puts a message and its place together.
    public init(_ envelope: Envelope, afterStep step: Int) {
        self.envelope = envelope
        self.step = step
    }
}

extension Envelope {
    /// Whether it has to begin a turn when none is open that takes it in.
    var beginsTurn: Bool { kind != .notice }

    /// Whether it may be taken into an open turn: a question needs an end of its own to be answered by, and what comes with
    /// pictures, a schema or a deadline is a task of its own.
    var mayJoin: Bool {
        switch kind {
        case .ask, .memory, .subscription, .stop, .approval: false
        case .task, .message, .reply, .timer, .fileChange, .webhook, .childReport, .agentDown, .notice:
            birth == nil && images == nil && answerSchema == nil && deadline == nil
        }
    }
}

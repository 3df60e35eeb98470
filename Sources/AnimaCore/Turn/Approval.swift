/// A question to the owner whether a call may run, and the answer.
public struct Approval: Hashable, Sendable, Codable {
    /// What the owner says.
    public enum Decision: String, Hashable, Sendable, Codable {
        /// The call may run, once, as it was shown.
        case allow
        /// The call may not run.
        case deny
    }

    /// What the call would run in, besides its arguments: what the owner is shown, and what must still be so when it runs.
    public let circumstances: [String: String]
    /// The event that put the question.
    public let seq: Int
    /// Without an answer the call is denied at this moment.
    public let expiresAt: Instant
    /// The answer; nil while there is none.
    public internal(set) var decision: Decision?
    /// Why, for the model; nil when nothing was said.
    public internal(set) var because: String?
}

/// A question that waits for the owner.
public struct PendingApproval: Hashable, Sendable {
    /// The call in question.
    public let call: ToolCall
    /// The conversation that it belongs to.
    public let conversation: ConversationID
    /// The question.
    public let approval: Approval
}

extension AgentState {
    /// The questions that wait for the owner, oldest first.
    public var pendingApprovals: [PendingApproval] {
        turns.filter { $0.closing == nil }
            .flatMap { turn in
                (turn.steps.last?.calls ?? [])
                    .compactMap { call in
                        guard call.result == nil, let approval = call.approval, approval.decision == nil else {
                            return nil
                        }
                        return PendingApproval(call: call, conversation: turn.conversation, approval: approval)
                    }
            }
    }
}

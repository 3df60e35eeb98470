import AnimaCore

/// Why an agent could not do what it was asked.
public struct AgentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong; coarse.
    public enum Code: Hashable, Sendable {
        /// The agent was stopped; wake it again.
        case stopped
        /// It never took this envelope; deliver it.
        case unknownEnvelope
        /// No such call waits for the owner's answer.
        case noSuchQuestion
    }

    /// What was wrong.
    public let code: Code
    /// What was tried, on what, and what to do.
    public let message: String

    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    static func stopped(_ id: AgentID) -> AgentError {
        AgentError(
            code: .stopped,
            message: "agent \"\(id)\" was stopped; what it owes is done when it is started again"
        )
    }

    public var description: String { message }
}

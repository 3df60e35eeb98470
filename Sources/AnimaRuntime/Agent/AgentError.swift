public import AnimaCore

/// Why an agent could not do what it was asked.
public struct AgentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong; coarse.
    public enum Code: Hashable, Sendable {
        /// The agent was stopped; wake it again.
        case stopped
        /// It never took this envelope; deliver it.
        case unknownEnvelope
        /// There is no such agent.
        case unknownAgent
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

    /// There is no agent with this name.
    public static func unknown(_ id: AgentID) -> AgentError {
        AgentError(code: .unknownAgent, message: "there is no agent \"\(id)\"")
    }

    static func stopped(_ id: AgentID) -> AgentError {
        AgentError(
            code: .stopped,
            message: "agent \"\(id)\" was stopped; what it owes is done when it is started again"
        )
    }

    public var description: String { message }
}

/// What an agent says about itself to others.
public struct AgentCard: Hashable, Sendable {
    /// Its name.
    public let name: AgentID
    /// What it is for, in a line; empty when it says nothing.
    public let description: String
    /// The groups and tools that it has.
    public let tools: [String]

    /// Writes a card.
    public init(name: AgentID, description: String, tools: [String]) {
        self.name = name
        self.description = description
        self.tools = tools
    }
}

/// What an agent does now, as others see it.
public enum AgentActivity: String, Hashable, Sendable, CaseIterable {
    /// Nobody needed it lately; a message wakes it.
    case asleep
    /// It has nothing to do.
    case idle
    /// It works.
    case working
    /// It waits: for the owner, for another agent, for a model that does not answer.
    case waiting
    /// It went down, and is started again or given up.
    case down
}

/// Knows agents by their names.
public protocol AgentDirectory: Sendable {
    /// What an agent says about itself and what it does; nil when there is no such agent, or nobody can say.
    func entry(of agent: AgentID) async -> (card: AgentCard, activity: AgentActivity)?
}

/// Knows nobody.
public struct NoDirectory: AgentDirectory {
    /// Makes an empty directory.
    public init() {}

    public func entry(of agent: AgentID) async -> (card: AgentCard, activity: AgentActivity)? { nil }
}

/// Whom an agent knows, as its tools see it during a call.
public struct Acquaintances: Sendable {
    /// The agents that it may write to.
    public var peers: [AgentID]
    /// What the turn answers; nil when nobody knows.
    public var envelope: Envelope?
    /// The topics that it gets messages of.
    public var topics: [String]
    /// Who gets what it publishes, by topic.
    public var subscribers: [String: [AgentID]]
    /// The agents that it has made.
    public var children: [Child]
    /// The agents whose configurations its children may have.
    public var templates: [AgentID]
    /// Knows more about its peers.
    public var directory: any AgentDirectory

    /// Knows these; by default nobody.
    public init(
        peers: [AgentID] = [],
        envelope: Envelope? = nil,
        topics: [String] = [],
        subscribers: [String: [AgentID]] = [:],
        children: [Child] = [],
        templates: [AgentID] = [],
        directory: any AgentDirectory = NoDirectory()
    ) {
        self.peers = peers
        self.envelope = envelope
        self.topics = topics
        self.subscribers = subscribers
        self.children = children
        self.templates = templates
        self.directory = directory
    }
}

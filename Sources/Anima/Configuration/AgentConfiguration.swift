public import AnimaCore

/// What a configuration file amounts to, with where each value comes from.
public struct AgentConfiguration: Hashable, Sendable {
    /// Where a value comes from.
    public enum Origin: Hashable, Sendable, CustomStringConvertible {
        /// No file says it.
        case standard
        /// A file says it.
        case file(String, line: Int?)
        /// The command line says it.
        case commandLine

        public var description: String {
            switch self {
            case .standard: "default"
            case .file(let file, let line): line.map { "\(file):\($0)" } ?? file
            case .commandLine: "command line"
            }
        }
    }

    /// What an append to the life survives.
    public enum Durability: String, Hashable, Sendable {
        /// A power cut.
        case full
        /// The end of the process.
        case normal
    }

    /// One key with its value.
    public struct Entry: Hashable, Sendable {
        /// The table and the name, `limits.steps`.
        public let path: String
        /// The value; nil when there is none.
        public let value: JSONValue?
        /// Where it comes from.
        public let origin: Origin
    }

    /// All keys, in the order of the sample.
    public let entries: [Entry]
    private let values: [String: JSONValue]
    private let directory: String

    /// - Parameter directory: What relative paths are relative to.
    init(entries: [Entry], directory: String) {
        self.entries = entries
        self.directory = directory
        values = Dictionary(entries.compactMap { entry in entry.value.map { (entry.path, $0) } }) { $1 }
    }

    /// The agent's name; nil when the file names none.
    public var name: AgentID? { text("agent.name").flatMap { try? AgentID($0) } }
    /// What it is for.
    public var description: String { text("agent.description") ?? "" }
    /// Who it is.
    public var persona: String { text("agent.persona") ?? "" }
    /// The absolute path of the directory that its tools reach; nil when the file names none.
    public var workspace: String? {
        text("agent.workspace").map { FilePath.absolute($0.hasPrefix("/") ? $0 : "\(directory)/\($0)") }
    }
    /// The model's name; nil when none is configured.
    public var model: String? { text("model.use") }
    /// Tools and groups.
    public var tools: [String] { texts("tools.use") }
    /// The environment variables that tools' programs may see.
    public var toolEnvironment: [String] { texts("tools.environment") }
    /// What an append survives.
    public var durability: Durability { text("store.durability").flatMap(Durability.init) ?? .full }
    /// After so many events the state is saved.
    public var snapshotEvents: Int { number("store.snapshot_events") }

    /// What the agent may do.
    public var policy: AgentPolicy {
        var limits = Limits()
        limits.steps = number("limits.steps")
        limits.turnTime = duration("limits.turn_seconds")
        limits.modelTime = duration("limits.model_seconds")
        limits.toolTime = duration("limits.tool_seconds")
        limits.turnTokens = number("limits.turn_tokens")
        limits.replyTokens = number("limits.reply_tokens")
        limits.contextTokens = number("limits.context_tokens")
        limits.callsPerStep = number("limits.calls_per_step")
        limits.resultBytes = number("limits.result_bytes")
        limits.messageBytes = number("limits.message_bytes")
        limits.mailbox = number("limits.mailbox")
        limits.hops = number("limits.hops")
        limits.openTurns = number("limits.open_turns")
        var retry = RetryPolicy()
        retry.attempts = number("retry.attempts")
        retry.base = duration("retry.base_seconds")
        retry.max = duration("retry.max_seconds")
        let rules = texts("gate.allow").map { Gate.Rule(.allow, $0) } + texts("gate.deny").map { Gate.Rule(.deny, $0) }
        return AgentPolicy(limits: limits, retry: retry, gate: Gate(rules: rules))
    }

    private func text(_ path: String) -> String? { values[path]?.stringValue }
    private func texts(_ path: String) -> [String] { values[path]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    private func number(_ path: String) -> Int { values[path]?.intValue ?? 0 }
    private func duration(_ path: String) -> Duration {
        switch values[path] {
        case .int(let seconds): .seconds(seconds)
        case .double(let seconds): .seconds(seconds)
        default: .zero
        }
    }
}

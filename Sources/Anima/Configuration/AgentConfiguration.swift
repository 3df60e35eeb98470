public import AnimaCore

/// What an agent is and may do, read from its file, the home's `config.toml` and the command line.
///
/// Every value has been checked; ``ConfigurationLoader`` makes them.
public struct AgentConfiguration: Sendable, Hashable {
    /// The agent's name; never nil after loading.
    public var name: AgentID?
    /// One line for people who list agents; may be empty.
    public var description = ""
    /// Who the agent is, in its own words to the model; may be empty.
    public var persona = ""
    /// The absolute path of the file that ``persona`` was read from.
    public var personaFile: String?
    /// The absolute path of the directory that file and shell tools reach; never nil after loading.
    public var workspace: String?
    /// The model it thinks with.
    public var model = ModelConfiguration()
    /// Models with names of their own.
    public var models: [String: ModelConfiguration] = [:]
    /// What tokens cost, by `provider/name*`; goes over what is published.
    public var prices: [String: PriceConfiguration] = [:]
    /// The model that turns texts into vectors.
    public var embedder = ModelConfiguration()
    /// Groups and tools it has, in the order of the file; none by default.
    public var toolNames: [String] = []
    /// Environment variables that programs it starts may see: `NAME`, or `NAME=value`, which may refer to secrets.
    public var toolEnvironment: [String] = []
    /// Hosts that are not public and may be spoken to all the same.
    public var toolHosts: [String] = []
    /// Agents that it may write to, and whose messages it takes (key `peers.allow`).
    public var peers: [String] = []
    /// Agents whose configurations its children may have (key `peers.spawn`).
    public var templates: [String] = []
    /// Agents that it is told of when they go down (key `peers.monitor`).
    public var monitors: [String] = []
    /// Agents with which it goes down (key `peers.link`).
    public var links: [String] = []
    /// Agents that it looks after (key `supervisor.agents`).
    public var supervised: [String] = []
    /// What it is, when another agent has made it.
    public var birth: Birth?
    /// The absolute path of the file beside which the files of other agents are looked for; nil for none.
    public var beside: String?
    /// What becomes of its children when their work has ended (key `peers.ended_children`).
    public var endedChildren = EndedChildren.keep
    /// Header fields that its requests to an origin carry: `https://api.example NAME: VALUE`, which may refer to secrets.
    public var toolHeaders: [String] = []
    /// What programs that tools start are held in.
    public var sandbox = SandboxConfiguration()
    /// Limits, retries, gate and memory.
    public var policy = AgentPolicy(memory: MemoryPolicy())
    /// A set of gate rules by name, below those of the gate itself: `read-only`, `workspace` or `trusted`.
    public var gatePreset: String?
    /// What an acknowledged write survives.
    public var durability = Durability.full
    /// After so many days whole outputs of calls are deleted; nil keeps them (key `store.outputs_days`).
    public var outputsDays: Int?
    /// After so many days the texts of the past are erased; nil keeps them (key `store.history_days`).
    public var historyDays: Int?
    /// Events between two snapshots of the agent's state.
    public var snapshotInterval = 64
    /// What its file asks for that the owner has not allowed it (``TrustedFiles``); with any of it the agent does not start.
    public internal(set) var demands: [ConfigurationDemand] = []
    /// The keys whose texts named variables of the environment.
    var expanded: Set<String> = []
    /// Where each value came from, by key path (`limits.steps`); a key that is absent has its default.
    public var origins: [String: Origin] = [:]

    /// The defaults: no name, no model, no tools, nothing allowed.
    public init() {}

    /// Where a value came from.
    public enum Origin: Sendable, Hashable, CustomStringConvertible {
        /// Nobody set it.
        case `default`
        /// A line of a configuration file, whose path is as the caller gave it.
        case file(path: String, line: Int)
        /// The command line, by the name of the option.
        case override(option: String)
        /// The agent's directory, which names the agent and holds its workspace.
        case directory

        public var description: String {
            switch self {
            case .default: "default"
            case .file(let path, let line): "\(path):\(line)"
            case .override(let option): option
            case .directory: "directory"
            }
        }
    }

    /// Where the value of a key came from.
    ///
    /// - Parameter key: A key path, for example `limits.steps`.
    public func origin(of key: String) -> Origin { origins[key] ?? .default }
}

/// What an acknowledged write to a life survives.
public enum Durability: String, Sendable, Hashable, CaseIterable {
    /// A power cut.
    case full
    /// The end of the process, but perhaps not a power cut; faster.
    case normal
}

/// What becomes of a child when its work has ended.
public enum EndedChildren: String, Sendable, Hashable, CaseIterable {
    /// Its life and its workspace stay.
    case keep
    /// Its directory is deleted, as soon as its report is with its parent.
    case remove
}

extension AgentConfiguration {
    /// The policy with the rules of the preset.
    ///
    /// What a rule of the configuration names is left to it, also where the preset's rule is as specific.
    public var effectivePolicy: AgentPolicy {
        var policy = policy
        policy.peers = agents(peers)
        policy.templates = templates.compactMap { try? AgentID($0) }
        policy.monitors = agents(monitors)
        policy.links = agents(links)
        policy.supervision.agents = agents(supervised)
        if let preset = gatePreset.flatMap({ Self.presets[$0] }) {
            let named = Set(policy.gate.rules.map(\.pattern))
            policy.gate = Gate(rules: policy.gate.rules + preset.filter { !named.contains($0.pattern) })
        }
        return birth.map(policy.born) ?? policy
    }

    /// Other agents by their names, which have been checked.
    private func agents(_ names: [String]) -> [AgentID] { names.compactMap { try? AgentID($0) }.filter { $0 != name } }

    /// The rules of each preset.
    static let presets: [String: [Gate.Rule]] = [
        "read-only": ["read_file", "list_files", "search_files", "file_info", "basic", "recall", "itself"]
            .map { Gate.Rule(.allow, $0) },
        // To look at a job and to end it is nothing more than it was allowed to be.
        "workspace": ["files", "basic", "memory", "itself", "shell_read", "shell_stop"].map { Gate.Rule(.allow, $0) }
            + ["shell", "http", "http when untrusted"].map { Gate.Rule(.ask, $0) },
        "trusted": [Gate.Rule(.allow, "*"), Gate.Rule(.ask, "http when untrusted")],
    ]

    /// Patterns that the gate allows.
    var allowedPatterns: [String] {
        get { patterns(.allow) }
        set { setPatterns(newValue, for: .allow) }
    }

    /// Patterns that the owner is asked about.
    var askedPatterns: [String] {
        get { patterns(.ask) }
        set { setPatterns(newValue, for: .ask) }
    }

    /// Patterns that the gate denies.
    var deniedPatterns: [String] {
        get { patterns(.deny) }
        set { setPatterns(newValue, for: .deny) }
    }

    private func patterns(_ action: Gate.Action) -> [String] {
        policy.gate.rules.filter { $0.action == action }.map(\.pattern)
    }

    private mutating func setPatterns(_ patterns: [String], for action: Gate.Action) {
        let others = policy.gate.rules.filter { $0.action != action }
        let rules = others + patterns.map { Gate.Rule(action, $0) }
        policy.gate = Gate(rules: Gate.Action.allCases.flatMap { action in rules.filter { $0.action == action } })
    }
}

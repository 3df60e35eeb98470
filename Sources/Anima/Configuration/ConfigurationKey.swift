import AnimaCore

/// One key of a configuration file: what it may be, what it is when absent, and what it means.
struct ConfigurationKey: Hashable, Sendable {
    /// What values a key takes.
    enum Form: Hashable, Sendable {
        case text
        case agentName
        case choice([String])
        case integer(ClosedRange<Int>)
        case seconds(ClosedRange<Double>)
        case texts
    }

    /// The table and the name, `limits.steps`.
    let path: String
    let form: Form
    /// The value when it is absent; nil when that means "none".
    let defaultValue: JSONValue?
    /// What it means, one sentence.
    let meaning: String
    /// A value for the sample, when the default shows too little.
    let example: JSONValue?
    /// Whether the home's config.toml may say it for all agents.
    var isShared: Bool { table != "agent" }

    var table: String { String(path.prefix { $0 != "." }) }
    var name: String { String(path.drop { $0 != "." }.dropFirst()) }

    init(_ path: String, _ form: Form, default value: JSONValue? = nil, _ meaning: String, example: JSONValue? = nil) {
        self.path = path
        self.form = form
        defaultValue = value
        self.meaning = meaning
        self.example = example
    }

    /// The allowed values in words.
    var allowed: String {
        switch form {
        case .text: "a string"
        case .agentName: "a string of 1 to 63 lowercase letters, digits, '-' and '_'"
        case .choice(let choices): "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .seconds(let range):
            "a number of seconds from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        case .texts: "a list of strings"
        }
    }

    private static func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}

/// All keys there are.
///
/// Everything else about configuration is derived from this list.
enum ConfigurationSchema {
    static let keys: [ConfigurationKey] = agent + work + limits + rest

    /// The tables, in the order of the keys.
    static let tables: [String] = keys.reduce(into: []) { if !$0.contains($1.table) { $0.append($1.table) } }

    /// What each table is about.
    static let meanings: [String: String] = [
        "agent": "Who the agent is.",
        "model": "What it thinks with.",
        "tools": "What it can do. Absent means none.",
        "gate": "Which tool calls may run. What no rule names is denied; the most specific rule decides.",
        "limits": "How much it may do. Reaching a limit ends work with what there is, and says so.",
        "retry": "When a failed model call is tried again: exponential backoff with full jitter.",
        "store": "How its life is kept.",
    ]

    private static let agent: [ConfigurationKey] = [
        .init("agent.name", .agentName, "Its name, and the name of its life's directory.", example: "clerk"),
        .init("agent.description", .text, default: "", "What it is for, for people."),
        .init("agent.persona", .text, default: "", "Who it is: the beginning of everything that its model sees."),
        .init(
            "agent.workspace",
            .text,
            "The only directory that its tools reach, relative to this file. Default: the current directory for a file "
                + "of your own, the agent's workspace/ for an agent of the home.",
            example: "."
        ),
    ]

    private static let work: [ConfigurationKey] = [
        .init("model.use", .text, "The model. Without it: reflex.", example: "reflex"),
        .init(
            "tools.use",
            .texts,
            default: [],
            "Groups (files, shell, basic, memory) or single tools; see anima tools.",
            example: ["files", "shell", "basic", "memory"]
        ),
        .init(
            "tools.environment",
            .texts,
            default: [],
            "Names of environment variables that programs run by tools may see."
        ),
        .init(
            "gate.allow",
            .texts,
            default: [],
            "Groups, tools, or tool:pattern, that may run.",
            example: ["files", "basic", "memory", "shell:wc *"]
        ),
        .init("gate.deny", .texts, default: [], "The same for what may not.", example: ["write_file:secrets/**"]),
    ]

    private static let limits: [ConfigurationKey] = {
        let limits = Limits()
        func seconds(_ duration: Duration) -> JSONValue { .int(Int(duration.components.seconds)) }
        return [
            .init("limits.steps", .integer(1...10_000), default: .int(limits.steps), "Model calls in one turn."),
            .init(
                "limits.turn_seconds",
                .seconds(1...604_800),
                default: seconds(limits.turnTime),
                "Wall time of one turn."
            ),
            .init(
                "limits.model_seconds",
                .seconds(1...86_400),
                default: seconds(limits.modelTime),
                "Wall time of one model call."
            ),
            .init(
                "limits.tool_seconds",
                .seconds(1...86_400),
                default: seconds(limits.toolTime),
                "Wall time of one tool call."
            ),
            .init(
                "limits.turn_tokens",
                .integer(1...1_000_000_000),
                default: .int(limits.turnTokens),
                "Tokens, sent and received, of one turn."
            ),
            .init(
                "limits.reply_tokens",
                .integer(1...1_000_000),
                default: .int(limits.replyTokens),
                "Tokens of one reply."
            ),
            .init(
                "limits.context_tokens",
                .integer(0...10_000_000),
                default: .int(limits.contextTokens),
                "Tokens of a conversation's past that a request carries."
            ),
            .init(
                "limits.calls_per_step",
                .integer(1...1000),
                default: .int(limits.callsPerStep),
                "Tool calls that one reply may ask for."
            ),
            .init(
                "limits.result_bytes",
                .integer(256...16_777_216),
                default: .int(limits.resultBytes),
                "Bytes of a tool result that the model sees; head and tail are kept, the whole goes to the life."
            ),
            .init(
                "limits.message_bytes",
                .integer(1...16_777_216),
                default: .int(limits.messageBytes),
                "Bytes of a task or message."
            ),
            .init(
                "limits.mailbox",
                .integer(1...1_000_000),
                default: .int(limits.mailbox),
                "Tasks and messages that may wait."
            ),
            .init(
                "limits.hops",
                .integer(0...1000),
                default: .int(limits.hops),
                "Agents that a message may go through."
            ),
            .init(
                "limits.open_turns",
                .integer(1...1000),
                default: .int(limits.openTurns),
                "Conversations that are worked on at a time."
            ),
        ]
    }()

    private static let rest: [ConfigurationKey] = [
        .init(
            "retry.attempts",
            .integer(1...20),
            default: .int(RetryPolicy().attempts),
            "Tries in all, the first included."
        ),
        .init(
            "retry.base_seconds",
            .seconds(0...3600),
            default: 1,
            "The longest wait before the second try; it doubles."
        ),
        .init("retry.max_seconds", .seconds(0...86_400), default: 60, "No wait is longer."),
        .init(
            "store.durability",
            .choice(["full", "normal"]),
            default: "full",
            "full survives a power cut, normal the end of the process and is faster."
        ),
        .init(
            "store.snapshot_events",
            .integer(16...1_000_000),
            default: 256,
            "After so many events the state is saved, so that waking is quick."
        ),
    ]
}

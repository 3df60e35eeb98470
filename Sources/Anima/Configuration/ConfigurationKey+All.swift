import AnimaCore
import AnimaTools

extension ConfigurationKey {
    /// Every key, in the order of documents; the only place that lists them.
    static let all: [ConfigurationKey] =
        [
            ConfigurationKey(
                "agent.name",
                .agentName(\.name),
                sample: .set("\"clerk\""),
                defaultNote: "none, it is required; in an agent.toml, the name of its directory",
                "Address of the agent and name of its life's directory: 1 to 63 lowercase letters, digits, '-' and '_'."
            ),
            ConfigurationKey(
                "agent.description",
                .text(\.description),
                sample: .example("\"answers mail\""),
                "One line for people who list agents."
            ),
            ConfigurationKey(
                "agent.persona",
                .text(\.persona),
                sample: .set("\"You are a careful clerk. You keep notes of what you promise.\""),
                "Who the agent is: the text that opens every request to the model."
            ),
            ConfigurationKey(
                "agent.persona_file",
                .path(\.personaFile),
                sample: .example("\"persona.md\""),
                defaultNote: "none",
                "File that holds the persona, instead of `persona`; a relative path starts at the configuration file."
            ),
            ConfigurationKey(
                "agent.workspace",
                .path(\.workspace),
                sample: .example("\"~/work\""),
                defaultNote: "the current directory; for an agent.toml, `workspace` beside it",
                "Directory that file and shell tools reach; a relative path starts at the configuration file."
            ),
        ] + model("model", \.model, isNamed: false) + [
            ConfigurationKey(
                "tools.use",
                .list(\.toolNames, .toolNames),
                sample: .set(#"["files", "shell"]"#),
                "Groups and single tools that the agent has; absent means none."
            ),
            ConfigurationKey(
                "tools.environment",
                .list(\.toolEnvironment, .variables),
                sample: .example(##"["LANG", "TZ", "GH_TOKEN=${secret:GH_TOKEN}"]"##),
                "Environment variables that programs started by tools may see: `NAME` as it is here, or `NAME=value`."
            ),
            ConfigurationKey(
                "tools.hosts",
                .list(\.toolHosts, .hosts),
                sample: .example(#"["127.0.0.1:8080", "intranet.example"]"#),
                "Hosts that the tools of `http` may speak to although they are not public; without a port, on every port."
            ),
            ConfigurationKey(
                "tools.headers",
                .list(\.toolHeaders, .headers),
                sample: .example(##"["https://api.github.com Authorization: Bearer ${secret:GH_TOKEN}"]"##),
                "Header fields that requests of `http` to an origin carry; the model sees neither field nor secret."
            ),
        ] + sandbox + [
            ConfigurationKey(
                "gate.preset",
                .choice(\.gatePreset, ["read-only", "workspace", "trusted"]),
                sample: .example("\"workspace\""),
                defaultNote: "none",
                "Rules to begin with: look and never touch; work in the workspace and ask about the rest; everything, but ask "
                    + "before untrusted text may send something out."
            ),
            ConfigurationKey(
                "gate.allow",
                .list(\.allowedPatterns, .gatePatterns),
                sample: .set(#"["files", "shell:git status*"]"#),
                "Groups, tools or patterns (`tool:argument*`) of calls that may run; what no rule names is denied. A pattern may end "
                    + "in ` when untrusted`."
            ),
            ConfigurationKey(
                "gate.ask",
                .list(\.askedPatterns, .gatePatterns),
                sample: .example(#"["shell", "http when untrusted"]"#),
                "Calls about which the owner is asked; the turn waits for the answer."
            ),
            ConfigurationKey(
                "gate.deny",
                .list(\.deniedPatterns, .gatePatterns),
                sample: .example(#"["write_file:secrets/**"]"#),
                "Calls that may not run; the most specific rule decides, of equal ones `deny`, then `ask`. What "
                    + "`config.toml` denies is denied to every agent."
            ),
            ConfigurationKey("limits.steps", .integer(\.policy.limits.steps, 1...1000), "Model calls in one turn."),
            ConfigurationKey(
                "limits.turn_seconds",
                .wholeSeconds(\.policy.limits.turnTime, 1...86_400),
                "Wall time of one turn."
            ),
            ConfigurationKey(
                "limits.model_seconds",
                .wholeSeconds(\.policy.limits.modelTime, 1...3600),
                "Wall time of one model call."
            ),
            ConfigurationKey(
                "limits.tool_seconds",
                .wholeSeconds(\.policy.limits.toolTime, 1...86_400),
                "Wall time of one tool call."
            ),
            ConfigurationKey(
                "limits.turn_tokens",
                .integer(\.policy.limits.turnTokens, 1...1_000_000_000),
                "Tokens, sent and received, of one turn."
            ),
            ConfigurationKey(
                "limits.day_tokens",
                .optionalInteger(\.policy.limits.dayTokens, 1...1_000_000_000_000),
                sample: .example("2000000"),
                defaultNote: "no limit",
                "Tokens, sent and received, of one day (UTC)."
            ),
            ConfigurationKey(
                "limits.life_tokens",
                .optionalInteger(\.policy.limits.lifeTokens, 1...1_000_000_000_000),
                sample: .example("50000000"),
                defaultNote: "no limit",
                "Tokens, sent and received, of the agent's whole life."
            ),
            ConfigurationKey(
                "limits.turn_dollars",
                .dollars(\.policy.limits.turnMicrodollars),
                sample: .example("0.5"),
                defaultNote: "no limit",
                "What the model calls of one turn may cost, as far as prices are known."
            ),
            ConfigurationKey(
                "limits.day_dollars",
                .dollars(\.policy.limits.dayMicrodollars),
                sample: .example("5.0"),
                defaultNote: "no limit",
                "What the model calls of one day (UTC) may cost."
            ),
            ConfigurationKey(
                "limits.life_dollars",
                .dollars(\.policy.limits.lifeMicrodollars),
                sample: .example("100.0"),
                defaultNote: "no limit",
                "What the model calls of the agent's whole life may cost."
            ),
            ConfigurationKey(
                "limits.reply_tokens",
                .integer(\.policy.limits.replyTokens, 1...1_000_000),
                "Tokens of one reply."
            ),
            ConfigurationKey(
                "limits.context_tokens",
                .integer(\.policy.limits.contextTokens, 256...10_000_000),
                "Tokens of the conversation's past that a request carries."
            ),
            ConfigurationKey(
                "limits.calls_per_step",
                .integer(\.policy.limits.callsPerStep, 1...256),
                "Tool calls that one reply may ask for."
            ),
            ConfigurationKey(
                "limits.result_bytes",
                .integer(\.policy.limits.resultBytes, 256...16_777_216),
                "Bytes of a tool result that the model sees; head and tail are kept."
            ),
            ConfigurationKey(
                "limits.message_bytes",
                .integer(\.policy.limits.messageBytes, 64...67_108_864),
                "Bytes of a message."
            ),
            ConfigurationKey(
                "limits.image_bytes",
                .integer(\.policy.limits.imageBytes, 1024...268_435_456),
                "Bytes of the images of a message together."
            ),
            ConfigurationKey(
                "limits.approval_seconds",
                .wholeSeconds(\.policy.limits.approvalTime, 1...31_536_000),
                "How long the owner may take to answer a question of the gate; then the call is denied."
            ),
            ConfigurationKey(
                "limits.ask_seconds",
                .wholeSeconds(\.policy.limits.askTime, 1...86_400),
                "How long a question to another agent waits for its answer; then the call fails and the turn goes on."
            ),
            ConfigurationKey(
                "limits.mailbox",
                .integer(\.policy.limits.mailbox, 1...100_000),
                "Messages that may wait."
            ),
            ConfigurationKey(
                "limits.hops",
                .integer(\.policy.limits.hops, 1...256),
                "Agents that a message may go through."
            ),
            ConfigurationKey(
                "limits.rounds",
                .integer(\.policy.limits.rounds, 1...32),
                "How often the same agents may write to each other in turn, without anybody else, before that counts as going round and "
                    + "is stopped."
            ),
            ConfigurationKey(
                "limits.messages_per_hour",
                .integer(\.policy.limits.messagesPerHour, 1...1_000_000),
                "Messages to other agents in one hour."
            ),
            ConfigurationKey(
                "limits.children",
                .integer(\.policy.limits.children, 0...64),
                "Children whose work goes on at a time."
            ),
            ConfigurationKey(
                "limits.tree_agents",
                .integer(\.policy.limits.treeAgents, 0...1024),
                "Agents that it may have made at a time, with those that they make."
            ),
            ConfigurationKey(
                "limits.depth",
                .integer(\.policy.limits.depth, 0...16),
                "Generations of children below it."
            ),
            ConfigurationKey(
                "limits.open_turns",
                .integer(\.policy.limits.openTurns, 1...64),
                "Conversations with an open turn at a time."
            ),
            ConfigurationKey(
                "retry.attempts",
                .integer(\.policy.retry.attempts, 1...20),
                "Tries of a model call in all, the first included."
            ),
            ConfigurationKey(
                "retry.base_seconds",
                .seconds(\.policy.retry.base, 0.001...3600),
                "The longest wait before the second try; it doubles with each further one."
            ),
            ConfigurationKey(
                "retry.max_seconds",
                .seconds(\.policy.retry.max, 0.001...86_400),
                "No wait is longer than this, unless the provider asks for it."
            ),
            ConfigurationKey(
                "retry.unavailable",
                .word(\.policy.retry.unavailable),
                "What becomes of a task when no model answers: `park` keeps it and tries again later, `fail` ends it."
            ),
            ConfigurationKey(
                "retry.park_seconds",
                .wholeSeconds(\.policy.retry.parkTime, 1...2_592_000),
                "How long a parked task is tried again before it ends as failed."
            ),
        ] + memory + [
            ConfigurationKey(
                "peers.allow",
                .list(\.peers, .agentNames),
                sample: .example(#"["writer", "critic"]"#),
                "Agents that it may write to (tools of the group `peers`), and whose messages it takes; others are refused. A peer "
                    + "is looked for in the home, then in a file `NAME.toml` beside the agent's own."
            ),
            ConfigurationKey(
                "peers.topics",
                .list(\.policy.topics, .topics),
                sample: .example(#"["news"]"#),
                "Topics that it always gets its peers' messages of; `subscribe` adds others."
            ),
            ConfigurationKey(
                "peers.spawn",
                .list(\.templates, .agentNames),
                sample: .example(#"["researcher"]"#),
                "Agents whose configurations its children may have (tools of the group `children`); they are looked for like peers. A child "
                    + "has no tool that its parent lacks, and what the gates of those above it deny is denied to it too."
            ),
            ConfigurationKey(
                "peers.share_workspace",
                .flag(\.policy.sharesWorkspace),
                "Whether its children may work in its workspace; otherwise each has one of its own."
            ),
            ConfigurationKey(
                "peers.ended_children",
                .word(\.endedChildren),
                "What becomes of a child when its work has ended: `keep` leaves its life and its workspace, `remove` deletes them when its "
                    + "report has come."
            ),
            ConfigurationKey(
                "peers.monitor",
                .list(\.monitors, .agentNames),
                sample: .example(#"["writer"]"#),
                "Agents that it gets a message of when they go down."
            ),
            ConfigurationKey(
                "peers.link",
                .list(\.links, .agentNames),
                sample: .example(#"["writer"]"#),
                "Agents that it can't do without: when one of them goes down, so does it."
            ),
            ConfigurationKey(
                "supervisor.agents",
                .list(\.supervised, .agentNames),
                sample: .example(#"["researcher", "writer"]"#),
                "Agents that it looks after: they are started with it, in this order, and started again when they go down. They are looked "
                    + "for like peers."
            ),
            ConfigurationKey(
                "supervisor.strategy",
                .word(\.policy.supervision.strategy),
                "Who is started again when one goes down: `one_for_one` that one, `one_for_all` all of them, `rest_for_one` that one and "
                    + "those after it."
            ),
            ConfigurationKey(
                "supervisor.restarts",
                .integer(\.policy.supervision.restarts, 0...1000),
                "So often agents are started again within `within_seconds`; then all are given up, and whoever looks after the supervisor "
                    + "decides."
            ),
            ConfigurationKey(
                "supervisor.within_seconds",
                .wholeSeconds(\.policy.supervision.within, 1...86_400),
                "The time in which restarts are counted."
            ),
            ConfigurationKey(
                "supervisor.backoff_seconds",
                .seconds(\.policy.supervision.backoff, 0.001...3600),
                "How long the first restart waits; each further one in that time waits twice as long."
            ),
            ConfigurationKey(
                "inbox.during_turn",
                .word(\.policy.inbox),
                "What becomes of a message that comes while a turn of its conversation is open: `steer` shows it to the model at its next "
                    + "step, `wait` keeps it for a turn of its own, `interrupt` ends the turn with what there is and begins with it."
            ),
        ] + [
            ConfigurationKey(
                "store.durability",
                .word(\.durability),
                "What an acknowledged message survives: `full` a power cut, `normal` the end of the process (faster)."
            ),
            ConfigurationKey(
                "store.outputs_days",
                .optionalInteger(\.outputsDays, 1...36_500),
                sample: .example("90"),
                defaultNote: "none, they are kept",
                "After so many days whole outputs of tools, images, and what `anima undo` needs are deleted when the agent wakes, at "
                    + "most once a day; what the transcript shows of them stays."
            ),
            ConfigurationKey(
                "store.history_days",
                .optionalInteger(\.historyDays, 1...36_500),
                sample: .example("730"),
                defaultNote: "none, it is kept",
                "After so many days the texts of what was said and done are erased when the agent wakes, at most once a day: "
                    + "conversations, arguments and results. What it remembers stays, and so does what happened, when, and what it cost."
            ),
            ConfigurationKey(
                "store.snapshot_events",
                .integer(\.snapshotInterval, 64...65_536),
                "Events between two snapshots of the agent's state."
            ),
        ] + embedder

    /// What an agent remembers by itself.
    private static let memory = [
        ConfigurationKey(
            "memory.recall",
            .flag(\.policy.memory.recalls),
            "Whether memories that fit a message are shown to the model with it."
        ),
        ConfigurationKey(
            "memory.recall_count",
            .integer(\.policy.memory.recallCount, 1...100),
            "At most so many memories are shown."
        ),
        ConfigurationKey(
            "memory.recall_tokens",
            .integer(\.policy.memory.recallTokens, 50...100_000),
            "Tokens that they may take."
        ),
        ConfigurationKey(
            "memory.recall_relevance",
            .integer(\.policy.memory.recallRelevance, 0...100),
            "What a memory must cover of a message, in percent, to be shown; nothing that fits, nothing shown."
        ),
        ConfigurationKey(
            "memory.learn",
            .word(\.policy.memory.learning),
            "How ended turns are learned from: `model` asks the model what is worth keeping (`reflex` has rules for that), `rules` "
                + "reads only what you say about yourself and your wishes, `off` keeps only what the agent is told to keep."
        ),
        ConfigurationKey(
            "memory.learn_tokens",
            .integer(\.policy.memory.learningTokens, 64...100_000),
            "Tokens of the reply in which the model says what is worth keeping."
        ),
        ConfigurationKey(
            "memory.compact",
            .word(\.policy.memory.compaction),
            "What becomes of a conversation's older turns when they no longer fit (`limits.context_tokens`): `model` has the model "
                + "summarise them, `rules` keeps a line of each, `off` leaves the oldest ones out. They stay in the life."
        ),
        ConfigurationKey(
            "memory.summary_tokens",
            .integer(\.policy.memory.summaryTokens, 100...100_000),
            "Tokens of such a summary."
        ),
        ConfigurationKey(
            "memory.blocks",
            .integer(\.policy.memory.blocks, 0...256),
            "How many blocks, texts that are always in view, there may be."
        ),
        ConfigurationKey(
            "memory.block_bytes",
            .integer(\.policy.memory.blockBytes, 64...65_536),
            "Bytes of a block."
        ),
        ConfigurationKey(
            "memory.consolidate",
            .word(\.policy.memory.consolidation),
            "When memories are merged and aged, always when nothing else is to be done: `idle` when enough is new, `daily` at most "
                + "once a day, `off` only by `anima memory consolidate`. The model takes part where `memory.learn` is `model`."
        ),
        ConfigurationKey(
            "memory.consolidate_after",
            .integer(\.policy.memory.consolidateAfter, 1...100_000),
            "How many memories must be new since the last time, for `idle`."
        ),
        ConfigurationKey(
            "memory.age_days",
            .integer(\.policy.memory.ageDays, 0...36_500),
            "After so many days a memory of an importance of 1 or 2 that never came to mind is closed; 0 for never."
        ),
    ]

    /// What programs are held in.
    private static let sandbox = [
        ConfigurationKey(
            "sandbox.mode",
            .choice(\.sandbox.mode, SandboxSurvey.Mode.allCases.map(\.rawValue)),
            sample: .example("\"auto\""),
            defaultNote: "`\"auto\"`",
            "What holds programs that tools start: `auto` the strongest there is, and an error where none is; "
                + "`bubblewrap`; `helper` for `anima-confine` alone; `seatbelt` on macOS, untested; `none` lets them do what you may."
        ),
        ConfigurationKey(
            "sandbox.network",
            .flag(\.sandbox.network),
            "Whether programs reach the whole network. For single hosts leave it and write `hosts`."
        ),
        ConfigurationKey(
            "sandbox.hosts",
            .list(\.sandbox.hosts, .programHosts),
            sample: .example(#"["pypi.org", "*.pythonhosted.org", "127.0.0.1:8080"]"#),
            "Hosts that programs reach, by a proxy of Anima's that their environment names; without a port, on 443 and 80."
        ),
        ConfigurationKey(
            "sandbox.read",
            .list(\.sandbox.read, .paths),
            sample: .example(#"["~/.cargo"]"#),
            "Paths that programs may read besides the system's; a relative one starts at the configuration file."
        ),
        ConfigurationKey(
            "sandbox.write",
            .list(\.sandbox.write, .paths),
            sample: .example(#"["~/.cache/agent"]"#),
            "Directories that programs may write besides the workspace."
        ),
        ConfigurationKey(
            "sandbox.memory_mb",
            .integer(\.sandbox.limits.memory, 16...1_048_576),
            "Megabytes of memory of a program and all it starts, together and each."
        ),
        ConfigurationKey(
            "sandbox.processes",
            .integer(\.sandbox.limits.processes, 8...65_536),
            "Processes and threads of a program and all it starts."
        ),
        ConfigurationKey(
            "sandbox.file_mb",
            .integer(\.sandbox.limits.file, 1...1_048_576),
            "Megabytes of one file that a program writes."
        ),
        ConfigurationKey(
            "sandbox.cpu_seconds",
            .integer(\.sandbox.limits.cpuSeconds, 1...604_800),
            "Seconds of processor time of each process."
        ),
        ConfigurationKey(
            "sandbox.open_files",
            .integer(\.sandbox.limits.openFiles, 16...1_048_576),
            "Files that each process has open."
        ),
    ]

    /// The few keys of a model that an embedder needs.
    private static let embedder = model("embedder", \.embedder, isNamed: false)
        .filter { ["use", "provider", "name", "base_url", "api_key"].contains($0.name) }
        .map { $0.name == "use" ? $0.with(sample: .example("\"ollama/nomic-embed-text\""), defaultNote: "none") : $0 }

    /// The tables in the order of documents.
    static let tables: [String] = all.map(\.table)
        .reduce(into: []) { tables, table in
            if tables.last != table { tables.append(table) }
        }

    /// Tables that may stand in a file and have no keys yet.
    static let emptyTables: Set<String> = ["memory"]

    /// The table that only an agent's own file may have.
    static let agentTable = "agent"
}

import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima send`: puts a message into an agent's inbox and waits for nothing.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Put a message into an agent's inbox; nothing is done about it now.",
        discussion: """
            It is accepted when it is on disk. Whoever wakes the agent next works on it: `anima run` or `anima resume`.

            Examples:
              anima send clerk "read README.md and remember what it is about"
              anima inbox clerk
              anima resume clerk
            """
    )

    @OptionGroup var target: MessageTarget

    @Argument(help: ArgumentHelp("What to say; - reads it from standard input.", valueName: "text"))
    var text: String

    @Option(help: "The conversation that it belongs to.")
    var conversation = "main"

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let text = text == "-" ? try StandardInput.readAll() : text
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UsageError("the message is empty; say something")
        }
        let now = SystemClock().now
        var generator = SystemRandomNumberGenerator()
        let envelope = Envelope(
            id: try EnvelopeID(IdentifierSource.make(at: now, using: &generator)),
            conversation: try ConversationID(conversation),
            text: text,
            sentAt: now
        )
        try await target.put(envelope, json: json)
    }
}

/// `anima ask`: asks an agent, and waits for its answer so long.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Ask an agent, and wait for its answer, with a deadline.",
        discussion: """
            As `anima run`, but the work on it ends at the deadline, with what there is. A line that begins with @name speaks \
            to that agent, one of its peers; @all to all of them.

            Examples:
              anima ask clerk "what do you remember about tea" --timeout 30
              anima ask examples/team/lead.toml "@writer add 2 and 40"
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: ArgumentHelp("What to ask; - reads it from standard input.", valueName: "text"))
    var text: String

    @Option(help: "The conversation that it belongs to.")
    var conversation = "main"

    @Option(help: ArgumentHelp("Wait so many seconds at most.", valueName: "seconds"))
    var timeout = 600

    @OptionGroup var work: WorkOptions

    func run() async throws {
        guard (1...86_400).contains(timeout) else { throw UsageError("--timeout is from 1 to 86400 seconds") }
        let text = text == "-" ? try StandardInput.readAll() : text
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UsageError("the question is empty; ask something")
        }
        var task = Session.Assignment(text: text, conversation: try ConversationID(conversation))
        task.timeout = .seconds(timeout)
        try await Session(work, target: config).run(task)
    }
}

/// `anima inbox`: what an agent was sent.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "See what an agent was sent: what waits, what is worked on, what did not end with an answer.",
        discussion: """
            Messages are named by the event that took them. `drop` takes one out that waits; who waits for its answer is told. \
            `retry` sends one again whose turn has ended.

            Examples:
              anima inbox clerk
              anima inbox clerk show e12
              anima inbox clerk drop e12
              anima inbox clerk retry e12
              anima inbox clerk --all --json
            """
    )

    enum Action: String, ExpressibleByArgument, CaseIterable { case list, show, drop, retry }

    @OptionGroup var target: MessageTarget

    @Argument(help: "What to do: list, show, drop or retry.")
    var action = Action.list

    @Argument(help: "The message, for example e12; not for list.")
    var message: String?

    @Flag(help: "List all that was ever taken.")
    var all = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() async throws {
        let (agent, items) = try await target.reading { life in
            let state = try await life.wake().state()
            return InboxItem.all(in: try await life.events(ofKinds: InboxItem.kinds), state)
        }
        if action == .list {
            let shown = all ? items : items.filter(\.isOfInterest)
            for item in shown { show(item) }
            if shown.isEmpty, !json { Terminal.current.line("nothing waits", to: .error, .dim) }
            return
        }
        guard let message else { throw UsageError("name the message: anima inbox \(agent) \(action.rawValue) e12") }
        let seq = try EventReference.seq(message)
        guard let item = items.first(where: { $0.seq == seq }) else {
            throw UsageError("e\(seq) took no message; see: anima inbox \(agent) --all")
        }
        switch action {
        case .list, .show: show(item, whole: true)
        case .drop: try await drop(item)
        case .retry: try await retry(item)
        }
    }

    private func drop(_ item: InboxItem) async throws {
        guard item.status == .waiting else {
            throw UsageError("e\(item.seq) does not wait (\(item.status.text)); nothing was changed")
        }
        _ = try await target.putting([.drop(item.envelope.id, by: "the owner")])
        if !json { Terminal.current.line("dropped e\(item.seq)", to: .output) }
    }

    private func retry(_ item: InboxItem) async throws {
        guard case .ended = item.status else {
            throw UsageError("e\(item.seq) has not ended (\(item.status.text)); nothing was changed")
        }
        guard item.envelope.kind != .ask else {
            throw UsageError(
                "e\(item.seq) is a question that was answered as failed; \(item.envelope.sender.description) has to ask again"
            )
        }
        let now = SystemClock().now
        var generator = SystemRandomNumberGenerator()
        let id = try EnvelopeID(IdentifierSource.make(at: now, using: &generator))
        try await target.put(item.envelope.again(as: id, at: now), json: json)
    }

    private func show(_ item: InboxItem, whole: Bool = false) {
        let terminal = Terminal.current
        let envelope = item.envelope
        if json {
            return terminal.json([
                "event": .string("e\(item.seq)"), "id": .string(envelope.id.text),
                "status": .string(item.status.name), "turn": item.status.turn.map { .string("\($0)") } ?? .null,
                "reason": item.status.reason.map { .string($0) } ?? .null,
                "from": .string(envelope.sender.description), "kind": .string(envelope.kind.rawValue),
                "conversation": .string(envelope.conversation.name), "text": .string(envelope.text),
                "trust": .string(envelope.trust.rawValue), "at": .string(item.at.rfc3339),
            ])
        }
        terminal.write("e\(item.seq)", to: .output, .bold)
        terminal.write(
            "  \(item.at.rfc3339)  \(envelope.kind.rawValue) from \(envelope.sender.description)",
            to: .output
        )
        terminal.write(" in \(envelope.conversation)  ", to: .output, .dim)
        terminal.line(item.status.text, to: .output, item.status.name == "waiting" ? .cyan : .yellow)
        terminal.line(whole ? envelope.text : "  " + envelope.text.shortened(to: 100), to: .output)
    }
}

/// `anima dead-letters`: what agents sent and nobody took.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "List what agents sent and nobody took, with the reason, or send it again.",
        discussion: """
            Letters are named by the event that gave them up.

            Examples:
              anima dead-letters
              anima dead-letters lead
              anima dead-letters lead show e31
              anima dead-letters lead retry e31
            """
    )

    enum Action: String, ExpressibleByArgument, CaseIterable { case list, show, retry }

    @Argument(
        help: ArgumentHelp(
            "A configuration file, or an agent's name. Default: all that live here.",
            valueName: "config"
        ),
        completion: AgentID.completion
    )
    var config: String?

    @Argument(help: "What to do: list, show or retry.")
    var action = Action.list

    @Argument(help: "The letter, for example e31; not for list.")
    var letter: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let home = try common.composition().home
        let targets =
            try config.map { [$0] } ?? home.agents().filter { FilePath.exists(home.lifePath(of: $0)) }.map(\.name)
        var count = 0
        for name in targets {
            let target = MessageTarget(config: name, common: common)
            let (agent, letters) = try await target.reading { life in
                DeadLetter.all(in: try await life.events(ofKinds: DeadLetter.kinds))
            }
            if action == .list {
                for letter in letters { show(letter, of: agent) }
                count += letters.count
                continue
            }
            guard let letter else {
                throw UsageError("name the letter: anima dead-letters \(name) \(action.rawValue) e31")
            }
            let seq = try EventReference.seq(letter)
            guard let found = letters.first(where: { $0.seq == seq }) else {
                throw UsageError("e\(seq) is no dead letter; see: anima dead-letters \(name)")
            }
            if action == .show { return show(found, of: agent, whole: true) }
            let again = Fact.EnvelopeSent(to: found.recipient, envelope: found.envelope.again(at: SystemClock().now))
            _ = try await target.putting([.resend(again)])
            if !json {
                Terminal.current.line("e\(seq) is on its way again; anima resume \(name) carries it", to: .output)
            }
            return
        }
        if count == 0, !json { Terminal.current.line("all was taken", to: .error, .dim) }
    }

    private func show(_ letter: DeadLetter, of agent: AgentID, whole: Bool = false) {
        let terminal = Terminal.current
        if json {
            return terminal.json([
                "agent": .string(agent.name), "event": .string("e\(letter.seq)"),
                "id": .string(letter.envelope.id.text),
                "to": .string(letter.recipient.name), "kind": .string(letter.envelope.kind.rawValue),
                "outcome": .string(letter.outcome.rawValue), "reason": .string(letter.reason),
                "text": .string(letter.envelope.text), "at": .string(letter.at.rfc3339),
            ])
        }
        terminal.write("\(agent) e\(letter.seq)", to: .output, .bold)
        terminal.write(
            "  \(letter.at.rfc3339)  \(letter.envelope.kind.rawValue) to @\(letter.recipient)  ",
            to: .output
        )
        terminal.line("\(letter.outcome.rawValue): \(letter.reason)", to: .output, .yellow)
        terminal.line(whole ? letter.envelope.text : "  " + letter.envelope.text.shortened(to: 100), to: .output)
    }
}

/// `anima topics`: who wants messages of which topics.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "See the topics that an agent wants and those of its own that others want, or publish about one.",
        discussion: """
            Examples:
              anima topics writer
              anima topics lead publish news "the tea is in the tin"
            """
    )

    enum Action: String, ExpressibleByArgument, CaseIterable { case list, publish }

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: "What to do: list or publish.")
    var action = Action.list

    @Argument(help: "The topic to publish about.")
    var topic: String?

    @Argument(help: ArgumentHelp("What to publish; - reads it from standard input.", valueName: "text"))
    var text: String?

    @OptionGroup var work: WorkOptions

    func run() async throws {
        if action == .publish {
            guard let topic, let text else {
                throw UsageError("say what to publish about what: anima topics \(config) publish news \"…\"")
            }
            return try await Session(work, target: config)
                .publish(text == "-" ? StandardInput.readAll() : text, about: topic)
        }
        let terminal = Terminal.current
        let (agent, state) = try await MessageTarget(config: config, common: work.common)
            .reading { life in
                try await life.wake().state()
            }
        let subscribers = state.subscribers.sorted { $0.key < $1.key }
        if work.json {
            let lists = subscribers.map { ($0.key, JSONValue.array($0.value.map { .string($0.name) })) }
            return terminal.json([
                "agent": .string(agent.name), "wants": .array(state.topics.map { .string($0) }),
                "wanted": .object(Dictionary(uniqueKeysWithValues: lists)),
            ])
        }
        for topic in state.topics { terminal.line("wants #\(topic)", to: .output) }
        for (topic, names) in subscribers {
            terminal.line("#\(topic) goes to \(names.map { "@\($0)" }.joined(separator: ", "))", to: .output)
        }
        if state.topics.isEmpty, subscribers.isEmpty { terminal.line("no topics", to: .error, .dim) }
    }
}

/// The agent whose messages a command is about.
struct MessageTarget: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @OptionGroup var common: CommonOptions

    init() {}

    init(config: String, common: CommonOptions) {
        self.config = config
        self.common = common
    }

    /// Reads the agent's life; other processes may write it meanwhile.
    func reading<T: Sendable>(_ body: (SQLiteLife) async throws -> T) async throws -> (agent: AgentID, T) {
        // A life can be read without its configuration.
        let id = FilePath.exists(config) ? try common.composition().agent(config).id : try AgentID(config)
        let life = try common.reader(of: id)
        do {
            let result = try await body(life)
            await life.close()
            return (id, result)
        } catch {
            await life.close()
            throw error
        }
    }

    /// Commits inputs to the agent's life, and works on nothing.
    func putting(_ inputs: [Mind.Input]) async throws -> [Receipt?] {
        let composition = try common.composition()
        let (id, configuration) = try composition.agent(config)
        let residence = try await composition.residence(of: id, configuration)
        do {
            let receipts = try await Postbox(of: id, residence).put(inputs)
            await residence.store.close()
            return receipts
        } catch {
            await residence.store.close()
            throw error
        }
    }

    /// Puts an envelope into the inbox, and says so.
    func put(_ envelope: Envelope, json: Bool) async throws {
        let receipt = try await putting([.deliver(envelope)]).first ?? nil
        switch receipt {
        case .accepted(let seq)?:
            if json {
                Terminal.current.json(["event": .string("e\(seq)"), "id": .string(envelope.id.text)])
            } else {
                Terminal.current.line("e\(seq) waits in the inbox; anima resume \(config) works on it", to: .output)
            }
        case .refused(let reason)?: throw SessionError("\(config) did not take it: \(reason)")
        case .duplicate?, nil: throw SessionError("\(config) has taken it before")
        }
    }
}

extension InboxItem.Status {
    /// The word for it in JSON.
    var name: String {
        switch self {
        case .waiting: "waiting"
        case .working: "working"
        case .ended(_, let end): end.name
        case .dropped: "dropped"
        case .noted: "noted"
        }
    }

    fileprivate var turn: TurnID? {
        switch self {
        case .working(let turn), .ended(let turn, _): turn
        case .waiting, .dropped, .noted: nil
        }
    }

    fileprivate var reason: String? { if case .ended(_, let end) = self { end.reason } else { nil } }

    /// What people read.
    var text: String {
        [name, turn.map { "in \($0)" }, reason].compactMap(\.self).joined(separator: " ")
    }
}

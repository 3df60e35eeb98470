import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima memory export`: memories and blocks in one file.
struct MemoryExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write memories and blocks that hold as JSON lines.",
        discussion: """
            Another agent can be given them with `anima memory import`. A whole life is copied with `anima export`.

            Examples:
              anima memory export clerk clerk-memory.jsonl
              anima memory export clerk | grep -i oslo
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "The file to make; standard output without it.", completion: .file())
    var file: String?

    func run() async throws {
        let (memories, blocks) = try await options.reading { life in
            // Oldest first, so that a reader learns them in the order in which they were learned.
            let memories = try await life.memories(MemoryFilter(limit: .max)).map(\.memory).reversed()
            return (Array(memories), try await life.wake().state().blocks)
        }
        let head = MemoryFile.head(agent: options.agent, at: SystemClock().now)
        let lines = [head] + memories.map(MemoryFile.line) + blocks.map(MemoryFile.line)
        guard let file else { return lines.forEach(Terminal.current.json) }
        try FilePath.writeNew(lines.map { $0.text + "\n" }.joined(), to: file)
        if options.json {
            Terminal.current.json([
                "file": .string(file), "memories": .int(memories.count), "blocks": .int(blocks.count),
            ])
        } else {
            let counts = "\(memories.count) memories and \(blocks.count) blocks"
            Terminal.current.line("exported \(counts) of \(options.agent) to \(file)", to: .output)
        }
    }
}

/// `anima memory import`: memories and blocks of a file, through the gate.
struct MemoryImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Remember what an export holds.",
        discussion: """
            All of it is read first; with one bad line nothing is imported. Then each memory goes through the gate, with \
            the trust that the file gives it: what is remembered already is left out, what it contradicts no longer holds \
            if it is from no better source. What was superseded or forgotten here does not come back, and a block that \
            says something else here stays as it is.
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "A file that `anima memory export` made; - for standard input.", completion: .file())
    var file: String

    @Flag(help: "Say what would be done, and change nothing.")
    var dryRun = false

    func run() async throws {
        let lines = try MemoryFile.read(try Self.text(in: file), name: file)
        let done =
            dryRun
            ? try await options.reading { try await MemoryImport.judged(lines, for: $0) }
            : try await options.writing(begins: true) { life in
                let work = try await MemoryImport.judged(lines, for: life)
                if !work.facts.isEmpty { try await life.append(work.facts, of: options.agent) }
                return work
            }
        for outcome in done.outcomes { show(outcome) }
        if !options.json { summarize(done.outcomes) }
    }

    private static func text(in file: String) throws -> String {
        guard file != "-" else { return try StandardInput.readAll() }
        guard let bytes = try FilePath.readBytes(file, limit: MemoryFile.mostBytes) else {
            throw UsageError("there is no file \(file)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("nothing was imported, for \(file) is not a text in UTF-8")
        }
        return text
    }

    private func show(_ outcome: MemoryImport.Outcome) {
        let terminal = Terminal.current
        if options.json {
            var members: [String: JSONValue] = [
                "line": .int(outcome.line), "outcome": outcome.id == nil ? "refused" : "kept",
                "dryRun": .bool(dryRun),
            ]
            members["id"] = dryRun ? nil : outcome.id.map { .string($0) }
            members["block"] = outcome.block.map { .string($0) }
            members["reason"] = outcome.reason.map { .string($0) }
            members["of"] = outcome.twin.map { .string($0) }
            if !outcome.supersedes.isEmpty {
                members["supersedes"] = .array(outcome.supersedes.map { .string("m\($0)") })
            }
            return terminal.json(.object(members))
        }
        let what = (outcome.block.map { "block \($0): " } ?? "") + outcome.text.shortened(to: 80)
        guard let id = outcome.id else {
            let twin = outcome.twin.map { " \($0)" } ?? ""
            return terminal.line("left out \(what)  (\(outcome.reason ?? "")\(twin))", to: .output, .dim)
        }
        let old = outcome.supersedes.map { "m\($0)" }.joined(separator: ", ")
        let place = old.isEmpty ? "" : "  (in place of \(old))"
        terminal.line((dryRun ? "would keep " : "kept \(id) ") + what + place, to: .output)
    }

    private func summarize(_ outcomes: [MemoryImport.Outcome]) {
        let kept = outcomes.count { $0.id != nil }
        let verb = dryRun ? "would import" : "imported"
        Terminal.current.line("\(verb) \(kept) of \(outcomes.count)", to: .error, .dim)
    }
}

/// Decides what of a file is kept, line after line, before any of it is written.
struct MemoryImport {
    /// What became of a line.
    struct Outcome: Hashable, Sendable {
        let line: Int
        let text: String
        /// The name of the block; nil for a memory.
        var block: String?
        /// What it is kept as: `m12`, or `e12` for a block; nil when it is not.
        var id: String?
        /// Why it is not.
        var reason: String?
        /// What is here instead.
        var twin: String?
        /// What holds no longer because of it.
        var supersedes: [Int] = []
    }

    /// What is to be written, in order.
    private(set) var facts: [Fact] = []
    /// What became of each line.
    private(set) var outcomes: [Outcome] = []
    private let life: SQLiteLife
    private let agent: AgentID
    /// The newest event of the life.
    private let last: Int
    /// What is going to be remembered, under numbers that count from 1: the store can be searched as the life is.
    private let pending = InMemoryLifeStore()
    /// Memories of the life in whose place others will be.
    private var closed: Set<Int> = []
    private var blocks: [MemoryBlock]
    private let policy: MemoryPolicy

    /// Begins to judge what goes into a life.
    init(into life: SQLiteLife) async throws {
        let state = try await life.wake().state()
        self.life = life
        agent = try await life.info().agent
        last = state.lastSeq
        blocks = state.blocks
        policy = state.policy.memory
    }

    /// Judges all lines of a file.
    static func judged(_ lines: [MemoryFile.Line], for life: SQLiteLife) async throws -> MemoryImport {
        var work = try await MemoryImport(into: life)
        for line in lines { try await work.take(line) }
        return work
    }

    private mutating func take(_ line: MemoryFile.Line) async throws {
        switch line.entry {
        case .memory(let draft): outcomes.append(try await outcome(of: draft, line.number))
        case .block(let name, let text): outcomes.append(try await outcome(of: name, text, line.number))
        }
    }

    private mutating func outcome(of draft: MemoryDraft, _ line: Int) async throws -> Outcome {
        var outcome = Outcome(line: line, text: draft.text)
        let trust = draft.trust ?? .owner
        let new = try await MemoryWriter.similar(to: draft.text, in: pending)
        let known = try await MemoryWriter.similar(to: draft.text, in: life).filter { !closed.contains($0.id) }
        // What is pending has numbers above those of the life.
        let similar = known + new.map { $0.renumbered(by: last) }
        switch MemoryGate.judge(draft, similar: similar, trust: trust) {
        case .refuse(let reason):
            outcome.reason = reason.rawValue
            if reason == .duplicate { outcome.twin = MemoryWriter.twin(of: draft, among: similar)?.name }
        case .keep(let superseded):
            if let old = try await closedTwin(of: draft) {
                if case .forgotten = old.standing {
                    outcome.reason = "forgotten"
                } else {
                    outcome.reason = "superseded"
                }
                outcome.twin = old.memory.name
                return outcome
            }
            outcome.supersedes = superseded
            var draft = draft
            draft.supersedes = superseded
            closed.formUnion(superseded)
            outcome.id = "m\(last + facts.count + 1)"
            facts.append(.memoryStored(.init(draft, trust: trust)))
            draft.supersedes = superseded.filter { $0 > last }.map { $0 - last }
            try await append(.memoryStored(.init(draft, trust: trust)))
        }
        return outcome
    }

    /// A memory of the same words that was taken back here, or that another took the place of.
    private func closedTwin(of draft: MemoryDraft) async throws -> MemoryRecord? {
        let query = RecallQuery(draft.text, includesClosed: true, limit: 20, parts: [.words])
        for memory in try await life.recall(query).compactMap(\.passage.memory) {
            guard !memory.isCurrent, memory.text == draft.text, memory.kind == draft.kind else { continue }
            return try await life.memoryRecord(memory.id)
        }
        return nil
    }

    private mutating func outcome(of name: String, _ text: String, _ line: Int) async throws -> Outcome {
        var outcome = Outcome(line: line, text: text, block: name)
        if let old = blocks.first(where: { $0.name == name }) {
            outcome.reason = old.text == text ? "duplicate" : "it says something else here"
            return outcome
        }
        if let refusal = MemoryBlock.refusal(of: name, text, blocks, policy) {
            outcome.reason = refusal
            return outcome
        }
        outcome.id = "e\(last + facts.count + 1)"
        let fact = Fact.BlockEdited(name: name, text: text, by: "owner")
        blocks.append(MemoryBlock(name: name, text: text, seq: last + facts.count + 1))
        facts.append(.blockEdited(fact))
        try await append(.blockEdited(fact))
        return outcome
    }

    private func append(_ fact: Fact) async throws {
        let event = Event(seq: facts.count, at: SystemClock().now, agent: agent, fact: fact)
        try await pending.append(LifeBatch(events: [event]))
    }
}

extension Memory {
    /// The same memory under a number that is higher by some.
    fileprivate func renumbered(by offset: Int) -> Memory {
        Memory(
            id: id + offset,
            text: text,
            kind: kind,
            subject: subject,
            importance: importance,
            source: source,
            trust: trust,
            storedAt: storedAt,
            about: about
        )
    }
}

/// `anima memory share`: gives a memory of one agent to another one.
struct MemoryShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Give a memory of one agent to another one.",
        discussion: """
            It is a message: the other agent must take messages of this one (peers.allow), keeps the memory as said by this \
            one, and may refuse it. What this agent still has to do is done first.

            Example:
              anima memory share clerk m12 --with writer
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: "The memory, for example m12.")
    var memory: String

    @Option(help: ArgumentHelp("The agent that gets it.", valueName: "agent"), completion: AgentID.completion)
    var with: AgentID

    @OptionGroup var work: WorkOptions

    func run() async throws {
        try await Session(work, target: config).share(try MemoryReference.id(memory), with: with)
    }
}

/// `anima memory embed`: gives everything an agent can recall a vector.
struct MemoryEmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Give memories and the past the vectors that they lack, so that they are found by meaning.",
        discussion: """
            By the embedder of the agent's configuration ([embedder]). An agent that is awake does this by itself while it has \
            nothing to do; this does it at once, newest first. What is done stays done when it is interrupted. Vectors of another \
            embedder go when the first ones of this one are kept.

            Example:
              anima memory embed clerk
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Flag(help: "Only memories, not what was said.")
    var memories = false

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let composition = try common.composition()
        let (id, configuration) = try composition.agent(config)
        guard let embedder = try composition.embedder(of: configuration) else {
            throw UsageError(
                "\(id) has no embedder; set embedder.use, for example to \"ollama/nomic-embed-text\" (docs/models.md)"
            )
        }
        await (try common.reader(of: id)).close()
        let life = try SQLiteLife.open(at: composition.home.lifePath(of: id), agent: id, mode: .existing)
        let terminal = Terminal.current
        var filled = 0
        do {
            let filler = VectorFiller(store: life, embedder: embedder)
            var next = Int.max
            while let batch = try await filler.fill(before: next, scope: memories ? .memories : .both) {
                (filled, next) = (filled + batch.filled, batch.next)
                if !json { terminal.line("embedded \(filled), back to e\(next)", to: .error, .dim) }
            }
            let all = try await life.vectorCounts()[embedder.name] ?? 0
            await life.close()
            if json {
                terminal.json(["embedder": .string(embedder.name), "embedded": .int(filled), "vectors": .int(all)])
            } else {
                terminal.line("embedded \(filled) by \(embedder.name); \(all) vectors in all", to: .output)
            }
        } catch {
            await life.close()
            let kept = filled > 0 ? "; \(filled) are done, the same command goes on" : ""
            throw MemoryCommandError(
                "can't embed with \(embedder.name): \((error as? ModelError)?.message ?? "\(error)")\(kept)"
            )
        }
    }
}

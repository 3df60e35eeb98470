import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima memory list`: the memories, newest first.
struct MemoryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List memories, newest first.")

    @OptionGroup var options: MemoryOptions

    @Option(help: "Only this kind: fact, preference, event or lesson.")
    var kind: Memory.Kind?

    @Option(help: ArgumentHelp("Only memories whose subject contains this.", valueName: "text"))
    var subject: String?

    @Flag(help: "Also what was superseded or forgotten; it is marked.")
    var all = false

    @Option(help: "At most so many.")
    var limit = 50

    func run() async throws {
        try Limit.check(limit)
        // One more says whether there are more.
        let filter = MemoryFilter(kind: kind, subject: subject, includesClosed: all, limit: limit + 1)
        let found = try await options.reading { try await $0.memories(filter) }
        let terminal = Terminal.current
        for record in found.prefix(limit) {
            if options.json {
                terminal.json(.object(MemoryFormat.json(record)))
            } else {
                MemoryFormat(terminal: terminal).line(record)
            }
        }
        guard !options.json else { return }
        if found.isEmpty { terminal.line("nothing is remembered\(all ? "" : " (see --all)")", to: .error, .dim) }
        if found.count > limit { terminal.line("there are more; see --limit", to: .error, .dim) }
    }
}

/// `anima memory show`: everything about one memory.
struct MemoryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything about a memory: its source, and what became of it."
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "The memory, for example m12.")
    var memory: String

    func run() async throws {
        try await options.reading { life in
            let record = try await options.record(memory, in: life)
            let superseded = try await superseded(by: record.memory, life)
            let closing = try await closing(of: record, life)
            let source = try await source(of: record.memory, life)
            if options.json {
                var members = MemoryFormat.json(record)
                members["supersedes"] = .array(
                    superseded.map { .object(["id": .string($0.name), "text": .string($0.text)]) }
                )
                if let closing { members["closed"] = .object(closing.json) }
                if let source { members["said"] = .string(source) }
                return Terminal.current.json(.object(members))
            }
            show(record, superseded, closing, source)
        }
    }

    private func show(_ record: MemoryRecord, _ superseded: [Memory], _ closing: Closing?, _ source: String?) {
        let memory = record.memory
        let terminal = Terminal.current
        func row(_ name: String, _ value: String?) {
            guard let value else { return }
            terminal.write(name.padded(to: 13), to: .output, .dim)
            terminal.line(value, to: .output)
        }
        row(memory.name, memory.text)
        row("kind", memory.kind.rawValue)
        row("subject", memory.subject)
        row("importance", "\(memory.importance) of 10")
        row("trust", memory.trust.rawValue)
        row("learned", memory.storedAt.rfc3339)
        row("speaks of", memory.about?.days)
        row("said by", memory.source.speaker)
        row("conversation", memory.source.conversation?.name)
        row("turn", memory.source.turn?.description)
        row("tool call", memory.source.call?.description)
        row("event", memory.source.event.map { "e\($0)" + (source.map { ": " + $0.shortened(to: 200) } ?? "") })
        for old in superseded { row("supersedes", "\(old.name) \(old.text)") }
        row("standing", record.standing.note ?? "it holds")
        if let closing { row(closing.name, closing.text) }
    }

    /// What ended a memory.
    private struct Closing {
        let name: String
        let text: String
        let json: [String: JSONValue]
    }

    private func closing(of record: MemoryRecord, _ life: SQLiteLife) async throws -> Closing? {
        guard let seq = record.memory.closedBy,
            let event = try await life.events(after: seq - 1, turn: nil, limit: 1).first
        else { return nil }
        var json: [String: JSONValue] = ["event": .string(event.id), "at": .string(event.at.rfc3339)]
        switch event.fact {
        case .memoryStored(let fact):
            json["text"] = .string(fact.text)
            return Closing(name: "m\(seq)", text: "\(fact.text)  (\(event.at.minute))", json: json)
        case .memoryForgotten(let fact):
            json["by"] = .string(fact.by)
            json["because"] = fact.reason.map { .string($0) } ?? .null
            let reason = fact.reason.map { ": \($0)" } ?? ""
            return Closing(name: event.id, text: "forgotten by \(fact.by)\(reason)  (\(event.at.minute))", json: json)
        case .memoryConsolidated(let fact):
            json["by"] = .string(fact.by)
            return Closing(name: event.id, text: "closed as old and of no use  (\(event.at.minute))", json: json)
        default: return nil
        }
    }

    private func superseded(by memory: Memory, _ life: SQLiteLife) async throws -> [Memory] {
        var found: [Memory] = []
        for id in memory.supersedes {
            if let old = try await life.memory(id) { found.append(old) }
        }
        return found
    }

    /// What was said in the event that a memory was drawn from.
    private func source(of memory: Memory, _ life: SQLiteLife) async throws -> String? {
        guard let seq = memory.source.event,
            let event = try await life.events(after: seq - 1, turn: nil, limit: 1).first, event.seq == seq
        else { return nil }
        return Episode(event, place: nil)?.text
    }
}

/// `anima memory search`: what comes up for some words.
struct MemorySearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Search what an agent remembers, as it does itself.",
        discussion: """
            Times are dates or what a person would say: 2026-03-01, "last week", "in May 2023".

            Examples:
              anima memory search clerk where does Ada live --why
              anima memory search clerk boat --everything --since "last month"
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "What is looked for, in any words; none for the newest.")
    var words: [String] = []

    @Option(help: "Only memories of this kind: fact, preference, event or lesson.")
    var kind: Memory.Kind?

    @Option(help: ArgumentHelp("Only what was stored or said since, or speaks of it.", valueName: "date"))
    var since: String?

    @Option(help: ArgumentHelp("Only what was stored or said until then, that day included.", valueName: "date"))
    var until: String?

    @Flag(help: "Search in what was said, instead of in memories.")
    var episodes = false

    @Flag(help: "Search in memories and in what was said.")
    var everything = false

    @Option(help: "At most so many.")
    var limit = 10

    @Flag(help: "Show what made each come up.")
    var why = false

    func run() async throws {
        try Limit.check(limit)
        if episodes, everything { throw UsageError("--episodes and --everything exclude each other") }
        if episodes, kind != nil { throw UsageError("what was said has no kind; leave out --kind or --episodes") }
        let now = SystemClock().now
        let query = RecallQuery(
            words.joined(separator: " "),
            now: now,
            scope: everything ? .both : episodes ? .episodes : .memories,
            kinds: kind.map { [$0] },
            time: try span(now: now),
            asker: "owner",
            limit: limit
        )
        let hits = try await options.reading { try await $0.recall(query) }
        for hit in hits { show(hit) }
        if hits.isEmpty, !options.json { Terminal.current.line("nothing comes up", to: .error, .dim) }
    }

    private func span(now: Instant) throws -> TimeSpan? {
        guard since != nil || until != nil else { return nil }
        func span(_ text: String, _ option: String) throws -> TimeSpan {
            guard let span = TimeExpression.spans(in: text, now: now).first else {
                throw UsageError("\(option) \"\(text)\" names no time; write it like 2026-03-01, or \"last week\"")
            }
            return span
        }
        // From the year 1 to the year 9999.
        let start = try since.map { try span($0, "--since").start } ?? Instant(microseconds: -62_135_596_800_000_000)
        let end = try until.map { try span($0, "--until").end } ?? Instant(microseconds: 253_402_300_800_000_000)
        guard start < end else { throw UsageError("there is no time since \(start.date) and until \(end.date)") }
        return TimeSpan(start: start, end: end)
    }

    private func show(_ hit: RecallHit) {
        let terminal = Terminal.current
        let parts = hit.parts.sorted { $0.key < $1.key }
        if options.json {
            var members: [String: JSONValue]
            switch hit.passage {
            case .memory(let memory): members = MemoryFormat.json(memory)
            case .episode(let episode): members = Self.json(episode)
            }
            if why {
                members["score"] = .double(hit.score)
                members["relevance"] = .double(hit.relevance)
                members["parts"] = .object(
                    Dictionary(uniqueKeysWithValues: parts.map { ($0.key.rawValue, .double($0.value)) })
                )
            }
            return terminal.json(.object(members))
        }
        switch hit.passage {
        case .memory(let memory):
            MemoryFormat(terminal: terminal).line(MemoryRecord(current: memory), isWhole: true)
        case .episode(let episode):
            terminal.write(hit.passage.name.padded(to: 7), to: .output, .bold)
            terminal.write(episode.at.minute + "  ", to: .output, .dim)
            terminal.write(episode.speaker.padded(to: 11), to: .output, .cyan)
            terminal.line(episode.text.shortened(to: 200), to: .output)
        }
        guard why else { return }
        let added = parts.map { "\($0.key.rawValue) \(Self.number($0.value))" }.joined(separator: ", ")
        let relevance = Int((hit.relevance * 100).rounded())
        terminal.line(
            "       score \(Self.number(hit.score)), covers \(relevance) % of what was asked: \(added)",
            to: .output,
            .dim
        )
    }

    private static func number(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let rest = String(abs(thousandths) % 1000)
        let zeros = String(repeating: "0", count: 3 - rest.count)
        return (thousandths < 0 ? "-" : "") + "\(abs(thousandths) / 1000).\(zeros)\(rest)"
    }

    private static func json(_ episode: Episode) -> [String: JSONValue] {
        [
            "id": .string("e\(episode.id)"), "text": .string(episode.text), "role": .string(episode.role.rawValue),
            "conversation": .string(episode.conversation.name), "speaker": .string(episode.speaker),
            "turn": episode.turn.map { .string($0.description) } ?? .null,
            "trust": .string(episode.trust.rawValue), "at": .string(episode.at.rfc3339),
        ]
    }
}

extension MemoryRecord {
    /// A memory that a search found, for it holds.
    fileprivate init(current memory: Memory) { self.init(memory: memory, standing: .current) }
}

/// What may be said for `--limit`.
enum Limit {
    static func check(_ limit: Int) throws {
        guard (1...1_000_000_000).contains(limit) else { throw UsageError("--limit \(limit) must be at least 1") }
    }
}

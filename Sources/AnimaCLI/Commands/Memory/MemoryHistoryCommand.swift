import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima memory history`: how memory came to be what it is.
struct MemoryHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show how a memory or a block came to be what it is, or the newest changes.",
        discussion: """
            Of a memory: what it took the place of, and what took its place, oldest first. Of a block: every version with \
            its date, who wrote it and what changed.

            Examples:
              anima memory history clerk
              anima memory history clerk m12
              anima memory history clerk owner
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "A memory (m12) or a block; without one, the newest changes of memory.")
    var what: String?

    @Option(help: "At most so many; the newest ones.")
    var limit = 50

    func run() async throws {
        try Limit.check(limit)
        try await options.reading { life in
            guard let what else { return try await showChanges(life) }
            let id = what.hasPrefix("m") ? MemoryReference.number(what) : nil
            if let id, try await life.memoryRecord(id) != nil { return try await showChain(of: id, life) }
            if try await showVersions(of: what, life) { return }
            // Says what there is near it.
            if id != nil { _ = try await options.record(what, in: life) }
            let names = try await life.wake().state().blocks.map(\.name)
            let hint = Spelling.closest(to: what, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            let list = names.isEmpty ? "there are no blocks" : "there are: \(names.joined(separator: ", "))"
            throw UsageError("\"\(what)\" is no memory, and no block was ever called so\(hint) (\(list))")
        }
    }

    // MARK: Changes

    private func showChanges(_ life: SQLiteLife) async throws {
        let kinds: Set<Fact.Kind> = [
            .memoryStored, .memoryForgotten, .memoryConsolidated, .memoryRestored, .blockEdited,
        ]
        let events = try await life.newestEvents(of: kinds, limit: limit)
        let format = EventFormat(terminal: Terminal.current, isVerbose: false)
        for event in events {
            if options.json { Terminal.current.json(try event.json()) } else { format.show(event, to: .output) }
        }
        if events.isEmpty, !options.json { Terminal.current.line("memory never changed", to: .error, .dim) }
    }

    // MARK: A memory

    private func showChain(of id: Int, _ life: SQLiteLife) async throws {
        let terminal = Terminal.current
        for record in try await life.memoryChain(of: id).suffix(limit) {
            if options.json {
                terminal.json(.object(MemoryFormat.json(record)))
                continue
            }
            MemoryFormat(terminal: terminal).line(record, isWhole: true)
            if case .aged(let seq) = record.standing {
                terminal.line("       closed as old and of no use in e\(seq)", to: .output, .yellow)
            }
            guard case .forgotten(let seq) = record.standing,
                let event = try await life.events(after: seq - 1, turn: nil, limit: 1).first,
                case .memoryForgotten(let fact) = event.fact
            else { continue }
            let reason = fact.reason.map { ": \($0)" } ?? ""
            terminal.line("       forgotten \(event.at.minute) by \(fact.by)\(reason)", to: .output, .yellow)
        }
    }

    // MARK: A block

    private func showVersions(of name: String, _ life: SQLiteLife) async throws -> Bool {
        var versions: [(event: Event, fact: Fact.BlockEdited)] = []
        for event in try await life.newestEvents(of: [.blockEdited], limit: .max).reversed() {
            if case .blockEdited(let fact) = event.fact, fact.name == name { versions.append((event, fact)) }
        }
        var old = ""
        for (index, version) in versions.enumerated() {
            let diff = LineDiff(from: old, to: version.fact.text)
            old = version.fact.text
            guard index >= versions.count - limit else { continue }
            show(version.event, version.fact, diff)
        }
        return !versions.isEmpty
    }

    private func show(_ event: Event, _ fact: Fact.BlockEdited, _ diff: LineDiff) {
        let terminal = Terminal.current
        if options.json {
            return terminal.json([
                "event": .string(event.id), "at": .string(event.at.rfc3339), "by": .string(fact.by),
                "call": fact.call.map { .string($0.description) } ?? .null, "name": .string(fact.name),
                "text": .string(fact.text), "diff": .string(diff.text),
            ])
        }
        terminal.write("\(event.id)".padded(to: 7), to: .output, .bold)
        terminal.write(event.at.minute, to: .output, .dim)
        let call = fact.call.map { " (\($0))" } ?? ""
        terminal.line("  by \(fact.by)\(call)" + (fact.text.isEmpty ? ", removed" : ""), to: .output)
        for line in diff.lines {
            let style: Terminal.Style =
                switch line.first {
                case "+": .green
                case "-": .red
                case "@": .cyan
                default: .plain
                }
            terminal.line(line, to: .output, style)
        }
    }
}

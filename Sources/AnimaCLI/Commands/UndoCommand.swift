import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima undo`: takes back what an agent's tools did to files.
struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take back what an agent did to files.",
        discussion: """
            Without more, what its last turn did; or of a turn (t3), a call (t3.1.2) or an event (e57). A file is taken \
            back only while it still is what the agent left; others are named and left alone. What is replaced is kept \
            in the agent's life, so an undo, which is an event, can be undone too.

            Only what the file tools change is known: not what programs do. Directories that were made stay.

            Examples:
              anima undo clerk --list
              anima undo clerk t3 --dry-run
              anima undo examples/clerk.toml
              anima undo clerk e57
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: ArgumentHelp("What to take back: a turn, a call or an event.", valueName: "what"))
    var what: String?

    @Flag(help: "List all changes of files, the newest first, and change nothing.")
    var list = false

    @Flag(help: "Say what would be done, and change nothing.")
    var dryRun = false

    @Flag(help: "Replace files too that were changed since.")
    var force = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let composition = try common.composition()
        let (id, configuration) = try composition.agent(config)
        let target = try what.map(Self.target(of:)) ?? .lastTurn
        guard !list, !dryRun else { return try await look(id, configuration, composition, target) }
        // Fails with the list of lives when there is none.
        await (try common.reader(of: id)).close()
        let life = try SQLiteLife.open(at: composition.home.lifePath(of: id), agent: id, mode: .existing)
        do {
            let outcome = try await undo(id, composition.workspace(of: configuration), target, life)
            await life.close()
            if !outcome { throw CommandExit.failed }
        } catch {
            await life.close()
            throw error
        }
    }

    private func look(
        _ id: AgentID,
        _ configuration: AgentConfiguration,
        _ composition: Composition,
        _ target: FileHistory.Target
    ) async throws {
        let life = try common.reader(of: id)
        let history = try await Self.history(of: life)
        await life.close()
        if list {
            let chosen = what == nil ? history.entries.reversed() : history.entries(for: target)
            for entry in chosen { show(entry) }
            if chosen.isEmpty, !json { Terminal.current.line("no changes of files", to: .error, .dim) }
            return
        }
        let entries = try chosen(history, target)
        let undo = FileUndo(try composition.workspace(of: configuration))
        for verdict in undo.plan(entries.flatMap { $0.changes.reversed() }, isForced: force) { show(verdict) }
    }

    /// Takes the changes back and records it; returns whether none was refused.
    private func undo(
        _ id: AgentID,
        _ workspace: Workspace,
        _ target: FileHistory.Target,
        _ life: SQLiteLife
    ) async throws -> Bool {
        let history = try await Self.history(of: life)
        let entries = try chosen(history, target)
        let changes = entries.flatMap { $0.changes.reversed() }
        let undo = FileUndo(workspace)
        // What is about to be replaced is on the disk before it is.
        let present = undo.presentBytes(for: undo.plan(changes, isForced: force))
        try await life.append(LifeBatch(events: [], spills: present))
        let result = try await undo.perform(changes, isForced: force) { try await life.spill(hash: $0) }
        var rest = result.verdicts[...]
        var undone: [Int] = []
        for entry in entries {
            let verdicts = rest.prefix(entry.changes.count)
            rest = rest.dropFirst(entry.changes.count)
            if !verdicts.contains(where: \.isRefused) { undone.append(entry.seq) }
        }
        var recorded: Int?
        if !undone.isEmpty || !result.changes.isEmpty {
            let event = Event(
                seq: history.lastSeq + 1,
                at: SystemClock().now,
                agent: id,
                cause: entries.first?.seq,
                fact: .filesRestored(.init(undone: undone, changes: result.changes))
            )
            try await life.append(LifeBatch(events: [event], spills: result.keeps))
            recorded = event.seq
        }
        for verdict in result.verdicts { show(verdict) }
        let refused = result.verdicts.count(where: \.isRefused)
        if let recorded, !json, !result.changes.isEmpty {
            Terminal.current.line(
                "recorded as e\(recorded); take it back with: anima undo \(config) e\(recorded)",
                to: .error,
                .dim
            )
        }
        if refused > 0, !json {
            Terminal.current.line("\(refused) left alone; --force goes over that where it can", to: .error, .yellow)
        }
        return refused == 0
    }

    private func chosen(_ history: FileHistory, _ target: FileHistory.Target) throws -> [FileHistory.Entry] {
        let entries = history.entries(for: target)
        guard !entries.isEmpty else {
            let place = what.map { "\($0) " } ?? "nothing "
            throw UsageError(
                what == nil
                    ? "there is nothing to take back: no change of files, or all were taken back (see --list)"
                    : "\(place)changed no files, or was taken back already; see: anima undo \(config) --list"
            )
        }
        return entries
    }

    private static func target(of text: String) throws -> FileHistory.Target {
        if let call = ToolCallID(text: text) { return .call(call) }
        if let turn = TurnID(text: text) { return .turn(turn) }
        if let seq = try? EventReference.seq(text) { return .event(seq) }
        throw UsageError(
            "\"\(text)\" is nothing that can be taken back; write a turn (t3), a call (t3.1.2) or an event (e57)"
        )
    }

    private static func history(of life: SQLiteLife) async throws -> FileHistory {
        var history = FileHistory()
        while true {
            let events = try await life.events(after: history.lastSeq, turn: nil, limit: 500)
            if events.isEmpty { return history }
            for event in events { history.apply(event) }
        }
    }

    // MARK: Showing

    private func show(_ entry: FileHistory.Entry) {
        let terminal = Terminal.current
        for change in entry.changes.reversed() {
            if json {
                terminal.json([
                    "event": .string("e\(entry.seq)"), "at": .string(entry.at.rfc3339),
                    "call": entry.call.map { .string($0.description) } ?? .null,
                    "tool": entry.tool.map { .string($0) } ?? .null, "kind": .string(change.kind.rawValue),
                    "path": .string(change.path), "from": change.from.map { .string($0) } ?? .null,
                    "isRestorable": .bool(change.isRestorable), "isUndone": .bool(entry.isUndone),
                ])
                continue
            }
            terminal.write("e\(entry.seq)".padded(to: 7), to: .output, .dim)
            terminal.write((entry.call?.description ?? "").padded(to: 9), to: .output, .dim)
            terminal.write((entry.tool ?? "undo").padded(to: 12), to: .output)
            terminal.write(change.kind.rawValue.padded(to: 9), to: .output, .cyan)
            let notes = [change.isRestorable ? nil : "can't be taken back", entry.isUndone ? "taken back" : nil]
                .compactMap(\.self).joined(separator: ", ")
            let place = change.from.map { "\($0) -> \(change.path)" } ?? change.path
            terminal.line(place + (notes.isEmpty ? "" : "  (\(notes))"), to: .output)
        }
    }

    private func show(_ verdict: FileUndo.Verdict) {
        let terminal = Terminal.current
        let change = verdict.change
        if json {
            var members: [String: JSONValue] = [
                "path": .string(change.path), "kind": .string(change.kind.rawValue),
                "from": change.from.map { .string($0) } ?? .null, "dryRun": .bool(dryRun),
            ]
            switch verdict.outcome {
            case .restored: members["outcome"] = "restored"
            case .already: members["outcome"] = "already"
            case .refused(let reason):
                members["outcome"] = "refused"
                members["reason"] = .string(reason)
            }
            return terminal.json(JSONValue.object(members))
        }
        switch verdict.outcome {
        case .restored:
            let text =
                switch change.kind {
                case .created: "removed \(change.path)"
                case .modified: "restored \(change.path)"
                case .deleted: "brought back \(change.path)"
                case .moved: "moved \(change.path) back to \(change.from ?? "?")"
                }
            terminal.line(dryRun ? "would have \(text)" : text, to: .output, .green)
        case .already: terminal.line("\(change.path) is as it was before already", to: .output, .dim)
        case .refused(let reason): terminal.line("left \(change.path) alone: \(reason)", to: .output, .yellow)
        }
    }
}

extension FileUndo.Verdict {
    fileprivate var isRefused: Bool { if case .refused = outcome { true } else { false } }
}

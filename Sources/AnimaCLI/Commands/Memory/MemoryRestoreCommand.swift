import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima memory restore`: makes memories hold again that were superseded, forgotten or aged.
struct MemoryRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make memories hold again, or take back a whole consolidation, all or nothing.",
        discussion: """
            What took the place of a memory holds too, until it is forgotten. Taking back a consolidation forgets what it made and \
            restores what it closed. What was restored is not merged or closed as old again.

            Examples:
              anima memory restore clerk m12 m13
              anima memory restore clerk --consolidation e123
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "The memories, for example m12 m13.")
    var memories: [String] = []

    @Option(help: ArgumentHelp("Take back what this event did: e123.", valueName: "event"))
    var consolidation: String?

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var because: String?

    func run() async throws {
        guard memories.isEmpty != (consolidation == nil) else {
            throw UsageError("name the memories to restore, or one --consolidation; nothing was changed")
        }
        try await options.writing { life in
            if let consolidation {
                try await takeBack(consolidation, life)
            } else {
                try await restore(life)
            }
        }
    }

    // MARK: Single memories

    private func restore(_ life: SQLiteLife) async throws {
        var closed: [MemoryRecord] = []
        for name in memories {
            let record = try await options.record(name, in: life)
            guard record.standing != .current else {
                throw UsageError("\(record.memory.name) holds; nothing was changed")
            }
            if !closed.contains(record) { closed.append(record) }
        }
        let fact = Fact.MemoryRestored(memories: closed.map(\.memory.id), by: "owner", reason: because)
        try await life.append([.memoryRestored(fact)], of: options.agent)
        for record in closed {
            try await announce("restored", record.memory.id, life)
            guard case .superseded(let successor) = record.standing, !options.json,
                try await life.memory(successor)?.isCurrent == true
            else { continue }
            let way = "anima memory forget \(options.agent) m\(successor)"
            Terminal.current.line("m\(successor), which took its place, holds too; see: \(way)", to: .error, .dim)
        }
    }

    // MARK: A consolidation

    private func takeBack(_ name: String, _ life: SQLiteLife) async throws {
        let (seq, fact) = try await find(name, life)
        var forgotten: [Int] = []
        var restored: [Int] = []
        var left: [String] = []
        for merge in fact.merged {
            guard let merged = try await life.memoryRecord(merge.memory) else { continue }
            let sources = try await closed(merge.from, by: merge.memory, life)
            if merged.memory.isCurrent {
                forgotten.append(merge.memory)
                restored += sources
            } else if !sources.isEmpty {
                let names = sources.map { "m\($0)" }.joined(separator: ", ")
                left.append("\(merged.memory.name) holds no more (\(merged.standing.note ?? "")): \(names) stay closed")
            }
        }
        restored += try await closed(fact.aged, by: seq, life)
        guard !forgotten.isEmpty || !restored.isEmpty else {
            let why = left.isEmpty ? "it was taken back already" : left.joined(separator: "; ")
            throw UsageError("nothing of e\(seq) is left to take back (\(why)); nothing was changed")
        }
        let reason = because ?? "took back the consolidation e\(seq)"
        var facts: [Fact] = []
        if !forgotten.isEmpty {
            facts.append(.memoryForgotten(.init(memories: forgotten, by: "owner", reason: reason)))
        }
        if !restored.isEmpty { facts.append(.memoryRestored(.init(memories: restored, by: "owner", reason: reason))) }
        try await life.append(facts, of: options.agent)
        for id in forgotten { try await announce("forgot", id, life) }
        for id in restored { try await announce("restored", id, life) }
        for line in left where !options.json { Terminal.current.line(line, to: .error, .yellow) }
    }

    private func find(_ name: String, _ life: SQLiteLife) async throws -> (seq: Int, fact: Fact.MemoryConsolidated) {
        guard let seq = Int(name.hasPrefix("e") ? String(name.dropFirst()) : name), seq > 0 else {
            throw UsageError("\"\(name)\" is no event; write it like e42")
        }
        let event = try await life.events(after: seq - 1, turn: nil, limit: 1).first
        if case .memoryConsolidated(let fact)? = event?.fact { return (seq, fact) }
        let what = event.map { "e\(seq) is \($0.fact.kind.rawValue), no consolidation" } ?? "there is no e\(seq)"
        throw UsageError("\(what); see: anima memory history \(options.agent)")
    }

    /// Those of some memories that are still closed by an event.
    private func closed(_ ids: [Int], by seq: Int, _ life: SQLiteLife) async throws -> [Int] {
        var closed: [Int] = []
        for id in ids {
            if try await life.memory(id)?.closedBy == seq { closed.append(id) }
        }
        return closed
    }

    private func announce(_ done: String, _ id: Int, _ life: SQLiteLife) async throws {
        guard let record = try await life.memoryRecord(id) else { return }
        if options.json {
            Terminal.current.json(.object(MemoryFormat.json(record)))
        } else {
            Terminal.current.line("\(done) m\(id): \(record.memory.text.shortened(to: 100))", to: .output)
        }
    }
}

import Anima
public import AnimaCore
import AnimaStore
public import ArgumentParser

/// `anima memory`: what an agent remembers, to see, to correct and to take back.
struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "See, correct and take back what an agent remembers.",
        discussion: """
            Memories are single sentences (m12); blocks are a few short texts that the agent always has in view. Both are \
            kept in its life: what is replaced or forgotten comes up no more, but stays there to be seen. Looking works \
            while another process runs the agent; changing needs its life to be free.

            Examples:
              anima memory list clerk
              anima memory search clerk "where does Ada live" --why
              anima memory revise clerk m12 "Ada lives in Oslo"
              anima memory forget clerk m13 m14 --because "that was a joke"
              anima memory blocks clerk owner --set "Ada, a sailor; call her captain"
              anima memory consolidate clerk --dry-run
              anima memory restore clerk m13
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "See",
                subcommands: [
                    MemoryListCommand.self, MemoryShowCommand.self, MemorySearchCommand.self, MemoryHistoryCommand.self,
                    MemoryAuditCommand.self,
                ]
            ),
            CommandGroup(
                name: "Correct",
                subcommands: [
                    MemoryAddCommand.self, MemoryReviseCommand.self, MemoryForgetCommand.self, MemoryBlocksCommand.self,
                    MemoryConsolidateCommand.self, MemoryRestoreCommand.self,
                ]
            ),
            CommandGroup(
                name: "Carry",
                subcommands: [
                    MemoryExportCommand.self, MemoryImportCommand.self, MemoryShareCommand.self,
                    MemoryEmbedCommand.self,
                ]
            ),
        ]
    )
}

/// What every command about an agent's memory is given.
struct MemoryOptions: ParsableArguments {
    @Argument(help: "The agent.", completion: AgentID.completion)
    var agent: AgentID

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    /// Does some reading of the life, which others may write meanwhile.
    func reading<Value>(_ body: (SQLiteLife) async throws -> Value) async throws -> Value {
        try await common.reading(agent, body)
    }

    /// Does some work as the writer of the life.
    ///
    /// - Parameter begins: Whether the life of an agent that has not lived yet begins with it.
    /// - Throws: ``MemoryCommandError`` when another process holds the life.
    func writing<Value>(begins: Bool = false, _ body: (SQLiteLife) async throws -> Value) async throws -> Value {
        do {
            return try await common.writing(agent, begins: begins, body)
        } catch let error as StoreError where error.code == .locked {
            throw MemoryCommandError("nothing was changed: \(error.message)")
        }
    }

    /// The memory that a person names.
    ///
    /// - Throws: ``UsageError`` when there is none, with one that may be meant.
    func record(_ name: String, in life: SQLiteLife) async throws -> MemoryRecord {
        let id = try MemoryReference.id(name)
        if let record = try await life.memoryRecord(id) { return record }
        var hints: [String] = []
        if let event = try await life.events(after: id - 1, turn: nil, limit: 1).first, event.seq == id {
            hints.append("e\(id) is \(event.fact.kind.rawValue)")
        }
        if let nearest = try await life.memory(nearest: id) {
            hints.append("the nearest one is m\(nearest)")
        } else {
            hints.append("there are none")
        }
        throw UsageError(
            "\"\(agent)\" has no memory m\(id) (\(hints.joined(separator: "; "))); see: anima memory list \(agent) --all"
        )
    }

    /// The memory that a person names, if it holds.
    func current(_ name: String, in life: SQLiteLife) async throws -> Memory {
        let record = try await record(name, in: life)
        let memory = record.memory
        switch record.standing {
        case .current: return memory
        case .superseded(let successor):
            throw UsageError("\(memory.name) holds no more: m\(successor) took its place; nothing was changed")
        case .forgotten(let event):
            throw UsageError("\(memory.name) holds no more: it was forgotten (e\(event)); nothing was changed")
        case .aged(let event):
            throw UsageError("\(memory.name) holds no more: it was old and of no use (e\(event)); nothing was changed")
        }
    }
}

/// Work on a memory that could not be done, although it was asked for in the right way.
struct MemoryCommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// How memories are named on the command line.
enum MemoryReference {
    /// The number in `m42` or `42`.
    static func id(_ text: String) throws -> Int {
        guard let id = number(text) else { throw UsageError("\"\(text)\" is no memory; write it like m42") }
        return id
    }

    /// The number in `m42` or `42`; nil for anything else.
    static func number(_ text: String) -> Int? {
        Int(text.hasPrefix("m") ? String(text.dropFirst()) : text).flatMap { $0 > 0 ? $0 : nil }
    }
}

extension Memory.Kind: ExpressibleByArgument {}

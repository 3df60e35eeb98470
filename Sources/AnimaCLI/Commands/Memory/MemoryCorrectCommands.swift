import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima memory add`: the owner says something to be remembered.
struct MemoryAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Have an agent remember a sentence.",
        discussion: """
            It goes through the same gate as what the agent learns by itself: what is remembered already is not kept twice, \
            what it contradicts no longer holds, and passwords are refused.

            Example:
              anima memory add clerk "Ada prefers tea" --kind preference --subject Ada
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "A sentence that makes sense by itself.")
    var text: String

    @Option(help: "What sort of thing it is: fact, preference, event or lesson.")
    var kind = Memory.Kind.fact

    @Option(help: ArgumentHelp("Whom or what it is about, in a few words.", valueName: "text"))
    var subject: String?

    @Option(help: "How much it matters, 1 to 10.")
    var importance = Memory.ordinaryImportance

    @Flag(help: "Keep it whatever the gate says, unless it is too long.")
    var force = false

    func run() async throws {
        guard (1...10).contains(importance) else { throw UsageError("--importance \(importance) must be 1 to 10") }
        let memory = try await options.writing(begins: true) { life in
            let writer = MemoryWriter(life: life, agent: options.agent)
            var draft = try writer.draft(text)
            draft.kind = kind
            draft.subject = subject
            draft.importance = importance
            return try await writer.keep(draft, isForced: force)
        }
        memory.announce(json: options.json)
    }
}

/// `anima memory revise`: a better sentence takes a memory's place.
struct MemoryReviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revise",
        abstract: "Put a better sentence in the place of a memory.",
        discussion: """
            The old one comes up no more, but stays to be seen: anima memory history. Kind, subject and importance stay.

            Example:
              anima memory revise clerk m12 "Ada lives in Oslo"
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "The memory, for example m12.")
    var memory: String

    @Argument(help: "What holds now.")
    var text: String

    @Flag(help: "Keep it whatever the gate says, unless it is too long.")
    var force = false

    func run() async throws {
        let new = try await options.writing { life in
            let old = try await options.current(memory, in: life)
            let writer = MemoryWriter(life: life, agent: options.agent)
            var draft = try writer.draft(text)
            guard draft.text != old.text || old.trust < .owner else {
                throw UsageError("\(old.name) says that already; nothing was changed")
            }
            draft.kind = old.kind
            draft.subject = old.subject
            draft.importance = old.importance
            return try await writer.keep(draft, inPlaceOf: old, isForced: force)
        }
        new.announce(json: options.json)
    }
}

extension Memory {
    /// Says that it was kept.
    fileprivate func announce(json isJSON: Bool) {
        guard !isJSON else { return Terminal.current.json(.object(MemoryFormat.json(self))) }
        let old = supersedes.map { "m\($0)" }.joined(separator: ", ")
        Terminal.current.line("\(name): \(text)" + (old.isEmpty ? "" : "  (in place of \(old))"), to: .output)
    }
}

/// `anima memory forget`: takes memories back.
struct MemoryForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Take memories back, all or none.",
        discussion: """
            They come up no more, in no search of the agent's, and are no longer shown to a model. The life is a log and \
            keeps what they said, to be seen with: anima memory list --all. What was said when they were learned also \
            stays in the past that the agent can search.
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "The memories, for example m12 m13.")
    var memories: [String]

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var because: String?

    func run() async throws {
        let forgotten = try await options.writing { life in
            var forgotten: [Memory] = []
            for name in memories {
                let memory = try await options.current(name, in: life)
                if !forgotten.contains(where: { $0.id == memory.id }) { forgotten.append(memory) }
            }
            let fact = Fact.MemoryForgotten(memories: forgotten.map(\.id), by: "owner", reason: because)
            let events = try await life.append([.memoryForgotten(fact)], of: options.agent)
            return forgotten.map { $0.closed(by: events.last?.seq ?? $0.id) }
        }
        for memory in forgotten {
            if options.json {
                let record = MemoryRecord(memory: memory, standing: .forgotten(by: memory.closedBy ?? memory.id))
                Terminal.current.json(.object(MemoryFormat.json(record)))
            } else {
                Terminal.current.line("forgot \(memory.name): \(memory.text.shortened(to: 100))", to: .output)
            }
        }
    }
}

/// `anima memory blocks`: the texts that are always in view.
struct MemoryBlocksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract: "List, show and write the blocks that an agent always has in view.",
        discussion: """
            Examples:
              anima memory blocks clerk
              anima memory blocks clerk owner
              anima memory blocks clerk owner --set "Ada, a sailor; call her captain"
              anima memory blocks clerk goals --from goals.md
              anima memory blocks clerk goals --remove
            """
    )

    @OptionGroup var options: MemoryOptions

    @Argument(help: "One block, for example persona, owner or goals.")
    var name: String?

    @Option(help: ArgumentHelp("What it says from now on.", valueName: "text"))
    var set: String?

    @Option(
        help: ArgumentHelp("Read what it says from now on from a file; - for standard input.", valueName: "file"),
        completion: .file()
    )
    var from: String?

    @Flag(help: "Remove it.")
    var remove = false

    func run() async throws {
        guard let name else {
            guard set == nil, from == nil, !remove else { throw UsageError("name the block that is to be written") }
            return try await list()
        }
        switch (set, from, remove) {
        case (nil, nil, false): try await show(name)
        case (let text?, nil, false): try await write(name, text)
        case (nil, let file?, false): try await write(name, Self.text(in: file))
        case (nil, nil, true): try await removeBlock(name)
        default: throw UsageError("--set, --from and --remove exclude each other")
        }
    }

    private func list() async throws {
        let blocks = try await options.reading { try await $0.wake().state().blocks }
        let terminal = Terminal.current
        for block in blocks {
            if options.json {
                terminal.json(.object(MemoryFormat.json(block)))
                continue
            }
            terminal.write(block.name.padded(to: 16), to: .output, .bold)
            terminal.write("\(block.text.utf8.count) bytes".leading(11) + "  ", to: .output, .dim)
            terminal.line(block.text.shortened(to: 80), to: .output)
        }
        if blocks.isEmpty, !options.json { terminal.line("there are no blocks", to: .error, .dim) }
    }

    private func show(_ name: String) async throws {
        let blocks = try await options.reading { try await $0.wake().state().blocks }
        let block = try find(name, in: blocks)
        guard !options.json else { return Terminal.current.json(.object(MemoryFormat.json(block))) }
        Terminal.current.exact(block.text.hasSuffix("\n") ? block.text : block.text + "\n")
    }

    private func find(_ name: String, in blocks: [MemoryBlock]) throws -> MemoryBlock {
        if let block = blocks.first(where: { $0.name == name }) { return block }
        let names = blocks.map(\.name)
        let hint = Spelling.closest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        let list = names.isEmpty ? "there are none" : "there are: \(names.joined(separator: ", "))"
        throw UsageError("\"\(options.agent)\" has no block \"\(name)\"\(hint) (\(list))")
    }

    private func write(_ name: String, _ text: String) async throws {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UsageError("the text is empty, nothing was changed; to remove the block \(name), say --remove")
        }
        try await options.writing(begins: true) { life in
            let state = try await life.wake().state()
            guard state.blocks.first(where: { $0.name == name })?.text != text else {
                if options.json { return }
                return Terminal.current.line("the block \(name) says that already", to: .error, .dim)
            }
            if let refusal = MemoryBlock.refusal(of: name, text, state.blocks, state.policy.memory) {
                throw UsageError(refusal)
            }
            try await edit(name, text, life)
        }
    }

    private func removeBlock(_ name: String) async throws {
        try await options.writing { life in
            _ = try find(name, in: try await life.wake().state().blocks)
            try await edit(name, "", life)
        }
    }

    private func edit(_ name: String, _ text: String, _ life: SQLiteLife) async throws {
        let fact = Fact.BlockEdited(name: name, text: text, by: "owner")
        let events = try await life.append([.blockEdited(fact)], of: options.agent)
        let seq = events.last?.seq ?? 0
        if options.json {
            Terminal.current.json(.object(MemoryFormat.json(MemoryBlock(name: name, text: text, seq: seq))))
        } else {
            let done = text.isEmpty ? "removed" : "wrote"
            Terminal.current.line("\(done) the block \(name) (e\(seq))", to: .output)
        }
    }

    private static func text(in file: String) throws -> String {
        guard file != "-" else { return try StandardInput.readAll() }
        guard let text = try FilePath.read(file) else { throw UsageError("there is no file \(file)") }
        return text
    }
}

extension MemoryFormat {
    /// A block as JSON.
    static func json(_ block: MemoryBlock) -> [String: JSONValue] {
        ["name": .string(block.name), "text": .string(block.text), "event": .string("e\(block.seq)")]
    }
}

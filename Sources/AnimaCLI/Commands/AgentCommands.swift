import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima new`: makes an agent that lives in the home.
struct NewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an agent: a directory with its configuration and persona.",
        discussion: """
            Example:
              anima new helper
              anima run helper "hello"
            """
    )

    @Argument(help: "Its name: lowercase letters, digits, - and _.")
    var name: AgentID

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let home = try common.composition().home
        guard !FilePath.exists(home.directory(of: name)) else {
            throw UsageError("there is an agent \"\(name)\" already, at \(home.directory(of: name))")
        }
        try home.makeDirectory(of: name)
        try FilePath.makePrivateDirectory(home.workspace(of: name))
        try FilePath.writeNew(ConfigurationSample.newAgent(name: name), to: home.agentFilePath(of: name))
        try FilePath.writeNew("You are \(name), an agent that lives in Anima.\n", to: home.personaPath(of: name))
        let terminal = Terminal.current
        terminal.line("made \(name) at \(home.directory(of: name))", to: .output)
        terminal.line("  agent.toml  what it is and may do", to: .error, .dim)
        terminal.line("  persona.md  who it is", to: .error, .dim)
        terminal.line("try: anima run \(name) \"what can you do\"", to: .error, .dim)
    }
}

/// `anima list`: the agents of the home.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the agents and what they owe.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let home = try common.composition().home
        let terminal = Terminal.current
        let agents = try home.agents()
        if agents.isEmpty, !json {
            terminal.line("no agents in \(home.path); make one with: anima new NAME", to: .error)
        }
        for id in agents {
            let row: JSONValue
            do {
                row = try await Self.row(of: id, home)
            } catch {
                row = ["name": .string(id.name), "error": .string("\(error)")]
            }
            if json { terminal.json(row) } else { terminal.line(Self.text(of: row), to: .output) }
        }
    }

    private static func row(of id: AgentID, _ home: AnimaHome) async throws -> JSONValue {
        guard FilePath.exists(home.lifePath(of: id)) else {
            return ["name": .string(id.name), "events": 0, "turns": 0, "open": 0, "waiting": 0]
        }
        let life = try SQLiteLife.openReader(at: home.lifePath(of: id))
        let state = try await life.wake().state()
        let info = try await life.info()
        await life.close()
        return [
            "name": .string(id.name), "events": .int(state.lastSeq), "turns": .int(state.turnCount),
            "open": .int(state.turns.count), "waiting": .int(state.inbox.count),
            "last": info.lastAt.map { .string($0.rfc3339) } ?? .null,
            "parent": state.policy.birth.map { .string($0.parent.name) } ?? .null,
            "children": .int(state.openChildren.count),
        ]
    }

    private static func text(of row: JSONValue) -> String {
        let name = (row["name"]?.stringValue ?? "").padded(to: 20)
        if let error = row["error"]?.stringValue { return name + "can't be read: " + error }
        func number(_ key: String) -> Int { row[key]?.intValue ?? 0 }
        let last = row["last"]?.stringValue.map { ", last \($0)" } ?? ""
        let open =
            number("open") + number("waiting") > 0 ? ", \(number("open")) open, \(number("waiting")) waiting" : ""
        let parent = row["parent"]?.stringValue.map { ", a child of \($0)" } ?? ""
        let children = number("children") > 0 ? ", \(number("children")) children at work" : ""
        return "\(name)\(number("turns")) turns, \(number("events")) events\(open)\(children)\(parent)\(last)"
    }
}

/// `anima show`: one agent at a glance.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what an agent is, what it owes and what it cost."
    )

    @Argument(help: "The agent.", completion: AgentID.completion)
    var name: AgentID

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let life = try common.reader(of: name)
        let state = try await life.wake().state()
        let info = try await life.info()
        await life.close()
        let open = state.turns.map { turn in
            JSONValue.object([
                "turn": .string(turn.id.description), "conversation": .string(turn.conversation.name),
                "task": .string(turn.envelope.text), "steps": .int(turn.steps.count),
            ])
        }
        let summary: [(String, JSONValue)] = [
            ("name", .string(name.name)),
            ("life", state.life.map { .string($0.text) } ?? .null),
            ("models", .array(state.models.map { .string($0) })),
            ("events", .int(state.lastSeq)),
            ("turns", .int(state.turnCount)),
            ("memories", .int(info.memories)),
            ("open", .array(open)),
            ("waiting", .array(state.inbox.map { .string($0.envelope.text) })),
            ("inputTokens", .int(state.usage.inputTokens)),
            ("outputTokens", .int(state.usage.outputTokens)),
            ("gate", .array(state.policy.gate.rules.map { .string("\($0.action.rawValue) \($0.pattern)") })),
            ("always", .array(state.grants.map { .string($0.shown) })),
            ("bytes", .int(info.bytes)),
        ]
        let terminal = Terminal.current
        if json {
            terminal.json(JSONValue.object(Dictionary(uniqueKeysWithValues: summary)))
        } else {
            for (key, value) in summary {
                for (index, line) in Self.lines(of: value).enumerated() {
                    terminal.write((index == 0 ? key : "").padded(to: 14), to: .output, .dim)
                    terminal.line(line, to: .output)
                }
            }
        }
    }

    /// A value as people read it, a line for each element of a list.
    private static func lines(of value: JSONValue) -> [String] {
        switch value {
        case .array(let values): values.isEmpty ? ["none"] : values.flatMap(lines)
        case .object(let members):
            [members.sorted { $0.key < $1.key }.map { "\($0.key) \(lines(of: $0.value)[0])" }.joined(separator: ", ")]
        default: [(value.stringValue ?? value.text).shortened(to: 500)]
        }
    }
}

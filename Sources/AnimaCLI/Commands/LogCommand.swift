import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima log`: the life, readable.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show an agent's life, event by event.",
        discussion: """
            Works while another process writes the life. The kinds of events are listed in docs/events.md.

            Examples:
              anima log clerk --turn t3 --verbose
              anima log clerk --json | tail -1
              anima log clerk --follow
              anima log clerk --output t3.1.1
            """
    )

    @Argument(help: "The agent.", completion: AgentID.completion)
    var name: AgentID

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Go on as new events come; end with Ctrl-C.")
    var follow = false

    @Option(help: "Only this turn, for example t3.")
    var turn: String?

    @Option(help: ArgumentHelp("Only events after this one, for example e120.", valueName: "event"))
    var after: String?

    @Option(name: .shortAndLong, help: "Only the last so many events.")
    var last: Int?

    @Option(help: ArgumentHelp("Print the output of a tool call as it is kept, for example t3.1.1.", valueName: "call"))
    var output: String?

    @Flag(name: .shortAndLong, help: "Show texts whole.")
    var verbose = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let life = try common.reader(of: name)
        if let output { return try await printOutput(of: output, life) }
        let turn = try self.turn.map { text in
            guard let id = TurnID(text: text) else { throw UsageError("\"\(text)\" is no turn; write it like t3") }
            return id
        }
        if let turn, !follow, try await life.events(after: 0, turn: turn, limit: 1).isEmpty {
            let count = try await life.wake().state().turnCount
            let others = count == 0 ? "none yet" : "t1 to t\(count)"
            throw UsageError("there is no turn \(turn) in the life of \(name); it has \(others)")
        }
        var seq = try after.map { try EventReference.seq($0) } ?? 0
        if let last {
            let end = try await life.info().events
            seq = max(seq, end - max(0, last))
        }
        let format = EventFormat(terminal: Terminal.current, isVerbose: verbose)
        var version = try await life.dataVersion()
        while Terminal.current.hasReader {
            let events = try await life.events(after: seq, turn: turn, limit: 500)
            for event in events { try show(event, format) }
            if let end = events.last?.seq { seq = end }
            if !events.isEmpty { continue }
            guard follow else { break }
            // Nobody tells a reader in another process; looking is cheap.
            repeat {
                try await Task.sleep(for: .milliseconds(100))
            } while try await life.dataVersion() == version && Terminal.current.hasReader
            version = try await life.dataVersion()
        }
        await life.close()
    }

    private func show(_ event: Event, _ format: EventFormat) throws {
        if json {
            Terminal.current.json(try event.json())
        } else {
            format.show(event, to: .output)
        }
    }

    private func printOutput(of text: String, _ life: SQLiteLife) async throws {
        guard let call = ToolCallID(text: text) else {
            throw UsageError("\"\(text)\" is no tool call; write it like t3.1.1")
        }
        for event in try await life.events(after: 0, turn: call.turn, limit: .max) {
            guard case .toolFinished(let fact) = event.fact, fact.call == call else { continue }
            let whole = try await fact.result.spill.asyncMap { try await life.spill(hash: $0.hash) } ?? nil
            let content = whole.map { String(decoding: $0, as: UTF8.self) } ?? fact.result.content
            return Terminal.current.exact(content)
        }
        throw UsageError("the tool call \(call) has no result in the life of \"\(name)\"")
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<T>(_ body: (Wrapped) async throws -> T) async rethrows -> T? {
        if let value = self { try await body(value) } else { nil }
    }
}

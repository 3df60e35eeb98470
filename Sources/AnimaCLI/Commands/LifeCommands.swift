import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima export`: a life in one file.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy an agent's life into one file, also while it is in use.",
        discussion: "The file holds everything that the agent was told and did. It can be carried to another machine."
    )

    @Argument(help: "The agent.", completion: AgentID.completion)
    var name: AgentID

    @Argument(help: "The file to make.", completion: .file())
    var file: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let life = try common.reader(of: name)
        try await life.backup(to: FilePath.absolute(file))
        let info = try await life.info()
        await life.close()
        Terminal.current.line("exported \(name): \(info.events) events to \(file)", to: .output)
    }
}

/// `anima import`: an exported life comes to live here.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Let an exported life live in this home.",
        discussion: """
            The file is examined first; a damaged one is refused, and an agent that is there is never replaced. What the \
            agent may do is not carried: give it a configuration with the same name, or `anima new` before importing.
            """
    )

    @Argument(help: "An exported life.", completion: .file())
    var file: String

    @Option(name: .customLong("as"), help: "The name it gets here. Default: the one it had.")
    var name: AgentID?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard FilePath.exists(file) else { throw UsageError("there is no file \(file)") }
        let home = try common.composition().home
        let source = try SQLiteLife.openReader(at: FilePath.absolute(file))
        let info = try await source.info()
        await source.close()
        let id = name ?? info.agent
        guard !FilePath.exists(home.lifePath(of: id)) else {
            throw UsageError("\"\(id)\" has a life already, at \(home.lifePath(of: id)); choose another name with --as")
        }
        try await home.inDirectory(of: id) {
            try await SQLiteLife.restore(from: FilePath.absolute(file), to: home.lifePath(of: id), as: id)
        }
        Terminal.current.line("imported \(id): \(info.events) events", to: .output)
    }
}

/// `anima fork`: a copy that goes on by itself.
struct ForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Copy a life up to an event; the copy goes on by itself.",
        discussion: """
            Tool calls that were running at that event are told to the copy as unknown: they are not repeated.

            Example:
              anima fork clerk clerk-2 --at e40
            """
    )

    @Argument(help: "The agent.", completion: AgentID.completion)
    var name: AgentID

    @Argument(help: "The copy's name.")
    var new: AgentID

    @Option(help: ArgumentHelp("The last event that both share. Default: the newest.", valueName: "event"))
    var at: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let home = try common.composition().home
        let life = try common.reader(of: name)
        guard !FilePath.exists(home.lifePath(of: new)) else {
            throw UsageError("\"\(new)\" has a life already, at \(home.lifePath(of: new))")
        }
        let newest = try await life.info().events
        let seq = try at.map { try EventReference.seq($0) } ?? newest
        let parent = try await life.wake().state().life
        try await home.inDirectory(of: new) { try await life.fork(to: home.lifePath(of: new), as: new, at: seq) }
        await life.close()
        for (source, target) in [
            (home.agentFilePath(of: name), home.agentFilePath(of: new)),
            (home.personaPath(of: name), home.personaPath(of: new)),
        ] where !FilePath.exists(target) {
            if let text = try FilePath.read(source) { try FilePath.writeNew(text, to: target) }
        }
        let copy = try SQLiteLife.open(at: home.lifePath(of: new), agent: new, mode: .existing)
        try await copy.begin(as: new, copiedFrom: parent)
        await copy.close()
        Terminal.current.line("forked \(name) at e\(seq) into \(new)", to: .output)
    }
}

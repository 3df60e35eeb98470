import Anima
import AnimaCore
import AnimaRuntime
import ArgumentParser

/// `anima run`: gives an agent a task and shows its answer.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Give an agent a task; the answer goes to standard output, everything else to standard error.",
        discussion: """
            CONFIG is a configuration file, or the name of an agent made with `anima new`. The task is accepted when it is \
            on disk: if the process dies after that, the next `anima run` or `anima resume` finishes it first.

            Examples:
              anima run examples/clerk.toml "list the files"
              echo "add 2 and 40" | anima run examples/clerk.toml -
              anima run clerk "what do you remember about tea" --conversation kitchen
              anima run examples/clerk.toml "read README.md" --json | head
              anima run clerk "what is on this picture" --image shelf.png
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: ArgumentHelp("What to do; - reads it from standard input.", valueName: "task"))
    var task: String

    @Option(help: "The conversation that the task belongs to; each has a memory of its own turns.")
    var conversation = "main"

    @Option(
        name: .customLong("image"),
        help: ArgumentHelp("An image to look at: PNG, JPEG, GIF or WebP; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["png", "jpg", "jpeg", "gif", "webp"])
    )
    var images: [String] = []

    @Option(
        help: ArgumentHelp("A JSON schema that the answer must follow.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var schema: String?

    @OptionGroup var work: WorkOptions

    func run() async throws {
        let text = task == "-" ? try StandardInput.readAll() : task
        guard text.contains(where: { !$0.isWhitespace }) else { throw UsageError("the task is empty; say what to do") }
        var task = Session.Assignment(text: text, conversation: try ConversationID(conversation))
        task.images = try images.map { path in
            guard let bytes = try FilePath.readBytes(path, limit: 64 << 20) else {
                throw UsageError("there is no image \(path)")
            }
            return bytes
        }
        task.answerSchema = try schema.map(Self.readSchema)
        try await Session(work, target: config).run(task)
    }

    private static func readSchema(_ path: String) throws -> JSONValue {
        guard let text = try FilePath.read(path) else { throw UsageError("there is no schema \(path)") }
        let schema: JSONValue
        do {
            schema = try JSONValue(parsing: text)
        } catch {
            throw UsageError("\(path): \(error)")
        }
        guard case .object = schema else { throw UsageError("\(path) is no JSON schema; one begins with {") }
        return schema
    }
}

/// `anima resume`: finishes what a process left, without a new task.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Finish what an agent, or all agents of the home, were doing when their process ended.",
        discussion: """
            Answers of finished tasks go to standard output. A tool call that may not be repeated is not: the agent is \
            told that its outcome is unknown. Without an agent, all that live in the home and were left something to do \
            go on, in one process.

            Examples:
              anima resume examples/clerk.toml
              anima resume
            """
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name; all agents when left out.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String?

    @OptionGroup var work: WorkOptions

    func run() async throws {
        if let config { return try await Session(work, target: config).resume() }
        try await Household(work).resume()
    }
}

/// The options of the commands that make an agent work.
struct WorkOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Show the text while the model speaks. Default: when a person looks."
    )
    var stream: Bool?

    @Flag(help: "Print events as JSON, one a line, instead of the answer.")
    var json = false

    @Flag(name: .shortAndLong, help: "Show arguments and results of tools whole.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "The model to use instead of the configured one: provider/name, a name of [models.NAME], or reflex.",
            valueName: "model"
        )
    )
    var model: String?

    @Option(
        help: ArgumentHelp("Write all exchanges with models into a new cassette.", valueName: "file"),
        completion: .file(extensions: ["jsonl"])
    )
    var record: String?

    @Flag(help: "When no model answers, stay and try again instead of leaving the task for later.")
    var wait = false

    @OptionGroup var common: CommonOptions

    /// The parts that the command is made of, with a recorder when one is wanted.
    func composition() throws -> Composition {
        try common.composition(recorder: try record.map { try CassetteRecorder(path: $0) })
    }
}

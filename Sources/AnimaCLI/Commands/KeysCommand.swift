import Anima
import AnimaCore
import AnimaModels
import ArgumentParser

/// `anima keys`: the keys of models' providers that the home keeps.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keep the keys of models' providers.",
        discussion: """
            They are in keys.toml of the home, readable by you only; the environment goes over them. A key is never shown, \
            logged, or given to a tool.

            Examples:
              anima keys set OPENAI_API_KEY
              echo "$KEY" | anima keys set ANTHROPIC_API_KEY
              anima keys list
            """,
        subcommands: [List.self, Set.self, Remove.self],
        defaultSubcommand: List.self
    )

    /// `anima keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List which keys are set and where; never the keys."
        )

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let terminal = Terminal.current
            for place in try KeyPlace.all(common) {
                if json {
                    let row: JSONValue = [
                        "name": .string(place.name), "set": .bool(place.source != nil),
                        "in": place.source.map { .string($0) } ?? .null,
                    ]
                    terminal.json(row)
                } else {
                    terminal.write(place.name.padded(to: 24), to: .output, place.source == nil ? .dim : .plain)
                    terminal.line(place.source ?? "not set", to: .output, place.source == nil ? .dim : .green)
                }
            }
        }
    }

    /// `anima keys set`.
    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Keep a key; it is read from standard input, so that no history and no other process sees it."
        )

        @Argument(help: "Its name, as of an environment variable.", completion: KeyPlace.completion)
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let home = try common.composition().home
            let terminal = Terminal.current
            let key = try StandardInput.readSecret(prompt: "\(name): ", terminal).trimmed
            guard !key.isEmpty else { throw UsageError("no key was given; paste it, or pipe it in") }
            guard !key.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value >= 0x7F }) else {
                throw UsageError("that is no key: it has spaces or control characters in it")
            }
            let file = KeyFile(home: home)
            let wasThere = try file.set(name, to: key)
            terminal.line("\(wasThere ? "changed" : "kept") \(name) in \(file.path)", to: .output)
        }
    }

    /// `anima keys remove`.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "remove", abstract: "Forget a key.")

        @Argument(help: "Its name.", completion: KeyPlace.completion)
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let file = KeyFile(home: try common.composition().home)
            guard try file.set(name, to: nil) else { throw UsageError("there is no key \(name) in \(file.path)") }
            Terminal.current.line("removed \(name) from \(file.path)", to: .output)
        }
    }
}

/// A key and where it is set.
struct KeyPlace {
    let name: String
    /// `environment` or the path of the key file; nil when it is not set.
    let source: String?

    /// The keys of all providers, and what else the home keeps.
    static func all(_ common: CommonOptions) throws -> [KeyPlace] {
        let file = KeyFile(home: try common.composition().home)
        let kept = try file.read()
        let others = kept.keys.filter { !usualNames.contains($0) }.sorted()
        return (usualNames + others)
            .map { name in
                let isInEnvironment = !(ProcessEnvironment.variables[name] ?? "").isEmpty
                return KeyPlace(
                    name: name,
                    source: isInEnvironment ? "environment" : (kept[name] == nil ? nil : file.path)
                )
            }
    }

    /// The names that providers' keys usually have.
    static let usualNames = ModelDescription.Provider.allCases.compactMap(ModelDescription.keyVariable(of:))

    static var completion: CompletionKind { .list(usualNames) }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        let rest = drop { $0.isWhitespace }
        guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(rest[...last])
    }
}

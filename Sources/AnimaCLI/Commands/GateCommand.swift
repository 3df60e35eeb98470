import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima gate`: what an agent may do, and why.
struct GateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "See what the gate decides, and why.",
        discussion: """
            Examples:
              anima gate explain examples/clerk.toml shell '{"command": "git push"}'
              anima gate explain examples/clerk.toml read_file '{"path": "../secret"}' --untrusted
              anima gate test examples/clerk.toml expectations.jsonl
              anima gate forget clerk "shell:git status"
            """,
        subcommands: [Explain.self, Test.self, Forget.self]
    )

    /// The rules of an agent and the tools they are about.
    fileprivate struct Rules {
        let gate: Gate
        /// What the owner added when asked.
        let grants: [Gate.Rule]
        let specs: [String: ToolSpec]

        init(_ config: String, _ common: CommonOptions) async throws {
            let composition = try common.composition()
            let (id, configuration) = try composition.agent(config)
            gate = configuration.effectivePolicy.gate
            if FilePath.exists(composition.home.lifePath(of: id)) {
                let life = try common.reader(of: id)
                grants = try await life.wake().state().grants
                await life.close()
            } else {
                grants = []
            }
            specs = Dictionary(
                try composition.specs(configuration).map { ($0.name, $0) },
                uniquingKeysWith: { first, _ in first }
            )
        }

        func judge(_ tool: String, _ arguments: JSONValue, isUntrusted: Bool) throws -> Gate.Judgement {
            guard let spec = specs[tool] else {
                let meant = Spelling.closest(to: tool, among: Array(specs.keys)).map { "; did you mean \($0)?" } ?? ""
                throw UsageError("the agent has no tool \"\(tool)\" (tools.use)\(meant)")
            }
            do {
                let checked = try spec.parameters.validate(arguments)
                return gate.judge(spec, checked, with: grants, untrusted: isUntrusted ? "as asked" : nil)
            } catch {
                throw UsageError("the arguments don't fit \(tool): \(error)")
            }
        }
    }

    /// `anima gate explain`.
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Say what is decided about a call, by which rule, and what other rules match."
        )

        @Argument(help: "A configuration file, or an agent's name.", completion: .file(extensions: ["toml"]))
        var config: String

        @Argument(help: "The tool.")
        var tool: String

        @Argument(help: "Its arguments, a JSON object.")
        var arguments = "{}"

        @Flag(help: "As if untrusted text were in view.")
        var untrusted = false

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let rules = try await Rules(config, common)
            let judgement = try rules.judge(tool, Self.parse(arguments), isUntrusted: untrusted)
            let terminal = Terminal.current
            let (word, reason) = judgement.verdict.words
            if json {
                let row: JSONValue = [
                    "tool": .string(tool), "decision": .string(word), "reason": .string(reason),
                    "rules": .array(
                        judgement.matching.map {
                            ["action": .string($0.action.rawValue), "pattern": .string($0.pattern)]
                        }
                    ),
                ]
                return terminal.json(row)
            }
            terminal.write(word, to: .output, word == "allow" ? .green : .yellow)
            terminal.line(": \(reason)", to: .output)
            for rule in judgement.matching {
                terminal.line("  matches: \(rule.action.rawValue) \"\(rule.pattern)\"", to: .output, .dim)
            }
        }

        static func parse(_ text: String) throws -> JSONValue {
            do {
                return try JSONValue(parsing: text)
            } catch {
                throw UsageError("the arguments are no JSON: \(error)")
            }
        }
    }

    /// `anima gate test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test",
            abstract: "Check that the gate decides as a file expects.",
            discussion: """
                A line of the file: {"tool": "shell", "arguments": {"command": "git push"}, "expect": "ask"}, with \
                "untrusted": true for the case that untrusted text is in view. Exits with 1 when a decision differs.
                """
        )

        @Argument(help: "A configuration file, or an agent's name.", completion: .file(extensions: ["toml"]))
        var config: String

        @Argument(help: "The expectations, one JSON object a line.", completion: .file(extensions: ["jsonl"]))
        var file: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard let text = try FilePath.read(file) else { throw UsageError("there is no file \(file)") }
            let rules = try await Rules(config, common)
            let terminal = Terminal.current
            var wrong = 0
            var count = 0
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            where line.contains(where: { !$0.isWhitespace }) {
                count += 1
                let row = try Explain.parse(String(line))
                guard let tool = row["tool"]?.stringValue, let expected = row["expect"]?.stringValue else {
                    throw UsageError("\(file):\(index + 1): give at least tool and expect")
                }
                let isUntrusted = row["untrusted"]?.boolValue ?? false
                let judgement = try rules.judge(tool, row["arguments"] ?? [:], isUntrusted: isUntrusted)
                let (word, reason) = judgement.verdict.words
                guard word != expected else { continue }
                wrong += 1
                terminal.line("\(file):\(index + 1): expected \(expected), it is \(word): \(reason)", to: .output, .red)
            }
            terminal.line("\(count - wrong) of \(count) as expected", to: .error)
            if wrong > 0 { throw CommandExit.failed }
        }
    }
}

extension GateCommand {
    /// `anima gate forget`.
    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Take back what you allowed for good.",
            discussion: """
                Rules that came from `anima approve --always` are part of the agent's life; `anima show` lists them. A rule that \
                is forgotten counts no more from the next call on.
                """
        )

        @Argument(help: "Whose.", completion: AgentID.completion)
        var agent: AgentID

        @Argument(help: "The rule, as anima show has it; without the word before it, too.")
        var rule: String?

        @Flag(help: "All of them.")
        var all = false

        @Flag(help: "Print one JSON object a line for each rule that is gone.")
        var json = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (rule == nil) == all else { throw ValidationError("name one rule, or say --all") }
        }

        func run() async throws {
            let gone = try await common.writing(agent) { life in
                let grants = try await life.wake().state().grants
                let gone = grants.filter { all || $0.pattern == rule || $0.shown == rule }
                guard !gone.isEmpty else { throw UsageError(refusal(grants)) }
                try await life.append([.grantsForgotten(.init(rules: gone, by: "owner"))], of: agent)
                return gone
            }
            for rule in gone {
                if json {
                    Terminal.current.json(["action": .string(rule.action.rawValue), "pattern": .string(rule.pattern)])
                } else {
                    Terminal.current.line("forgot: \(rule.shown)", to: .output)
                }
            }
        }

        private func refusal(_ grants: [Gate.Rule]) -> String {
            guard !grants.isEmpty, let rule else { return "nothing was allowed to \"\(agent)\" for good" }
            let patterns = grants.map(\.pattern)
            let hint = Spelling.closest(to: rule, among: patterns).map { "; did you mean \"\($0)\"?" } ?? ""
            return
                "\"\(rule)\" was not allowed to \"\(agent)\" for good\(hint) (there are: \(patterns.joined(separator: "; ")))"
        }
    }
}

extension Gate.Rule {
    /// What it says about which calls.
    var shown: String { "\(action.rawValue) \(pattern)" }
}

extension ToolCall.Verdict {
    /// The decision in a word, and why.
    fileprivate var words: (word: String, reason: String) {
        switch self {
        case .allowed(let rule): ("allow", "rule \"\(rule)\"")
        case .asks(let rule): ("ask", "rule \"\(rule)\"")
        case .denied(let reason), .invalid(let reason): ("deny", reason)
        }
    }
}

import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima config`: what configuration files say.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check and show configuration.",
        subcommands: [Check.self, Show.self, Sample.self]
    )

    /// `anima config check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a configuration file; every fault is told with its line."
        )

        @Argument(help: "The file.", completion: .file(extensions: ["toml"]))
        var file: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let composition = try common.composition()
            let configuration = try composition.configuration(file: file)
            try composition.check(configuration)
            for demand in configuration.demands {
                Terminal.current.line("\(demand) (only when you trust the file: anima trust)", to: .error, .yellow)
            }
            Terminal.current.line("\(file) is fine", to: .output)
        }
    }

    /// `anima config show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show the effective values and where each comes from."
        )

        @Argument(help: "A configuration file, or an agent's name.", completion: .file(extensions: ["toml"]))
        var config: String

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let composition = try common.composition()
            let (_, configuration) = try composition.agent(config)
            let report = ConfigurationReport(configuration)
            if json { Terminal.current.json(report.json) } else { Terminal.current.write(report.text, to: .output) }
        }
    }

    /// `anima config sample`.
    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sample",
            abstract: "Print a configuration with every key."
        )

        func run() async throws {
            Terminal.current.write(ConfigurationSample.text, to: .output)
        }
    }
}

/// `anima doctor`: whether everything is as it should be.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine the home and every life in it.",
        discussion: "Exits with 1 when something is wrong."
    )

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Make projections anew that differ from their events.")
    var repair = false

    @OptionGroup var common: CommonOptions

    private struct Finding {
        let subject: String
        let problem: String?
        let detail: String
    }

    func run() async throws {
        let home = try common.composition().home
        var findings = [
            Finding(
                subject: "version",
                problem: nil,
                detail: "anima \(Composition.version), SQLite \(SQLiteLife.engine)"
            )
        ]
        findings += permissions(home)
        findings += keys()
        findings.append(try sandbox())
        for id in try home.agents() where FilePath.exists(home.lifePath(of: id)) {
            findings.append(await examine(id, home))
        }
        let terminal = Terminal.current
        for finding in findings {
            if json {
                let row: JSONValue = [
                    "subject": .string(finding.subject), "ok": .bool(finding.problem == nil),
                    "detail": .string(finding.problem ?? finding.detail),
                ]
                terminal.json(row)
            } else {
                terminal.write(
                    finding.problem == nil ? "ok    " : "wrong ",
                    to: .output,
                    finding.problem == nil ? .green : .red
                )
                terminal.line("\(finding.subject): \(finding.problem ?? finding.detail)", to: .output)
            }
        }
        if findings.contains(where: { $0.problem != nil }) { throw CommandExit.failed }
    }

    /// Not a problem in itself: who has no tools that run programs needs no sandbox.
    private func sandbox() throws -> Finding {
        let composition = try common.composition()
        do {
            let configuration = try composition.homeConfiguration()
            return Finding(subject: "sandbox", problem: nil, detail: composition.sandboxReport(of: configuration))
        } catch {
            return Finding(subject: "configuration", problem: "\(error)", detail: "")
        }
    }

    private func permissions(_ home: AnimaHome) -> [Finding] {
        guard let bits = FilePath.permissions(of: home.path) else {
            return [Finding(subject: "home", problem: nil, detail: "\(home.path) is not there yet")]
        }
        let isOpen = bits & 0o077 != 0
        let problem = isOpen ? "\(home.path) can be entered by others; run: chmod 700 \(home.path)" : nil
        return [Finding(subject: "home", problem: problem, detail: home.path)]
    }

    private func keys() -> [Finding] {
        do {
            return try KeyPlace.all(common)
                .map { place in
                    Finding(
                        subject: "key \(place.name)",
                        problem: nil,
                        detail: place.source.map { "set, in \($0)" } ?? "not set"
                    )
                }
        } catch {
            return [Finding(subject: "keys", problem: "\(error)", detail: "")]
        }
    }

    private func examine(_ id: AgentID, _ home: AnimaHome) async -> Finding {
        let subject = "life of \(id)"
        let path = home.lifePath(of: id)
        var problems: [String] = []
        if let bits = FilePath.permissions(of: path), bits & 0o077 != 0 {
            problems.append("\(path) can be read by others; run: chmod 600 \(path)")
        }
        do {
            var life = try SQLiteLife.openReader(at: path)
            var integrity = try await life.integrityReport()
            if !integrity.isSound, repair {
                await life.close()
                life = try SQLiteLife.open(at: path, agent: id, mode: .existing)
                try await life.rebuildProjections()
                integrity = try await life.integrityReport()
            }
            await life.close()
            let problem = (integrity.problems + problems).joined(separator: "; ")
            return Finding(
                subject: subject,
                problem: problem.isEmpty ? nil : problem,
                detail: "\(integrity.events) events, sound"
            )
        } catch {
            problems.insert("\(error)", at: 0)
            return Finding(subject: subject, problem: problems.joined(separator: "; "), detail: "")
        }
    }
}

/// `anima tools`: what agents can be given.
struct ToolsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools",
        abstract: "List the tools that an agent can be given."
    )

    @Flag(help: "Print one JSON object a line, with the schema of the arguments.")
    var json = false

    @Flag(help: "Print a Markdown table.")
    var table = false

    func run() async throws {
        let terminal = Terminal.current
        let specs = try Composition.toolSpecs()
        if table { return terminal.write(ToolTable.markdown(of: specs), to: .output) }
        for spec in specs {
            if json {
                let row: JSONValue = [
                    "name": .string(spec.name), "group": .string(spec.group), "replay": .string(spec.replay.rawValue),
                    "trust": .string(spec.trust.rawValue), "description": .string(spec.description),
                    "parameters": spec.parameters.jsonSchema,
                ]
                terminal.json(row)
            } else {
                terminal.write(spec.name.padded(to: 14), to: .output, .bold)
                terminal.write(spec.group.padded(to: 8) + spec.replay.rawValue.padded(to: 7), to: .output, .dim)
                terminal.line(spec.description.shortened(to: 90), to: .output)
            }
        }
    }
}

/// `anima completions`: for the shell.
struct CompletionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            Examples:
              anima completions bash > ~/.local/share/bash-completion/completions/anima
              anima completions zsh > "${fpath[1]}/_anima"
              anima completions fish > ~/.config/fish/completions/anima.fish
            """
    )

    /// The shells that are known.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash
        case zsh
        case fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() async throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Terminal.current.line(AnimaCommand.completionScript(for: kind), to: .output)
    }
}

/// `anima events`: the kinds of events.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List the kinds of events and what each carries."
    )

    @Flag(help: "Print Markdown, as in docs/events.md.")
    var table = false

    func run() async throws {
        if table { return Terminal.current.write(EventTable.markdown, to: .output) }
        for kind in Fact.Kind.allCases {
            Terminal.current.write(kind.rawValue.padded(to: 20), to: .output, .bold)
            Terminal.current.line(kind.meaning, to: .output)
        }
    }
}

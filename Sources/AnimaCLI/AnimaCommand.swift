import Anima
import AnimaCore
import AnimaModels
import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The program `anima`.
@main
struct AnimaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anima",
        abstract: "A runtime that AI agents live in.",
        discussion: """
            An agent's life is a log in one file. Kill the process anywhere and run it again: nothing is lost, and \
            nothing is done twice.

            Begin with:
              anima run examples/clerk.toml "read README.md and then tell me what you did"
              anima log clerk
              anima new helper

            Exit codes: 0 answered or done, 1 failed, also to write the output, 2 wrong use or configuration, \
            3 a limit was reached, 4 the task is kept until a model or you answer, 130 interrupted.
            """,
        version: "anima \(Composition.version)",
        groupedSubcommands: [
            CommandGroup(name: "Work", subcommands: [RunCommand.self, ResumeCommand.self]),
            CommandGroup(
                name: "Messages",
                subcommands: [
                    SendCommand.self, AskCommand.self, InboxCommand.self, TopicsCommand.self, DeadLettersCommand.self,
                ]
            ),
            CommandGroup(
                name: "Permission",
                subcommands: [
                    ApprovalsCommand.self, ApproveCommand.self, DenyCommand.self, GateCommand.self, TrustCommand.self,
                ]
            ),
            CommandGroup(name: "Agents", subcommands: [NewCommand.self, ListCommand.self, ShowCommand.self]),
            CommandGroup(name: "Memory", subcommands: [MemoryCommand.self]),
            CommandGroup(
                name: "Lives",
                subcommands: [
                    LogCommand.self, WhyCommand.self, TraceCommand.self, UndoCommand.self, ForkCommand.self,
                    ExportCommand.self,
                    ImportCommand.self,
                ]
            ),
            CommandGroup(name: "Models", subcommands: [ModelsCommand.self, KeysCommand.self, UsageCommand.self]),
            CommandGroup(
                name: "Setup",
                subcommands: [
                    ConfigCommand.self, DoctorCommand.self, ToolsCommand.self, CompletionsCommand.self,
                    EventsCommand.self,
                ]
            ),
        ]
    )

    /// Parses, runs, and maps errors to the documented exit codes.
    static func main() async {
        // What can't be written is an error that is told, and no end.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        Terminal.holdStandardStreams()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            leave(CommandExit.answered)
        } catch let code as ExitCode {
            leave(code)
        } catch {
            report(error)
        }
    }

    /// The command that was perhaps meant, as a line of its own.
    private static var hint: String {
        let commands = configuration.groupedSubcommands.flatMap(\.subcommands) + configuration.subcommands
        let names = commands.compactMap { $0.configuration.commandName }
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), !names.contains(word),
            let meant = Spelling.closest(to: word, among: names)
        else { return "" }
        return "\n  Did you mean `anima \(meant)`?"
    }

    private static func report(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        // What the parser has to say: help and version are no errors; wrong use has its own code here.
        if code == .success || code == .validationFailure {
            let text = fullMessage(for: error) + (code == .success ? "" : hint)
            Terminal.current.line(text, to: code == .success ? .output : .error)
            leave(code == .success ? code : CommandExit.usage)
        }
        Terminal.current.write("error: ", to: .error, .red)
        Terminal.current.line("\(error)", to: .error)
        leave(CommandExit.code(for: error))
    }
}

/// Ends the process, not as done when its output was lost; a command's own `exit` functions hide the system's.
private func leave(_ code: ExitCode) -> Never {
    guard let loss = Terminal.current.lossOfOutput else { exit(code.rawValue) }
    Terminal.current.write("error: ", to: .error, .red)
    Terminal.current.line(loss, to: .error)
    exit(code == CommandExit.answered ? CommandExit.failed.rawValue : code.rawValue)
}

/// The exit codes of `anima`.
enum CommandExit {
    static let answered = ExitCode(0)
    static let failed = ExitCode(1)
    static let usage = ExitCode(2)
    static let limit = ExitCode(3)
    static let parked = ExitCode(4)
    static let interrupted = ExitCode(130)

    /// Errors of what the user gave are wrong use; others are failures.
    static func code(for error: any Error) -> ExitCode {
        switch error {
        case is ConfigurationError, is CompositionError, is IdentityError, is UsageError, is ToolSelectionError,
            is WorkspaceError, is ModelSetupError:
            usage
        default: failed
        }
    }

    /// What a turn's end means for the caller.
    static func code(for end: TurnEnd) -> ExitCode {
        switch end {
        case .answered: answered
        case .failed: failed
        case .limit: limit
        case .cancelled: interrupted
        }
    }
}

/// Something on the command line that can't be.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima approvals`: the questions that wait for the owner.
struct ApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals",
        abstract: "List the calls about which agents ask you.",
        discussion: """
            Each stands with exactly what would run. An answer counts for that call alone; when something changes before it \
            runs, you are asked again.

            Examples:
              anima approvals
              anima approve examples/clerk.toml t3.1.1
              anima deny examples/clerk.toml t3.1.1 --because "not on a Friday"
            """
    )

    @Argument(help: "Only this agent.", completion: AgentID.completion)
    var agent: AgentID?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let home = try common.composition().home
        let agents = try agent.map { [$0] } ?? home.agents().filter { FilePath.exists(home.lifePath(of: $0)) }
        let terminal = Terminal.current
        let now = SystemClock().now
        var count = 0
        for id in agents {
            let life = try common.reader(of: id)
            let pending = try await life.wake().state().pendingApprovals
            await life.close()
            count += pending.count
            for question in pending {
                if json {
                    terminal.json(Self.json(of: question, id, isExpired: question.approval.expiresAt <= now))
                } else {
                    terminal.write("\(id) \(question.call.id) ", to: .output, .bold)
                    terminal.write("\(question.call.tool) \(question.call.arguments.text)", to: .output)
                    let moment = question.approval.expiresAt
                    let end =
                        moment > now
                        ? "until" : "expired, and denied when the agent goes on (anima resume): was open until"
                    terminal.line("  \(end) \(moment.rfc3339)", to: .output, .dim)
                    Question(question, terminal).showCircumstances(to: .output)
                }
            }
        }
        if count == 0, !json { terminal.line("nobody asks", to: .error, .dim) }
    }

    private static func json(of question: PendingApproval, _ id: AgentID, isExpired: Bool) -> JSONValue {
        [
            "agent": .string(id.name), "call": .string(question.call.id.description),
            "conversation": .string(question.conversation.name), "tool": .string(question.call.tool),
            "arguments": question.call.arguments,
            "circumstances": .object(question.approval.circumstances.mapValues { .string($0) }),
            "expiresAt": .string(question.approval.expiresAt.rfc3339), "expired": .bool(isExpired),
        ]
    }
}

/// `anima approve`: lets a call run, and the agent go on.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a call run that an agent asks about; the agent goes on with its task."
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: "The call, for example t3.1.1.")
    var call: String

    @Flag(help: "Allow calls exactly like it from now on.")
    var always = false

    @Option(help: ArgumentHelp("What to tell the agent; the answer when it asks something.", valueName: "text"))
    var because: String?

    @OptionGroup var work: WorkOptions

    func run() async throws {
        let call = try CallReference.id(call)
        try await Session(work, target: config).answer(call, .allow, because: because, always: always)
    }
}

/// `anima deny`: refuses a call, and the agent goes on without it.
struct DenyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Refuse a call that an agent asks about; the agent goes on without it."
    )

    @Argument(
        help: ArgumentHelp("A configuration file, or an agent's name.", valueName: "config"),
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Argument(help: "The call, for example t3.1.1.")
    var call: String

    @Option(help: "Why, for the agent.")
    var because: String?

    @OptionGroup var work: WorkOptions

    func run() async throws {
        let call = try CallReference.id(call)
        try await Session(work, target: config).answer(call, .deny, because: because, always: false)
    }
}

/// What a person writes for a call.
private enum CallReference {
    static func id(_ text: String) throws -> ToolCallID {
        guard let id = ToolCallID(text: text) else {
            throw UsageError("\"\(text)\" is no call; calls are named like t3.1.1, see: anima approvals")
        }
        return id
    }
}

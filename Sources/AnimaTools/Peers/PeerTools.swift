import AnimaCore

/// Tells another agent something; what it answers comes as a message of its own.
struct SendMessageTool: Tool {
    /// One message has at most so many bytes.
    static let maxBytes = 65_536

    let spec = ToolSpec(
        name: "send_message",
        group: "peers",
        description:
            "Sends a message to another agent, one of your peers, and waits for nothing: it begins work there, and an answer "
            + "comes later as a message of its own. For an answer that you need to go on, use ask_agent. What you say at the "
            + "end of a turn that another agent's message began is not sent to it, unless it asked: use reply.",
        parameters: ArgumentSchema([
            .init("to", .string(maxBytes: 65), "The peer's name, as list_agents shows it.", required: true),
            .init(
                "text",
                .string(maxBytes: maxBytes),
                "What to say, with everything it has to know.",
                required: true
            ),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "to"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let (text, peer) = (try call.message("message"), try call.peer())
            var output = ToolOutput.success("The message to @\(peer) is on its way.")
            output.send = [OutgoingMessage(to: peer, text: text)]
            return output
        } catch { return .failure(error.message) }
    }
}

/// Asks another agent something and waits for its answer, which becomes the result of the call.
struct AskAgentTool: Tool {
    let spec = ToolSpec(
        name: "ask_agent",
        group: "peers",
        description:
            "Asks another agent, one of your peers, and waits for its answer, which is the result of this call. Ask several at "
            + "once with several calls in one step. For work whose answer you don't need to go on, use send_message.",
        parameters: ArgumentSchema([
            .init("to", .string(maxBytes: 65), "The peer's name, as list_agents shows it.", required: true),
            .init(
                "text",
                .string(maxBytes: SendMessageTool.maxBytes),
                "What to ask, with everything it has to know.",
                required: true
            ),
            .init(
                "timeout_seconds",
                .integer(min: 1, max: 86_400),
                "How long to wait for the answer; limits.ask_seconds when left out, and never longer."
            ),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "to"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let (text, peer) = (try call.message("question"), try call.peer())
            let timeout = call.integer("timeout_seconds").map { Duration.seconds($0) }
            var output = ToolOutput.success("asked @\(peer)")
            output.send = [OutgoingMessage(to: peer, .ask(timeout: timeout), text: text)]
            return output
        } catch { return .failure(error.message) }
    }
}

/// Answers the agent whose message began the turn.
struct ReplyTool: Tool {
    let spec = ToolSpec(
        name: "reply",
        group: "peers",
        description:
            "Answers the agent whose message you are working on, in the conversation that it wrote from. To a question this is "
            + "the answer, sent at once; without it, what you say at the end of the turn is.",
        parameters: ArgumentSchema([
            .init("text", .string(maxBytes: SendMessageTool.maxBytes), "The answer, whole.", required: true)
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        guard case .agent(let sender) = call.acquaintances.envelope?.sender else {
            return .failure("no agent's message began this turn: say it as your answer")
        }
        do {
            var output = ToolOutput.success("The answer to @\(sender) is on its way.")
            output.send = [OutgoingMessage(to: sender, .reply, text: try call.message("answer"))]
            return output
        } catch { return .failure(error.message) }
    }
}

/// Shares a memory with another agent.
struct ShareMemoryTool: Tool {
    let spec = ToolSpec(
        name: "share_memory",
        group: "peers",
        description:
            "Gives another agent, one of your peers, something that you remember. It keeps it as said by you; it begins no "
            + "work there.",
        parameters: ArgumentSchema([
            .init("memory", .string(maxBytes: 20), "The memory's number, for example m12.", required: true),
            .init("to", .string(maxBytes: 65), "The peer's name, as list_agents shows it.", required: true),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "to"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let peer = try call.peer()
            let memory = try await call.memory(named: call.text("memory"))
            var output = ToolOutput.success("\(memory.name) is on its way to @\(peer): \(memory.text)")
            output.send = [OutgoingMessage(sharing: memory, with: peer)]
            return output
        } catch { return .failure(error.message) }
    }
}

/// Lists the agents that may be written to.
struct ListAgentsTool: Tool {
    let spec = ToolSpec(
        name: "list_agents",
        group: "peers",
        description:
            "Lists the other agents that you may write to and whose messages you take: what each is for, its tools, what it does "
            + "now, and the topics that it wants from you.",
        parameters: ArgumentSchema(),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let known = call.acquaintances
        guard !known.peers.isEmpty else { return .success("You have no peers (peers.allow).") }
        var lines: [String] = []
        for peer in known.peers {
            guard let (card, activity) = await known.directory.entry(of: peer) else {
                lines.append("\(peer): there is no such agent here")
                continue
            }
            var line = "\(peer) (\(activity.rawValue))"
            if !card.description.isEmpty { line += ": \(card.description.prefix(200))" }
            if !card.tools.isEmpty { line += "; tools: \(card.tools.joined(separator: ", "))" }
            let topics = known.subscribers.filter { $0.value.contains(peer) }.keys.sorted()
            if !topics.isEmpty { line += "; wants: \(topics.map { "#\($0)" }.joined(separator: " "))" }
            lines.append(line)
        }
        return .success(lines.joined(separator: "\n"))
    }
}

extension ToolInvocation {
    /// What is to be said.
    ///
    /// - Parameters:
    ///   - what: What it is called when it is empty.
    ///   - name: The argument.
    func message(_ what: String, in name: String = "text") throws(ArgumentProblem) -> String {
        let text = text(name)
        guard text.contains(where: { !$0.isWhitespace }) else { throw ArgumentProblem(message: "the \(what) is empty") }
        return text
    }

    /// The peer that the argument `to` names.
    func peer() throws(ArgumentProblem) -> AgentID {
        // Gate rules match the name as it is written, so there is one way to write it.
        let name = text("to")
        let peers = acquaintances.peers
        if let peer = peers.first(where: { $0.name == name }) { return peer }
        let hint = Spelling.closest(to: name, among: peers.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
        let names = peers.isEmpty ? "you have none" : "they are " + peers.map(\.name).joined(separator: ", ")
        throw ArgumentProblem(message: "\"\(name)\" is no peer of yours\(hint) (\(names))")
    }
}

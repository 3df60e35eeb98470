import AnimaCore

/// Sends a message to all peers.
struct BroadcastTool: Tool {
    let spec = ToolSpec(
        name: "broadcast",
        group: "peers",
        description:
            "Sends a message to all of your peers, as send_message does to one. For what only some want to know, use publish.",
        parameters: ArgumentSchema([
            .init(
                "text",
                .string(maxBytes: SendMessageTool.maxBytes),
                "What to say, with everything they have to know.",
                required: true
            )
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let peers = call.acquaintances.peers
        guard !peers.isEmpty else { return .failure("you have no peers (peers.allow)") }
        do {
            let text = try call.message("message")
            let names = peers.map { "@\($0)" }.joined(separator: ", ")
            var output = ToolOutput.success("The message to \(names) is on its way.")
            output.send = peers.map { OutgoingMessage(to: $0, text: text) }
            return output
        } catch { return .failure(error.message) }
    }
}

/// Sends a message to the peers that want it.
struct PublishTool: Tool {
    let spec = ToolSpec(
        name: "publish",
        group: "peers",
        description:
            "Sends a message about a topic to those of your peers that have subscribed to it; list_agents says who wants what.",
        parameters: ArgumentSchema([
            .init("topic", .string(maxBytes: 65), "The topic, for example news.", required: true),
            .init("text", .string(maxBytes: SendMessageTool.maxBytes), "What to say.", required: true),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "topic"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let (topic, text) = (try call.topic(), try call.message("message"))
            let wanted = call.acquaintances.subscribers
            guard let subscribers = wanted[topic], !subscribers.isEmpty else {
                let others = wanted.keys.sorted().map { "#\($0)" }.joined(separator: " ")
                let hint = others.isEmpty ? "nor to any other topic of yours" : "they have to: \(others)"
                return .success("Nobody was told: none of your peers has subscribed to #\(topic), \(hint).")
            }
            let conversation = try? ConversationID(topic: topic)
            let names = subscribers.map { "@\($0)" }.joined(separator: ", ")
            var output = ToolOutput.success("The message about #\(topic) to \(names) is on its way.")
            output.send = subscribers.map { OutgoingMessage(to: $0, text: text, conversation: conversation) }
            return output
        } catch { return .failure(error.message) }
    }
}

/// Asks peers for their messages of a topic.
struct SubscribeTool: Tool {
    let spec = ToolSpec(
        name: "subscribe",
        group: "peers",
        description:
            "From now on your peers' messages about a topic come to you, each as a message of its own; that outlasts this turn.",
        parameters: ArgumentSchema([
            .init("topic", .string(maxBytes: 65), "The topic, for example news.", required: true)
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "topic"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let topic = try call.topic()
            let topics = call.acquaintances.topics
            guard !topics.contains(topic) else { return .success("You get messages about #\(topic) already.") }
            guard topics.count < Topic.mostTopics else {
                return .failure("you get messages of \(topics.count) topics already, as many as there may be")
            }
            var output = ToolOutput.success("From now on messages about #\(topic) come to you.")
            output.topics = topics + [topic]
            return output
        } catch { return .failure(error.message) }
    }
}

/// Asks peers for no more messages of a topic.
struct UnsubscribeTool: Tool {
    let spec = ToolSpec(
        name: "unsubscribe",
        group: "peers",
        description: "From now on messages about a topic come to you no more.",
        parameters: ArgumentSchema([.init("topic", .string(maxBytes: 65), "The topic.", required: true)]),
        replay: .pure,
        trust: .owner,
        gateArgument: "topic"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let topic = try call.topic()
            let topics = call.acquaintances.topics
            guard topics.contains(topic) else {
                let list = topics.isEmpty ? "there are none" : "they are \(topics.joined(separator: ", "))"
                return .failure("#\(topic) is no topic whose messages you get; \(list)")
            }
            var output = ToolOutput.success(
                "Messages about #\(topic) come to you no more, unless peers.topics names it."
            )
            output.topics = topics.filter { $0 != topic }
            return output
        } catch { return .failure(error.message) }
    }
}

extension ToolInvocation {
    /// The topic that the argument `topic` names.
    fileprivate func topic() throws(ArgumentProblem) -> String {
        // Gate rules match the name as it is written, so there is one way to write it.
        let name = text("topic")
        if let problem = Topic.problem(of: name) {
            throw ArgumentProblem(message: "\"\(name)\" is no topic; \(problem)")
        }
        return name
    }
}

import AnimaCore

/// Makes an agent for a task.
struct SpawnTool: Tool {
    let spec = ToolSpec(
        name: "spawn",
        group: "children",
        description:
            "Makes an agent for one task, a child of yours, and goes on at once: it has the configuration of a template, no tools "
            + "that you don't have, and a part of your budget. Its report comes as a message; wait_for waits for it.",
        parameters: ArgumentSchema([
            .init("template", .string(maxBytes: 65), "The agent whose configuration it has.", required: true),
            .init(
                "task",
                .string(maxBytes: SendMessageTool.maxBytes),
                "What it is to do, with everything it has to know.",
                required: true
            ),
            .init("tools", .array(.string(maxBytes: 64), maxCount: 64), "Only these of its tools; all when left out."),
            .init(
                "tokens",
                .integer(min: 1, max: 1_000_000_000),
                "What it may use; half of what you have left by default."
            ),
            .init(
                "timeout_seconds",
                .integer(min: 1, max: 86_400),
                "How long it may take; as long as this turn by default."
            ),
            .init(
                "workspace",
                .choice(["own", "shared"]),
                "Whether it works in a directory of its own or in yours.",
                default: "own"
            ),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "template"
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let known = call.acquaintances
        let name = call.text("template")
        guard let template = known.templates.first(where: { $0.name == name }) else {
            let hint = Spelling.closest(to: name, among: known.templates.map(\.name))
                .map { "; did you mean \"\($0)\"?" }
            let list = known.templates.isEmpty ? "you have none" : known.templates.map(\.name).joined(separator: ", ")
            return .failure("\"\(name)\" is no template of yours\(hint ?? "") (peers.spawn: \(list))")
        }
        do {
            var output = ToolOutput.success("")
            output.spawn = SpawnRequest(
                template: template,
                task: try call.message("task", in: "task"),
                tools: call.arguments["tools"]?.arrayValue?.compactMap(\.stringValue),
                tokens: call.integer("tokens"),
                timeout: call.integer("timeout_seconds").map { .seconds($0) },
                sharesWorkspace: call.text("workspace") == "shared"
            )
            return output
        } catch { return .failure(error.message) }
    }
}

/// Waits for a child's report.
struct WaitForTool: Tool {
    let spec = ToolSpec(
        name: "wait_for",
        group: "children",
        description:
            "Waits for the report of a child of yours, which is the result of this call. Wait for several at once with several calls "
            + "in one step.",
        parameters: ArgumentSchema([
            .init("child", .string(maxBytes: 65), "Its name, as spawn gave it; the newest when left out."),
            .init("timeout_seconds", .integer(min: 1, max: 86_400), "How long to wait; until its deadline by default."),
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let child = try call.child()
            var output = ToolOutput.success("")
            output.wait = .init(for: child.name, timeout: call.integer("timeout_seconds").map { .seconds($0) })
            return output
        } catch { return .failure(error.message) }
    }
}

/// Says how far children are.
struct CheckOnTool: Tool {
    let spec = ToolSpec(
        name: "check_on",
        group: "children",
        description:
            "Says how far your children are, or one of them: what it is to do, whether it works, and how it ended.",
        parameters: ArgumentSchema([.init("child", .string(maxBytes: 65), "Its name; all when left out.")]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let all = call.acquaintances.children
            let children = call.text("child").isEmpty ? all : [try call.child()]
            guard !children.isEmpty else { return .success("You have no children.") }
            var lines: [String] = []
            var output = ToolOutput.success("")
            for child in children {
                var state = child.report?.end.name ?? "unknown"
                if child.report == nil {
                    let entry = await call.acquaintances.directory.entry(of: child.name)
                    state = "\(entry?.activity.rawValue ?? "working") since \(child.bornAt.rfc3339)"
                }
                let reason = child.report?.end.reason.map { " (\($0))" } ?? ""
                let cost = child.report.map { ", \($0.usage.total) tokens" } ?? ", at most \(child.birth.tokens) tokens"
                lines.append("@\(child.name), a \(child.birth.template): \(state)\(reason)\(cost)")
                lines.append("  task: \(child.task.prefix(200))")
                if child.report != nil, !child.text.isEmpty {
                    lines.append("  report: \(child.text.prefix(500))")
                    output.trust = min(output.trust ?? .owner, child.trust)
                }
            }
            output.content = lines.joined(separator: "\n")
            return output
        } catch { return .failure(error.message) }
    }
}

/// Ends a child's work.
struct StopChildTool: Tool {
    let spec = ToolSpec(
        name: "stop_child",
        group: "children",
        description: "Ends the work of a child of yours now; its report says how far it came.",
        parameters: ArgumentSchema([.init("child", .string(maxBytes: 65), "Its name.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let child = try call.child()
            guard child.report == nil else { return .success("@\(child.name) has ended already.") }
            var output = ToolOutput.success("@\(child.name) is told to stop; its report follows.")
            output.send = [OutgoingMessage(to: child.name, .stop, text: "stop")]
            return output
        } catch { return .failure(error.message) }
    }
}

extension ToolInvocation {
    /// The child that the argument `child` names; the newest when it names none.
    fileprivate func child() throws(ArgumentProblem) -> Child {
        let children = acquaintances.children
        let written = text("child")
        let name = written.hasPrefix("@") ? String(written.dropFirst()) : written
        let found = name.isEmpty ? children.last : children.last { $0.name.name == name }
        if let found { return found }
        let names = children.isEmpty ? "you have none" : "they are " + children.map(\.name.name).joined(separator: ", ")
        throw ArgumentProblem(
            message: name.isEmpty ? "you have no children" : "\"\(name)\" is no child of yours (\(names))"
        )
    }
}

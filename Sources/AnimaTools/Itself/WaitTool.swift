import AnimaCore

/// Lets time go by.
struct WaitTool: Tool {
    let spec = ToolSpec(
        name: "wait",
        group: "itself",
        description: "Waits for some seconds, for example before looking again at something that takes its time.",
        parameters: ArgumentSchema([
            .init("seconds", .integer(min: 1, max: 3600), "How long.", required: true)
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let seconds = call.integer("seconds") ?? 1
        // The result comes before the limit of a tool call does.
        let longest = max(call.timeout - .milliseconds(200), .zero)
        let wanted = Duration.seconds(seconds)
        try? await Task.sleep(for: min(wanted, longest))
        if Task.isCancelled { return .failure("the wait was cancelled") }
        guard wanted > longest else { return .success("waited \(seconds) s") }
        return .success(
            "waited \(longest.components.seconds) s of \(seconds), the limit of a tool call (limits.tool_seconds); wait again"
        )
    }
}

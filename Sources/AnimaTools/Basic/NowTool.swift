import AnimaCore

/// Tells the time.
struct NowTool: Tool {
    let spec = ToolSpec(
        name: "now",
        group: "basic",
        description: "Returns the current date and time in UTC, as RFC 3339 writes it.",
        parameters: ArgumentSchema(),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput { .success(call.now.rfc3339) }
}

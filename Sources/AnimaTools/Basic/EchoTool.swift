import AnimaCore

/// Gives back the text it is given.
struct EchoTool: Tool {
    let spec = ToolSpec(
        name: "echo",
        group: "basic",
        description: "Returns the given text unchanged. Use it to check that tools work.",
        parameters: ArgumentSchema([.init("text", .string(), "The text to return.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput { .success(call.text("text")) }
}

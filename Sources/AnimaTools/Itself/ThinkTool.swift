import AnimaCore

/// A place to think in words before acting.
struct ThinkTool: Tool {
    let spec = ToolSpec(
        name: "think",
        group: "itself",
        description:
            "Notes a thought for yourself and changes nothing. Use it to plan several steps, or to weigh what you "
            + "found, before you act.",
        parameters: ArgumentSchema([.init("thought", .string(maxBytes: 65_536), "The thought.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput { .success("noted") }
}

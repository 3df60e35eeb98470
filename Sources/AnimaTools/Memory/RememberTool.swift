import AnimaCore

/// Keeps a text beyond the conversation; it is stored with the call's result, or neither is.
struct RememberTool: Tool {
    let spec = ToolSpec(
        name: "remember",
        group: "memory",
        description:
            "Keeps one fact for all later conversations. Use it for what will still matter: names, preferences, "
            + "decisions. Write a sentence that makes sense by itself.",
        parameters: ArgumentSchema([
            .init("text", .string(maxBytes: 4000), "The fact, at most 4000 bytes.", required: true)
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let text = call.text("text")
        guard text.contains(where: { !$0.isWhitespace }) else {
            return .failure("there is nothing to remember: \"text\" is empty")
        }
        return .success("Remembered: \(text)", remember: [text])
    }
}

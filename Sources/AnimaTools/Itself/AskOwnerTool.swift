import AnimaCore

/// Asks the owner something; the turn waits for the answer.
struct AskOwnerTool: Tool {
    let spec = ToolSpec(
        name: "ask_owner",
        group: "itself",
        description:
            "Asks your owner a question and waits for the answer, which may take hours. Use it only for what nobody "
            + "else can tell you and you can't find out.",
        parameters: ArgumentSchema([
            .init(
                "question",
                .string(maxBytes: 16_384),
                "The question, with what is needed to answer it.",
                required: true
            )
        ]),
        replay: .pure,
        trust: .owner,
        isAnsweredByOwner: true
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        guard let answer = call.answer, !answer.isEmpty else { return .success("(the owner said yes)") }
        return .success(answer)
    }
}

import AnimaCore

/// `remember`: keeps something beyond the conversation.
struct RememberTool: Tool {
    let spec = ToolSpec(
        name: "remember",
        group: "memory",
        description: "Keep a fact for later conversations. Write it so that it can be understood by itself.",
        parameters: ArgumentSchema([.init("text", .string(maxBytes: 4000), "What to keep.", required: true)]),
        // Kept in the transaction that records the result: both or neither.
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        let text = call.text("text")
        guard text.contains(where: { !$0.isWhitespace }) else { return .failure("there is nothing to remember") }
        return .success("remembered: \(text)", remember: [text])
    }
}

/// `recall`: finds what was kept.
struct RecallTool: Tool {
    let spec = ToolSpec(
        name: "recall",
        group: "memory",
        description: "Search what was remembered, by words; without a query the newest memories.",
        parameters: ArgumentSchema([
            .init("query", .string(maxBytes: 4000), "Words to search for.", default: ""),
            .init("limit", .integer(min: 1, max: 50), "At most so many.", default: 5),
        ]),
        replay: .pure,
        trust: .agent
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let limit = call.number("limit", default: 5)
            let found = try await call.memories.memories(matching: call.text("query"), limit: limit)
            guard !found.isEmpty else { return .success("nothing is remembered about that") }
            return .success(found.map { "- \($0.text) (\($0.storedAt.rfc3339.prefix(10)))" }.joined(separator: "\n"))
        }
    }
}

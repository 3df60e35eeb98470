import AnimaCore

/// Searches the agent's own memories.
struct RecallTool: Tool {
    let spec = ToolSpec(
        name: "recall",
        group: "memory",
        description:
            "Searches what you were asked to remember, best matches first; without a query it lists the newest. "
            + "Use it before you say that you don't know something.",
        parameters: ArgumentSchema([
            .init("query", .string(maxBytes: 4000), "Plain words to look for; leave it out for the newest memories."),
            .init("limit", .integer(min: 1, max: 50), "At most so many memories.", default: 5),
        ]),
        replay: .pure,
        trust: .agent
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let query = call.text("query")
        let memories: [Memory]
        do {
            memories = try await call.memories.memories(matching: query, limit: call.integer("limit") ?? 5)
        } catch {
            return .failure("the memories could not be searched: \(error)")
        }
        guard !memories.isEmpty else {
            return .success(
                query.isEmpty
                    ? "Nothing is remembered yet." : "No memory matches \"\(query)\". Try other or fewer words."
            )
        }
        let lines = memories.map { memory in
            let date = memory.storedAt.rfc3339.prefix { $0 != "T" }
            return "- \(memory.text) (\(date)\(memory.trust == .untrusted ? ", from an untrusted source" : ""))"
        }
        return .success(lines.joined(separator: "\n"))
    }
}

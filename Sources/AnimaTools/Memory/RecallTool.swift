import AnimaCore

/// Searches the agent's own memories.
struct RecallTool: Tool {
    let spec = ToolSpec(
        name: "recall",
        group: "memory",
        description:
            "Searches what you remember, best matches first; without a query it lists the newest. Plain words, names and times "
            + "(\"in May\", \"last week\") are understood. Use it before you say that you don't know something.",
        parameters: ArgumentSchema([
            .init("query", .string(maxBytes: 4000), "Plain words to look for; leave it out for the newest memories."),
            .init("kind", .choice(Memory.Kind.allCases.map(\.rawValue)), "Only memories of this kind."),
            .init("limit", .integer(min: 1, max: 50), "At most so many memories.", default: 5),
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        var query = RecallQuery(call.text("query"), now: call.now, limit: call.integer("limit") ?? 5)
        query.kinds = Memory.Kind(rawValue: call.text("kind")).map { [$0] }
        return await call.recalling(query, nothing: "Nothing is remembered yet.")
    }
}

/// Searches what was said in all conversations.
struct SearchHistoryTool: Tool {
    let spec = ToolSpec(
        name: "search_history",
        group: "memory",
        description:
            "Searches everything that was said in your conversations, also what is no longer in view, best matches first. Names "
            + "and times are understood. read_history shows what was said around a hit.",
        parameters: ArgumentSchema([
            .init("query", .string(maxBytes: 4000), "Plain words to look for.", required: true),
            .init("limit", .integer(min: 1, max: 50), "At most so many hits.", default: 8),
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let query = RecallQuery(
            call.text("query"),
            now: call.now,
            scope: .episodes,
            limit: call.integer("limit") ?? 8
        )
        return await call.recalling(query, nothing: "Nothing was said yet.")
    }
}

extension ToolInvocation {
    /// What fits a query, a line each; as trustworthy as the least trusted of it.
    func recalling(_ query: RecallQuery, nothing: String) async -> ToolOutput {
        let hits: [RecallHit]
        do {
            hits = try await memories.recall(query)
        } catch {
            return .failure("the memories could not be searched: \(error)")
        }
        guard !hits.isEmpty else {
            let isListing = query.text.allSatisfy(\.isWhitespace)
            return .success(isListing ? nothing : "Nothing matches \"\(query.text)\". Try other or fewer words.")
        }
        let lines = hits.map { RecallNotice.line(for: $0.passage, now: now) }
        var output = ToolOutput.success(lines.joined(separator: "\n"))
        output.trust = hits.map(\.passage.trust).min()
        return output
    }
}

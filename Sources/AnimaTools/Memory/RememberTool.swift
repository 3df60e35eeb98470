import AnimaCore

/// Keeps a text beyond the conversation; it is stored with the call's result, or neither is.
struct RememberTool: Tool {
    let spec = ToolSpec(
        name: "remember",
        group: "memory",
        description:
            "Keeps one fact for all later conversations. Use it for what will still matter: names, preferences, "
            + "decisions. Write a sentence that makes sense by itself. What is known already is not kept twice, and what no longer "
            + "holds is replaced.",
        parameters: ArgumentSchema([
            .init("text", .string(maxBytes: MemoryGate.mostBytes), "The fact, at most 4000 bytes.", required: true),
            .init("kind", .choice(Memory.Kind.allCases.map(\.rawValue)), "What sort of thing it is.", default: "fact"),
            .init("subject", .string(maxBytes: 80), "Whom or what it is about, in a few words."),
            .init(
                "importance",
                .integer(min: 1, max: 10),
                "How much it matters.",
                default: .int(Memory.ordinaryImportance)
            ),
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let text = call.text("text")
        guard text.contains(where: { !$0.isWhitespace }) else {
            return .failure("there is nothing to remember: \"text\" is empty")
        }
        let subject = call.text("subject")
        let draft = MemoryDraft(
            text,
            kind: Memory.Kind(rawValue: call.text("kind")) ?? .fact,
            subject: subject.isEmpty ? nil : subject,
            importance: call.integer("importance") ?? Memory.ordinaryImportance,
            about: TimeExpression.spans(in: text, now: call.now).first,
            isAskedFor: true
        )
        return await call.keeping(draft)
    }
}

extension ToolInvocation {
    /// Keeps a draft when the gate of memory lets it through.
    func keeping(_ draft: MemoryDraft) async -> ToolOutput {
        let similar: [Memory]
        do {
            let query = RecallQuery(draft.text, limit: 10, parts: [.words, .expansion])
            similar = try await memories.recall(query).compactMap(\.passage.memory)
        } catch {
            return .failure("the memories could not be searched, so nothing was stored: \(error)")
        }
        switch MemoryGate.judge(draft, similar: similar, trust: trust) {
        case .keep(let superseded):
            var draft = draft
            draft.supersedes = superseded
            let old = superseded.isEmpty ? "" : " (in place of \(superseded.map { "m\($0)" }.joined(separator: ", ")))"
            return .success("Remembered: \(draft.text)\(old)", remember: [draft])
        case .refuse(.duplicate): return .success("That is remembered already.")
        case .refuse(let reason): return .failure("not remembered: \(reason.explanation)")
        }
    }
}

extension MemoryGate.Refusal {
    /// Why it is not kept, for a model.
    var explanation: String {
        switch self {
        case .trivial: "it says too little to be of use later"
        case .request: "it is a question, or asks for something to be done now"
        case .duplicate: "it is remembered already"
        case .echo: "it came from memory"
        case .secret: "it looks like a password or a key, and memories are shown to models"
        case .instruction: "it tells you what to do, and it comes from untrusted text that is in view"
        case .tooLong: "it is over the limit of \(MemoryGate.mostBytes) bytes; say it in fewer words"
        }
    }
}

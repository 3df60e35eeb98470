import AnimaCore

/// Replaces a memory by a better one; the old one stays in the life and comes up no more.
struct ReviseTool: Tool {
    let spec = ToolSpec(
        name: "revise",
        group: "memory",
        description: "Replaces a memory that is wrong or out of date by a sentence that holds now.",
        parameters: ArgumentSchema([
            .init("memory", .string(maxBytes: 20), "Its number, for example m12, as recall shows it.", required: true),
            .init("text", .string(maxBytes: MemoryGate.mostBytes), "What holds now.", required: true),
        ]),
        replay: .pure,
        trust: .owner,
        reach: .itself
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let old = try await call.memory(named: call.text("memory"))
            let draft = MemoryDraft(
                call.text("text"),
                kind: old.kind,
                subject: old.subject,
                importance: old.importance,
                about: TimeExpression.spans(in: call.text("text"), now: call.now).first,
                supersedes: [old.id],
                isAskedFor: true
            )
            switch MemoryGate.judge(draft, similar: [], trust: call.trust) {
            case .keep:
                guard old.trust <= call.trust else {
                    return .failure("\(old.name) is from a better source; your owner can revise it")
                }
                return .success("Replaced \(old.name): \(draft.text)", remember: [draft])
            case .refuse(let reason): return .failure("not replaced: \(reason.explanation)")
            }
        } catch {
            return .failure(error.message)
        }
    }
}

/// Forgets a memory; it stays in the life and comes up no more.
struct ForgetTool: Tool {
    let spec = ToolSpec(
        name: "forget",
        group: "memory",
        description: "Forgets a memory that is wrong, or that somebody wants to be forgotten.",
        parameters: ArgumentSchema([
            .init("memory", .string(maxBytes: 20), "Its number, for example m12, as recall shows it.", required: true)
        ]),
        replay: .pure,
        trust: .owner,
        reach: .itself
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let old = try await call.memory(named: call.text("memory"))
            var output = ToolOutput.success("Forgot \(old.name): \(old.text)")
            output.forget = [old.id]
            return output
        } catch {
            return .failure(error.message)
        }
    }
}

/// Writes a block that is always in view.
struct EditBlockTool: Tool {
    let spec = ToolSpec(
        name: "edit_block",
        group: "memory",
        description:
            "Writes one of the short texts that you always keep in mind, for example persona, owner or goals: the whole text, or "
            + "one place in it. Keep them short; everything else belongs into remember.",
        parameters: ArgumentSchema([
            .init("name", .string(maxBytes: 40), "The block; a new name makes a new one.", required: true),
            .init("text", .string(), "What it says from now on, or what stands in place of old_text.", required: true),
            .init("old_text", .string(), "The place that is replaced; it must be there once. Left out, all of it is."),
        ]),
        replay: .pure,
        trust: .owner,
        gateArgument: "name",
        reach: .itself
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let name = call.text("name")
        let old = call.blocks.first { $0.name == name }?.text ?? ""
        var text = call.text("text")
        let place = call.text("old_text")
        if !place.isEmpty {
            let count = old.split(separator: place, omittingEmptySubsequences: false).count - 1
            guard count == 1 else {
                return .failure("old_text is in the block \(name) \(count) times; it must be there once")
            }
            text = old.replacing(place, with: text)
        }
        if let refusal = MemoryBlock.refusal(of: name, text, call.blocks, call.memoryPolicy) {
            return .failure(refusal)
        }
        guard text != old else { return .success("The block \(name) says that already.") }
        var output = ToolOutput.success(
            text.isEmpty ? "The block \(name) is gone." : "The block \(name) says now:\n\(text)"
        )
        output.blocks = [name: text]
        return output
    }
}

/// Shows what was said around a place of the past.
struct ReadHistoryTool: Tool {
    let spec = ToolSpec(
        name: "read_history",
        group: "memory",
        description: "Shows what was said before and after something that search_history found.",
        parameters: ArgumentSchema([
            .init(
                "place",
                .string(maxBytes: 20),
                "Where: e12, as search_history shows it, or a turn, t12.",
                required: true
            ),
            .init("around", .integer(min: 1, max: 40), "How much before and after it.", default: 6),
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let name = call.text("place")
        do {
            guard let number = Int(name.dropFirst()), let seq = try await place(name.first, number, call) else {
                return .failure("\"\(name)\" is no place of the past; places are written like e12 or t12")
            }
            let episodes = try await call.memories.episodes(around: seq, count: call.integer("around") ?? 6)
            guard !episodes.isEmpty else { return .failure("nothing was said at \(name)") }
            let lines = episodes.map { episode in
                "[e\(episode.id)] \(episode.at.rfc3339) \(episode.speaker): \(episode.text)"
            }
            var output = ToolOutput.success(lines.joined(separator: "\n"))
            output.trust = episodes.map(\.trust).min()
            return output
        } catch {
            return .failure("the past could not be read: \(error)")
        }
    }

    private func place(_ letter: Character?, _ number: Int, _ call: ToolInvocation) async throws -> Int? {
        switch letter {
        case "e": number
        case "t": try await call.memories.place(of: TurnID(number))
        default: nil
        }
    }
}

/// What an argument names is not there.
struct ArgumentProblem: Error {
    let message: String
}

extension ToolInvocation {
    /// The memory with this number, which must hold.
    func memory(named name: String) async throws(ArgumentProblem) -> Memory {
        guard let id = Int(name.hasPrefix("m") ? name.dropFirst() : name[...]) else {
            throw ArgumentProblem(message: "\"\(name)\" is no number of a memory; they are written like m12")
        }
        let found: Memory?
        do { found = try await memories.memory(id) } catch {
            throw ArgumentProblem(message: "the memories could not be read: \(error)")
        }
        guard let found else { throw ArgumentProblem(message: "there is no memory m\(id)") }
        guard found.isCurrent else { throw ArgumentProblem(message: "m\(id) holds no longer") }
        return found
    }
}

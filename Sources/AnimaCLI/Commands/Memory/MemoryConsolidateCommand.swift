import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima memory consolidate`: merges what says the same and closes what is old and of no use, now.
struct MemoryConsolidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consolidate",
        abstract: "Merge memories and close old ones of no use, as the agent does by itself when idle.",
        discussion: """
            Rules merge what says the same. Where memory.learn is "model" and the agent has its agent.toml in the home, its model \
            is asked as well. All of it is one transaction, which can be taken back whole: anima memory restore.

            With --json it prints one object a line: each has "what" (merged, aged, refused, consolidated).

            Examples:
              anima memory consolidate clerk --dry-run
              anima memory consolidate clerk
            """
    )

    @OptionGroup var options: MemoryOptions

    @Flag(help: "Only show what rules would do; no model is asked.")
    var dryRun = false

    @Flag(help: "Ask no model.")
    var rules = false

    func run() async throws {
        if dryRun {
            try await options.reading { life in
                let policy = try await life.wake().state().policy.memory
                let found = try await consolidation(of: life, policy, models: [], allowance: nil)
                try await show(found, nil, life)
            }
        } else {
            try await options.writing { try await consolidate($0) }
        }
    }

    private func consolidate(_ life: SQLiteLife) async throws {
        let state = try await life.wake().state()
        let policy = state.policy.memory
        let models = rules || policy.learning != .model ? [] : try await models()
        let allowance = state.consolidationAllowance(at: SystemClock().now)
        let found = try await consolidation(of: life, policy, models: models, allowance: allowance)
        // What was paid for is recorded, whatever came of it.
        guard !found.isEmpty || found.model != nil else { return try await show(found, nil, life) }
        let facts = found.facts(after: try await life.info().events)
        let events = try await life.append(facts, of: options.agent)
        try await show(found, events, life)
    }

    private func consolidation(
        of life: SQLiteLife,
        _ policy: MemoryPolicy,
        models: [any ModelProvider],
        allowance: Allowance?
    ) async throws -> Consolidation {
        try await Consolidator(store: life, models: models)
            .consolidation(policy, allowance: allowance, at: SystemClock().now)
    }

    /// The models of an agent that lives in the home; none for one that is run from a file elsewhere.
    private func models() async throws -> [any ModelProvider] {
        let composition = try options.common.composition()
        guard FilePath.exists(composition.home.agentFilePath(of: options.agent)) else { return [] }
        let configuration = try composition.configuration(of: options.agent)
        return try await composition.models(of: configuration).map { try composition.hub.model($0) }
    }

    // MARK: Showing

    /// - Parameter events: What was appended; nil when nothing was.
    private func show(_ found: Consolidation, _ events: [Event]?, _ life: SQLiteLife) async throws {
        var aged: [Memory] = []
        for id in found.aged {
            if let memory = try await life.memory(id) { aged.append(memory) }
        }
        options.json ? showJSON(found, events, aged) : show(found, events, aged)
    }

    private func show(_ found: Consolidation, _ events: [Event]?, _ aged: [Memory]) {
        let terminal = Terminal.current
        for (index, merge) in found.merges.enumerated() {
            let old = merge.draft.supersedes.map { "m\($0)" }.joined(separator: ", ")
            let name = events.map { "m\($0[index].seq): " } ?? "would merge \(old): "
            terminal.line(name + merge.draft.text + (events == nil ? "" : "  (in place of \(old))"), to: .output)
        }
        for memory in aged {
            let done = events == nil ? "would age" : "aged"
            terminal.line("\(done) \(memory.name): \(memory.text.shortened(to: 100))", to: .output)
        }
        for one in found.refused {
            terminal.line("not merged (\(one.reason.rawValue)): \(one.text.shortened(to: 100))", to: .error, .dim)
        }
        if let problem = found.problem { terminal.line("by rules alone: \(problem)", to: .error, .yellow) }
        let counts =
            Fact.MemoryConsolidated(
                merged: found.merges.map { .init(memory: 0, from: $0.draft.supersedes) },
                aged: found.aged
            )
            .counts
        guard let event = events?.last, !found.isEmpty else { return terminal.line(counts, to: .error, .dim) }
        let way = "anima memory restore \(options.agent) --consolidation \(event.id)"
        terminal.line("consolidated: \(counts) (\(event.id); take it back with \(way))", to: .error, .dim)
    }

    private func showJSON(_ found: Consolidation, _ events: [Event]?, _ aged: [Memory]) {
        let terminal = Terminal.current
        for (index, merge) in found.merges.enumerated() {
            terminal.json([
                "what": "merged", "memory": events.map { .string("m\($0[index].seq)") } ?? .null,
                "text": .string(merge.draft.text), "from": .array(merge.draft.supersedes.map { .string("m\($0)") }),
            ])
        }
        for memory in aged {
            terminal.json(["what": "aged", "memory": .string(memory.name), "text": .string(memory.text)])
        }
        for one in found.refused {
            terminal.json(["what": "refused", "text": .string(one.text), "reason": .string(one.reason.rawValue)])
        }
        terminal.json([
            "what": "consolidated", "event": events?.last.map { .string($0.id) } ?? .null, "by": .string(found.by),
            "problem": found.problem.map { .string($0) } ?? .null,
        ])
    }
}

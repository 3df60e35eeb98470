import Anima
import AnimaCore
import AnimaRuntime
import ArgumentParser

/// One command's work with one agent: wakes it, shows what it does, and lets it go.
struct Session {
    private let options: WorkOptions
    private let target: String
    private let terminal = Terminal.current
    private static let interrupter = "the owner (Ctrl-C)"

    /// - Parameter target: A configuration file, or an agent's name.
    init(_ options: WorkOptions, target: String) {
        self.options = options
        self.target = target
    }

    /// Finishes what is open, then does a task and shows its answer.
    func run(task: String, in conversation: ConversationID) async throws {
        try await withAgent { agent, console in
            try await agent.rest()
            // Whoever interrupted the old work does not want the new one begun.
            if console.isInterrupted { return .cancelled(by: Self.interrupter) }
            let now = SystemClock().now
            var generator = SystemRandomNumberGenerator()
            let envelope = Envelope(
                id: try EnvelopeID(IdentifierSource.make(at: now, using: &generator)),
                conversation: conversation,
                text: task,
                sentAt: now
            )
            console.expect(answerTo: envelope.id)
            switch try await agent.deliver(envelope) {
            case .accepted, .duplicate: break
            case .refused(let refusal): throw SessionError("agent \"\(agent.id)\" refused the task: \(refusal)")
            }
            return try await agent.answer(to: envelope.id).ending?.end
        }
    }

    /// Finishes what is open and shows the answers.
    func resume() async throws {
        try await withAgent { agent, console in
            console.expectAllAnswers()
            if await agent.isAtRest { terminal.line("nothing to resume", to: .error, .dim) }
            try await agent.rest()
            return nil
        }
    }

    /// Wakes the agent, does the work beside a listener and Ctrl-C, and ends with the exit code.
    private func withAgent(
        _ work: @escaping @Sendable (Agent, Console) async throws -> TurnEnd?
    ) async throws {
        let (id, residence) = try await residence()
        let console = Console(terminal, options)
        let live = Broadcast()
        let heard = live.listen(capacity: 65_536)
        var generator = SystemRandomNumberGenerator()
        let agent = try await Agent.wake(
            id,
            store: residence.store,
            equipment: residence.equipment,
            live: live,
            using: &generator
        )
        let interrupts = Interrupts()
        defer { interrupts.end() }
        let end = try await withThrowingTaskGroup(of: TurnEnd?.self) { group in
            group.addTask {
                for await event in heard { console.show(event) }
                return nil
            }
            group.addTask {
                for await _ in interrupts.first {
                    console.interrupt()
                    terminal.line("\nstopping; press Ctrl-C again to end at once", to: .error, .yellow)
                    try await agent.cancel(by: Self.interrupter)
                }
                return nil
            }
            let end: TurnEnd?
            do {
                end = try await work(agent, console)
            } catch {
                await agent.stop()
                interrupts.end()
                throw error
            }
            // Ends the listening too, once everything was shown.
            await agent.stop()
            interrupts.end()
            try await group.waitForAll()
            return end
        }
        let code = (end ?? console.worstEnd).map(CommandExit.code(for:)) ?? CommandExit.answered
        if code != CommandExit.answered { throw code }
    }

    private func residence() async throws -> (AgentID, Runtime.Residence) {
        let composition = try options.composition()
        let overrides =
            options.model.map { [ConfigurationOverride(key: "model.use", value: $0, option: "--model")] } ?? []
        if !FilePath.exists(target), let id = try? AgentID(target) {
            let configuration = try composition.configuration(of: id, overrides: overrides)
            try FilePath.makePrivateDirectory(configuration.workspace ?? composition.home.workspace(of: id))
            return (id, try await residence(of: id, configuration, composition))
        }
        let configuration = try composition.configuration(file: target, overrides: overrides)
        guard let id = configuration.name else {
            throw UsageError("\(target) names no agent; add: [agent] name = \"…\"")
        }
        return (id, try await residence(of: id, configuration, composition))
    }

    private func residence(
        of id: AgentID,
        _ configuration: AgentConfiguration,
        _ composition: Composition
    ) async throws -> Runtime.Residence {
        let residence = try await composition.residence(of: id, configuration)
        if !configuration.model.isChosen { note(residence.equipment.models.first?.name ?? "") }
        return residence
    }

    /// Says which model was found when none was configured.
    private func note(_ name: String) {
        let text =
            name == "reflex"
            ? "no model is configured or found: using reflex, which understands simple requests by rules; for a real one "
                + "set ANTHROPIC_API_KEY or OPENAI_API_KEY, or start Ollama (docs/models.md)"
            : "no model is configured: using \(name) (set model.use to choose; docs/models.md)"
        terminal.line(text, to: .error, .dim)
    }
}

/// Work that could not be given to the agent.
struct SessionError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

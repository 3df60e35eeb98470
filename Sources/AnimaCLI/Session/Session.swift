import Anima
import AnimaCore
import AnimaRuntime
import ArgumentParser
import Synchronization

/// One command's work with one agent: wakes it, shows what it does, and lets it go.
struct Session {
    private let options: WorkOptions
    private let target: String
    /// The configuration file that was named, beside which others may be; nil for an agent of the home.
    private let file: String?
    private let composition: Composition
    private let terminal = Terminal.current
    private static let interrupter = "the owner (Ctrl-C)"

    /// - Parameter target: A configuration file, or an agent's name.
    init(_ options: WorkOptions, target: String) throws {
        self.options = options
        self.target = target
        file = FilePath.exists(target) ? target : nil
        composition = try options.composition()
    }

    /// What an agent is asked to do.
    struct Assignment {
        let text: String
        let conversation: ConversationID
        var images: [[UInt8]] = []
        var answerSchema: JSONValue?
        /// So long it may take in all; nil for as long as the agent's own limits allow.
        var timeout: Duration?
    }

    /// How work came to rest.
    private enum Rest {
        /// It is done; the end of the turn that counts, when there is one.
        case done(TurnEnd?)
        /// It can't go on now; what was to be done is kept.
        case parked(Parking)
    }

    /// Finishes what is open, then does a task and shows its answer.
    func run(_ task: Assignment) async throws {
        let (own, configuration) = try composition.agent(target)
        let peers = configuration.effectivePolicy.peers
        let mentions = Mentions(in: task.text, to: own, peers: peers)
        guard mentions.isPlain else { return try await run(task, mentions) }
        let images = try task.images.enumerated()
            .map { index, bytes in
                guard let image = Envelope.Image(of: bytes) else {
                    throw UsageError("image \(index + 1) is none that models take; use PNG, JPEG, GIF or WebP")
                }
                return image
            }
        let attachments = zip(images, task.images).map { LifeBatch.Spill(hash: $0.hash, bytes: $1) }
        try await withAgent { agent, runtime, console in
            _ = try await rest(agent, runtime)
            // Whoever interrupted the old work does not want the new one begun.
            if console.isInterrupted { return .done(.cancelled(by: Self.interrupter)) }
            let envelope = try Self.envelope(task.text, task, images: images)
            console.expect(answerTo: envelope.id)
            try await hand(envelope, attachments, to: agent)
            let parking = try await rest(agent, runtime)
            // It may have gone down meanwhile, and be another one now.
            let agent = try await runtime.agent(agent.id)
            if let parking, await agent.isOpen(envelope.id) { return .parked(parking) }
            return .done(try await agent.answer(to: envelope.id).ending?.end)
        }
    }

    private func hand(_ envelope: Envelope, _ attachments: [LifeBatch.Spill] = [], to agent: Agent) async throws {
        switch try await agent.deliver(envelope, attachments: attachments) {
        case .accepted, .duplicate: break
        case .refused(let refusal): throw SessionError("agent \"\(agent.id)\" refused the task: \(refusal)")
        }
    }

    /// Gives each agent that a text speaks to its part of it, and shows their answers in the order of the text.
    private func run(_ task: Assignment, _ mentions: Mentions) async throws {
        guard task.images.isEmpty, task.answerSchema == nil else {
            throw UsageError("images and a schema go with a task for one agent; leave the mentions out")
        }
        try await withAgent { agent, runtime, console in
            _ = try await rest(agent, runtime)
            if console.isInterrupted { return .done(.cancelled(by: Self.interrupter)) }
            var handed: [(agent: Agent, envelope: EnvelopeID)] = []
            for part in mentions.parts {
                for name in part.recipients ?? [agent.id] {
                    guard let recipient = try await known(name, runtime) else { continue }
                    let envelope = try Self.envelope(part.text, task)
                    try await hand(envelope, to: recipient)
                    handed.append((recipient, envelope.id))
                }
            }
            let parking = try await rest(agent, runtime)
            var worst: TurnEnd?
            for (recipient, envelope) in handed {
                if await recipient.isOpen(envelope) { return .parked(parking ?? .peer) }
                let ending = try await recipient.answer(to: envelope).ending
                if let ending, !options.json { console.showAnswer(ending, of: handed.count > 1 ? recipient.id : nil) }
                if ending?.end != .answered { worst = ending?.end }
            }
            return .done(worst ?? (handed.isEmpty ? .failed(reason: "nobody was there") : .answered))
        }
    }

    /// A peer; nil, and said so, when there is no such agent.
    private func known(_ name: AgentID, _ runtime: Runtime) async throws -> Agent? {
        do {
            return try await runtime.agent(name)
        } catch let error as AgentError where error.code == .unknownAgent {
            terminal.line("@\(name) was not told: there is no such agent", to: .error, .yellow)
            return nil
        }
    }

    private static func envelope(
        _ text: String,
        _ task: Assignment,
        images: [Envelope.Image] = []
    ) throws -> Envelope {
        let now = SystemClock().now
        var generator = SystemRandomNumberGenerator()
        return Envelope(
            id: try EnvelopeID(IdentifierSource.make(at: now, using: &generator)),
            conversation: task.conversation,
            text: text,
            sentAt: now,
            deadline: task.timeout.map { now + $0 },
            images: images,
            answerSchema: task.answerSchema
        )
    }

    /// Finishes what is open and shows the answers.
    func resume() async throws {
        try await withAgent { agent, runtime, console in
            console.expectAllAnswers()
            if await agent.isAtRest { terminal.line("nothing to resume", to: .error, .dim) }
            return try await rest(agent, runtime).map { .parked($0) } ?? .done(nil)
        }
    }

    /// Publishes a text to those of an agent's peers that want its topic, and waits until they have it.
    func publish(_ text: String, about topic: String) async throws {
        if let problem = Topic.problem(of: topic) { throw UsageError("\"\(topic)\" is no topic; \(problem)") }
        try await withAgent { agent, runtime, console in
            let subscribers = await agent.state.subscribers[topic] ?? []
            guard !subscribers.isEmpty else {
                throw UsageError("no peer of \(agent.id) has subscribed to #\(topic); see: anima topics \(target)")
            }
            var generator = SystemRandomNumberGenerator()
            for peer in subscribers {
                let id = try EnvelopeID(IdentifierSource.make(at: SystemClock().now, using: &generator))
                let message = OutgoingMessage(to: peer, text: text, conversation: try ConversationID(topic: topic))
                try await agent.send(message, as: id)
            }
            return try await rest(agent, runtime).map { .parked($0) } ?? .done(nil)
        }
    }

    /// Shares a memory with another agent, and waits until that has it.
    func share(_ memory: Int, with peer: AgentID) async throws {
        try await withAgent { agent, runtime, console in
            let list = "see: anima memory list \(agent.id)"
            guard let found = try await agent.memory(memory) else {
                throw UsageError("\(agent.id) has no memory m\(memory); \(list)")
            }
            guard found.isCurrent else { throw UsageError("\(found.name) of \(agent.id) holds no longer; \(list)") }
            let now = SystemClock().now
            var generator = SystemRandomNumberGenerator()
            let id = try EnvelopeID(IdentifierSource.make(at: now, using: &generator))
            try await agent.send(OutgoingMessage(sharing: found, with: peer), as: id)
            if let parking = try await rest(agent, runtime) { return .parked(parking) }
            return .done(nil)
        }
    }

    /// Answers a question of the gate, then goes on with what is open and shows the answers.
    func answer(_ call: ToolCallID, _ decision: Approval.Decision, because: String?, always: Bool) async throws {
        try await withAgent { agent, runtime, console in
            console.expectAllAnswers()
            try await agent.decide(
                Fact.ApprovalDecided(
                    call: call,
                    decision: decision,
                    by: "the owner",
                    because: because,
                    always: always ? try await rule(for: call, agent) : nil
                )
            )
            return try await rest(agent, runtime).map { .parked($0) } ?? .done(nil)
        }
    }

    private func rule(for call: ToolCallID, _ agent: Agent) async throws -> Gate.Rule {
        let question = await agent.state.pendingApprovals.first { $0.call.id == call }
        guard let question, let rule = agent.alwaysRule(for: question.call) else {
            throw UsageError(
                "\(call) can't be allowed for good: what it runs is not in its name (a shell, an interpreter, a program that "
                    + "runs others) or nothing of it can be named; leave out --always"
            )
        }
        return rule
    }

    /// Waits until no agent of the process has anything to do or can go on; asks a person who is there.
    ///
    /// - Returns: What the agent waits for; nil when it owes nothing.
    private func rest(_ agent: Agent, _ runtime: Runtime) async throws -> Parking? {
        while true {
            try await runtime.rest(orParkedFor: options.wait ? [.owner, .peer] : [.owner, .model, .peer])
            let agent = try await runtime.agent(agent.id)
            guard let (asker, question) = await runtime.firstQuestion() else {
                return await agent.isAtRest ? nil : await agent.parking
            }
            guard !options.json, terminal.isPersonThere else {
                if asker.id != agent.id { terminal.line("@\(asker.id) asks:", to: .error) }
                Question(question, terminal).show(commandFor: try place(of: asker.id, agent.id))
                return await agent.isAtRest ? nil : .owner
            }
            if asker.id != agent.id { terminal.line("@\(asker.id) asks:", to: .error, .bold) }
            let answer = await Question(question, terminal).ask(always: asker.alwaysRule(for: question.call))
            guard let answer else { return await agent.isAtRest ? nil : .owner }
            try await asker.decide(answer)
        }
    }

    /// How commands name an agent of this process.
    private func place(of id: AgentID, _ own: AgentID) throws -> String {
        if id == own { return target }
        return composition.place(ofPeer: id, beside: file) ?? id.name
    }

    /// Wakes the agent, does the work beside a listener and Ctrl-C, and ends with the exit code.
    private func withAgent(_ work: @escaping @Sendable (Agent, Runtime, Console) async throws -> Rest) async throws {
        let live = Broadcast()
        let heard = live.listen(capacity: 65_536)
        let peersLive = Broadcast()
        let peersHeard = peersLive.listen(capacity: 65_536)
        let (id, residence) = try await residence(live)
        let first = Mutex<Runtime.Residence?>(residence)
        let console = Console(terminal, options)
        // Agents that this one writes to work in the same process until they have nothing to do.
        let runtime = Runtime(
            describe: { composition.card(ofPeer: $0, beside: file) },
            report: { console.show($0) },
            retire: { composition.retire($0) },
            open: { peer, birth in
                guard peer == id else {
                    return try await composition.residence(ofPeer: peer, bornAs: birth, beside: file, live: peersLive)
                }
                // Opened already, for what it says about its model; anew when it is started again.
                if let residence = first.withLock({ $0.take() }) { return residence }
                return try await self.residence(live).1
            }
        )
        let agent = try await runtime.agent(id)
        let interrupts = Interrupts()
        defer { interrupts.end() }
        let rest = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in heard { console.show(event) }
            }
            group.addTask {
                for await event in peersHeard {
                    if case .committed(let event) = event { console.showPeer(event) }
                }
            }
            group.addTask {
                for await _ in interrupts.first {
                    console.interrupt()
                    terminal.line("\nstopping; press Ctrl-C again to end at once", to: .error, .yellow)
                    try await runtime.cancel(by: Self.interrupter)
                }
            }
            let rest: Rest
            do {
                rest = try await work(agent, runtime, console)
            } catch {
                await runtime.shutdown()
                peersLive.finish()
                interrupts.end()
                throw error
            }
            // Ends the listening too, once everything was shown.
            await runtime.shutdown()
            peersLive.finish()
            interrupts.end()
            try await group.waitForAll()
            return rest
        }
        switch rest {
        case .done(let end):
            let code = (end ?? console.worstEnd).map(CommandExit.code(for:)) ?? CommandExit.answered
            if code != CommandExit.answered { throw code }
        case .parked(let parking):
            let text =
                switch parking {
                case .model:
                    "no model answers; the task is kept: anima resume \(target) tries again (with --wait until it is done)"
                case .peer:
                    "it waits for other agents, to which a message can't be carried or which have not answered; "
                        + "anima resume \(target) tries again"
                case .owner: "the task is kept until you have answered; anima approvals lists what is asked"
                }
            terminal.line(text, to: .error, .yellow)
            throw CommandExit.parked
        }
    }

    private func residence(_ live: Broadcast) async throws -> (AgentID, Runtime.Residence) {
        let overrides =
            options.model.map { [ConfigurationOverride(key: "model.use", value: $0, option: "--model")] } ?? []
        let (id, configuration) = try composition.agent(target, overrides: overrides)
        // An agent that lives in the home gets its workspace when it is first needed.
        if file == nil {
            try FilePath.makePrivateDirectory(configuration.workspace ?? composition.home.workspace(of: id))
        }
        let residence = try await composition.residence(of: id, configuration, live: live)
        if !configuration.model.isChosen { note(residence.equipment.models.first?.name ?? "") }
        return (id, residence)
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

import AnimaCore

extension Agent {
    /// How long an effect may take; nil for those that take no time.
    func timeLimit(of effect: Effect) -> Duration? {
        let limits = mind.state.policy.limits
        switch effect {
        case .callModel: return limits.modelTime
        case .deliver: return .seconds(30)
        // Nobody waits for it, and it can be done again.
        case .learn, .consolidate: return min(limits.modelTime, .seconds(60))
        // Tools keep the limit themselves; this is for one that does not.
        case .runTool, .probeTool, .lookAround: return limits.toolTime + .milliseconds(500)
        case .record, .stopTool, .wait: return nil
        }
    }

    /// Performs one effect and reports what it came to.
    ///
    /// - Returns: Whether it came to anything; otherwise it stays owed.
    func run(_ effect: Effect) async -> Bool {
        let began = equipment.clock.now
        let outcome: Mind.Outcome?
        switch effect {
        case .callModel(let turn, let step, _): outcome = await callModel(turn, step: step, effect)
        case .lookAround(let id): outcome = await lookAround(id)
        case .runTool(let id, _): outcome = await runTool(id, effect)
        case .probeTool(let id, _): outcome = await probeTool(id)
        case .deliver(let id, _): outcome = await deliver(id, effect)
        case .learn(let id): outcome = await learn(id, effect)
        case .consolidate: outcome = await consolidate(effect)
        case .record, .stopTool, .wait: outcome = nil
        }
        guard let outcome else { return false }
        let milliseconds = Int((equipment.clock.now - began).microseconds / 1000)
        await post(.settled(effect, outcome, milliseconds: milliseconds))
        return true
    }

    // MARK: The model

    private func callModel(_ id: TurnID, step: Int, _ effect: Effect) async -> Mind.Outcome? {
        guard let turn = mind.state.turn(id) else { return nil }
        let limits = mind.state.policy.limits
        spoken.clear(id)
        do {
            let past = try await past(of: turn.conversation)
            let model = equipment.models[min(turn.asking.model, equipment.models.count - 1)]
            let facts = model.facts
            let mind = await whatComesToMind(for: turn)
            var request = ModelRequest(
                instructions: instructions,
                tools: equipment.specs,
                past: past.turns,
                summary: past.summary,
                open: turn,
                limits: limits,
                facts: facts,
                tail: mind?.tail
            )
            if let compaction = try await compaction(for: request, past, turn, effect) { return .compacted(compaction) }
            for hash in request.imageHashes(seen: facts.seesImages) {
                request.images[hash] = try await store.spill(hash: hash)
            }
            // What the call may use is reserved by asking for no longer reply.
            guard let reservation = self.mind.reservation(for: effect) else { return nil }
            let allowed = reservation.replyTokens(
                inputTokens: request.approximateTokens,
                wanted: request.maxOutputTokens ?? limits.replyTokens,
                price: facts.price
            )
            switch allowed {
            case .success(let tokens): request.maxOutputTokens = tokens
            case .failure(let refusal): return .overBudget(refusal)
            }
            let source = request.untrustedSource
            let live = live
            let spoken = spoken
            var reply = try await model.respond(to: request) { delta in
                switch delta {
                case .text(let text):
                    spoken.append(text, to: id)
                    live.send(.text(id, step: step, text))
                case .reasoning(let text):
                    live.send(.reasoning(id, step: step, text))
                }
            }
            if let price = facts.price { reply.usage.microdollars = price.microdollars(of: reply.usage) }
            return .reply(reply, untrusted: source, recalled: mind?.recalled)
        } catch {
            if overTime.contains(effect) { return failed(id, step, .overTime(limits.modelTime)) }
            if let error = error as? ModelError { return failed(id, step, error) }
            // The agent is being stopped: the call stays owed.
            if Task.isCancelled, mind.state.turn(id)?.closing == nil { return nil }
            return failed(id, step, ModelError(code: .unavailable, message: "\(error)"))
        }
    }

    private func failed(_ id: TurnID, _ step: Int, _ error: ModelError) -> Mind.Outcome {
        if mind.state.turn(id)?.closing == nil, spoken.clear(id) { live.send(.retracted(id, step: step)) }
        return .modelFailed(error)
    }

    // MARK: Tools

    private func runTool(_ id: ToolCallID, _ effect: Effect) async -> Mind.Outcome? {
        guard let call = mind.state.turn(id.turn)?.call(id), let tool = equipment.toolsByName[call.tool] else {
            return .output(.failure("the tool is no longer there"))
        }
        let invocation = invocation(of: call)
        if let approval = call.approval {
            // The owner said yes to this and to nothing else.
            let found = await tool.circumstances(of: invocation)
            if found != approval.circumstances { return .circumstances(found) }
        }
        live.send(.toolRunning(id, tool: call.tool, arguments: call.arguments))
        let limit = invocation.timeout
        let output = await tool.run(invocation).masked(by: equipment.mask)
        guard overTime.contains(effect) else { return .output(output) }
        let notice = "stopped after \(limit.components.seconds) s, the limit of a tool call (limits.tool_seconds)"
        // What it did to files before it was stopped is known all the same.
        var stopped = output
        stopped.isError = true
        stopped.content = output.content.isEmpty ? notice : "\(notice)\n\(output.content)"
        stopped.remember = []
        stopped.omittedBytes = 0
        return .output(stopped)
    }

    private func lookAround(_ id: ToolCallID) async -> Mind.Outcome? {
        guard let call = mind.state.turn(id.turn)?.call(id), let tool = equipment.toolsByName[call.tool] else {
            return .circumstances([:])
        }
        return .circumstances(await tool.circumstances(of: invocation(of: call)))
    }

    private func probeTool(_ id: ToolCallID) async -> Mind.Outcome? {
        guard let call = mind.state.turn(id.turn)?.call(id), let tool = equipment.toolsByName[call.tool] else {
            return .output(.failure("outcome unknown: the tool is no longer there"))
        }
        let invocation = invocation(of: call)
        let output = await tool.probe(invocation)?.masked(by: equipment.mask)
        return output.map { .output($0) } ?? .didNotHappen
    }

    // MARK: Messages

    private func deliver(_ id: EnvelopeID, _ effect: Effect) async -> Mind.Outcome? {
        guard let item = mind.state.outbox.first(where: { $0.envelope.id == id }) else { return nil }
        guard let transport else { return .undelivered("this process carries no messages") }
        do {
            let receipt = try await transport.deliver(item.envelope, to: item.recipient)
            // There will be room later.
            if let refusal = receipt.refusal, case .mailboxFull = refusal { return .undelivered("\(refusal)") }
            return .delivered(receipt)
        } catch {
            // The agent is being stopped: the envelope stays owed.
            if Task.isCancelled, !overTime.contains(effect) { return nil }
            return .undelivered("\(error)")
        }
    }

    private func invocation(of call: ToolCall) -> ToolInvocation {
        let live = live
        let mask = equipment.mask
        let spec = equipment.toolsByName[call.tool]?.spec
        return ToolInvocation(
            id: call.id,
            key: "\(mind.state.life?.text ?? id.name)/\(call.id)",
            agent: id,
            arguments: call.arguments,
            timeout: mind.state.policy.limits.toolTime,
            now: equipment.clock.now,
            memories: memories,
            trust: mind.state.turn(call.id.turn)?.trustOfView ?? .untrusted,
            blocks: mind.state.blocks,
            memoryPolicy: mind.state.policy.memory,
            acquaintances: Acquaintances(
                peers: mind.state.policy.peers,
                envelope: mind.state.turn(call.id.turn)?.envelope,
                topics: mind.state.topics,
                subscribers: mind.state.subscribers,
                children: mind.state.children,
                templates: mind.state.policy.templates,
                directory: directory
            ),
            outputs: PastOutputs(store: store, conversation: mind.state.turn(call.id.turn)?.conversation),
            answer: call.approval?.because,
            remaining: mind.state.turn(call.id.turn).map { mind.state.remaining(of: $0, at: equipment.clock.now) },
            reach: spec.flatMap { mind.state.reach(of: call, $0) },
            redirects: spec.flatMap { mind.state.redirects(of: call, $0) },
            progress: { live.send(.toolProgress(call.id, mask.masked($0))) }
        )
    }
}

extension ModelError {
    fileprivate static func overTime(_ limit: Duration) -> ModelError {
        ModelError(
            code: .timeout,
            message: "the model did not answer within \(limit.components.seconds) s (limits.model_seconds)"
        )
    }
}

extension ToolOutput {
    fileprivate func masked(by mask: SecretMask) -> ToolOutput {
        guard !mask.isEmpty else { return self }
        var output = self
        output.content = mask.masked(content)
        output.remember = remember.map { draft in
            var draft = draft
            draft.text = mask.masked(draft.text)
            draft.subject = draft.subject.map(mask.masked)
            return draft
        }
        output.blocks = blocks.mapValues(mask.masked)
        output.send = send.map { $0.masked(by: mask) }
        output.spawn = spawn.map { $0.masked(by: mask) }
        return output
    }
}

import Anima
import AnimaCore
import AnimaRuntime
import Synchronization

/// Shows a person, or a program that reads JSON, what an agent does.
final class Console: Sendable {
    private struct State {
        var awaited: EnvelopeID?
        var isEveryAnswerAwaited = false
        var turns: [TurnID: EnvelopeID] = [:]
        /// What was streamed to standard output of the newest step.
        var streamed = ""
        var isLineOpen = false
        var worstEnd: TurnEnd?
        var isInterrupted = false
    }

    private let terminal: Terminal
    private let isJSON: Bool
    private let isVerbose: Bool
    private let isStreaming: Bool
    private let format: EventFormat
    private let state = Mutex(State())

    init(_ terminal: Terminal, _ options: WorkOptions) {
        self.terminal = terminal
        isJSON = options.json
        isVerbose = options.verbose
        isStreaming = !options.json && (options.stream ?? terminal.isTerminal(.error))
        format = EventFormat(terminal: terminal, isVerbose: options.verbose)
    }

    /// How the worst of the shown turns ended; nil when all were answered.
    var worstEnd: TurnEnd? { state.withLock { $0.worstEnd } }

    /// Whether Ctrl-C was pressed.
    var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// Takes note of Ctrl-C.
    func interrupt() { state.withLock { $0.isInterrupted = true } }

    /// The answer to this envelope goes to standard output.
    func expect(answerTo envelope: EnvelopeID) { state.withLock { $0.awaited = envelope } }

    /// All answers go to standard output.
    func expectAllAnswers() { state.withLock { $0.isEveryAnswerAwaited = true } }

    /// Shows what happened; called by one task, in order.
    func show(_ event: LiveEvent) {
        switch event {
        case .committed(let event):
            if isJSON { print(event) } else { show(event) }
        case .text(_, _, let text): if isStreaming { stream(text) }
        case .retracted:
            guard isStreaming else { return }
            endLine()
            terminal.line("(that reply was cut off and does not count)", to: .error, .dim)
        case .toolRunning(let id, let tool, let arguments):
            guard !isJSON else { return }
            endLine()
            let text = arguments.text
            terminal.line("\(id) \(tool) \(isVerbose ? text : text.shortened(to: 100))", to: .error, .cyan)
        case .toolProgress(_, let text):
            if isVerbose, !isJSON { terminal.write(text, to: .error, .dim) }
        case .missed(let count):
            endLine()
            terminal.line("(\(count) lines were too fast to show)", to: .error, .dim)
        case .reasoning: break
        }
    }

    /// Shows what is done about an agent that went down.
    func show(_ event: SupervisionEvent) {
        // The events of the lives say what came of it.
        guard !isJSON else { return }
        endLine()
        switch event {
        case .wentDown(let id, let down): terminal.line("@\(id) went down: \(down.reason)", to: .error, .yellow)
        case .restarting(let id, let wait):
            terminal.line("@\(id) is started again in \(wait.rounded)", to: .error, .yellow)
        case .gaveUp(let id, let reason): terminal.line("@\(id) is given up: \(reason)", to: .error, .red)
        }
    }

    /// Shows the answer of one of several agents that were spoken to.
    ///
    /// - Parameter agent: Nil when there is no other.
    func showAnswer(_ ending: TranscriptTurn.Ending, of agent: AgentID?) {
        if let reason = ending.end.reason {
            terminal.line("\(agent.map { "@\($0) " } ?? "")\(ending.end.name): \(reason)", to: .error, .yellow)
        }
        guard !ending.text.isEmpty else { return }
        if let agent { terminal.write("@\(agent): ", to: .output, .bold) }
        terminal.line(ending.text, to: .output)
    }

    /// Shows what another agent did; called by one task, in order.
    func showPeer(_ event: Event) {
        if isJSON {
            if let json = try? event.json() { terminal.json(json) }
            return
        }
        switch event.fact.kind {
        case .toolFinished, .turnEnded, .modelFailed, .approvalAsked, .memoryStored, .envelopeSent, .turnClosing:
            let text = "@\(event.agent) \(event.fact.kind.rawValue) \(format.summary(of: event.fact))"
            terminal.line(text.shortened(to: isVerbose ? 100_000 : 160), to: .error, .dim)
        default: break
        }
    }

    /// Shows what one of several agents did, and its answers on standard output; called by one task, in order.
    func showAnswer(_ event: Event) {
        guard case .turnEnded(let fact) = event.fact, !isJSON else { return showPeer(event) }
        remember(fact.end)
        showAnswer(.init(end: fact.end, text: fact.text, at: event.at), of: event.agent)
    }

    private func print(_ event: Event) {
        // A fact that was just written can be written again.
        guard let json = try? event.json() else { return }
        terminal.json(json)
        if case .turnEnded(let fact) = event.fact { remember(fact.end) }
        if case .envelopeSettled(let fact) = event.fact, let reason = fact.reason { remember(.failed(reason: reason)) }
    }

    private func show(_ event: Event) {
        switch event.fact {
        case .agentWoke(let fact):
            let turns = fact.openTurns.map(\.description).joined(separator: ", ")
            let what = turns.isEmpty ? "messages that were waiting" : turns
            terminal.line("resuming \(what) that the last process left", to: .error, .yellow)
        case .turnOpened(let fact):
            state.withLock { state in
                if let turn = event.turn { state.turns[turn] = fact.envelope }
                state.streamed = ""
            }
        case .envelopeJoined(let fact):
            // Who waits for its answer gets that of the turn.
            state.withLock { state in
                if let turn = event.turn, state.awaited == fact.envelope { state.turns[turn] = fact.envelope }
            }
        case .modelReplied(let fact):
            if let recalled = fact.recalled, !recalled.isEmpty {
                endLine()
                let names = recalled.map { "m\($0.memory)" }.joined(separator: ", ")
                terminal.line("came to mind: \(names)", to: .error, .dim)
            }
            if !fact.calls.isEmpty { endLine() }
            for notice in fact.notices ?? [] {
                endLine()
                terminal.line("note: \(notice)", to: .error, .yellow)
            }
        case .modelFailed(let fact):
            endLine()
            terminal.line(
                "the model failed: \(fact.error.message)\(fact.next.text(after: event.at))",
                to: .error,
                .yellow
            )
        case .toolFinished(let fact): show(fact)
        case .turnClosing(let fact):
            endLine()
            terminal.line(fact.end.reason ?? fact.end.name, to: .error, .yellow)
        case .turnEnded(let fact): show(fact, event)
        case .memoryStored(let fact): terminal.line("remembered: \(fact.text.shortened(to: 100))", to: .error, .dim)
        case .memoryForgotten(let fact):
            let names = fact.memories.map { "m\($0)" }.joined(separator: ", ")
            terminal.line("forgot \(names)", to: .error, .dim)
        case .approvalDecided(let fact):
            terminal.line("\(fact.call) \(fact.decision.rawValue) by \(fact.by)", to: .error, .yellow)
        case .grantsForgotten(let fact):
            terminal.line("no longer allowed: \(fact.rules.map(\.pattern).joined(separator: ", "))", to: .error, .dim)
        case .blockEdited(let fact): terminal.line("wrote the block \(fact.name)", to: .error, .dim)
        case .envelopeSent(let fact):
            terminal.line("to @\(fact.to): \(fact.envelope.text.shortened(to: 100))", to: .error, .dim)
        case .envelopeDelayed(let fact):
            terminal.line("a message can't be carried now: \(fact.reason)", to: .error, .yellow)
        case .envelopeSettled(let fact):
            guard let reason = fact.reason else { break }
            remember(.failed(reason: reason))
            terminal.line("the message to @\(fact.to) was \(fact.outcome.rawValue): \(reason)", to: .error, .yellow)
        case .childLost(let fact):
            terminal.line("the child @\(fact.child) is lost: \(fact.reason)", to: .error, .yellow)
        case .conversationCompacted(let fact):
            let turns = "\(fact.summary.turns) older turns, up to \(fact.summary.through)"
            terminal.line("summarised \(turns), by \(fact.by)", to: .error, .dim)
        case .memoryLearned(let fact):
            if let problem = fact.problem { terminal.line("learned by rules: \(problem)", to: .error, .dim) }
        case .memoryConsolidated(let fact):
            if !fact.merged.isEmpty || !fact.aged.isEmpty {
                let way = "anima memory restore \(event.agent) --consolidation \(event.id)"
                terminal.line("consolidated: \(fact.counts) (\(event.id); take it back with \(way))", to: .error, .dim)
            }
            if let problem = fact.problem { terminal.line("consolidated by rules: \(problem)", to: .error, .dim) }
        case .memoryRestored(let fact):
            let names = fact.memories.map { "m\($0)" }.joined(separator: ", ")
            terminal.line("restored \(names)", to: .error, .dim)
        case .lifeBegan, .agentConfigured, .envelopeAccepted, .approvalAsked, .envelopeDropped, .topicsChanged,
            .toolStarted,
            .toolWaiting,
            .filesRestored:
            break
        }
    }

    private func show(_ fact: Fact.ToolFinished) {
        let content = fact.result.content
        let text = isVerbose ? "\n\(fact.result.shownContent)" : content.shortened(to: 100)
        terminal.write(
            "\(fact.call) \(fact.result.outcome.rawValue) ",
            to: .error,
            fact.result.isError ? .yellow : .green
        )
        terminal.line(text, to: .error, .dim)
    }

    private func show(_ fact: Fact.TurnEnded, _ event: Event) {
        let (isAwaited, streamed) = state.withLock { state in
            let envelope = event.turn.flatMap { state.turns.removeValue(forKey: $0) }
            // A turn opened by an earlier process has no entry; it is not the awaited one.
            let isAwaited = state.isEveryAnswerAwaited || (envelope != nil && envelope == state.awaited)
            defer { state.streamed = "" }
            return (isAwaited, state.streamed)
        }
        if isAwaited {
            remember(fact.end)
            if terminal.isTerminal(.output), !fact.text.isEmpty, streamed.hasSuffix(fact.text) {
                endLine()
            } else {
                endLine()
                if !fact.text.isEmpty { terminal.exact(fact.text.trimmingLineEnd + "\n") }
            }
            if case .failed(let reason) = fact.end { terminal.line("failed: \(reason)", to: .error, .red) }
            if case .limit(_, let reason) = fact.end { terminal.line("limit: \(reason)", to: .error, .yellow) }
        } else {
            endLine()
            let turn = event.turn.map(\.description) ?? ""
            let text = [fact.end.reason, fact.text.isEmpty ? nil : fact.text].compactMap(\.self).joined(separator: "; ")
            let said = text.isEmpty ? "" : ": \(text.shortened(to: 200))"
            terminal.line("\(turn) \(fact.end.name)\(said)", to: .error, .yellow)
        }
    }

    private func remember(_ end: TurnEnd) {
        if case .answered = end { return }
        state.withLock { $0.worstEnd = $0.worstEnd ?? end }
    }

    /// The text of a model that speaks: where the answer goes when a person looks there, else beside it.
    private func stream(_ text: String) {
        let toOutput = terminal.isTerminal(.output)
        guard toOutput || terminal.isTerminal(.error) else { return }
        state.withLock { state in
            state.streamed += text
            state.isLineOpen = !text.hasSuffix("\n")
        }
        terminal.write(text, to: toOutput ? .output : .error, toOutput ? .plain : .dim)
    }

    private func endLine() {
        let wasOpen = state.withLock { state in
            defer { state.isLineOpen = false }
            return state.isLineOpen
        }
        if wasOpen { terminal.line(to: terminal.isTerminal(.output) ? .output : .error) }
    }
}

extension String {
    /// The text without one line end at its end.
    fileprivate var trimmingLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}

extension Fact.ModelFailed.Next {
    /// What comes next, to follow what went wrong.
    fileprivate func text(after now: Instant) -> String {
        switch self {
        case .retry(let moment): "; trying again in \((moment - now).rounded)"
        case .fallback(let model): "; going on with \(model)"
        case .compact: "; trying again with a shorter request"
        case .park(let moment): "; the task is kept and tried again at \(moment.rfc3339)"
        case .giveUp: ""
        }
    }
}

extension Duration {
    /// The duration for a person: `1.2 s`.
    fileprivate var rounded: String {
        let tenths = (microseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

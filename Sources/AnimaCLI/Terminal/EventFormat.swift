import Anima
import AnimaCore

/// How events look in listings, one or a few lines each.
struct EventFormat {
    let terminal: Terminal
    /// Whether long texts are shown whole.
    let isVerbose: Bool

    /// Writes one event.
    func show(_ event: Event, to stream: Terminal.Stream) {
        terminal.write("\(event.id)".padded(to: 6), to: stream, .dim)
        terminal.write(event.at.rfc3339.dropping("T", "Z") + "  ", to: stream, .dim)
        terminal.write(event.fact.kind.rawValue.padded(to: 18), to: stream, style(of: event))
        terminal.write(place(of: event).padded(to: 9), to: stream, .dim)
        terminal.line(summary(of: event.fact), to: stream)
    }

    private func place(of event: Event) -> String {
        guard let turn = event.turn else { return "" }
        return event.step.map { "\(turn).\($0)" } ?? "\(turn)"
    }

    private func style(of event: Event) -> Terminal.Style {
        switch event.fact {
        case .modelFailed: .red
        case .turnEnded(let fact): if case .answered = fact.end { .green } else { .yellow }
        case .toolFinished(let fact): fact.result.isError ? .yellow : .cyan
        case .toolStarted, .toolWaiting, .memoryStored, .memoryForgotten, .memoryConsolidated, .memoryRestored,
            .blockEdited:
            .cyan
        case .approvalAsked, .approvalDecided, .grantsForgotten: .yellow
        default: .plain
        }
    }

    /// What an event says, in one line.
    func summary(of fact: Fact) -> String {
        switch fact {
        case .lifeBegan(let fact):
            return "\(fact.life) with anima \(fact.program)" + (fact.parent.map { ", a copy of \($0)" } ?? "")
        case .agentConfigured(let fact):
            return "\(fact.models.joined(separator: ", ")), \(fact.policy.gate.rules.count) gate rules"
        case .agentWoke(let fact):
            return "took over " + (fact.openTurns.isEmpty ? "waiting messages" : fact.openTurns.listed)
        case .envelopeAccepted(let fact):
            return
                "\(fact.envelope.kind.rawValue) from \(fact.envelope.sender.description): \(short(fact.envelope.text))"
        case .turnOpened(let fact): return "for \(fact.envelope)"
        case .modelReplied(let fact):
            let calls = fact.calls.map { "\($0.id) \($0.tool)(\(short($0.arguments.text)))\(verdict($0.verdict))" }
            return ([short(fact.text)] + calls).filter { !$0.isEmpty }.joined(separator: isVerbose ? "\n" : "  ")
        case .modelFailed(let fact):
            let next =
                switch fact.next {
                case .retry(let moment): "again at \(moment.rfc3339)"
                case .fallback(let model): "going on with \(model)"
                case .compact: "again with a shorter request"
                case .park(let moment): "parked until \(moment.rfc3339)"
                case .giveUp: "not tried again"
                }
            return "\(fact.model), attempt \(fact.attempt): \(short(fact.error.message)) (\(next))"
        case .approvalAsked(let fact):
            return "\(fact.call) \(fact.tool) waits for the owner until \(fact.expiresAt.rfc3339)"
        case .approvalDecided(let fact):
            let always = fact.always.map { ", from now on: \($0.pattern)" } ?? ""
            return
                "\(fact.call) \(fact.decision.rawValue) by \(fact.by)\(fact.because.map { ": \($0)" } ?? "")\(always)"
        case .envelopeJoined(let fact): return "\(fact.envelope) is for this turn"
        case .envelopeDropped(let fact): return "\(fact.envelope) by \(fact.by)"
        case .topicsChanged(let fact): return fact.topics.map { "#\($0)" }.joined(separator: " ")
        case .childLost(let fact): return "@\(fact.child): \(short(fact.reason))"
        case .toolWaiting(let fact): return "\(fact.call) \(fact.tool) waits for @\(fact.from)"
        case .toolStarted(let fact): return "\(fact.call) \(fact.tool), attempt \(fact.attempt)"
        case .toolFinished(let fact):
            return "\(fact.call) \(fact.tool) \(fact.result.outcome.rawValue): \(short(fact.result.content))"
        case .turnClosing(let fact): return fact.end.reason ?? fact.end.name
        case .turnEnded(let fact):
            return [fact.end.name, fact.end.reason, short(fact.text)].compactMap(\.self).filter { !$0.isEmpty }
                .joined(separator: ": ")
        case .memoryStored(let fact): return short(fact.text)
        case .memoryForgotten(let fact):
            let names = fact.memories.map { "m\($0)" }.joined(separator: ", ")
            return names + " by \(fact.by)" + (fact.reason.map { ": " + short($0) } ?? "")
        case .memoryLearned(let fact):
            let refused = (fact.refused ?? []).map { "refused (\($0.reason.rawValue)): \(short($0.text))" }
            let kept = "\(fact.kept) kept from \(fact.turn) by \(fact.by)"
            return ([kept] + refused + [fact.problem].compactMap(\.self)).joined(separator: isVerbose ? "\n" : "; ")
        case .envelopeSent(let fact):
            return "\(fact.envelope.kind.rawValue) to @\(fact.to): \(short(fact.envelope.text))"
        case .envelopeDelayed(let fact):
            return "\(fact.envelope) again at \(fact.next.rfc3339): \(short(fact.reason))"
        case .envelopeSettled(let fact):
            return "\(fact.outcome.rawValue) to @\(fact.to)" + (fact.reason.map { ": \(short($0))" } ?? "")
        case .conversationCompacted(let fact):
            let summary =
                "\(fact.summary.turns) turns up to \(fact.summary.through) by \(fact.by): \(short(fact.summary.text))"
            return summary + (fact.problem.map { "; \($0)" } ?? "")
        case .memoryConsolidated(let fact):
            let merged = fact.merged.map { "m\($0.memory) from " + $0.from.map { "m\($0)" }.joined(separator: " ") }
            let aged = fact.aged.isEmpty ? [] : ["aged " + fact.aged.map { "m\($0)" }.joined(separator: " ")]
            let refused = (fact.refused ?? []).map { "refused (\($0.reason.rawValue)): \(short($0.text))" }
            let what = merged + aged + refused + [fact.problem].compactMap(\.self)
            return (["\(fact.counts) by \(fact.by)"] + what).joined(separator: isVerbose ? "\n" : "; ")
        case .memoryRestored(let fact):
            let names = fact.memories.map { "m\($0)" }.joined(separator: ", ")
            return names + " by \(fact.by)" + (fact.reason.map { ": " + short($0) } ?? "")
        case .grantsForgotten(let fact):
            return fact.rules.map(\.shown).joined(separator: ", ") + " by \(fact.by)"
        case .blockEdited(let fact): return "\(fact.name) by \(fact.by): \(short(fact.text))"
        case .filesRestored(let fact):
            return fact.changes.map { "\($0.kind.rawValue) \($0.path)" }.joined(separator: ", ")
                + " (took back " + fact.undone.map { "e\($0)" }.joined(separator: ", ") + ")"
        }
    }

    private func verdict(_ verdict: ToolCall.Verdict) -> String {
        switch verdict {
        case .allowed: ""
        case .asks: " to be asked about"
        case .denied: " denied"
        case .invalid: " invalid"
        }
    }

    private func short(_ text: String) -> String { isVerbose ? text : text.shortened(to: 100) }
}

extension Fact.MemoryConsolidated {
    /// What became of how many memories: `12 memories into 5, 3 aged`.
    var counts: String {
        let from = merged.reduce(0) { $0 + $1.from.count }
        let all =
            (from == 0 ? [] : ["\(from) memories into \(merged.count)"]) + (aged.isEmpty ? [] : ["\(aged.count) aged"])
        return all.isEmpty ? "nothing to merge or age" : all.joined(separator: ", ")
    }
}

extension String {
    /// The first line, cut to so many characters, with a mark when something was left out.
    func shortened(to count: Int) -> String {
        let line = split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true).first.map(String.init) ?? ""
        let cut = String(line.prefix(count))
        return cut.utf8.count < utf8.count ? cut + "…" : cut
    }

    /// The text with spaces up to a width, and at least one.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(1, width - count)) }

    fileprivate func dropping(_ separator: Character, _ end: Character) -> String {
        String(map { $0 == separator ? " " : $0 }).replacingLast(end)
    }

    private func replacingLast(_ character: Character) -> String { last == character ? String(dropLast()) : self }
}

extension [TurnID] {
    fileprivate var listed: String { map(\.description).joined(separator: ", ") }
}

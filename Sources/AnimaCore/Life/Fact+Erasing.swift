// What remains of the past when its texts are no longer kept.
//
// Only texts go: who, when, which call, how it ended and what it cost stay, so the fold of a log is the same with and without.
extension Fact {
    /// What stands where a text was.
    public static let erasedText = "(erased: older than store.history_days)"

    /// The fact without its texts; nil when it has none to erase.
    ///
    /// What is remembered, and what the owner decided, is never erased.
    public var erased: Fact? {
        let fact = withoutTexts
        return fact == self ? nil : fact
    }

    private var withoutTexts: Fact {
        switch self {
        case .envelopeAccepted(let fact): .envelopeAccepted(.init(envelope: fact.envelope.erased))
        case .envelopeSent(let fact): .envelopeSent(.init(to: fact.to, envelope: fact.envelope.erased))
        case .modelReplied(let fact): .modelReplied(fact.erased)
        case .approvalAsked(let fact):
            .approvalAsked(.init(call: fact.call, tool: fact.tool, circumstances: [:], expiresAt: fact.expiresAt))
        case .approvalDecided(let fact):
            .approvalDecided(
                .init(call: fact.call, decision: fact.decision, by: fact.by, because: nil, always: fact.always)
            )
        case .toolFinished(let fact):
            .toolFinished(
                .init(
                    call: fact.call,
                    tool: fact.tool,
                    result: fact.result.erased,
                    milliseconds: fact.milliseconds,
                    changes: fact.changes ?? []
                )
            )
        case .turnClosing(let fact):
            .turnClosing(.init(end: fact.end, partialText: fact.partialText.map { _ in Fact.erasedText }))
        case .turnEnded(let fact):
            .turnEnded(.init(end: fact.end, text: fact.text.erased, steps: fact.steps, usage: fact.usage))
        case .memoryLearned(let fact):
            .memoryLearned(
                .init(
                    turn: fact.turn,
                    by: fact.by,
                    kept: fact.kept,
                    refused: (fact.refused ?? []).map { .init(text: Fact.erasedText, reason: $0.reason) },
                    model: fact.model,
                    usage: fact.usage,
                    problem: fact.problem
                )
            )
        case .lifeBegan, .agentConfigured, .agentWoke, .turnOpened, .envelopeJoined, .envelopeDropped, .modelFailed,
            .toolStarted,
            .toolWaiting,
            .memoryStored,
            .memoryForgotten, .memoryConsolidated, .memoryRestored, .envelopeDelayed, .envelopeSettled,
            .conversationCompacted, .grantsForgotten, .topicsChanged, .childLost, .blockEdited, .filesRestored:
            self
        }
    }
}

extension String {
    fileprivate var erased: String { isEmpty ? self : Fact.erasedText }
}

extension Envelope {
    fileprivate var erased: Envelope {
        var copy = self
        copy.text = text.erased
        copy.images = nil
        copy.answerSchema = nil
        copy.memory = nil
        return copy
    }
}

extension Fact.ModelReplied {
    fileprivate var erased: Self {
        Self(
            model: model,
            text: text.erased,
            reasoning: nil,
            keepsake: nil,
            calls: calls.map { call in
                Call(
                    id: call.id,
                    tool: call.tool,
                    arguments: [:],
                    providerID: call.providerID,
                    verdict: call.verdict,
                    replay: call.replay,
                    isExclusive: call.isExclusive
                )
            },
            stop: stop,
            usage: usage,
            attempt: attempt,
            milliseconds: milliseconds,
            notices: notices ?? [],
            untrusted: untrusted,
            recalled: recalled
        )
    }
}

extension ToolResult {
    fileprivate var erased: ToolResult {
        ToolResult(outcome: outcome, content: content.isEmpty ? content : Fact.erasedText, trust: trust)
    }
}

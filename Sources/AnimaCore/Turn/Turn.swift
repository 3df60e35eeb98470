/// A turn that is open: from an envelope to its final answer.
public struct Turn: Hashable, Sendable, Codable {
    /// One model call and the tool calls it asked for.
    public struct Step: Hashable, Sendable, Codable {
        /// The event of the model's reply.
        public let seq: Int
        /// What the model said.
        public let text: String
        /// What it thought, when it shows it.
        public let reasoning: String?
        /// What its provider wants back unchanged.
        public let keepsake: ModelKeepsake?
        /// Why the reply ended.
        public let stop: ModelReply.Stop
        /// The tool calls, in the model's order.
        public var calls: [ToolCall]

        /// Whether a call has no result yet.
        public var isOpen: Bool { calls.contains { $0.result == nil } }
    }

    /// Its number in the life.
    public let id: TurnID
    /// What it answers.
    public let envelope: Envelope
    /// What was taken into it since, in order.
    public internal(set) var joined: [JoinedMessage] = []
    /// When it was opened.
    public let openedAt: Instant
    /// The steps so far; only the last may have open calls.
    public internal(set) var steps: [Step] = []
    /// What its model calls cost so far.
    public internal(set) var usage = Usage()
    /// How far it is with asking models for the next step.
    public internal(set) var asking = Asking()
    /// How long it was parked or nobody was there to work on it, in microseconds; its wall time goes on without.
    public internal(set) var pausedMicroseconds: Int64 = 0
    /// Since when the owner's answer is waited for; nil when it is not.
    public internal(set) var waitingSince: Instant?
    /// Where untrusted text that the model saw in this turn comes from; nil when it saw none.
    public internal(set) var untrusted: String?
    /// The memories that came to mind for it; nil before the first reply, and when none is looked for.
    public internal(set) var recalled: [Int]?
    /// How it is about to end; open calls are being settled.
    public internal(set) var closing: TurnEnd?
    /// Whether the question that it answers was answered before its end.
    public internal(set) var hasReplied = false
    /// What the model had said when the turn was closed while it spoke.
    public internal(set) var partialText: String?

    /// The event that opened it.
    public let openedSeq: Int
    /// How often in a row a process left it without having got on.
    public internal(set) var leftBehind = 0
    /// The last event of the turn.
    public internal(set) var lastSeq: Int

    init(id: TurnID, envelope: Envelope, openedAt: Instant, lastSeq: Int) {
        self.id = id
        self.envelope = envelope
        self.openedAt = openedAt
        self.lastSeq = lastSeq
        openedSeq = lastSeq
    }

    /// How far a turn is with asking the models of its agent, tried in order.
    public struct Asking: Hashable, Sendable, Codable {
        /// Which model is asked, from 0.
        public internal(set) var model = 0
        /// Calls of any model that failed since the last reply.
        public internal(set) var failures = 0
        /// Calls of this model that failed since it was taken.
        public internal(set) var failuresOfModel = 0
        /// Whether waiting may help: a failure since the last reply was not for good.
        public internal(set) var mayRecover = false
        /// How often the turn was parked since the last reply.
        public internal(set) var parkings = 0
        /// When it was parked first since the last reply.
        public internal(set) var parkedSince: Instant?
        /// Not before this moment is a model asked again.
        public internal(set) var retryAt: Instant?
        /// Whether it is parked until `retryAt`: nobody answers, and it waits without using up its time.
        public internal(set) var isParked = false
        /// How much of a request is kept, from 0 to 1, since one was too long for a model; nil as long as none was.
        public internal(set) var keptShare: Double?
        /// The failure after which no model is asked again.
        public internal(set) var failure: String?

        /// A reply came: the next step begins anew with the same model.
        mutating func succeed() {
            let (model, keptShare) = (model, keptShare)
            self = Asking()
            self.model = model
            self.keptShare = keptShare
        }

        /// A model call failed.
        mutating func fail(_ fact: Fact.ModelFailed, at now: Instant) {
            failures += 1
            failuresOfModel += 1
            mayRecover = mayRecover || fact.error.isTransient
            retryAt = nil
            isParked = false
            switch fact.next {
            case .retry(let moment): retryAt = moment
            case .fallback:
                model += 1
                failuresOfModel = 0
            case .compact:
                keptShare = min(max(fact.error.fittingShare ?? 0.5, 0.02), 0.95) * 0.9
                failuresOfModel = 0
            case .park(let moment):
                model = 0
                failuresOfModel = 0
                parkings += 1
                parkedSince = parkedSince ?? now
                mayRecover = false
                retryAt = moment
                isParked = true
            case .giveUp: failure = fact.error.message
            }
        }

        /// What there is to ask changed: begin again with the first model, at once.
        mutating func restart() {
            model = 0
            failuresOfModel = 0
            if !isParked { retryAt = nil }
        }
    }

    /// The trust of everything in view: what the model asks to be remembered has no more.
    public var trustOfView: Trust { untrusted == nil ? trust : .untrusted }

    /// The trust of what was said to the agent in it.
    public var trust: Trust { joined.reduce(envelope.trust) { min($0, $1.envelope.trust) } }

    /// How many agents the furthest of its messages went through.
    var hops: Int { joined.reduce(envelope.hops) { max($0, $1.envelope.hops) } }

    /// Whether an envelope began it or was taken into it.
    public func works(on id: EnvelopeID) -> Bool {
        envelope.id == id || joined.contains { $0.envelope.id == id }
    }

    /// Whether its model is asked next, as far as its own events say.
    var isBetweenSteps: Bool {
        closing == nil && asking.failure == nil && steps.last.map { !$0.isOpen && !$0.calls.isEmpty } ?? true
    }

    /// The conversation that it belongs to.
    public var conversation: ConversationID { envelope.conversation }

    /// The call with this id; nil when the turn has none such.
    public func call(_ id: ToolCallID) -> ToolCall? {
        guard id.turn == self.id, steps.indices.contains(id.step - 1) else { return nil }
        let calls = steps[id.step - 1].calls
        return calls.indices.contains(id.index - 1) ? calls[id.index - 1] : nil
    }

    /// Changes the status of a call that has no result yet; ignores others, so that a call has one result.
    mutating func setStatus(_ status: ToolCall.Status, of id: ToolCallID) {
        guard let call = call(id), call.result == nil else { return }
        steps[id.step - 1].calls[id.index - 1].status = status
    }

    /// Whether a call waits for the owner's answer.
    var isWaitingForOwner: Bool {
        closing == nil
            && (steps.last?.calls ?? [])
                .contains { $0.result == nil && $0.approval != nil && $0.approval?.decision == nil }
    }

    /// Whether nothing is left to do until other agents have answered.
    var isWaitingForPeers: Bool {
        guard closing == nil, let step = steps.last, step.isOpen else { return false }
        return step.calls.allSatisfy { call in
            if call.result != nil { return true }
            if case .waiting = call.status { return true }
            return false
        }
    }

    /// The call that waits for the answer to an envelope.
    func call(waitingFor envelope: EnvelopeID) -> ToolCall? {
        steps.last?.calls
            .first { call in
                if case .waiting(envelope, _, _) = call.status { true } else { false }
            }
    }

    /// How often in a row the same call got the same result, the last times it was made in this turn.
    func repetitions(of tool: String, _ arguments: JSONValue) -> (count: Int, result: ToolResult?) {
        var count = 0
        var last: ToolResult?
        for step in steps.reversed() {
            for call in step.calls.reversed() where call.tool == tool && call.arguments == arguments {
                guard let result = call.result else { continue }
                if let last, !last.saysTheSame(as: result) { return (count, last) }
                last = last ?? result
                count += 1
            }
        }
        return (count, last)
    }

    /// What there is to answer with when the turn ends before its answer.
    var textSoFar: String {
        if let partialText, !partialText.isEmpty { return partialText }
        return steps.last { !$0.text.isEmpty }?.text ?? ""
    }

    /// The turn as a model sees it; calls without result are told as unknown, so none is ever left dangling.
    public func transcript(ending: TranscriptTurn.Ending? = nil) -> TranscriptTurn {
        TranscriptTurn(
            id: id,
            input: envelope,
            steps: steps.map { step in
                TranscriptTurn.Step(
                    text: step.text,
                    reasoning: step.reasoning,
                    keepsake: step.keepsake,
                    exchanges: step.calls.map {
                        TranscriptTurn.Exchange(
                            id: $0.id,
                            tool: $0.tool,
                            arguments: $0.arguments,
                            providerID: $0.providerID,
                            result: $0.result ?? .outcomeUnknown(tool: $0.tool)
                        )
                    }
                )
            },
            ending: ending,
            joined: joined
        )
    }
}

extension ToolResult {
    /// The result of a call that a crash interrupted and that may not be repeated.
    static func outcomeUnknown(tool: String) -> ToolResult {
        ToolResult(
            outcome: .unknown,
            content: "outcome unknown: the process ended while \"\(tool)\" ran, and it is not repeated because it may "
                + "have taken effect. Find out what happened before you try again."
        )
    }
}

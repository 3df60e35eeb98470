import AnimaCore

/// The world outside a simulated agent: a model without sense, and tools whose effects are counted.
struct SimulatedReality: Sendable {
    /// How often each call that may not be repeated took effect.
    private(set) var unrepeatable: [ToolCallID: Int] = [:]
    /// Where calls run; it changes by chance.
    private(set) var place = 0
    /// The envelopes that other agents took, in the order in which they came.
    private(set) var arrived: [EnvelopeID] = []
    /// The envelopes that other agents did not take.
    private(set) var turnedAway: Set<EnvelopeID> = []
    private var done: Set<ToolCallID> = []
    private var refused: Set<ToolCallID> = []

    static let tools: [ToolSpec] = [
        spec("look", .pure),
        spec("pay", .keyed),
        spec("store", .probe, isExclusive: true),
        spec("launch", .unsafe, isExclusive: true),
        spec("post", .unsafe),
        spec("sign", .unsafe),
        spec("read_mail", .pure),
        spec("send_mail", .keyed, reach: .outside),
        spec("forbidden", .pure),
    ]

    /// What the gate says in this world: `sign` is asked about, mail is sent only while nothing untrusted is in view.
    static let gate = Gate(rules: [.init(.allow, "*"), .init(.ask, "sign"), .init(.deny, "forbidden")])

    /// The agents that are written to.
    static let peers = ["ada", "bob"].compactMap { try? AgentID($0) }

    private static func spec(
        _ name: String,
        _ replay: Replay,
        isExclusive: Bool = false,
        reach: ToolSpec.Reach = .inside
    ) -> ToolSpec {
        ToolSpec(
            name: name,
            group: "world",
            description: name,
            parameters: ArgumentSchema([.init("text", .string(maxBytes: 100), "Any text.")]),
            replay: replay,
            isExclusive: isExclusive,
            trust: name == "read_mail" ? .untrusted : .owner,
            reach: reach
        )
    }

    /// A reply by chance: an answer, calls (some of them nonsense), or a failure.
    func askModel(
        _ allowance: Allowance,
        untrusted source: String?,
        using chance: inout SeededGenerator,
        withoutTrouble: Bool
    ) -> Mind.Outcome {
        let kind = Int.random(in: 0..<10, using: &chance)
        if kind < 2, !withoutTrouble {
            let code = ModelError.Code.allCases.randomElement(using: &chance) ?? .unavailable
            let wait: Duration? = Int.random(in: 0..<4, using: &chance) == 0 ? .seconds(90) : nil
            return .modelFailed(ModelError(code: code, message: "no answer", retryAfter: wait))
        }
        // As an agent does: what is asked for is no more than the budgets have left.
        let price = ModelPrice(input: 3, output: 15)
        let input = 10
        let longest: Int
        switch allowance.replyTokens(inputTokens: input, wanted: 40, price: price) {
        case .success(let tokens): longest = tokens
        case .failure(let refusal): return .overBudget(refusal)
        }
        var usage = Usage(inputTokens: input, outputTokens: Int.random(in: 1...longest, using: &chance))
        usage.microdollars = price.microdollars(of: usage)
        if kind < 4 { return .reply(ModelReply(text: "done", usage: usage), untrusted: source) }
        let names = Self.tools.map(\.name) + ["nonsense"]
        let calls = (0..<Int.random(in: 1...6, using: &chance))
            .map { _ in
                ModelReply.Call(
                    tool: names.randomElement(using: &chance) ?? "look",
                    arguments: Int.random(in: 0..<8, using: &chance) == 0 ? ["wrong": 1] : ["text": "x"]
                )
            }
        return .reply(ModelReply(text: kind == 4 ? "thinking" : "", calls: calls, usage: usage), untrusted: source)
    }

    /// What a model call without sense costs, within what it may.
    static func usage(within allowance: Allowance?) -> Usage? {
        let price = ModelPrice(input: 3, output: 15)
        guard case .success = allowance?.replyTokens(inputTokens: 10, wanted: 10, price: price) else { return nil }
        var usage = Usage(inputTokens: 10, outputTokens: 1)
        usage.microdollars = price.microdollars(of: usage)
        return usage
    }

    /// What rules find to merge, something that a model merges without sense, and something that is old by chance.
    func consolidate(
        _ memories: [Memory],
        _ allowance: Allowance?,
        at now: Instant,
        using chance: inout SeededGenerator
    ) -> Consolidation {
        var found = Consolidation.byRules(.init(memories: memories), ageDays: 1, now: now)
        let taken = Set(found.merges.flatMap(\.draft.supersedes) + found.aged)
        var left = memories.filter { !taken.contains($0.id) }
        if let usage = Self.usage(within: allowance), left.count > 1 {
            found.model = "simulated"
            found.usage = usage
            let names = left.shuffled(using: &chance).prefix(Int.random(in: 0...3, using: &chance)).map(\.name)
            let from = names.map { "\"\($0)\"" }.joined(separator: ",")
            let text = left.last?.text ?? ""
            let answer = JSONValue.object(["merges": [["text": .string(text), "from": .array([])]]]).text
            _ = ConsolidationPrompt.take(answer.replacing("[]", with: "[\(from)]"), shown: left, into: &found)
            let merged = Set(found.merges.flatMap(\.draft.supersedes))
            left.removeAll { merged.contains($0.id) }
        }
        if Bool.random(using: &chance), let memory = left.randomElement(using: &chance) { found.aged.append(memory.id) }
        return found
    }

    /// What a call would run in now.
    var circumstances: [String: String] { ["place": String(place)] }

    /// The place changes.
    mutating func move() { place += 1 }

    /// A call begins, unless the owner allowed it for another place; one that may not be repeated takes effect now, others perhaps.
    mutating func begin(_ call: ToolCall?, using chance: inout SeededGenerator) {
        guard let call else { return }
        if let approval = call.approval, approval.circumstances != circumstances {
            refused.insert(call.id)
            return
        }
        switch call.replay {
        case .pure: break
        case .keyed, .probe: if Bool.random(using: &chance) { done.insert(call.id) }
        case .unsafe: unrepeatable[call.id, default: 0] += 1
        }
    }

    /// Ends a call with its result.
    mutating func finish(_ call: ToolCall?, using chance: inout SeededGenerator) -> Mind.Outcome {
        guard let call else { return .output(.failure("no such call")) }
        if refused.remove(call.id) != nil { return .circumstances(circumstances) }
        done.insert(call.id)
        let length = Int.random(in: 0...120, using: &chance)
        let text = String(repeating: "y", count: length)
        let isSuccess = Bool.random(using: &chance)
        var output: ToolOutput =
            isSuccess ? .success(text, remember: length < 20 ? [MemoryDraft(text)] : []) : .failure(text)
        if isSuccess, let peer = Self.peers.randomElement(using: &chance), length % 3 == 0 {
            output.send = [OutgoingMessage(to: peer, text: "message of \(call.id)")]
        }
        return .output(output)
    }

    /// Carries an envelope: it may be lost, arrive without a receipt, or be refused.
    mutating func carry(
        _ envelope: EnvelopeID,
        using chance: inout SeededGenerator,
        withoutTrouble: Bool
    ) -> Mind.Outcome {
        let kind = withoutTrouble ? 9 : Int.random(in: 0..<10, using: &chance)
        if kind < 2 { return .undelivered("the line is cut") }
        let isNew = !arrived.contains(envelope)
        if turnedAway.contains(envelope) || (kind == 3 && isNew) {
            turnedAway.insert(envelope)
            return .delivered(.refused(.unknownAgent))
        }
        if isNew { arrived.append(envelope) }
        if kind < 5 { return .undelivered("no receipt came back") }
        return .delivered(isNew ? .accepted(seq: 1) : .duplicate)
    }

    /// Says whether an interrupted call took effect.
    func probe(_ call: ToolCall?) -> Mind.Outcome {
        guard let call, done.contains(call.id) else { return .didNotHappen }
        return .output(.success("it had happened"))
    }
}

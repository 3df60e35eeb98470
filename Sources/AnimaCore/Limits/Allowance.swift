/// How much one model call may still use: the least that any budget has left.
///
/// It is reserved when the call begins (the reply is asked to be no longer than it allows), and what was really used
/// settles it.
public struct Allowance: Hashable, Sendable {
    /// Tokens, sent and received.
    public let tokens: Int
    /// The key of the budget that `tokens` comes from.
    public let tokenKey: String
    /// Millionths of a dollar; nil when no budget counts money.
    public let microdollars: Int?
    /// The key of the budget that `microdollars` comes from.
    public let moneyKey: String

    /// The longest reply that a request may get; nil when the request itself is too much.
    ///
    /// - Parameters:
    ///   - inputTokens: About how many tokens the request has.
    ///   - wanted: The longest reply that anybody wants.
    public func replyTokens(
        inputTokens: Int,
        wanted: Int,
        price: ModelPrice?
    ) -> Result<Int, OverBudget> {
        let byTokens = tokens - inputTokens
        if byTokens < Self.shortestReply {
            let reason =
                "about \(inputTokens) tokens are to be sent and \(max(tokens, 0)) are left; the limit is \(tokenKey)"
            return .failure(OverBudget(limit: .tokens, reason: reason))
        }
        guard let microdollars, let price, price.output > 0 || price.dearestInput > 0 else {
            return .success(min(wanted, byTokens))
        }
        let asked = min(Double(inputTokens) * price.dearestInput, 1e15)
        let left = Double(microdollars) - asked
        let byMoney = price.output > 0 ? left / price.output : (left >= 0 ? .infinity : 0)
        if byMoney < Double(Self.shortestReply) {
            let reason =
                "the next model call may cost \(Dollars.text(Int(asked.rounded(.up)))) and more, and "
                + "\(Dollars.text(max(microdollars, 0))) are left; the limit is \(moneyKey)"
            return .failure(OverBudget(limit: .cost, reason: reason))
        }
        return .success(min(wanted, byTokens, byMoney < 1e15 ? Int(byMoney) : .max))
    }

    /// A reply that has to be shorter than this is not worth asking for.
    static let shortestReply = 16
}

/// A call that no budget has enough left for.
public struct OverBudget: Error, Hashable, Sendable {
    /// What there is too little of.
    public let limit: TurnEnd.LimitName
    /// What was to be used, what is left, and the key of the limit.
    public let reason: String
}

/// What an agent used on one day.
public struct DayUsage: Hashable, Sendable, Codable {
    /// Days since 1970-01-01, UTC.
    public internal(set) var day: Int64 = 0
    /// What its model calls cost on it.
    public internal(set) var usage = Usage()

    /// Counts a usage at a moment; another day begins at nothing.
    mutating func add(_ usage: Usage, at now: Instant) {
        if now.day != day { self = DayUsage(day: now.day) }
        self.usage += usage
    }

    /// What was used on the day of a moment.
    func used(at now: Instant) -> Usage { now.day == day ? usage : Usage() }
}

extension AgentState {
    /// How much consolidating may use, which has the budget of a turn of its own.
    public func consolidationAllowance(at now: Instant) -> Allowance { allowance(of: turnOfItsOwn(at: now), at: now) }

    /// A turn that is none of the agent's, for its budget.
    func turnOfItsOwn(at now: Instant) -> Turn {
        let envelope = Envelope(id: EnvelopeID(made: "none"), text: "", sentAt: now)
        return Turn(id: TurnID(turnCount + 1), envelope: envelope, openedAt: now, lastSeq: lastSeq)
    }

    /// How much the next model call of a turn may use.
    ///
    /// What is left of the day and of the life is shared equally by as many calls as may still be made beside others.
    ///
    /// - Parameter reserved: What calls of other turns that are under way may use; none when only what was used counts.
    func allowance(of turn: Turn, at now: Instant, beside reserved: [Allowance]? = nil) -> Allowance {
        let limits = policy.limits
        let children = self.reserved()
        let childrenOfTurn = self.reserved(of: turn.id)
        let reservedTokens = (reserved?.reduce(0) { $0 + $1.tokens } ?? 0) + children.tokens
        let reservedMoney = (reserved?.reduce(0) { $0 + ($1.microdollars ?? 0) } ?? 0) + children.microdollars
        let share = reserved.map { max(limits.openTurns - $0.count, 1) } ?? 1
        let today = today.used(at: now)
        var tokens = (left: limits.turnTokens - turn.usage.total - childrenOfTurn.tokens, key: "limits.turn_tokens")
        func take(_ left: Int, _ key: String) {
            if left < tokens.left { tokens = (left, key) }
        }
        if let budget = turn.envelope.budget {
            take(budget - turn.usage.total - childrenOfTurn.tokens, "the task's budget")
        }
        if let birth = policy.birth {
            let left = (birth.tokens - usage.total - reservedTokens) / share
            take(left, "the budget of \(birth.tokens) that @\(birth.parent) gave")
        }
        if let limit = limits.dayTokens {
            take((limit - today.total - reservedTokens) / share, "limits.day_tokens = \(limit)")
        }
        if let limit = limits.lifeTokens {
            take((limit - usage.total - reservedTokens) / share, "limits.life_tokens = \(limit)")
        }
        var money: (left: Int, key: String)?
        func pay(_ limit: Int?, _ used: Int, _ reserved: Int, _ share: Int, _ key: String) {
            guard let limit else { return }
            let left = (limit - used - reserved) / share
            if left < money?.left ?? .max { money = (left, "\(key) = \(Dollars.text(limit).dropFirst())") }
        }
        pay(limits.turnMicrodollars, turn.usage.microdollars, childrenOfTurn.microdollars, 1, "limits.turn_dollars")
        pay(limits.dayMicrodollars, today.microdollars, reservedMoney, share, "limits.day_dollars")
        pay(limits.lifeMicrodollars, usage.microdollars, reservedMoney, share, "limits.life_dollars")
        if let birth = policy.birth {
            pay(birth.microdollars, usage.microdollars, reservedMoney, share, "the budget that @\(birth.parent) gave")
        }
        return Allowance(
            tokens: tokens.left,
            tokenKey: tokens.key,
            microdollars: money?.left,
            moneyKey: money?.key ?? ""
        )
    }
}

/// What a turn may still use.
public struct Remaining: Hashable, Sendable {
    /// Model calls.
    public let steps: Int
    /// Tokens, sent and received.
    public let tokens: Int
    /// Wall time in seconds.
    public let seconds: Int
    /// Money in millionths of a dollar; nil when none is counted.
    public let microdollars: Int?
}

extension AgentState {
    /// What a turn may still use at a moment.
    public func remaining(of turn: Turn, at now: Instant) -> Remaining {
        let allowance = allowance(of: turn, at: now)
        return Remaining(
            steps: max(policy.limits.steps - turn.steps.count, 0),
            tokens: max(allowance.tokens, 0),
            seconds: max(Int((turn.deadline(policy) - now).microseconds / 1_000_000), 0),
            microdollars: allowance.microdollars.map { max($0, 0) }
        )
    }
}

/// A conversation made shorter: a summary takes the place of its older turns.
public struct Compaction: Hashable, Sendable {
    /// What stands for the older turns.
    public let summary: ConversationSummary
    /// Who wrote it: `rules`, or the model's name.
    public let by: String
    /// The model that answered, whether its answer was of use or not; nil for none.
    public var model: String?
    /// What the model call cost; nil for none.
    public var usage: Usage?
    /// What was wrong with the model's answer.
    public var problem: String?

    /// Puts a summary and where it is from together.
    public init(
        _ summary: ConversationSummary,
        by: String = "rules",
        model: String? = nil,
        usage: Usage? = nil,
        problem: String? = nil
    ) {
        self.summary = summary
        self.by = by
        self.model = model
        self.usage = usage
        self.problem = problem
    }
}

/// What of a conversation is to be summarised before its model is asked again.
public struct CompactionPlan: Hashable, Sendable {
    /// What stands for the turns before.
    public let before: ConversationSummary?
    /// The turns to summarise, oldest first; at least one.
    public let turns: [TranscriptTurn]
    /// The most bytes that the summary may have.
    public let summaryBytes: Int
    /// The most bytes of the turns that a model can be shown at once.
    public let room: Int

    /// Plans with a request that was made with all of a past; nil when that fits, or too little room is left for a summary.
    ///
    /// A third of the room stays filled with the newest turns, so the next time is far away.
    ///
    /// - Parameters:
    ///   - past: The turns since the last summary, oldest first.
    ///   - tokens: The most tokens that the summary may have.
    public init?(
        for request: ModelRequest,
        past: [TranscriptTurn],
        before: ConversationSummary?,
        tokens: Int,
        limits: Limits,
        facts: ModelFacts
    ) {
        guard request.turns.count <= past.count, let open = request.turns.last else { return nil }
        var bare = request
        bare.turns = [open]
        bare.turns[0].summary = nil
        room = bare.roomForPast(limits, facts)
        summaryBytes = min(tokens * 4, room / 3)
        guard summaryBytes >= Self.leastSummaryBytes else { return nil }
        turns = Array(past.dropLast(past.newest(withinBytes: room / 3).count))
        guard !turns.isEmpty else { return nil }
        self.before = before
    }

    /// A summary that has to be shorter than this is not worth having.
    static let leastSummaryBytes = 300

    /// The summary with this text.
    ///
    /// - Parameter seen: Turns that the text was made from.
    public func summary(_ text: String) -> ConversationSummary {
        ConversationSummary(
            turns: (before?.turns ?? 0) + turns.count,
            through: turns.last?.id ?? TurnID(0),
            text: text.prefix(utf8: summaryBytes),
            untrusted: before?.untrusted ?? ModelRequest(turns: turns).untrustedSource
        )
    }

    /// The summary that rules write: a line for each turn, the first ones and the newest ones as far as there is room.
    public var byRules: ConversationSummary {
        let old = before.map { $0.text.split(whereSeparator: \.isNewline).map(String.init) } ?? []
        let lines = old + turns.map(Self.line)
        // What the conversation began with says what it is about.
        let pinned = lines.prefix(1)
        let notice = "(…)"
        var left = summaryBytes - pinned.reduce(0) { $0 + $1.utf8.count + 1 } - notice.utf8.count - 1
        var newest: [String] = []
        for line in lines.dropFirst().reversed() where line != notice {
            left -= line.utf8.count + 1
            guard left >= 0 else { break }
            newest.append(line)
        }
        let all = lines.dropFirst().filter { $0 != notice }
        let isShortened = newest.count < all.count || lines.contains(notice)
        return summary((pinned + (isShortened ? [notice] : []) + newest.reversed()).joined(separator: "\n"))
    }

    private static func line(_ turn: TranscriptTurn) -> String {
        let answer = turn.ending?.text ?? ""
        let end = answer.allSatisfy(\.isWhitespace) ? "(\(turn.ending?.end.name ?? "open"))" : oneLine(answer)
        return "\(turn.id) \(turn.input.sender.description): \(oneLine(turn.saidText)) → \(end)"
    }

    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let head = line.prefix(utf8: 160)
        return head.utf8.count < line.utf8.count ? head + "…" : head
    }
}

extension String {
    /// At most so many bytes of its beginning, ending between characters.
    func prefix(utf8 count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(count, 0))
        while end > startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

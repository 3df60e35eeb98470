/// What came to mind for a turn, as its model is shown it: after everything that stays the same.
public enum RecallNotice {
    /// The passages, as many as the tokens allow, best first; nil without any.
    ///
    /// - Returns: The text, and the passages in it.
    public static func text(
        _ passages: [Passage],
        tokens: Int,
        now: Instant
    ) -> (text: String, shown: [Passage])? {
        var lines: [String] = []
        var shown: [Passage] = []
        var bytes = 0
        for passage in passages {
            let line = line(for: passage, now: now)
            guard bytes + line.utf8.count <= tokens * 4 else { continue }
            bytes += line.utf8.count
            lines.append(line)
            shown.append(passage)
        }
        guard !lines.isEmpty else { return nil }
        let text = "<memory>\nWhat you remember that may matter here:\n" + lines.joined(separator: "\n") + "\n</memory>"
        return (text, shown)
    }

    /// One passage in a line: its number, what it says, who said it and how long ago.
    public static func line(for passage: Passage, now: Instant) -> String {
        var notes: [String] = []
        if let speaker = passage.speaker { notes.append("\(speaker) said it") }
        notes.append(age(of: passage.at, now: now))
        if let memory = passage.memory, let about = memory.about { notes.append("about \(date(about.start))") }
        if passage.trust == .untrusted { notes.append("from an untrusted source") }
        // A line can't end the block, nor begin another line.
        let said = passage.text.split(whereSeparator: \.isNewline).joined(separator: " ")
            .replacing("</memory", with: "<\\/memory")
        return "- [\(passage.name)] \(said) (\(notes.joined(separator: ", ")))"
    }

    private static func date(_ moment: Instant) -> String { String(moment.rfc3339.prefix { $0 != "T" }) }

    private static func age(of moment: Instant, now: Instant) -> String {
        let days = (now - moment).microseconds / 86_400_000_000
        switch days {
        case ..<1: return "today"
        case 1: return "yesterday"
        case ..<60: return "\(days) days ago"
        default: return "on \(date(moment))"
        }
    }
}

import AnimaCore
import AnimaStore

/// How memories look in listings and in JSON.
struct MemoryFormat {
    let terminal: Terminal

    /// Writes a memory in one line.
    ///
    /// - Parameter isWhole: Whether a long text is shown whole.
    func line(_ record: MemoryRecord, isWhole: Bool = false) {
        let memory = record.memory
        terminal.write(memory.name.padded(to: 7), to: .output, .bold)
        terminal.write(memory.storedAt.minute + "  ", to: .output, .dim)
        terminal.write(memory.kind.rawValue.padded(to: 11), to: .output, .cyan)
        let text = isWhole ? memory.text : memory.text.shortened(to: 100)
        terminal.write(text, to: .output, memory.isCurrent ? .plain : .dim)
        let notes = [memory.subject.map { "about \($0)" }, memory.trust == .owner ? nil : memory.trust.rawValue]
        terminal.line(Self.notes(notes + [record.standing.note]), to: .output, .dim)
    }

    /// Notes in brackets; empty without any.
    static func notes(_ notes: [String?]) -> String {
        let notes = notes.compactMap(\.self)
        return notes.isEmpty ? "" : "  (\(notes.joined(separator: "; ")))"
    }

    /// A memory as JSON.
    static func json(_ memory: Memory) -> [String: JSONValue] {
        let source: [String: JSONValue?] = [
            "conversation": memory.source.conversation.map { .string($0.name) },
            "turn": memory.source.turn.map { .string($0.description) },
            "speaker": memory.source.speaker.map { .string($0) },
            "event": memory.source.event.map { .string("e\($0)") },
            "call": memory.source.call.map { .string($0.description) },
        ]
        var members: [String: JSONValue] = [
            "id": .string(memory.name), "text": .string(memory.text), "kind": .string(memory.kind.rawValue),
            "importance": .int(memory.importance), "trust": .string(memory.trust.rawValue),
            "at": .string(memory.storedAt.rfc3339),
        ]
        members["subject"] = memory.subject.map { .string($0) } ?? .null
        members["source"] = .object(source.compactMapValues(\.self))
        members["about"] = memory.about.map(json) ?? .null
        members["supersedes"] = .array(memory.supersedes.map { .string("m\($0)") })
        return members
    }

    /// A memory with what became of it, as JSON.
    static func json(_ record: MemoryRecord) -> [String: JSONValue] {
        var members = json(record.memory)
        switch record.standing {
        case .current: members["standing"] = "current"
        case .superseded(let memory):
            members["standing"] = "superseded"
            members["by"] = .string("m\(memory)")
        case .forgotten(let event):
            members["standing"] = "forgotten"
            members["by"] = .string("e\(event)")
        case .aged(let event):
            members["standing"] = "aged"
            members["by"] = .string("e\(event)")
        }
        return members
    }

    private static func json(_ span: TimeSpan) -> JSONValue {
        ["from": .string(span.start.rfc3339), "to": .string(span.end.rfc3339)]
    }
}

extension MemoryRecord.Standing {
    /// What became of a memory, for people; nil while it holds.
    var note: String? {
        switch self {
        case .current: nil
        case .superseded(let memory): "superseded by m\(memory)"
        case .forgotten(let event): "forgotten in e\(event)"
        case .aged(let event): "aged in e\(event)"
        }
    }
}

extension Instant {
    /// The moment to the minute: `2026-11-23 03:28`.
    var minute: String { String(rfc3339.prefix(16).map { $0 == "T" ? " " : $0 }) }
    /// The day: `2026-11-23`.
    var date: String { String(rfc3339.prefix(10)) }
}

extension TimeSpan {
    /// The days of it: `2026-11-23` or `2026-11-01 to 2026-11-30`.
    var days: String {
        // It ends with the first moment after it.
        let last = end > start ? Instant(microseconds: end.microseconds - 1) : start
        return start.date == last.date ? start.date : "\(start.date) to \(last.date)"
    }
}

extension MemoryGate.Refusal {
    /// Why it is not kept, for its owner.
    var explanation: String {
        switch self {
        case .trivial: "it says too little to be of use later"
        case .request: "it is a question, or asks for something to be done now"
        case .duplicate: "it is remembered already"
        case .echo: "it came from memory"
        case .secret: "it looks like a password or a key, and memories are shown to models"
        case .instruction: "it is an untrusted text that tells the agent what to do"
        case .tooLong: "it is over the limit of \(MemoryGate.mostBytes) bytes; say it in fewer words"
        }
    }
}

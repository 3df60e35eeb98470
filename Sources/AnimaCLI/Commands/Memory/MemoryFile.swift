import AnimaCore

/// Memories and blocks as they are carried between lives: JSON, one object a line.
///
/// The first line says `{"anima":"memory","version":1}`; each other one is a memory (`"type":"memory"`) or a block
/// (`"type":"block"`). Members that are not known are left out.
enum MemoryFile {
    /// The version that is written, and the newest that is read.
    static let version = 1
    /// At most so many bytes are read.
    static let mostBytes = 256 * 1_048_576
    /// At most so many bad lines are named.
    static let mostNamed = 20

    /// What a line holds.
    enum Entry: Hashable, Sendable {
        case memory(MemoryDraft)
        case block(name: String, text: String)
    }

    /// A line that was understood.
    struct Line: Hashable, Sendable {
        let number: Int
        let entry: Entry
    }

    // MARK: Writing

    /// The first line.
    static func head(agent: AgentID, at moment: Instant) -> JSONValue {
        ["anima": "memory", "version": .int(version), "agent": .string(agent.name), "at": .string(moment.rfc3339)]
    }

    /// A memory's line.
    static func line(_ memory: Memory) -> JSONValue {
        var members = MemoryFormat.json(memory)
        members["type"] = "memory"
        members["aboutMicroseconds"] = memory.about.map {
            .array([.int(Int($0.start.microseconds)), .int(Int($0.end.microseconds))])
        }
        return .object(members)
    }

    /// A block's line.
    static func line(_ block: MemoryBlock) -> JSONValue {
        ["type": "block", "name": .string(block.name), "text": .string(block.text)]
    }

    // MARK: Reading

    /// Reads a whole file; nothing of it when a line is bad.
    ///
    /// - Throws: ``UsageError`` that names the bad lines.
    static func read(_ text: String, name: String) throws -> [Line] {
        let texts = text.split(separator: "\n", omittingEmptySubsequences: false)
        var lines: [Line] = []
        var problems: [String] = []
        var isHeadRead = false
        for (index, text) in texts.enumerated() where text.contains(where: { !$0.isWhitespace }) {
            do {
                let value = try value(in: text)
                if isHeadRead {
                    lines.append(Line(number: index + 1, entry: try entry(value)))
                } else {
                    try checkHead(value)
                    isHeadRead = true
                }
            } catch {
                problems.append("line \(index + 1): \(error.text)")
                if !isHeadRead { break }
            }
        }
        if !isHeadRead, problems.isEmpty { problems.append("line 1: it is empty") }
        guard problems.isEmpty else {
            let more = problems.count > mostNamed ? "\n  and \(problems.count - mostNamed) more" : ""
            let list = problems.prefix(mostNamed).map { "\n  " + $0 }.joined()
            throw UsageError("nothing was imported, for \(name) has bad lines:\(list)\(more)")
        }
        return lines
    }

    /// What is wrong with a line.
    private struct Problem: Error {
        let text: String
    }

    private static func value(in text: Substring) throws(Problem) -> JSONValue {
        do { return try JSONValue(parsing: String(text)) } catch { throw Problem(text: "it is no JSON: \(error)") }
    }

    private static func checkHead(_ value: JSONValue) throws(Problem) {
        guard value["anima"]?.stringValue == "memory", let version = value["version"]?.intValue else {
            throw Problem(
                text: "it is no export of memories; the first line must be {\"anima\":\"memory\",\"version\":1}"
            )
        }
        guard version == Self.version else {
            throw Problem(text: "it is of version \(version), this program reads \(Self.version); use another anima")
        }
    }

    private static func entry(_ value: JSONValue) throws(Problem) -> Entry {
        switch value["type"]?.stringValue {
        case "memory": return .memory(try draft(value))
        case "block":
            let name = try text("name", value)
            guard MemoryBlock.isName(name) else { throw Problem(text: "\"\(name.prefix(80))\" is no name of a block") }
            return .block(name: name, text: try text("text", value))
        default: throw Problem(text: "\"type\" must be \"memory\" or \"block\"")
        }
    }

    private static func draft(_ value: JSONValue) throws(Problem) -> MemoryDraft {
        var draft = MemoryDraft(try text("text", value), isAskedFor: true)
        guard draft.text.utf8.count <= MemoryGate.mostBytes else {
            throw Problem(
                text: "its text has \(draft.text.utf8.count) bytes, over the limit of \(MemoryGate.mostBytes)"
            )
        }
        draft.kind = try choice("kind", value) ?? .fact
        draft.trust = try choice("trust", value) ?? .owner
        if let importance = value["importance"] {
            guard let number = importance.intValue, (1...10).contains(number) else {
                throw Problem(text: "\"importance\" must be 1 to 10")
            }
            draft.importance = number
        }
        draft.subject = try optionalText("subject", value)
        draft.speaker = try optionalText("speaker", value["source"] ?? .null)
        if let about = value["aboutMicroseconds"] {
            guard let ends = about.arrayValue?.compactMap(\.intValue), ends.count == 2, ends[0] <= ends[1] else {
                throw Problem(text: "\"aboutMicroseconds\" must be two numbers, the first not after the second")
            }
            draft.about = TimeSpan(
                start: Instant(microseconds: Int64(ends[0])),
                end: Instant(microseconds: Int64(ends[1]))
            )
        }
        return draft
    }

    private static func text(_ name: String, _ value: JSONValue) throws(Problem) -> String {
        guard let text = value[name]?.stringValue, text.contains(where: { !$0.isWhitespace }) else {
            throw Problem(text: "\"\(name)\" must be a text that is not empty")
        }
        return text
    }

    private static func optionalText(_ name: String, _ value: JSONValue) throws(Problem) -> String? {
        switch value[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text.isEmpty ? nil : text
        default: throw Problem(text: "\"\(name)\" must be a text")
        }
    }

    private static func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ name: String,
        _ value: JSONValue
    ) throws(Problem) -> Value? {
        guard let member = value[name] else { return nil }
        guard let text = member.stringValue, let choice = Value(rawValue: text) else {
            let all = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw Problem(text: "\"\(name)\" must be one of \(all)")
        }
        return choice
    }
}

import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima memory audit`: what an agent remembers, in numbers.
struct MemoryAuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Count what an agent remembers: by source and trust, repeats, unused ones, growth, refusals.",
        discussion: """
            Reads the whole log. With --json it prints one object a line: each has "what" (total, kind, speaker, trust, \
            repeats, unused, growth, refused, consolidations, vectors).
            """
    )

    @OptionGroup var options: MemoryOptions

    func run() async throws {
        let audit = try await options.reading { try await $0.memoryAudit() }
        if options.json {
            for line in Self.lines(of: audit) { Terminal.current.json(line) }
        } else {
            show(audit)
        }
    }

    // MARK: For people

    private func show(_ audit: MemoryAudit) {
        let terminal = Terminal.current
        head("memories", ["hold", "superseded", "forgotten", "aged"])
        row("all", audit.total, .bold)
        for (kind, count) in Self.sorted(audit.kinds) { row("kind \(kind.rawValue)", count) }
        for (speaker, count) in Self.sorted(audit.speakers) {
            row(speaker.isEmpty ? "speaker unknown" : "said by \(speaker)", count)
        }
        for (trust, count) in Self.sorted(audit.trusts) { row("trust \(trust.rawValue)", count) }
        terminal.line(to: .output)
        let repeated = audit.repeats.reduce(0) { $0 + $1.count - 1 }
        let compared = "of the newest \(audit.compared)" + (audit.isComparisonComplete ? "" : ", not all compared")
        note("repeats", "\(repeated)  (\(compared))")
        for group in audit.repeats.prefix(10) {
            note("", group.map { "m\($0)" }.joined(separator: " = "))
        }
        let unused = audit.neverRecalled.prefix(10).map { "m\($0)" }.joined(separator: " ")
        let more = audit.neverRecalledCount > 10 ? " …" : ""
        note("never came up", "\(audit.neverRecalledCount)" + (unused.isEmpty ? "" : "  (\(unused)\(more))"))
        let refused = Self.sorted(audit.refused)
        note("refused", "\(refused.reduce(0) { $0 + $1.1 })")
        for (reason, count) in refused { note("", "\(count) \(reason.rawValue): \(reason.explanation)") }
        let merged = "\(audit.mergedAway) merged into \(audit.merged)"
        note("consolidated", "\(audit.consolidations)" + (audit.merged > 0 ? "  (\(merged))" : ""))
        for vectors in audit.vectors {
            note(
                "vectors",
                "\(vectors.embedder): \(vectors.memories) of \(audit.total.current)\(percent(vectors, audit))"
            )
        }
        guard !audit.growth.isEmpty else { return }
        terminal.line(to: .output)
        head("growth", ["stored", "bytes"])
        for month in audit.growth {
            terminal.write(month.month.padded(to: 24), to: .output)
            terminal.line("\(month.count)".leading(11) + "\(month.bytes)".leading(11), to: .output)
        }
    }

    private func percent(_ vectors: MemoryAudit.Vectors, _ audit: MemoryAudit) -> String {
        audit.total.current > 0 ? " (\(vectors.memories * 100 / audit.total.current) %)" : ""
    }

    private func head(_ name: String, _ columns: [String]) {
        Terminal.current.line(name.padded(to: 24) + columns.map { $0.leading(11) }.joined(), to: .output, .dim)
    }

    private func row(_ name: String, _ count: MemoryAudit.Count, _ style: Terminal.Style = .plain) {
        let columns = [count.current, count.superseded, count.forgotten, count.aged].map { "\($0)".leading(11) }
            .joined()
        Terminal.current.line(name.padded(to: 24) + columns, to: .output, style)
    }

    private func note(_ name: String, _ text: String) {
        Terminal.current.write(name.padded(to: 15), to: .output, .dim)
        Terminal.current.line(text, to: .output)
    }

    // MARK: For programs

    private static func lines(of audit: MemoryAudit) -> [JSONValue] {
        var lines = [line("total", [:], audit.total)]
        lines += sorted(audit.kinds).map { line("kind", ["name": .string($0.rawValue)], $1) }
        lines += sorted(audit.speakers).map { line("speaker", ["name": $0.isEmpty ? .null : .string($0)], $1) }
        lines += sorted(audit.trusts).map { line("trust", ["name": .string($0.rawValue)], $1) }
        lines.append([
            "what": "repeats", "groups": .array(audit.repeats.map(names)), "compared": .int(audit.compared),
            "isComplete": .bool(audit.isComparisonComplete),
        ])
        lines.append([
            "what": "unused", "count": .int(audit.neverRecalledCount), "newest": names(audit.neverRecalled),
        ])
        lines += audit.growth.map { month in
            [
                "what": "growth", "month": .string(month.month), "count": .int(month.count),
                "bytes": .int(month.bytes),
            ]
        }
        lines += sorted(audit.refused)
            .map { ["what": "refused", "reason": .string($0.rawValue), "count": .int($1)] }
        lines.append([
            "what": "consolidations", "count": .int(audit.consolidations), "merged": .int(audit.mergedAway),
            "into": .int(audit.merged), "aged": .int(audit.total.aged),
        ])
        lines += audit.vectors.map { vectors in
            [
                "what": "vectors", "embedder": .string(vectors.embedder), "memories": .int(vectors.memories),
                "of": .int(audit.total.current),
            ]
        }
        return lines
    }

    private static func names(_ memories: [Int]) -> JSONValue { .array(memories.map { .string("m\($0)") }) }

    private static func line(
        _ what: String,
        _ more: [String: JSONValue],
        _ count: MemoryAudit.Count
    ) -> JSONValue {
        var members = more
        members["what"] = .string(what)
        members["current"] = .int(count.current)
        members["superseded"] = .int(count.superseded)
        members["forgotten"] = .int(count.forgotten)
        members["aged"] = .int(count.aged)
        return .object(members)
    }

    /// Counts by name, those with most first.
    private static func sorted(_ counts: [String: MemoryAudit.Count]) -> [(String, MemoryAudit.Count)] {
        counts.map { ($0.key, $0.value) }.sorted { ($1.1.all, $0.0) < ($0.1.all, $1.0) }
    }

    private static func sorted<Key: CaseIterable & Hashable, Value>(_ counts: [Key: Value]) -> [(Key, Value)] {
        Key.allCases.compactMap { key in counts[key].map { (key, $0) } }
    }
}

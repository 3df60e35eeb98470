import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    /// What the agent remembers, in numbers; reads the whole log once.
    public func memoryAudit() async throws -> MemoryAudit {
        try await perform("audit the memories of") { [self] db in
            try db.atOneMoment {
                var audit = MemoryAudit()
                try count(&audit, db)
                try findRepeats(&audit, db)
                try findNeverRecalled(&audit, db)
                audit.growth = try growth(db)
                audit.refused = try refusals(db)
                try countConsolidations(&audit, db)
                audit.vectors = try vectors(db)
                return audit
            }
        }
    }

    private func count(_ audit: inout MemoryAudit, _ db: Database) throws {
        let sql = """
            SELECT kind, coalesce(speaker, x''), trust, count(*), sum(closed_by IS NULL),
            sum(EXISTS (SELECT 1 FROM memories n WHERE n.id = m.closed_by)),
            sum(EXISTS (SELECT 1 FROM events e WHERE e.seq = m.closed_by AND e.kind = 'memory.consolidated'))
            FROM memories m GROUP BY 1, 2, 3
            """
        for row in try Row.fetchAll(db, sql: sql) {
            guard let kind = Memory.Kind(rawValue: try row.value(at: 0)) else { throw ColumnError(column: 0) }
            guard let trust = Trust(rawValue: try row.value(at: 2)) else { throw ColumnError(column: 2) }
            let speaker = String(decoding: try row.value(at: 1) as Data, as: UTF8.self)
            var count = MemoryAudit.Count()
            count.current = try row.value(at: 4)
            count.superseded = try row.value(at: 5)
            count.aged = try row.value(at: 6)
            count.forgotten = try row.value(at: 3) - count.current - count.superseded - count.aged
            audit.total += count
            audit.kinds[kind, default: .init()] += count
            audit.speakers[speaker, default: .init()] += count
            audit.trusts[trust, default: .init()] += count
        }
    }

    private func findRepeats(_ audit: inout MemoryAudit, _ db: Database) throws {
        let sql = "SELECT id, text FROM memories WHERE closed_by IS NULL ORDER BY id DESC LIMIT ?"
        let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [MemoryAudit.mostCompared])
        var texts: [(id: Int, text: String)] = []
        while let row = try found.next() {
            texts.append((try row.value(at: 0), String(decoding: try row.value(at: 1) as Data, as: UTF8.self)))
        }
        let repeats = MemoryRepeats(texts.reversed())
        audit.repeats = repeats.groups
        audit.compared = texts.count
        audit.isComparisonComplete = repeats.isComplete
    }

    private func findNeverRecalled(_ audit: inout MemoryAudit, _ db: Database) throws {
        var recalled: Set<Int> = []
        // Most replies name none; those are not read.
        try rows.forEach(db, where: "kind = 'model.replied' AND instr(body, '\"recalled\"') > 0") { event in
            guard case .modelReplied(let fact) = event.fact else { return }
            for memory in fact.recalled ?? [] { recalled.insert(memory.memory) }
        }
        let sql = "SELECT id FROM memories WHERE closed_by IS NULL ORDER BY id DESC"
        let found = try Int.fetchCursor(db, sql: sql)
        while let id = try found.next() {
            guard !recalled.contains(id) else { continue }
            audit.neverRecalledCount += 1
            if audit.neverRecalled.count < MemoryAudit.mostNamed { audit.neverRecalled.append(id) }
        }
    }

    private func growth(_ db: Database) throws -> [MemoryAudit.Growth] {
        let sql = """
            SELECT coalesce(strftime('%Y-%m', at / 1000000, 'unixepoch'), 'unknown'), count(*), sum(length(text))
            FROM memories GROUP BY 1 ORDER BY 1
            """
        return try Row.fetchAll(db, sql: sql)
            .map { row in
                .init(month: try row.value(at: 0), count: try row.value(at: 1), bytes: try row.value(at: 2))
            }
    }

    private func refusals(_ db: Database) throws -> [MemoryGate.Refusal: Int] {
        var refused: [MemoryGate.Refusal: Int] = [:]
        try rows.forEach(db, where: "kind = 'memory.learned' AND instr(body, '\"refused\"') > 0") { event in
            guard case .memoryLearned(let fact) = event.fact else { return }
            for one in fact.refused ?? [] { refused[one.reason, default: 0] += 1 }
        }
        return refused
    }

    private func countConsolidations(_ audit: inout MemoryAudit, _ db: Database) throws {
        try rows.forEach(db, where: "kind = 'memory.consolidated'") { event in
            guard case .memoryConsolidated(let fact) = event.fact else { return }
            audit.consolidations += 1
            audit.merged += fact.merged.count
            audit.mergedAway += fact.merged.reduce(0) { $0 + $1.from.count }
        }
    }

    private func vectors(_ db: Database) throws -> [MemoryAudit.Vectors] {
        // A life of an older program that is only looked at has no such table.
        guard try db.tableExists("embedders") else { return [] }
        let sql = """
            SELECT e.name, (
                SELECT count(*) FROM vectors v JOIN memories m ON m.id = v.passage
                WHERE v.embedder = e.id AND m.closed_by IS NULL
            ) FROM embedders e ORDER BY e.name
            """
        return try Row.fetchAll(db, sql: sql)
            .map { .init(embedder: try $0.value(at: 0), memories: try $0.value(at: 1)) }
    }
}

extension MemoryAudit.Count {
    fileprivate static func += (left: inout Self, right: Self) {
        left.current += right.current
        left.superseded += right.superseded
        left.forgotten += right.forgotten
        left.aged += right.aged
    }
}

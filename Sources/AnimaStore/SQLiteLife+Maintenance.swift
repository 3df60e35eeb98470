public import AnimaCore
import GRDB

extension SQLiteLife {
    /// What there is to tell about the life without reading it.
    public func info() async throws -> LifeInfo {
        try await perform("look at") { [self] db in
            try db.atOneMoment {
                func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
                func instant(_ order: String) throws -> Instant? {
                    try Int64.fetchOne(db, sql: "SELECT at FROM events ORDER BY seq \(order) LIMIT 1")
                        .map(Instant.init(microseconds:))
                }
                return LifeInfo(
                    agent: try AgentID(db.meta(.agent, as: String.self) ?? ""),
                    life: try db.meta(.life, as: String.self).map(LifeID.init(_:)),
                    events: try lastSeq(db),
                    firstAt: try instant("ASC"),
                    lastAt: try instant("DESC"),
                    bytes: try count("PRAGMA page_count") * count("PRAGMA page_size"),
                    envelopes: try count("SELECT count(*) FROM inbox"),
                    waiting: try count("SELECT count(*) FROM inbox WHERE turn IS NULL"),
                    turns: try count("SELECT count(*) FROM turns"),
                    memories: try count("SELECT count(*) FROM memories"),
                    format: try db.meta(.format) ?? 0,
                    schema: try LifeSchema.version(of: db)
                )
            }
        }
    }

    /// Writes inbox, turns, memories and usage anew from the log, all or nothing.
    public func rebuildProjections() async throws {
        try await perform("rebuild the projections of") { [self] db in
            guard !isReadOnly else {
                throw StoreError(code: .readOnly, message: "can't rebuild \(path): it was opened to be read")
            }
            try db.atomically {
                try ProjectionTables.main.replace(in: db)
                try ProjectionTables.main.rebuild(in: db, rows: rows)
                try db.setMeta(.projections, projectionsVersion)
            }
        }
    }

    /// Examines the whole life: the file, the log, the saved state, the projections.
    ///
    /// It reads everything, so it takes about 30 ms for a thousand events. It changes nothing.
    public func integrityReport() async throws -> LifeIntegrity {
        try await perform("examine") { [self] db in
            try db.atOneMoment { try examine(db) }
        }
    }

    private func examine(_ db: Database) throws -> LifeIntegrity {
        var report = LifeIntegrity()
        do {
            let answers = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
            report.problems += answers.filter { $0 != "ok" }.map { "file: \($0)" }
            try examineNumbers(db, &report)
            try examineFold(db, &report)
        } catch {
            let error = StoreError(any: error, work: "examine", path: path)
            switch error.code {
            case .corrupt, .newer, .conflict, .duplicateEnvelope: report.problems.append("log: \(error)")
            default: throw error
            }
        }
        return report
    }

    private func examineNumbers(_ db: Database, _ report: inout LifeIntegrity) throws {
        let row = try Row.fetchOne(db, sql: "SELECT count(*), min(seq), max(seq) FROM events")
        report.events = try row?.value(at: 0) ?? 0
        guard let row, report.events > 0 else { return }
        let first: Int = try row.value(at: 1)
        let last: Int = try row.value(at: 2)
        if first != 1 { report.problems.append("log: it begins at e\(first)") }
        if last - first + 1 != report.events {
            let sql = """
                SELECT seq + 1 FROM events e WHERE seq < ? AND NOT EXISTS (SELECT 1 FROM events WHERE seq = e.seq + 1)
                ORDER BY seq LIMIT 1
                """
            let missing = try Int.fetchOne(db, sql: sql, arguments: [last]) ?? 0
            report.problems.append("log: the event e\(missing) is missing")
        }
    }

    /// Folds the log and compares what comes of it with the saved state and the projections.
    private func examineFold(_ db: Database, _ report: inout LifeIntegrity) throws {
        let snapshot = try usableSnapshot(db, lastSeq: lastSeq(db))
        if snapshot == nil, try Int.fetchOne(db, sql: "SELECT count(*) FROM snapshot") == 1 {
            report.notes.append("the saved state can't be used; waking folds the whole log")
        }
        guard try areProjectionsCurrent(db) else {
            report.notes.append(
                "another version of anima wrote what is computed from the log; it is renewed when the agent wakes"
            )
            return
        }
        try ProjectionTables.temporary.replace(in: db)
        defer {
            try? ProjectionTables.temporary.remove(from: db)
        }
        var problems: [String] = []
        try ProjectionTables.temporary.rebuild(in: db, rows: rows) { event, state in
            if event.seq == snapshot?.lastSeq, state != snapshot {
                problems.append("saved state: it is not what the log gives at e\(event.seq)")
            }
        }
        report.problems += problems
        for (table, columns) in ProjectionTables.columns {
            for (from, other, what) in [("main", "temp", "should not be there"), ("temp", "main", "is missing")] {
                let sql = """
                    SELECT count(*) FROM (
                        SELECT \(columns) FROM \(from).\(table) EXCEPT SELECT \(columns) FROM \(other).\(table)
                    )
                    """
                let count = try Int.fetchOne(db, sql: sql) ?? 0
                if count > 0 { report.problems.append("\(table): a row \(what) as it is (\(count) such rows)") }
            }
        }
        for (table, words) in [("memories", "memory_words"), ("episodes", "episode_words")] {
            let indexed = try Int.fetchOne(db, sql: "SELECT count(*) FROM main.\(words)_docsize")
            let passages = try Int.fetchOne(db, sql: "SELECT count(*) FROM temp.\(table)")
            if indexed != passages { report.problems.append("\(table): the index for searching is not complete") }
        }
        let stray = """
            SELECT count(*) FROM main.vectors v WHERE NOT EXISTS (
                SELECT 1 FROM temp.memories m WHERE m.id = v.passage AND m.closed_by IS NULL
            ) AND NOT EXISTS (SELECT 1 FROM temp.episodes e WHERE e.id = v.passage)
            """
        if let count = try Int.fetchOne(db, sql: stray), count > 0 {
            report.problems.append("vectors: \(count) of passages that don't hold")
        }
    }

    /// Lets the file grow to so many pages only, for tests of a full disk; 0 lifts the limit.
    package func limitPages(_ count: Int) async throws -> Int {
        try await perform("limit") { db in
            let limit = count == 0 ? 1_073_741_823 : count
            return try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(limit)") ?? 0
        }
    }
}

/// What there is to tell about a life.
public struct LifeInfo: Hashable, Sendable {
    /// Whose life it is.
    public let agent: AgentID
    /// Its identity; nil before it began.
    public let life: LifeID?
    /// The number of events, which is the last one's sequence number.
    public let events: Int
    /// When the first event was recorded.
    public let firstAt: Instant?
    /// When the last event was recorded.
    public let lastAt: Instant?
    /// The size of the database.
    public let bytes: Int
    /// Envelopes that were ever taken.
    public let envelopes: Int
    /// Envelopes that wait for their turn.
    public let waiting: Int
    /// Turns that have ended.
    public let turns: Int
    /// Memories.
    public let memories: Int
    /// The highest format that an event was written in; 0 without events.
    public let format: Int
    /// The version of the tables.
    public let schema: Int
}

/// What an examination of a life has found.
public struct LifeIntegrity: Hashable, Sendable {
    /// What is wrong, each with the part it is about; empty for a sound life.
    ///
    /// Problems of `inbox`, `turns`, `memories`, `episodes`, `names`, `vectors` and `usage` are mended by rebuilding the projections, those of `file`
    /// and `log` by restoring a copy.
    public internal(set) var problems: [String] = []
    /// What is worth knowing and does no harm.
    public internal(set) var notes: [String] = []
    /// The number of events.
    public internal(set) var events = 0

    /// Whether nothing is wrong.
    public var isSound: Bool { problems.isEmpty }
}

public import AnimaCore
import GRDB

extension SQLiteLife {
    /// Writes the whole life, as it is at this moment, to one new file that can be carried elsewhere.
    ///
    /// Appends wait meanwhile. The file has mode 0600 and appears at its path when it is whole and on the disk.
    ///
    /// - Throws: ``StoreError``: `.conflict` when there is a file at the path; `.notFound` without its directory;
    ///   `.corrupt`, `.diskFull`, `.readOnly`, `.io`.
    public func backup(to path: String) async throws {
        try await perform("copy") { db in
            try LifeFile(path)
                .place { draft in
                    try Self.copy(db, to: draft)
                }
        }
    }

    /// Begins the life of an agent with what a backup, or the file of another life, holds.
    ///
    /// The copy keeps the identity that it had; who goes on with it appends `life.began` with a new one.
    ///
    /// - Parameters:
    ///   - file: What is read; examined first, and not changed.
    ///   - path: Where the new life is; never one that exists.
    ///   - agent: Whose life it becomes; events of the past keep the agent that they happened to.
    /// - Throws: ``StoreError``: of `file` `.notFound`, `.foreign`, `.newer`, `.corrupt`; of `path` `.conflict` when
    ///   there is one, `.locked`, `.notFound` (no directory), `.readOnly`, `.diskFull`, `.io`.
    public static func restore(
        from file: String,
        to path: String,
        as agent: AgentID,
        coding: EventCoding = .current
    ) async throws {
        let source = try openReader(at: file, coding: coding)
        do {
            let report = try await source.integrityReport()
            guard report.isSound else { throw StoreError.corrupt(file, report.problems.joined(separator: "; ")) }
            try await source.perform("copy") { db in
                try beginning(at: path) { draft in
                    try copy(db, to: draft)
                    let copy = try draft.connect()
                    try copy.inDatabase { db in
                        try db.setMeta(.agent, agent.name)
                        try db.execute(sql: "PRAGMA journal_mode = WAL")
                    }
                    try copy.close()
                }
            }
        } catch {
            await source.close()
            throw error
        }
        await source.close()
    }

    /// Begins the life of another agent with the events of this one up to a moment.
    ///
    /// Outputs that those events refer to go along. The caller appends `life.began` with a new identity.
    ///
    /// - Parameters:
    ///   - path: Where the new life is; never one that exists.
    ///   - seq: The last event that is copied.
    /// - Throws: ``StoreError``: `.notFound` when there is no such event or no directory; `.conflict` when there is a
    ///   file at the path; `.locked`, `.corrupt`, `.readOnly`, `.diskFull`, `.io`.
    public func fork(to path: String, as agent: AgentID, at seq: Int) async throws {
        try await perform("fork") { [self] db in
            try db.atOneMoment {
                let lastSeq = try lastSeq(db)
                guard (1...max(lastSeq, 1)).contains(seq), lastSeq > 0 else {
                    throw StoreError(
                        code: .notFound,
                        message: "there is no event e\(seq) in the life \(self.path); it has e1 to e\(lastSeq)"
                    )
                }
                try Self.beginning(at: path) { draft in
                    try Self.create(at: draft, agent: agent, coding: coding)
                    let copy = try draft.connect(synchronous: "OFF")
                    try copy.inDatabase { copy in
                        try copy.atomically { try copyEvents(from: db, through: seq, to: copy) }
                    }
                    try copy.close()
                }
            }
        }
    }

    private func copyEvents(from db: Database, through seq: Int, to copy: Database) throws {
        let columns = EventRow.columns
        let found = try Row.fetchCursor(
            db,
            sql: "SELECT \(columns) FROM events WHERE seq <= ? ORDER BY seq",
            arguments: [seq]
        )
        let insert = try copy.makeStatement(
            sql: "INSERT INTO events (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        while let row = try found.next() {
            try insert.execute(arguments: StatementArguments(row.databaseValues))
        }
        var hashes: Set<String> = []
        try ProjectionTables.main.rebuild(in: copy, rows: rows) { event, _ in
            hashes.formUnion(event.fact.spillHashes)
        }
        for hash in hashes.sorted() {
            let found = try Row.fetchOne(db, sql: "SELECT hash, bytes FROM spills WHERE hash = ?", arguments: [hash])
            guard let found else { continue }
            try copy.execute(
                sql: "INSERT INTO spills (hash, bytes) VALUES (?, ?)",
                arguments: StatementArguments(found.databaseValues)
            )
        }
        let format = try Int.fetchOne(copy, sql: "SELECT max(format) FROM events") ?? 0
        try copy.setMeta(.format, format)
    }

    /// Puts a new life in place under its lock.
    private static func beginning(at path: String, _ build: (LifeFile) throws -> Void) throws {
        let file = LifeFile(path)
        let lock = try LifeLock(lifeAt: file.path)
        defer { lock.release(atRest: false) }
        try file.place(build)
    }

    private static func copy(_ db: Database, to file: LifeFile) throws {
        try db.execute(sql: "VACUUM INTO ?", arguments: [file.path])
    }
}

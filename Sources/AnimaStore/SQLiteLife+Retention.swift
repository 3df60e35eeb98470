public import AnimaCore
import GRDB

// What a life need not keep for ever beside its events.
extension SQLiteLife {
    /// Deletes whole outputs of calls, images, and what takes changes of files back, to which nothing newer refers.
    ///
    /// Events are never changed: what they show of an output stays. What belongs to a turn that has not ended is left alone. All or
    /// nothing; the room is used again by what comes later.
    ///
    /// - Parameter moment: What an event from then on refers to is kept.
    /// - Returns: How many were deleted, and their bytes.
    @discardableResult
    public func deleteOutputs(before moment: Instant) async throws -> (count: Int, bytes: Int) {
        guard !isReadOnly else {
            throw StoreError(code: .readOnly, message: "can't delete outputs of \(path): it was opened to be read")
        }
        return try await perform("delete old outputs of") { [self] db in
            try db.atomically { try deleteOutputs(before: moment, db) }
        }
    }

    /// Does the same, if it was not done for this day yet.
    public func deleteOutputsOncePerDay(before moment: Instant) async throws {
        let isDone = try await perform("look at") { db in try db.meta(.outputsKept, as: Int64.self) == moment.day }
        if !isDone { try await deleteOutputs(before: moment) }
    }

    private func deleteOutputs(before moment: Instant, _ db: Database) throws -> (count: Int, bytes: Int) {
        try db.execute(sql: "CREATE TEMP TABLE IF NOT EXISTS kept (hash TEXT PRIMARY KEY); DELETE FROM temp.kept")
        let referring = """
            kind IN ('envelope.accepted', 'tool.finished', 'files.restored') AND (
                at >= ? OR (turn IS NOT NULL AND turn NOT IN (SELECT turn FROM turns)) OR seq IN (
                    SELECT seq FROM inbox WHERE turn IS NULL OR turn NOT IN (SELECT turn FROM turns)
                )
            )
            """
        try rows.forEach(db, where: referring, arguments: [moment.microseconds]) { event in
            for hash in event.fact.spillHashes {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO temp.kept (hash) VALUES (?)")
                    .execute(arguments: [hash])
            }
        }
        let old = "hash NOT IN (SELECT hash FROM temp.kept)"
        let row = try Row.fetchOne(db, sql: "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM spills WHERE \(old)")
        try db.execute(sql: "DELETE FROM spills WHERE \(old)")
        try db.setMeta(.outputsKept, moment.day)
        return (try row?.value(at: 0) ?? 0, try row?.value(at: 1) ?? 0)
    }
}

public import AnimaCore
import GRDB
import Synchronization

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

    /// Erases the texts of turns that have ended, and of what came with them; what is remembered stays.
    ///
    /// The events stay, without their texts (``Fact/erased``), so the life is folded as before. What waits, is open, on its way or still
    /// to be learned from is left alone. All or nothing; inbox, turns and what can be searched are made anew from what is left, and then
    /// the file, when the disk has as much room again.
    ///
    /// - Parameter moment: What happened from then on is kept.
    /// - Returns: How many events lost their texts.
    @discardableResult
    public func eraseHistory(before moment: Instant) async throws -> Int {
        guard !isReadOnly else {
            throw StoreError(code: .readOnly, message: "can't erase the past of \(path): it was opened to be read")
        }
        return try await perform("erase the old past of") { [self] db in
            let count = try db.atomically { try eraseHistory(before: moment, db) }
            guard count > 0 else { return 0 }
            vectors.withLock { $0 = [:] }
            // Written anew, the file is smaller, and has nothing of the texts in pages that were given up either. Without room on the disk
            // for that, those pages are used again by what comes later.
            try? db.execute(sql: "VACUUM")
            try? db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return count
        }
    }

    /// Does both where it is asked for, and each only if it was not done for this day yet.
    public func retain(outputsFrom outputs: Instant?, historyFrom history: Instant?) async throws {
        let done = try await perform("look at") { db in
            (try db.meta(.outputsKept, as: Int64.self), try db.meta(.historyKept, as: Int64.self))
        }
        if let history, done.1 != history.day { try await eraseHistory(before: history) }
        if let outputs, done.0 != outputs.day { try await deleteOutputs(before: outputs) }
    }

    private func eraseHistory(before moment: Instant, _ db: Database) throws -> Int {
        let state = try awakening(db).state()
        let busyTurns = Set(state.turns.map(\.id) + state.unlearned.map(\.turn))
        let busyEnvelopes = Set(
            state.inbox.map(\.envelope.id) + state.turns.map(\.envelope.id) + state.unlearned.map(\.envelope)
                + state.outbox.map(\.envelope.id)
        )
        func isBusy(_ event: Event) -> Bool {
            if let turn = event.turn, busyTurns.contains(turn) { return true }
            switch event.fact {
            case .envelopeAccepted(let fact): return busyEnvelopes.contains(fact.envelope.id)
            case .envelopeSent(let fact): return busyEnvelopes.contains(fact.envelope.id)
            default: return false
            }
        }
        let start = try db.meta(.erasedThrough, as: Int.self) ?? 0
        var through = start
        var isComplete = true
        var erased: [(seq: Int, body: String)] = []
        try rows.forEach(db, where: "seq > ? AND at < ? ORDER BY seq", arguments: [start, moment.microseconds]) {
            event in
            if isBusy(event) { isComplete = false }
            // What is left alone now is looked at again.
            if isComplete { through = event.seq }
            guard !isBusy(event), let fact = event.fact.erased else { return }
            erased.append((event.seq, String(decoding: try rows.coding.encode(fact), as: UTF8.self)))
        }
        for (seq, body) in erased {
            try db.cachedStatement(sql: "UPDATE events SET body = ?, format = ? WHERE seq = ?")
                .execute(arguments: [body, rows.coding.version, seq])
        }
        try db.setMeta(.erasedThrough, through)
        try db.setMeta(.historyKept, moment.day)
        guard !erased.isEmpty else { return 0 }
        try db.setMeta(.format, max(try db.meta(.format, as: Int.self) ?? 0, rows.coding.version))
        try ProjectionTables.main.rebuild(in: db, rows: rows)
        // The saved state may hold texts of turns that were open then.
        try db.execute(sql: "DELETE FROM snapshot")
        try db.execute(
            sql: "DELETE FROM vectors WHERE passage NOT IN (SELECT id FROM memories UNION SELECT id FROM episodes)"
        )
        return erased.count
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

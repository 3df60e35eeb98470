public import AnimaCore
import GRDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    public func append(_ batch: LifeBatch) async throws {
        guard !isReadOnly else {
            throw StoreError(
                code: .readOnly,
                message: "can't append to the life \(path): it was opened to be read; open it with SQLiteLife.open"
            )
        }
        try await perform("append to") { [self] db in
            // The position is used by the connection's queue alone, so nobody waits for this lock.
            try position.withLock { try append(batch, db, &$0) }
        }
    }

    private func append(_ batch: LifeBatch, _ db: Database, _ position: inout Position) throws {
        guard !position.isSuspect else {
            throw StoreError(
                code: .io,
                message: "can't append to the life \(path): the disk failed before; wake the life again first"
            )
        }
        let lastSeq = try position.lastSeq ?? lastSeq(db)
        position.lastSeq = lastSeq
        try check(batch, lastSeq: lastSeq)
        let snapshot = try batch.snapshot.map { ($0.lastSeq, try JSONEncoding.encode($0)) }
        do {
            try setFlushing(durability == .full && batch.isFlushed, db, &position)
            try db.atomically {
                for event in batch.events {
                    try rows.insert(event, in: db)
                    try ProjectionTables.main.take(event, in: db)
                }
                for turn in batch.endedTurns { try ProjectionTables.main.keep(turn, in: db) }
                for spill in batch.spills { try keep(spill, db) }
                if let (seq, body) = snapshot { try keep(snapshot: body, at: seq, db) }
                if position.format < coding.version, !batch.events.isEmpty { try db.setMeta(.format, coding.version) }
            }
        } catch {
            position.lastSeq = nil
            if let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR { position.isSuspect = true }
            throw error
        }
        forgetVectors(closedBy: batch.events)
        position.lastSeq = batch.events.last?.seq ?? lastSeq
        if !batch.events.isEmpty { position.format = max(position.format, coding.version) }
    }

    /// Refuses a batch that does not go on from the last event.
    private func check(_ batch: LifeBatch, lastSeq: Int) throws(StoreError) {
        var expected = lastSeq + 1
        for event in batch.events {
            guard event.seq == expected else {
                throw StoreError(
                    code: .conflict,
                    message: "can't append the event e\(event.seq) to the life \(path): e\(expected) is next; "
                        + "a second writer or a bug, wake the life again"
                )
            }
            expected += 1
        }
        if let snapshot = batch.snapshot, snapshot.lastSeq != expected - 1 {
            throw StoreError(
                code: .conflict,
                message: "can't save a state of e\(snapshot.lastSeq) in the life \(path) with events up to "
                    + "e\(expected - 1); a bug"
            )
        }
    }

    /// Says whether the next commit waits for the disk.
    ///
    /// A commit that does flushes everything before it too, so the order of what survives is kept.
    private func setFlushing(_ isFlushing: Bool, _ db: Database, _ position: inout Position) throws {
        guard position.isFlushing != isFlushing else { return }
        try db.cachedStatement(sql: isFlushing ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL").execute()
        position.isFlushing = isFlushing
    }

    private func keep(_ spill: LifeBatch.Spill, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO spills (hash, bytes) VALUES (?, ?)")
            .execute(arguments: [spill.hash, Data(spill.bytes)])
    }

    private func keep(snapshot body: [UInt8], at seq: Int, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO snapshot (id, seq, format, checksum, body) VALUES (1, ?, ?, ?, ?)"
        )
        .execute(arguments: [seq, projectionsVersion, Self.checksum(of: body), Data(body)])
    }

    /// A checksum that finds damage, not malice (FNV-1a, 64 bits).
    static func checksum(of bytes: some Sequence<UInt8>) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64(bitPattern: hash)
    }

    /// Saves the state at the end, so that the next waking reads few events.
    ///
    /// Reading an event takes about 10 µs. Whoever has the state at hand appends it instead, in a batch without events.
    func saveState(_ db: Database) throws {
        let past = try db.atOneMoment { try awakening(db) }
        guard past.tail.count >= 32 else { return }
        let state = past.state()
        let body = try JSONEncoding.encode(state)
        try db.atomically { try keep(snapshot: body, at: state.lastSeq, db) }
    }

    func lastSeq(_ db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT max(seq) FROM events")) ?? 0
    }
}

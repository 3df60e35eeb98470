public import AnimaCore
import GRDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    public func wake() async throws -> Awakening {
        try await perform("wake") { [self] db in
            if !isReadOnly { try position.withLock { try settle(db, &$0) } }
            return try db.atOneMoment { try awakening(db) }
        }
    }

    public func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try await perform("read events of") { [self] db in
            let count = max(limit, 0)
            guard let turn else {
                return try rows.fetch(db, where: "seq > ? ORDER BY seq LIMIT ?", arguments: [seq, count])
            }
            return try rows.fetch(
                db,
                where: "turn = ? AND seq > ? ORDER BY seq LIMIT ?",
                arguments: [turn.number, seq, count]
            )
        }
    }

    /// The events of some kinds, oldest first.
    public func events(ofKinds kinds: [Fact.Kind]) async throws -> [Event] {
        try await perform("read events of") { [self] db in
            let marks = kinds.map { _ in "?" }.joined(separator: ", ")
            let arguments = StatementArguments(kinds.map(\.rawValue))
            return try rows.fetch(db, where: "kind IN (\(marks)) ORDER BY seq", arguments: arguments)
        }
    }

    public func transcript(
        of conversation: ConversationID,
        bytes: Int
    ) async throws -> [TranscriptTurn] {
        try await perform("read a transcript of") { [self] db in
            let sql = "SELECT turn, bytes, body FROM turns WHERE conversation = ? ORDER BY turn DESC"
            let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [conversation.name])
            var turns: [TranscriptTurn] = []
            var sum = 0
            while let row = try found.next() {
                sum += try row.value(at: 1) as Int
                if sum > bytes { break }
                turns.append(try turn(from: row, body: 2))
            }
            return turns.reversed()
        }
    }

    public func summary(of conversation: ConversationID) async throws -> ConversationSummary? {
        try await perform("read a summary of") { [self] db in
            let newest = try rows.fetch(
                db,
                where: "kind = 'conversation.compacted' AND conversation = ? ORDER BY seq DESC LIMIT 1",
                arguments: [conversation.name]
            )
            guard case .conversationCompacted(let fact) = newest.first?.fact else { return nil }
            return fact.summary
        }
    }

    public func place(of turn: TurnID) async throws -> Int? {
        try await perform("read a turn of") { db in
            let sql = "SELECT inbox.seq FROM turns JOIN inbox ON inbox.envelope = turns.envelope WHERE turns.turn = ?"
            return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [turn.number])
        }
    }

    public func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try await perform("read a turn of") { [self] db in
            let sql =
                "SELECT turns.turn, body FROM inbox JOIN turns ON turns.turn = inbox.turn WHERE inbox.envelope = ?"
            let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [envelope.text])
            return try row.map { try turn(from: $0, body: 1) }
        }
    }

    public func hasTaken(_ envelope: EnvelopeID) async throws -> Bool {
        try await perform("look for an envelope in") { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM inbox WHERE envelope = ?)"
            return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [envelope.text]) ?? false
        }
    }

    public func spill(hash: String) async throws -> [UInt8]? {
        try await perform("read an output of") { db in
            let sql = "SELECT bytes FROM spills WHERE hash = ?"
            return try Data.fetchOne(db.cachedStatement(sql: sql), arguments: [hash]).map { Array($0) }
        }
    }

    /// A number that changes when another process has appended something; compared with an earlier one, to follow.
    public func dataVersion() async throws -> Int {
        try await perform("follow") { db in
            try Int.fetchOne(db.cachedStatement(sql: "PRAGMA data_version")) ?? 0
        }
    }

    /// What model calls cost, by day and model, oldest first.
    public func usage() async throws -> [DailyUsage] {
        try await perform("read the usage of") { db in
            let sql = """
                SELECT day, model, calls, input, cached, written, output, reasoning, microdollars FROM usage
                ORDER BY day, model
                """
            return try Row.fetchAll(db, sql: sql)
                .map { row in
                    DailyUsage(
                        day: Instant(microseconds: (try row.value(at: 0) as Int64) * 86_400_000_000),
                        model: try row.value(at: 1),
                        calls: try row.value(at: 2),
                        usage: Usage(
                            inputTokens: try row.value(at: 3),
                            cachedTokens: try row.value(at: 4),
                            cacheWriteTokens: try row.value(at: 5),
                            outputTokens: try row.value(at: 6),
                            reasoningTokens: try row.value(at: 7),
                            microdollars: try row.value(at: 8)
                        )
                    )
                }
        }
    }

    // MARK: Waking

    /// After a failed flush, brings the life onto the disk by another way than the journal that failed.
    private func settle(_ db: Database, _ position: inout Position) throws {
        position.lastSeq = nil
        guard position.isSuspect else { return }
        try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        position.isSuspect = false
    }

    func awakening(_ db: Database) throws -> Awakening {
        let lastSeq = try lastSeq(db)
        let snapshot = try usableSnapshot(db, lastSeq: lastSeq)
        var next = (snapshot?.lastSeq ?? 0) + 1
        var tail: [Event] = []
        tail.reserveCapacity(lastSeq - next + 1)
        try rows.forEach(db, where: "seq >= ? ORDER BY seq", arguments: [next]) { event in
            guard event.seq == next else { throw StoreError.corrupt(path, "the event e\(next) is missing") }
            tail.append(event)
            next += 1
        }
        return Awakening(snapshot: snapshot, tail: tail)
    }

    /// The saved state, unless it is damaged or of another version: the log has everything that it has.
    func usableSnapshot(_ db: Database, lastSeq: Int) throws -> AgentState? {
        let sql = "SELECT seq, format, checksum, body FROM snapshot WHERE id = 1"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql)) else { return nil }
        guard let seq = Int.fromDatabaseValue(row[0]), seq <= lastSeq,
            String.fromDatabaseValue(row[1]) == projectionsVersion,
            let body = Data.fromDatabaseValue(row[3]),
            Int64.fromDatabaseValue(row[2]) == Self.checksum(of: body),
            let state = try? JSONDecoder().decode(AgentState.self, from: body),
            state.lastSeq == seq
        else { return nil }
        return state
    }

    private func turn(from row: Row, body index: Int) throws -> TranscriptTurn {
        do {
            return try row.withUnsafeData(atIndex: index) { body in
                try JSONDecoder().decode(TranscriptTurn.self, from: body ?? Data())
            }
        } catch {
            let number = Int.fromDatabaseValue(row[0]) ?? 0
            throw StoreError(
                code: .corrupt,
                message: "the turn t\(number) of the life \(path) can't be read (\(error)); its events are kept, "
                    + "rebuild the projections"
            )
        }
    }
}

/// What the calls of a model cost on one day.
public struct DailyUsage: Hashable, Sendable {
    /// The beginning of the day, UTC.
    public let day: Instant
    /// The model's name.
    public let model: String
    /// How many calls were answered.
    public let calls: Int
    /// What they cost.
    public let usage: Usage
}

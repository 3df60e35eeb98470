public import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    public func wake() async throws -> Awakening {
        try await perform("read") { [self] db, _ in try reader(db).awakening() }
    }

    public func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try await perform("read") { [self] db, _ in try reader(db).events(after: seq, turn: turn, limit: limit) }
    }

    public func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] {
        try await perform("read") { db, _ in
            let sql = "SELECT bytes, body FROM turns WHERE conversation = ? ORDER BY turn DESC"
            let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: [conversation.name])
            var turns: [TranscriptTurn] = []
            var left = bytes
            while let row = try rows.next() {
                left -= row[0] as Int
                if left < 0 { break }
                turns.append(try LifeJSON.decode(TranscriptTurn.self, from: row[1] as Data))
            }
            return turns.reversed()
        }
    }

    public func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try await perform("read") { db, _ in
            let sql = "SELECT body FROM turns WHERE envelope = ?"
            return try Data.fetchOne(db, sql: sql, arguments: [envelope.text])
                .map { try LifeJSON.decode(TranscriptTurn.self, from: $0) }
        }
    }

    public func spill(hash: String) async throws -> [UInt8]? {
        try await perform("read") { db, _ in
            try Data.fetchOne(db, sql: "SELECT bytes FROM spills WHERE hash = ?", arguments: [hash]).map(Array.init)
        }
    }

    public func memories(matching query: String, limit: Int) async throws -> [Memory] {
        try await perform("search") { db, _ in
            let newest = "SELECT id, text, trust, at FROM memories ORDER BY id DESC LIMIT ?"
            let best = """
                SELECT id, memories.text, trust, at FROM memory_index JOIN memories ON id = memory_index.rowid
                WHERE memory_index MATCH ? ORDER BY rank, id DESC LIMIT ?
                """
            let rows: [Row]
            if query.allSatisfy(\.isWhitespace) {
                rows = try Row.fetchAll(db, sql: newest, arguments: [max(limit, 0)])
            } else if let pattern = FTS5Pattern(matchingAnyTokenIn: query) {
                rows = try Row.fetchAll(db, sql: best, arguments: [pattern, max(limit, 0)])
            } else {
                rows = []
            }
            return rows.map { row in
                Memory(
                    id: row[0],
                    text: String(decoding: row[1] as Data, as: UTF8.self),
                    trust: Trust(rawValue: row[2]) ?? .untrusted,
                    storedAt: Instant(microseconds: row[3])
                )
            }
        }
    }

    /// A number that changes when another process has written the life.
    public func dataVersion() async throws -> Int {
        try await perform("read") { db, _ in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
    }

    func reader(_ db: Database) -> LifeReader { LifeReader(db: db, coding: coding, path: path) }
}

/// Reads events and what they amount to.
struct LifeReader {
    let db: Database
    let coding: EventCoding
    let path: String

    func awakening() throws -> Awakening {
        let snapshot = try snapshot()
        return Awakening(
            snapshot: snapshot,
            tail: try events(after: snapshot?.lastSeq ?? 0, turn: nil, limit: .max)
        )
    }

    /// The saved state, unless it is of another form, damaged, or ahead of the log; then the log alone counts.
    func snapshot() throws -> AgentState? {
        let sql = "SELECT hash, body FROM snapshot WHERE format = ? AND seq <= (SELECT max(seq) FROM events)"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [LifeJSON.snapshotFormat]) else { return nil }
        let body: Data = row[1]
        guard ContentHash.hexadecimal(of: Array(body)) == row[0] as String else { return nil }
        return try? LifeJSON.decode(AgentState.self, from: body)
    }

    func events(after seq: Int, turn: TurnID?, limit: Int) throws -> [Event] {
        var events: [Event] = []
        try forEachEvent(after: seq, turn: turn, limit: limit) { events.append($0) }
        return events
    }

    func forEachEvent(after seq: Int, turn: TurnID? = nil, limit: Int = .max, _ body: (Event) throws -> Void) throws {
        let filter = turn == nil ? "" : " AND turn = ?"
        let sql = "SELECT * FROM events WHERE seq > ?\(filter) ORDER BY seq LIMIT ?"
        var arguments: [any DatabaseValueConvertible] = [seq]
        if let turn { arguments.append(turn.number) }
        arguments.append(max(limit, 0))
        let rows = try Row.fetchCursor(
            try db.cachedStatement(sql: sql),
            arguments: StatementArguments(arguments)
        )
        while let row = try rows.next() { try body(event(row)) }
    }

    private func event(_ row: Row) throws -> Event {
        let seq: Int = row[0]
        do {
            let fact = try coding.decode(kind: row[2], version: row[8], body: row[9] as Data)
            return Event(
                seq: seq,
                at: Instant(microseconds: row[1]),
                agent: try AgentID(row[3]),
                conversation: try (row[4] as String?).map { try ConversationID($0) },
                turn: (row[5] as Int?).map { TurnID($0) },
                step: row[6],
                cause: row[7],
                fact: fact
            )
        } catch let error as EventCodingError {
            let isNewer = if case .newer = error.problem { true } else { error.problem == .unknownKind }
            throw StoreError(
                code: isNewer ? .newer : .corrupt,
                message: "event \(seq) of the life at \(path) can't be read: \(error); the life is left alone"
            )
        } catch {
            throw StoreError(
                code: .corrupt,
                message: "event \(seq) of the life at \(path) can't be read: \(error); the life is left alone"
            )
        }
    }
}

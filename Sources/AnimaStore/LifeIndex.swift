import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What is known of a life's passages while its connection is in hand.
struct LifeIndex: RecallIndex {
    static let memoryColumns = """
        id, text, kind, subject, importance, conversation, turn, speaker, source, call, trust, at, about_start, about_end, \
        supersedes, closed_by
        """

    let db: Database
    let rows: EventRow
    /// The vectors of an embedder, when there are any.
    let vectors: (String) throws -> VectorMatrix?

    func extent(of shelf: RecallShelf) throws -> (passages: Int, terms: Int, newest: Int) {
        let newest = try Int.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM \(shelf.table)")) ?? 0
        // FTS5 keeps the number of rows and of tokens for its own ranking, as two varints in this row ("averages" in
        // its source); counting them would read the whole table.
        let sql = "SELECT block FROM \(shelf.words)_data WHERE id = 1"
        let block = try Data.fetchOne(db.cachedStatement(sql: sql)) ?? Data()
        var numbers: [Int] = []
        var number: UInt64 = 0
        for byte in block where numbers.count < 2 {
            number = number << 7 | UInt64(byte & 0x7F)
            guard byte & 0x80 == 0 else { continue }
            numbers.append(Int(truncatingIfNeeded: number))
            number = 0
        }
        return (numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0, newest)
    }

    func postings(of terms: [String], in shelf: RecallShelf, limit: Int) throws -> [Int] {
        // Terms have no quotation marks, and nothing else that a quoted string would not be.
        let pattern = terms.map { "\"\($0)\"" }.joined(separator: " AND ")
        let words = shelf.words
        let sql = "SELECT rowid FROM \(words) WHERE \(words) MATCH ? ORDER BY rowid DESC LIMIT ?"
        return try Int.fetchAll(db.cachedStatement(sql: sql), arguments: [pattern, limit])
    }

    func newest(in shelf: RecallShelf, before id: Int, time: TimeSpan?, limit: Int) throws -> [Int] {
        guard let time else {
            let sql = "SELECT id FROM \(shelf.table) WHERE id < ? ORDER BY id DESC LIMIT ?"
            return try Int.fetchAll(db.cachedStatement(sql: sql), arguments: [id, limit])
        }
        let moment = shelf == .memories ? "moment" : "at"
        let sql = """
            SELECT id FROM \(shelf.table) WHERE \(moment) >= ? AND (\(moment) < ? OR \(moment) = ?) AND id < ?
            ORDER BY id DESC LIMIT ?
            """
        let start = time.start.microseconds
        return try Int.fetchAll(
            db.cachedStatement(sql: sql),
            arguments: [start, time.end.microseconds, start, id, limit]
        )
    }

    func passages(_ ids: [Int], in shelf: RecallShelf) throws -> [Passage] {
        switch shelf {
        case .memories: try ids.compactMap { try memory($0).map { .memory($0) } }
        case .episodes: try ids.compactMap { try episode($0).map { .episode($0) } }
        }
    }

    func episode(in conversation: ConversationID, at place: Int) throws -> Int? {
        let sql = "SELECT id FROM episodes WHERE conversation = ? AND place = ?"
        return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [conversation.name, place])
    }

    func isName(_ term: String) throws -> Bool {
        let sql = "SELECT 1 FROM names WHERE term = ?"
        return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [term]) != nil
    }

    func nearest(to vector: QueryVector, limit: Int) throws -> [(id: Int, cosine: Double)] {
        guard let quantized = VectorMatrix.Quantized(vector.values), let matrix = try vectors(vector.embedder) else {
            return []
        }
        return matrix.nearest(to: quantized, limit: limit)
    }

    // MARK: Passages

    func memory(_ id: Int) throws -> Memory? {
        let sql = "SELECT \(Self.memoryColumns) FROM memories WHERE id = ?"
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]).map { try Self.memory(from: $0) }
    }

    func episode(_ id: Int) throws -> Episode? {
        let sql = "SELECT place FROM episodes WHERE id = ?"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else { return nil }
        let place = Int.fromDatabaseValue(row[0])
        guard let event = try rows.fetch(db, where: "seq = ?", arguments: [id]).first else { return nil }
        return Episode(event, place: place)
    }

    /// Reads a row of ``memoryColumns``.
    static func memory(from row: Row) throws -> Memory {
        guard let kind = Memory.Kind(rawValue: try row.value(at: 2)) else { throw ColumnError(column: 2) }
        guard let trust = Trust(rawValue: try row.value(at: 10)) else { throw ColumnError(column: 10) }
        func text(_ column: Int) -> String? {
            Data.fromDatabaseValue(row[column]).map { String(decoding: $0, as: UTF8.self) }
        }
        func number(_ column: Int) -> Int? { Int.fromDatabaseValue(row[column]) }
        func instant(_ column: Int) -> Instant? {
            Int64.fromDatabaseValue(row[column]).map(Instant.init(microseconds:))
        }
        let supersedes = String.fromDatabaseValue(row[14]) ?? ""
        var about: TimeSpan?
        if let start = instant(12), let end = instant(13) { about = TimeSpan(start: start, end: end) }
        let source = Memory.Source(
            conversation: try String.fromDatabaseValue(row[5]).map { try ConversationID($0) },
            turn: number(6).map { TurnID($0) },
            speaker: text(7),
            event: number(8),
            call: String.fromDatabaseValue(row[9]).flatMap { ToolCallID(text: $0) }
        )
        return Memory(
            id: try row.value(at: 0),
            text: String(decoding: try row.value(at: 1) as Data, as: UTF8.self),
            kind: kind,
            subject: text(3),
            importance: try row.value(at: 4),
            source: source,
            trust: trust,
            storedAt: Instant(microseconds: try row.value(at: 11)),
            about: about,
            supersedes: supersedes.split(separator: " ").compactMap { Int($0) },
            closedBy: number(15)
        )
    }
}

extension RecallShelf {
    fileprivate var table: String {
        switch self {
        case .memories: "memories"
        case .episodes: "episodes"
        }
    }

    fileprivate var words: String {
        switch self {
        case .memories: "memory_words"
        case .episodes: "episode_words"
        }
    }
}

import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The tables that are computed from the events: inbox, turns, memories, usage.
///
/// The same code writes the real ones and, to compare with them, temporary ones.
struct ProjectionTables: Sendable {
    /// The real tables.
    static let main = ProjectionTables(schema: "main")
    /// Temporary tables of the same names.
    static let temporary = ProjectionTables(schema: "temp")

    /// The columns by which two sets of tables are compared.
    static let columns = [
        (table: "inbox", columns: "envelope, seq, conversation, kind, sender, at, turn"),
        (table: "turns", columns: "turn, conversation, envelope, ended_at, outcome, bytes, body"),
        (table: "memories", columns: "id, text, trust, at"),
        (table: "usage", columns: "day, model, calls, input, cached, written, output, reasoning, microdollars"),
    ]

    private let schema: String
    private let isMain: Bool
    private let insertEnvelope: String
    private let openTurn: String
    private let addUsage: String
    private let insertMemory: String
    private let insertTurn: String

    private init(schema: String) {
        self.schema = schema
        isMain = schema == "main"
        insertEnvelope = """
            INSERT INTO \(schema).inbox (envelope, seq, conversation, kind, sender, at) VALUES (?, ?, ?, ?, ?, ?)
            """
        openTurn = "UPDATE \(schema).inbox SET turn = ? WHERE envelope = ?"
        addUsage = """
            INSERT INTO \(schema).usage (day, model, calls, input, cached, written, output, reasoning, microdollars)
            VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (day, model) DO UPDATE SET calls = calls + 1, input = input + excluded.input,
            cached = cached + excluded.cached, written = written + excluded.written,
            output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
            microdollars = microdollars + excluded.microdollars
            """
        insertMemory = "INSERT INTO \(schema).memories (id, text, trust, at) VALUES (?, ?, ?, ?)"
        insertTurn = """
            INSERT INTO \(schema).turns (turn, conversation, envelope, ended_at, outcome, bytes, body)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
    }

    /// What makes the tables.
    ///
    /// Memories are kept as blobs: a text may contain the character NUL, at which SQLite's text values end.
    var sql: String {
        """
        CREATE TABLE \(schema).inbox (
            envelope TEXT PRIMARY KEY, seq INTEGER NOT NULL, conversation TEXT NOT NULL, kind TEXT NOT NULL,
            sender TEXT NOT NULL, at INTEGER NOT NULL, turn INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE \(schema).turns (
            turn INTEGER PRIMARY KEY, conversation TEXT NOT NULL, envelope TEXT NOT NULL, ended_at INTEGER NOT NULL,
            outcome TEXT NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL
        );
        CREATE TABLE \(schema).memories (
            id INTEGER PRIMARY KEY, text BLOB NOT NULL, trust TEXT NOT NULL, at INTEGER NOT NULL
        );
        CREATE TABLE \(schema).usage (
            day INTEGER NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, input INTEGER NOT NULL,
            cached INTEGER NOT NULL, written INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
            microdollars INTEGER NOT NULL, PRIMARY KEY (day, model)
        ) WITHOUT ROWID;
        CREATE INDEX \(schema).turns_conversation ON turns (conversation, turn);
        CREATE INDEX \(schema).turns_envelope ON turns (envelope);
        """
    }

    /// Makes empty tables in the place of those that are there.
    func replace(in db: Database) throws {
        for (table, _) in Self.columns { try db.execute(sql: "DROP TABLE IF EXISTS \(schema).\(table)") }
        try db.execute(sql: sql)
    }

    /// Takes an event into account.
    ///
    /// - Throws: ``StoreError`` `.duplicateEnvelope`; what GRDB throws.
    func take(_ event: Event, in db: Database) throws {
        switch event.fact {
        case .lifeBegan(let fact):
            if isMain { try db.setMeta(.life, fact.life.text) }
        case .envelopeAccepted(let fact): try take(fact.envelope, event, in: db)
        case .turnOpened(let fact):
            try db.cachedStatement(sql: openTurn).execute(arguments: [event.turn?.number, fact.envelope.text])
        case .modelReplied(let fact):
            let usage = fact.usage
            try db.cachedStatement(sql: addUsage)
                .execute(arguments: [
                    event.at.day, fact.model, usage.inputTokens, usage.cachedTokens, usage.cacheWriteTokens,
                    usage.outputTokens, usage.reasoningTokens, usage.microdollars,
                ])
        case .memoryStored(let fact):
            let text = Data(fact.text.utf8)
            try db.cachedStatement(sql: insertMemory)
                .execute(arguments: [event.seq, text, fact.trust.rawValue, event.at.microseconds])
            if isMain {
                try db.cachedStatement(sql: "INSERT INTO memories_fts (rowid, text) VALUES (?, ?)")
                    .execute(arguments: [event.seq, text])
            }
        case .agentConfigured, .agentWoke, .modelFailed, .approvalAsked, .approvalDecided, .toolStarted, .toolFinished,
            .turnClosing, .turnEnded, .filesRestored:
            break
        }
    }

    private func take(_ envelope: Envelope, _ event: Event, in db: Database) throws {
        do {
            try db.cachedStatement(sql: insertEnvelope)
                .execute(arguments: [
                    envelope.id.text, event.seq, envelope.conversation.name, envelope.kind.rawValue,
                    envelope.sender.description, event.at.microseconds,
                ])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw StoreError(
                code: .duplicateEnvelope(envelope.id),
                message: "the envelope \(envelope.id) is in the life already; nothing was appended"
            )
        }
    }

    /// Keeps an ended turn.
    func keep(_ turn: TranscriptTurn, in db: Database) throws {
        let body = try LifeJSON.encode(turn)
        try db.cachedStatement(sql: insertTurn)
            .execute(arguments: [
                turn.id.number, turn.input.conversation.name, turn.input.id.text, turn.ending?.at.microseconds ?? 0,
                turn.ending?.end.name ?? "", turn.approximateBytes, String(decoding: body, as: UTF8.self),
            ])
    }

    /// Writes the tables anew from the log; to be called in a transaction.
    ///
    /// - Parameter visit: Sees each event and the state after it.
    /// - Returns: The fold of the log.
    @discardableResult
    func rebuild(
        in db: Database,
        rows: EventRow,
        visit: (Event, AgentState) throws -> Void = { _, _ in }
    ) throws -> AgentState {
        if isMain {
            try db.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [MetaKey.life.rawValue])
            try db.execute(sql: "INSERT INTO memories_fts (memories_fts) VALUES ('delete-all')")
        }
        for (table, _) in Self.columns { try db.execute(sql: "DELETE FROM \(schema).\(table)") }
        var state = AgentState()
        try rows.forEach(db, where: "true ORDER BY seq") { event in
            try take(event, in: db)
            if let turn = state.apply(event) { try keep(turn, in: db) }
            try visit(event, state)
        }
        return state
    }
}

/// The JSON that projections and snapshots are kept in; the same value gives the same bytes.
enum LifeJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// A checksum that finds damage, not malice (FNV-1a, 64 bits).
    static func checksum(of data: Data) -> Int64 {
        data.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return Int64(bitPattern: hash)
        }
    }
}

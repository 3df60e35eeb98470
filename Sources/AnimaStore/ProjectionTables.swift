import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The tables that are computed from the events: inbox, turns, memories, episodes, usage.
///
/// The same code writes the real ones and, to compare with them, temporary ones.
struct ProjectionTables: Sendable {
    /// The real tables.
    static let main = ProjectionTables(schema: "main")
    /// Temporary tables of the same names.
    static let temporary = ProjectionTables(schema: "temp", isIndexed: false)
    /// Temporary tables of the same names, in which can be searched.
    static let cover = ProjectionTables(schema: "temp")

    /// The columns by which two sets of tables are compared.
    static let columns = [
        (table: "inbox", columns: "envelope, seq, conversation, kind, sender, at, turn"),
        (table: "turns", columns: "turn, conversation, envelope, ended_at, outcome, bytes, body"),
        (
            table: "memories",
            columns:
                "id, text, kind, subject, importance, conversation, turn, speaker, source, call, trust, at, moment, "
                + "about_start, about_end, supersedes, closed_by"
        ),
        (table: "episodes", columns: "id, conversation, place, at"),
        (table: "names", columns: "term"),
        (table: "usage", columns: "day, model, calls, input, cached, written, output, reasoning, microdollars"),
    ]

    /// The tables in which words are looked up; they hold no text, only which passages have a term.
    private static let words = ["memory_words", "episode_words"]

    private let schema: String
    private let isMain: Bool
    /// Whether words are indexed too; tables that are only compared have no use for it.
    private let isIndexed: Bool
    private let insertEnvelope: String
    private let openTurn: String
    private let addUsage: String
    private let insertMemory: String
    private let closeMemory: String
    private let restoreMemory: String
    private let indexMemory: String
    private let lastPlace: String
    private let insertEpisode: String
    private let indexEpisode: String
    private let insertName: String
    private let insertTurn: String

    private init(schema: String, isIndexed: Bool = true) {
        self.schema = schema
        self.isIndexed = isIndexed
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
        insertMemory = """
            INSERT INTO \(schema).memories (id, text, kind, subject, importance, conversation, turn, speaker, source, call,
            trust, at, moment, about_start, about_end, supersedes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        closeMemory = "UPDATE \(schema).memories SET closed_by = ? WHERE id = ? AND id < ? AND closed_by IS NULL"
        restoreMemory = "UPDATE \(schema).memories SET closed_by = NULL WHERE id = ? AND id < ?"
        indexMemory = "INSERT INTO \(schema).memory_words (rowid, terms) VALUES (?, ?)"
        lastPlace = "SELECT max(place) FROM \(schema).episodes WHERE conversation = ? AND place IS NOT NULL"
        insertEpisode = "INSERT INTO \(schema).episodes (id, conversation, place, at) VALUES (?, ?, ?, ?)"
        indexEpisode = "INSERT INTO \(schema).episode_words (rowid, terms) VALUES (?, ?)"
        insertName = "INSERT OR IGNORE INTO \(schema).names (term) VALUES (?)"
        insertTurn = """
            INSERT INTO \(schema).turns (turn, conversation, envelope, ended_at, outcome, bytes, body)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
    }

    /// What makes the tables.
    ///
    /// Texts of memories are kept as blobs: a text may contain the character NUL, at which SQLite's text values end.
    /// The text of an episode is in its event only.
    var sql: String {
        """
        \(isIndexed ? wordsSQL : "")
        CREATE TABLE \(schema).inbox (
            envelope TEXT PRIMARY KEY, seq INTEGER NOT NULL, conversation TEXT NOT NULL, kind TEXT NOT NULL,
            sender TEXT NOT NULL, at INTEGER NOT NULL, turn INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE \(schema).turns (
            turn INTEGER PRIMARY KEY, conversation TEXT NOT NULL, envelope TEXT NOT NULL, ended_at INTEGER NOT NULL,
            outcome TEXT NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL
        );
        CREATE TABLE \(schema).memories (
            id INTEGER PRIMARY KEY, text BLOB NOT NULL, kind TEXT NOT NULL, subject BLOB, importance INTEGER NOT NULL,
            conversation TEXT, turn INTEGER, speaker BLOB, source INTEGER, call TEXT, trust TEXT NOT NULL,
            at INTEGER NOT NULL, moment INTEGER NOT NULL, about_start INTEGER, about_end INTEGER, supersedes TEXT,
            closed_by INTEGER
        );
        CREATE TABLE \(schema).episodes (
            id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, place INTEGER, at INTEGER NOT NULL
        );
        CREATE TABLE \(schema).names (term TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE \(schema).usage (
            day INTEGER NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, input INTEGER NOT NULL,
            cached INTEGER NOT NULL, written INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
            microdollars INTEGER NOT NULL, PRIMARY KEY (day, model)
        ) WITHOUT ROWID;
        CREATE INDEX \(schema).turns_conversation ON turns (conversation, turn);
        CREATE INDEX \(schema).turns_envelope ON turns (envelope);
        CREATE INDEX \(schema).memories_moment ON memories (moment);
        CREATE INDEX \(schema).episodes_place ON episodes (conversation, place) WHERE place IS NOT NULL;
        CREATE INDEX \(schema).episodes_at ON episodes (at);
        """
    }

    /// What makes the tables in which words are looked up.
    ///
    /// They are given the terms of `TextAnalysis`, which hold nothing at which this tokenizer would cut them.
    private var wordsSQL: String {
        Self.words
            .map { table in
                """
                CREATE VIRTUAL TABLE \(schema).\(table) USING fts5(terms, content = '', detail = none, tokenize = 'ascii');
                """
            }
            .joined(separator: "\n")
    }

    /// Makes empty tables in the place of those that are there.
    func replace(in db: Database) throws {
        try remove(from: db)
        try db.execute(sql: sql)
    }

    /// Drops the tables.
    func remove(from db: Database) throws {
        for table in Self.columns.map(\.table) + Self.words {
            try db.execute(sql: "DROP TABLE IF EXISTS \(schema).\(table)")
        }
    }

    /// Takes an event into account.
    ///
    /// - Throws: ``StoreError`` `.duplicateEnvelope`; what GRDB throws.
    func take(_ event: Event, in db: Database) throws {
        switch event.fact {
        case .lifeBegan(let fact):
            if isMain { try db.setMeta(.life, fact.life.text) }
        case .envelopeAccepted(let fact): try take(fact.envelope, event, in: db)
        case .turnOpened(let fact): try note(event.turn, of: fact.envelope, in: db)
        case .envelopeJoined(let fact): try note(event.turn, of: fact.envelope, in: db)
        case .modelReplied(let fact): try count(fact.usage, of: fact.model, at: event.at, in: db)
        case .memoryLearned(let fact):
            if let usage = fact.usage { try count(usage, of: fact.model ?? fact.by, at: event.at, in: db) }
        case .conversationCompacted(let fact):
            if let usage = fact.usage { try count(usage, of: fact.model ?? fact.by, at: event.at, in: db) }
        case .memoryStored(let fact):
            if let memory = Memory(event) { try keep(memory, in: db) }
            try close(fact.supersedes ?? [], by: event.seq, in: db)
        case .memoryForgotten(let fact): try close(fact.memories, by: event.seq, in: db)
        case .memoryConsolidated(let fact):
            if let usage = fact.usage { try count(usage, of: fact.model ?? fact.by, at: event.at, in: db) }
            try close(fact.aged, by: event.seq, in: db)
        case .memoryRestored(let fact):
            for id in fact.memories {
                try db.cachedStatement(sql: restoreMemory).execute(arguments: [id, event.seq])
            }
        case .agentConfigured, .agentWoke, .envelopeSent, .envelopeDelayed, .envelopeSettled, .modelFailed,
            .approvalAsked, .approvalDecided, .grantsForgotten, .topicsChanged, .childLost, .envelopeDropped,
            .toolStarted, .toolWaiting,
            .toolFinished, .turnClosing,
            .turnEnded,
            .blockEdited,
            .filesRestored:
            break
        }
        if let episode = Episode(event, place: nil) { try keep(episode, in: db) }
    }

    /// Says in which turn an envelope is worked on.
    private func note(_ turn: TurnID?, of envelope: EnvelopeID, in db: Database) throws {
        try db.cachedStatement(sql: openTurn).execute(arguments: [turn?.number, envelope.text])
    }

    private func count(_ usage: Usage, of model: String, at moment: Instant, in db: Database) throws {
        try db.cachedStatement(sql: addUsage)
            .execute(arguments: [
                moment.day, model, usage.inputTokens, usage.cachedTokens, usage.cacheWriteTokens, usage.outputTokens,
                usage.reasoningTokens, usage.microdollars,
            ])
    }

    private func keep(_ memory: Memory, in db: Database) throws {
        // One by one: the compiler takes long over a list of so many kinds of values.
        var values: [(any DatabaseValueConvertible)?] = [memory.id, Data(memory.text.utf8), memory.kind.rawValue]
        values.append(memory.subject.map { Data($0.utf8) })
        values.append(memory.importance)
        values.append(memory.source.conversation?.name)
        values.append(memory.source.turn?.number)
        values.append(memory.source.speaker.map { Data($0.utf8) })
        values.append(memory.source.event)
        values.append(memory.source.call?.description)
        values.append(memory.trust.rawValue)
        values.append(memory.storedAt.microseconds)
        values.append((memory.about?.start ?? memory.storedAt).microseconds)
        values.append(memory.about?.start.microseconds)
        values.append(memory.about?.end.microseconds)
        values.append(
            memory.supersedes.isEmpty ? nil : memory.supersedes.map(String.init).joined(separator: " ")
        )
        try db.cachedStatement(sql: insertMemory).execute(arguments: StatementArguments(values))
        guard isIndexed else { return try keepNames(of: .memory(memory), in: db) }
        let terms = TextAnalysis.terms(of: memory.indexedText).joined(separator: " ")
        try db.cachedStatement(sql: indexMemory).execute(arguments: [memory.id, terms])
        try keepNames(of: .memory(memory), in: db)
    }

    private func keep(_ episode: Episode, in db: Database) throws {
        var place: Int?
        if episode.role != .result {
            let statement = try db.cachedStatement(sql: lastPlace)
            place = (try Int.fetchOne(statement, arguments: [episode.conversation.name]) ?? 0) + 1
        }
        try db.cachedStatement(sql: insertEpisode)
            .execute(arguments: [episode.id, episode.conversation.name, place, episode.at.microseconds])
        try keepNames(of: .episode(episode), in: db)
        guard isIndexed else { return }
        let terms = TextAnalysis.terms(of: episode.text).joined(separator: " ")
        try db.cachedStatement(sql: indexEpisode).execute(arguments: [episode.id, terms])
    }

    private func keepNames(of passage: Passage, in db: Database) throws {
        for term in RecallCandidate.names(of: passage) {
            try db.cachedStatement(sql: insertName).execute(arguments: [term])
        }
    }

    /// Closes memories, and takes their vectors away.
    private func close(_ ids: [Int], by event: Int, in db: Database) throws {
        for id in ids {
            try db.cachedStatement(sql: closeMemory).execute(arguments: [event, id, event])
            if isMain, db.changesCount > 0 {
                try db.cachedStatement(sql: "DELETE FROM main.vectors WHERE passage = ?").execute(arguments: [id])
            }
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
        let body = try JSONEncoding.encode(turn)
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
        }
        if isIndexed {
            for table in Self.words {
                try db.execute(sql: "INSERT INTO \(schema).\(table) (\(table)) VALUES ('delete-all')")
            }
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

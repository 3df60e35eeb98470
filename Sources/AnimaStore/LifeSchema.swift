import AnimaCore
import GRDB

/// The tables of a life.
enum LifeSchema {
    /// Marks the file as a life of Anima: "ANIM" (`PRAGMA application_id`).
    static let applicationID = 0x414E_494D

    /// What brings a file from each version to the next one; the first makes an empty file version 1.
    ///
    /// The version is kept in `PRAGMA user_version`. Steps are only ever added.
    static let steps: [String] = [
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, conversation TEXT,
            turn INTEGER, step INTEGER, cause INTEGER, format INTEGER NOT NULL, body TEXT NOT NULL
        );
        CREATE INDEX events_turn ON events (turn) WHERE turn IS NOT NULL;
        CREATE TABLE spills (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE snapshot (
            id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, format TEXT NOT NULL, checksum INTEGER NOT NULL,
            body BLOB NOT NULL
        );
        \(ProjectionTables.main.sql)
        """,
        // What the first version made for searching is in the projections now; they are made anew after a migration.
        """
        DROP TABLE IF EXISTS memories_fts;
        CREATE TABLE embedders (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dimensions INTEGER NOT NULL
        );
        CREATE TABLE vectors (
            embedder INTEGER NOT NULL, passage INTEGER NOT NULL, scale REAL NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (embedder, passage)
        ) WITHOUT ROWID;
        CREATE INDEX vectors_passage ON vectors (passage);
        """,
        // A conversation's newest summary is found without reading what it stands for.
        """
        CREATE INDEX IF NOT EXISTS events_compacted ON events (conversation, seq) WHERE kind = 'conversation.compacted';
        """,
    ]

    /// The version of this program.
    static var version: Int { steps.count }

    /// Brings a file up to date; does nothing to a current one.
    ///
    /// - Throws: ``StoreError`` `.newer` for a file of a newer program.
    static func migrate(_ db: Database, path: String) throws {
        let found = try version(of: db)
        guard found <= version else {
            throw StoreError(
                code: .newer,
                message: "the life \(path) has schema \(found), this program knows up to \(version); use a newer anima"
            )
        }
        guard found < version else { return }
        try db.atomically {
            for step in steps[found...] { try db.execute(sql: step) }
            try db.execute(sql: "PRAGMA user_version = \(version); PRAGMA application_id = \(applicationID)")
        }
    }

    /// The version of an open file.
    static func version(of db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }
}

/// The keys of the table `meta`.
enum MetaKey: String {
    /// The agent's name.
    case agent
    /// The identity of the life, from the last `life.began`.
    case life
    /// The highest version of ``EventCoding`` that an event was written in.
    case format
    /// What wrote the projections, see ``SQLiteLife/projectionsVersion``.
    case projections
    /// The day from which on whole outputs were kept when old ones were deleted last.
    case outputsKept
    /// The day from which on the past was kept when old texts were erased last.
    case historyKept
    /// The event up to which nothing is left to erase.
    case erasedThrough
}

extension Database {
    func meta<Value: DatabaseValueConvertible>(_ key: MetaKey, as type: Value.Type = Value.self) throws -> Value? {
        try Value.fetchOne(
            cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"),
            arguments: [key.rawValue]
        )
    }

    func setMeta(_ key: MetaKey, _ value: some DatabaseValueConvertible) throws {
        try cachedStatement(sql: "INSERT OR REPLACE INTO main.meta (key, value) VALUES (?, ?)")
            .execute(arguments: [key.rawValue, value])
    }

    /// Does some work in one transaction; nothing of it stays when it throws.
    ///
    /// GRDB's own transactions compile their statements anew each time.
    func atomically<Value>(_ work: () throws -> Value) throws -> Value {
        try cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        do {
            let value = try work()
            try cachedStatement(sql: "COMMIT").execute()
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Does some reading that sees the life at one moment.
    func atOneMoment<Value>(_ work: () throws -> Value) throws -> Value {
        try cachedStatement(sql: "BEGIN").execute()
        defer { rollBack() }
        return try work()
    }

    private func rollBack() {
        // After some errors SQLite has rolled back by itself.
        if isInsideTransaction { try? execute(sql: "ROLLBACK") }
    }
}

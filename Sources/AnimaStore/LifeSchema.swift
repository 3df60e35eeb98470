import AnimaCore
import GRDB

/// The tables of a life and how older ones become current.
///
/// `events` is the life; all other tables are projections of it, written in the same transaction, and can be rebuilt.
enum LifeSchema {
    /// Marks a file as a life of Anima: "ANIM".
    ///
    /// Source: SQLite, `PRAGMA application_id`.
    static let applicationID: Int32 = 0x414E_494D

    /// The number of migrations; `PRAGMA user_version` of a current file.
    static var version: Int { migrations.count }

    /// Each brings a file from the version of its index to the next.
    private static let migrations: [String] = [first]

    /// The projections' tables, for a rebuild.
    static let projections = ["inbox", "turns", "memories", "memory_index", "usage"]

    // Texts that may hold NUL are BLOBs: SQLite's text ends there.
    private static let first = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL,
            conversation TEXT, turn INTEGER, step INTEGER, cause INTEGER, format INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX events_turn ON events(turn) WHERE turn IS NOT NULL;
        CREATE TABLE inbox (
            envelope TEXT PRIMARY KEY, seq INTEGER NOT NULL, conversation TEXT NOT NULL, kind TEXT NOT NULL,
            sender TEXT NOT NULL, at INTEGER NOT NULL, turn INTEGER) WITHOUT ROWID;
        CREATE TABLE turns (
            turn INTEGER PRIMARY KEY, conversation TEXT NOT NULL, envelope TEXT NOT NULL, ended_at INTEGER NOT NULL,
            outcome TEXT NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX turns_conversation ON turns(conversation, turn);
        CREATE INDEX turns_envelope ON turns(envelope);
        CREATE TABLE memories (
            id INTEGER PRIMARY KEY, text BLOB NOT NULL, trust TEXT NOT NULL, at INTEGER NOT NULL);
        CREATE VIRTUAL TABLE memory_index USING fts5(text, content='', tokenize='porter unicode61');
        CREATE TABLE usage (
            day TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, input INTEGER NOT NULL,
            cached INTEGER NOT NULL, output INTEGER NOT NULL, PRIMARY KEY (day, model)) WITHOUT ROWID;
        CREATE TABLE spills (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE snapshot (
            id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, format INTEGER NOT NULL,
            hash TEXT NOT NULL, body BLOB NOT NULL);
        """

    /// Checks that a file is a life that this program can use; makes an empty one into a life.
    ///
    /// - Throws: ``StoreError`` with `.foreign`, `.newer` or `.corrupt`.
    static func prepare(_ db: Database, path: String, agent: AgentID?, isReadOnly: Bool) throws {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == applicationID {
            if version == self.version { return }
            guard version < self.version else {
                throw StoreError(
                    code: .newer,
                    message: "the life at \(path) has schema \(version), this program knows up to \(self.version); "
                        + "use a newer anima"
                )
            }
            guard !isReadOnly else {
                throw StoreError(code: .readOnly, message: "the life at \(path) must be upgraded first: anima resume")
            }
        } else {
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            guard application == 0, version == 0, tables == 0, let agent, !isReadOnly else {
                throw StoreError(
                    code: .foreign,
                    message: "the file at \(path) is not a life of Anima; it is left alone"
                )
            }
            try db.inTransaction(.exclusive) {
                try migrate(db, from: 0)
                try db.execute(sql: "INSERT INTO meta VALUES ('agent', ?), ('format', '0')", arguments: [agent.name])
                return .commit
            }
            return
        }
        try db.inTransaction(.exclusive) {
            try migrate(db, from: version)
            return .commit
        }
    }

    private static func migrate(_ db: Database, from version: Int) throws {
        for migration in migrations[version...] { try db.execute(sql: migration) }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(self.version)")
    }
}

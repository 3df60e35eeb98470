public import AnimaCore
import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// A life in one SQLite file.
///
/// One writer holds it, by a lock beside the file; any number of readers look on. Events and what is computed from them
/// (inbox, transcripts, memories, usage) are written in one transaction.
///
/// Calls may come from any task. They run one after the other, in the order in which they were made, on a few threads
/// that all lives share; cancelling the caller stops none.
public final class SQLiteLife: LifeStore {
    /// What is done when there is no life at the path.
    public enum Mode: Hashable, Sendable {
        /// One is begun.
        case create
        /// Opening fails.
        case existing
    }

    /// What an appended batch survives.
    public enum Durability: Hashable, Sendable {
        /// A power cut, when the batch asks for it; it costs a flush of the disk.
        case full
        /// The end of the process; a power cut may take the newest batches, never single ones out of the middle.
        case normal
    }

    /// What the writer knows without asking the file.
    struct Position {
        /// The last event; nil when the file must be asked.
        var lastSeq: Int?
        /// The highest format that an event was written in.
        var format = 0
        /// Whether the connection flushes at each commit.
        var isFlushing = true
        /// Whether a flush may have failed, so that the journal can't be trusted until it was checkpointed.
        var isSuspect = false
    }

    /// The version of SQLite.
    public static var engine: String { String(cString: sqlite3_libversion()) }

    /// Where the file is.
    public let path: String
    /// Whether it was opened by ``openReader(at:coding:)``.
    public let isReadOnly: Bool
    let coding: EventCoding
    let durability: Durability
    let database: DatabaseQueue
    let position: Mutex<Position>
    /// The vectors that were asked for, by embedder; nil for those that must be read again.
    let vectors = Mutex<[String: VectorMatrix]>([:])
    private let lock: LifeLock?
    private let isClosed = Mutex(false)

    /// The threads that work on files: about as many as there are cores, however many lives are open.
    static let threads = DispatchQueue(label: "anima.lives", attributes: .concurrent)

    /// The form of projections and snapshot; raise it when `TranscriptTurn`, `AgentState`, `TextAnalysis` or
    /// `JSONEncoding` change.
    static let projectionsForm = 5

    /// What says whether projections and snapshot were written as this program would.
    var projectionsVersion: String { "\(Self.projectionsForm).\(LifeSchema.version).\(coding.version)" }

    var rows: EventRow { EventRow(coding: coding, path: path) }

    init(
        path: String,
        database: DatabaseQueue,
        lock: LifeLock?,
        durability: Durability,
        coding: EventCoding,
        format: Int
    ) {
        self.path = path
        self.database = database
        self.lock = lock
        self.durability = durability
        self.coding = coding
        isReadOnly = lock == nil
        position = Mutex(Position(format: format, isFlushing: durability == .full))
    }

    /// Opens a life to read and write it; blocks the thread for the time of it (about a millisecond).
    ///
    /// A life of an older program is brought up to date: its projections are written anew, its events as they are read.
    ///
    /// - Parameters:
    ///   - path: The file, in a directory that exists. The lock is beside it: `life.lock` for `life.sqlite`.
    ///   - agent: Whose life it is.
    ///   - mode: What is done when there is none.
    ///   - durability: What appended batches survive.
    ///   - coding: The form of events.
    /// - Throws: ``StoreError``: `.locked`, `.notFound` (also without the directory), `.foreign` (also for another
    ///   agent's life), `.newer`, `.corrupt`, `.readOnly`, `.diskFull`, `.io`. Whatever is at the path is left as it is.
    public static func open(
        at path: String,
        agent: AgentID,
        mode: Mode,
        durability: Durability = .full,
        coding: EventCoding = .current
    ) throws(StoreError) -> SQLiteLife {
        do {
            let file = LifeFile(path)
            if mode == .existing, try file.size() == nil {
                throw StoreError.notFound(path, "create the agent first, or check the path")
            }
            let lock = try LifeLock(lifeAt: file.path)
            if mode == .create, try file.size() == nil {
                try file.place { try create(at: $0, agent: agent, coding: coding) }
            }
            try file.checkMark()
            try file.checkIsWritable()
            let database = try file.connect(synchronous: durability == .full ? "FULL" : "NORMAL")
            let format = try database.inDatabase { db in
                try LifeSchema.migrate(db, path: path)
                return try checkMeta(db, path: path, agent: agent, coding: coding)
            }
            let life = SQLiteLife(
                path: file.path,
                database: database,
                lock: lock,
                durability: durability,
                coding: coding,
                format: format
            )
            try database.inDatabase { try life.renewProjections($0) }
            return life
        } catch {
            throw StoreError(any: error, work: "open", path: path)
        }
    }

    /// Opens a life to look at it, also while another process writes it; takes no lock and changes nothing.
    ///
    /// - Throws: ``StoreError``: `.notFound`, `.foreign`, `.newer`, `.corrupt`, `.readOnly` (it was not closed and its
    ///   directory can't be written), `.io`.
    public static func openReader(at path: String, coding: EventCoding = .current) throws(StoreError) -> SQLiteLife {
        do {
            let file = LifeFile(path)
            guard try file.size() != nil else { throw StoreError.notFound(path, "check the path") }
            try file.checkMark()
            let database = try file.connectReadOnly()
            let format = try database.inDatabase { db in
                let version = try LifeSchema.version(of: db)
                guard version <= LifeSchema.version else {
                    throw StoreError(
                        code: .newer,
                        message: "the life \(path) has schema \(version), this program knows up to "
                            + "\(LifeSchema.version); use a newer anima"
                    )
                }
                return try checkMeta(db, path: path, agent: nil, coding: coding)
            }
            let life = SQLiteLife(
                path: file.path,
                database: database,
                lock: nil,
                durability: .normal,
                coding: coding,
                format: format
            )
            try database.inDatabase { try life.coverOldProjections($0) }
            return life
        } catch {
            throw StoreError(any: error, work: "open", path: path)
        }
    }

    public func close(atRest: Bool) async {
        isClosed.withLock { $0 = true }
        await withCheckedContinuation { continuation in
            // After what was begun, and on another thread: a connection can't be closed from its own queue.
            database.asyncWriteWithoutTransaction { [self, database, lock] db in
                // Only a saving: when it fails, the log has everything.
                if !isReadOnly { try? saveState(db) }
                Self.threads.async {
                    try? database.close()
                    lock?.release(atRest: atRest)
                    continuation.resume()
                }
            }
        }
    }

    /// Does some work on the connection, in turn.
    ///
    /// - Parameter work: What it is, to go on after "can't" in an error's message.
    func perform<Value: Sendable>(
        _ work: String,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let isEnqueued = isClosed.withLock { isClosed in
                guard !isClosed else { return false }
                database.asyncWriteWithoutTransaction { [path] db in
                    do {
                        continuation.resume(returning: .success(try body(db)))
                    } catch {
                        continuation.resume(returning: .failure(StoreError(any: error, work: work, path: path)))
                    }
                }
                return true
            }
            if !isEnqueued { continuation.resume(returning: .failure(.closed(path))) }
        }
        return try result.get()
    }
}

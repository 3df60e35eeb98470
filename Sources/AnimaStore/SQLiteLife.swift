public import AnimaCore
import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A life in one SQLite file.
///
/// One connection, used from one serial queue; a lock beside the file keeps other writers out. Calls are not stopped by
/// cancelling their task: what was begun is finished.
public final class SQLiteLife: LifeStore {
    /// What an append survives when it returns.
    public enum Durability: String, Hashable, Sendable {
        /// A power cut (`synchronous=FULL`).
        case full
        /// The end of the process; a power cut may take the last appends (`synchronous=NORMAL`).
        case normal
    }

    /// Whether a life that is not there is made.
    public enum Mode: Hashable, Sendable {
        /// An empty life is made.
        case create
        /// It must be there.
        case existing
    }

    /// The version of SQLite.
    public static var engine: String { String(cString: sqlite3_libversion()) }

    /// Where the file is.
    public let path: String
    let coding: EventCoding
    let isReadOnly: Bool
    let durability: Durability
    private let lock: LifeLock?
    private let queue: DispatchQueue
    private let connection: Mutex<Connection?>

    /// What the serial queue works on.
    final class Connection: Sendable {
        let database: DatabaseQueue
        let progress: Mutex<Progress>

        init(_ database: DatabaseQueue, _ progress: Progress) {
            self.database = database
            self.progress = Mutex(progress)
        }
    }

    /// What the writer knows of the file without asking.
    struct Progress: Sendable {
        var lastSeq: Int
        var format: Int
        var isFlushing: Bool
    }

    /// Lives share the threads of one pool: a thousand of them need no thousand threads.
    private static let pool = DispatchQueue(label: "anima.lives", attributes: .concurrent)

    private init(
        path: String,
        coding: EventCoding,
        durability: Durability,
        lock: LifeLock?,
        connection: Connection
    ) {
        self.path = path
        self.coding = coding
        self.durability = durability
        self.lock = lock
        isReadOnly = lock == nil
        queue = DispatchQueue(label: "anima.life", target: Self.pool)
        self.connection = Mutex(connection)
    }

    // MARK: Opening and closing

    /// Opens a life for its one writer.
    ///
    /// - Parameters:
    ///   - path: The file; its directory must be there.
    ///   - agent: Whose life it is, when it is made.
    ///   - durability: What an append survives.
    ///   - coding: How events are written and read.
    ///   - maximumPages: The most pages the file may have; for tests of a full disk.
    /// - Throws: ``StoreError``. A file that can't be used is left as it is.
    public static func open(
        at path: String,
        agent: AgentID,
        mode: Mode = .create,
        durability: Durability = .full,
        coding: EventCoding = .current,
        maximumPages: Int? = nil
    ) throws(StoreError) -> SQLiteLife {
        if mode == .existing, access(path, F_OK) != 0 {
            throw StoreError(code: .notFound, message: "there is no life at \(path)")
        }
        let lock = try LifeLock(path: lockPath(of: path))
        // Made here, so that nobody else can read it even for a moment.
        let file = Self.touch(path)
        guard file == 0 else { throw StoreError(system: file, "make the life at \(path)") }
        do {
            let database = try connect(path, isReadOnly: false)
            let progress = try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                if let maximumPages { try db.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
                let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
                try LifeSchema.prepare(db, path: path, agent: agent, isReadOnly: false)
                if journal != "wal" { try db.execute(sql: "PRAGMA journal_mode = WAL") }
                return try Self.progress(of: db, coding, path)
            }
            return SQLiteLife(
                path: path,
                coding: coding,
                durability: durability,
                lock: lock,
                connection: Connection(database, progress)
            )
        } catch {
            throw StoreError(error, "open", path: path)
        }
    }

    /// Opens a life to look at it, also while another process writes it.
    public static func openReader(at path: String, coding: EventCoding = .current) throws(StoreError) -> SQLiteLife {
        guard access(path, F_OK) == 0 else {
            throw StoreError(code: .notFound, message: "there is no life at \(path)")
        }
        do {
            let database = try connect(path, isReadOnly: true)
            let progress = try database.writeWithoutTransaction { db in
                try LifeSchema.prepare(db, path: path, agent: nil, isReadOnly: true)
                return try Self.progress(of: db, coding, path)
            }
            return SQLiteLife(
                path: path,
                coding: coding,
                durability: .normal,
                lock: nil,
                connection: Connection(database, progress)
            )
        } catch {
            throw StoreError(error, "read", path: path)
        }
    }

    public func close() async {
        let connection = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        guard let connection else { return }
        await withCheckedContinuation { continuation in
            queue.async {
                try? connection.database.close()
                continuation.resume()
            }
        }
        lock?.release()
    }

    static func lockPath(of path: String) -> String {
        path.hasSuffix(".sqlite") ? String(path.dropLast("sqlite".count)) + "lock" : path + ".lock"
    }

    static func connect(_ path: String, isReadOnly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(2)
        configuration.label = "anima.life"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func progress(of db: Database, _ coding: EventCoding, _ path: String) throws -> Progress {
        let format = try Int.fetchOne(db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'format'") ?? 0
        guard format <= coding.version else {
            throw StoreError(
                code: .newer,
                message: "the life at \(path) has events of format \(format), this program reads up to "
                    + "\(coding.version); use a newer anima"
            )
        }
        let lastSeq = try Int.fetchOne(db, sql: "SELECT max(seq) FROM events") ?? 0
        return Progress(lastSeq: lastSeq, format: format, isFlushing: false)
    }

    /// Makes an empty file for its owner if there is none; 0 or the system's error.
    private static func touch(_ path: String) -> Int32 {
        let file = makeFile(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return errno }
        closeFile(file)
        return 0
    }

    // MARK: The serial queue

    /// Does work on the connection, on the serial queue, whatever becomes of the calling task.
    func perform<T: Sendable>(
        _ attempt: String,
        _ work: @escaping @Sendable (Database, Connection) throws -> T
    ) async throws -> T {
        guard let connection = connection.withLock({ $0 }) else {
            throw StoreError(code: .closed, message: "the life at \(path) was closed; open it again")
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [path] in
                let result = Result {
                    try connection.database.writeWithoutTransaction { try work($0, connection) }
                }
                continuation.resume(with: result.mapError { StoreError($0, attempt, path: path) })
            }
        }
    }
}

/// The system's `open` and `close`, under names that the methods above don't hide.
private func makeFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
private func closeFile(_ descriptor: Int32) { close(descriptor) }

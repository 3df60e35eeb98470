import AnimaCore
import GRDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file of a life: looked at, connected to, put in place.
struct LifeFile: Sendable {
    /// Where it is.
    let path: String

    init(_ path: String) {
        // SQLite would read a path that begins with "file:" as a URI.
        self.path = path.hasPrefix("file:") ? "./" + path : path
    }

    /// The size in bytes; nil when there is nothing at the path.
    func size() throws(StoreError) -> Int? { try Self.size(of: path) }

    /// Finds out whether the file's permissions let it be written; SQLite would go on without saying so.
    func checkIsWritable() throws(StoreError) {
        guard access(path, W_OK) == 0 else { throw StoreError(errno: errno, work: "write", path: path) }
    }

    /// Finds out whether the file is a life of Anima, without changing it or anything beside it.
    ///
    /// A file's mark is written before the file gets its name and never changes, so it needs no look into the journal.
    /// Only when a checkpoint was cut short the file makes no sense without it.
    ///
    /// - Throws: ``StoreError`` `.foreign`, `.corrupt` when it is empty; what GRDB throws.
    func checkMark() throws {
        guard try size() != 0 else {
            // A life gets its name when it is whole: something has emptied this one.
            throw StoreError.corrupt(path, "the file is empty")
        }
        let mark: Int?
        do {
            mark = try readMark(immutableURI)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            mark = try readMark(path)
        }
        guard mark == LifeSchema.applicationID else {
            throw StoreError.foreign(path, "it is an SQLite file of another program")
        }
    }

    private func readMark(_ name: String) throws -> Int? {
        // Not by reading the file ourselves: closing it would drop the locks of other connections in this process.
        let queue = try DatabaseQueue(path: name, configuration: Self.configuration(isReadOnly: true))
        defer { try? queue.close() }
        return try queue.inDatabase { try Int.fetchOne($0, sql: "PRAGMA application_id") }
    }

    /// Opens a connection that may write.
    func connect(synchronous: String = "FULL") throws -> DatabaseQueue {
        var configuration = Self.configuration(isReadOnly: false)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -512; PRAGMA synchronous = \(synchronous)")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Opens a connection that only reads.
    ///
    /// When the files of the write-ahead log are missing and can't be made, the life is read as it lies; with what stands in a
    /// log that a process left, when no other one has it open.
    func connectReadOnly() throws -> DatabaseQueue {
        let configuration = Self.configuration(isReadOnly: true)
        do {
            return try Self.proven(DatabaseQueue(path: path, configuration: configuration))
        } catch let error as DatabaseError
            where [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_FULL].contains(error.resultCode)
        {
            if try Self.size(of: path + "-wal") ?? 0 == 0 {
                return try DatabaseQueue(path: immutableURI, configuration: configuration)
            }
            guard [.SQLITE_IOERR, .SQLITE_FULL].contains(error.resultCode) else { throw error }
            // Alone, SQLite keeps the log's index in memory, where a full disk has no part in it.
            var alone = Self.configuration(isReadOnly: false)
            alone.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1") }
            return try Self.proven(DatabaseQueue(path: path, configuration: alone))
        }
    }

    /// A connection that has read something.
    private static func proven(_ queue: DatabaseQueue) throws -> DatabaseQueue {
        _ = try queue.inDatabase { try LifeSchema.version(of: $0) }
        return queue
    }

    /// Makes a file whole under another name, then puts it in place, so that a crash leaves none or all of it.
    ///
    /// - Parameter build: Fills the file at the path it is given, which exists and is empty.
    /// - Throws: ``StoreError`` `.conflict` when something is at the path; what `build` throws.
    func place(_ build: (LifeFile) throws -> Void) throws {
        guard try size() == nil else {
            throw StoreError(code: .conflict, message: "there is a file at \(path) already; choose another path")
        }
        let draft = LifeFile(path + ".\(getpid()).new")
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft.path + suffix) }
        let file = open(draft.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(errno: errno, work: "create", path: draft.path) }
        close(file)
        defer { unlink(draft.path) }
        try build(draft)
        try Self.flush(draft.path)
        // Unlike rename, link never replaces what somebody else has put there meanwhile.
        guard link(draft.path, path) == 0 else { throw StoreError(errno: errno, work: "create", path: path) }
        try Self.flush(directory)
    }

    private var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A name by which SQLite reads the file and nothing else, without locks.
    private var immutableURI: String {
        var uri = "file:"
        for byte in path.utf8 {
            // A byte beyond ASCII is a part of a character: it is no character of its own.
            let isPlain = byte < 0x80 && !"%?#".utf8.contains(byte)
            uri +=
                isPlain
                ? String(Unicode.Scalar(byte)) : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return uri + "?immutable=1"
    }

    private static func configuration(isReadOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(0.25)
        configuration.targetQueue = SQLiteLife.threads
        configuration.label = "anima.life"
        return configuration
    }

    private static func size(of path: String) throws(StoreError) -> Int? {
        var info = stat()
        guard stat(path, &info) == 0 else {
            let number = errno
            guard number == ENOENT else { throw StoreError(errno: number, work: "look at", path: path) }
            return nil
        }
        guard info.st_mode & S_IFMT == S_IFREG else { throw .foreign(path, "it is not a file") }
        return Int(info.st_size)
    }

    /// Waits until a file or directory is on the disk.
    private static func flush(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(errno: errno, work: "open", path: path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw StoreError(errno: errno, work: "flush", path: path) }
    }
}

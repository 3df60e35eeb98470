import AnimaCore
import GRDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension StoreError {
    /// What an error of SQLite means for the life at a path.
    ///
    /// - Parameter work: What was tried, to go on after "can't": `append to`.
    init(_ error: DatabaseError, work: String, path: String) {
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self = .diskFull(work, path)
        case .SQLITE_IOERR where Self.hasNoRoom(near: path):
            self = .diskFull(work, path)
        case .SQLITE_IOERR where Self.hasSizeLimit:
            self = .fileTooLarge(work, "the life \(path)")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            self.init(
                code: .readOnly,
                message: "can't \(work) the life \(path): the file or its directory can't be written (\(detail)); "
                    + "check their owner and permissions, and whether the disk is mounted read-only"
            )
        case .SQLITE_NOTADB:
            self = .foreign(path, "it is not an SQLite file")
        case .SQLITE_CORRUPT:
            self = .corrupt(path, "SQLite says: \(detail)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                code: .locked,
                message: "can't \(work) the life \(path): another process has locked the database; end it and try again"
            )
        case .SQLITE_CONSTRAINT:
            self.init(
                code: .conflict,
                message: "can't \(work) the life \(path): it holds what was to be added already (\(detail)); "
                    + "a second writer or a bug"
            )
        default:
            self.init(
                code: .io,
                message:
                    "can't \(work) the life \(path): \(detail) (SQLite code \(error.extendedResultCode.rawValue)); "
                    + "check the disk and the system's log, then open the life again"
            )
        }
    }

    /// What a failed system call means for the life at a path.
    init(errno number: CInt, work: String, path: String) {
        let detail = String(cString: strerror(number))
        switch number {
        case ENOSPC, EDQUOT:
            self = .diskFull(work, path)
        case EFBIG:
            self = .fileTooLarge(work, path)
        case EACCES, EPERM, EROFS:
            self.init(
                code: .readOnly,
                message:
                    "can't \(work) \(path): \(detail); check the owner and permissions of the file and its directory"
            )
        case ENOENT, ENOTDIR:
            self.init(
                code: .notFound,
                message: "can't \(work) \(path): \(detail); create its directory first, or check the path"
            )
        default:
            self.init(code: .io, message: "can't \(work) \(path): \(detail) (errno \(number)); check the disk")
        }
    }

    /// Any error that came out of a piece of work, as one of the store's.
    init(any error: any Error, work: String, path: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, work: work, path: path)
        case is ColumnError, is DecodingError: self = .corrupt(path, "\(error)")
        default: self.init(code: .io, message: "can't \(work) the life \(path): \(error)")
        }
    }

    static func diskFull(_ work: String, _ path: String) -> StoreError {
        StoreError(
            code: .diskFull,
            message: "can't \(work) the life \(path): no room is left on its disk, and nothing was changed; "
                + "make room, then try again"
        )
    }

    private static func fileTooLarge(_ work: String, _ file: String) -> StoreError {
        StoreError(
            code: .diskFull,
            message:
                "can't \(work) \(file): the system bounds the size of files here, and nothing was changed; raise the limit "
                + "(ulimit -f), then try again"
        )
    }

    static func foreign(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            code: .foreign,
            message: "\(path) is not a life of Anima: \(reason); it is left alone, use another path"
        )
    }

    static func corrupt(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            code: .corrupt,
            message: "the life \(path) is damaged: \(reason); it is left as it is, restore an exported copy of it "
                + "beside it"
        )
    }

    static func notFound(_ path: String, _ reason: String) -> StoreError {
        StoreError(code: .notFound, message: "there is no life at \(path): \(reason)")
    }

    static func closed(_ path: String) -> StoreError {
        StoreError(code: .closed, message: "the life \(path) was closed; open it again")
    }

    /// Whether the system bounds the size of the files that this process writes.
    private static var hasSizeLimit: Bool {
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #else
        let resource = RLIMIT_FSIZE
        #endif
        return getrlimit(resource, &limit) == 0 && limit.rlim_cur < 1 << 62
    }

    /// SQLite reports some full disks as I/O errors, for example when the shared memory file can't grow.
    private static func hasNoRoom(near path: String) -> Bool {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { return false }
        return UInt64(info.f_bavail) * UInt64(info.f_frsize) < 65_536
    }
}

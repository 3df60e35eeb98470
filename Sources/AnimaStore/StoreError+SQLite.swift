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
    /// What an error of the system means for a life.
    init(system code: Int32, _ attempt: String) {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            self.init(code: .diskFull, message: "can't \(attempt): \(reason); make room and try again")
        case EACCES, EPERM, EROFS:
            self.init(code: .readOnly, message: "can't \(attempt): \(reason); make it writable, or choose another home")
        case ENOENT, ENOTDIR:
            self.init(code: .notFound, message: "can't \(attempt): \(reason)")
        default:
            self.init(code: .io, message: "can't \(attempt): \(reason)")
        }
    }

    /// What an error of SQLite, or another one, means for a life.
    init(_ error: any Error, _ attempt: String, path: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(code: .io, message: "can't \(attempt) the life at \(path): \(error)")
            return
        }
        let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        let what = "can't \(attempt) the life at \(path): \(reason)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_FULL:
            self.init(code: .diskFull, message: "\(what); nothing was lost: make room and start again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(code: .readOnly, message: "\(what); make the file and its directory writable")
        case .SQLITE_NOTADB:
            self.init(code: .foreign, message: "\(what); it is left alone")
        case .SQLITE_CORRUPT:
            self.init(code: .corrupt, message: "\(what); it is left alone: restore an export of it (anima import)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(code: .locked, message: "\(what); another program holds the file")
        default:
            self.init(code: .io, message: what)
        }
    }
}

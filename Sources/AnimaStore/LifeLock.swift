import AnimaCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The one writer of a life: a lock on a file beside it, held until it is released or the process ends.
///
/// The lock is not on the database itself: closing another descriptor of that file would drop SQLite's own locks.
final class LifeLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Takes the lock.
    ///
    /// - Throws: ``StoreError`` with `.locked`, naming the holder; `.readOnly` or `.io` when there can be no lock file.
    init(path: String) throws(StoreError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(system: errno, "open the lock file \(path)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = max(0, pread(file, &bytes, bytes.count, 0))
            close(file)
            guard code == EWOULDBLOCK else { throw StoreError(system: code, "lock \(path)") }
            let holder = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").first.map(String.init)
            throw StoreError(
                code: .locked,
                message: "the life beside \(path) is in use by process \(holder ?? "unknown"); "
                    + "wait until that ends, or end it"
            )
        }
        let pid = Array("\(getpid())\n".utf8)
        _ = ftruncate(file, 0)
        _ = pwrite(file, pid, pid.count, 0)
        descriptor = Mutex(file)
    }

    /// Gives the lock up; later calls do nothing.
    func release() {
        descriptor.withLock { file in
            guard let open = file else { return }
            _ = ftruncate(open, 0)
            close(open)
            file = nil
        }
    }

    deinit { release() }
}

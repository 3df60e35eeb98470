import AnimaCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The sole right to write a life, held until it is released or the process ends.
///
/// It is a lock of `flock` on a file beside the life, which holds the owner's process id and, when that has let go of it with
/// nothing left to do, the word `rests`. The file stays when the lock is released: removing it could take it from under somebody
/// who has just opened it.
final class LifeLock: Sendable {
    /// The descriptor; nil once released.
    private let descriptor: Mutex<CInt?>

    /// Where the lock of a life is: `life.lock` beside `life.sqlite`.
    static func path(forLifeAt path: String) -> String {
        (path.hasSuffix(".sqlite") ? String(path.dropLast(7)) : path) + ".lock"
    }

    /// Takes the lock of the life at a path, which need not exist yet.
    ///
    /// - Throws: ``StoreError`` `.locked` naming the holder's process id; `.readOnly`, `.notFound` (no directory), `.io`.
    init(lifeAt path: String) throws(StoreError) {
        let lockPath = Self.path(forLifeAt: path)
        let file = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(errno: errno, work: "create the lock", path: lockPath) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            let holder = Self.readHolder(file)
            close(file)
            guard number == EWOULDBLOCK else { throw StoreError(errno: number, work: "lock", path: lockPath) }
            throw StoreError(
                code: .locked,
                message: "the life \(path) is in use by process \(holder ?? "unknown") (lock \(lockPath)); "
                    + "end that process or talk to it, then try again"
            )
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
            let number = errno
            close(file)
            throw StoreError(errno: number, work: "write the lock", path: lockPath)
        }
        descriptor = Mutex(file)
    }

    deinit { release(atRest: false) }

    /// Whether there may be something to do in a life: its last owner did not say that there is not.
    ///
    /// After a power cut the word may be older than what was written last; the journal, which a clean end removes, is still there then.
    static func mayOweWork(lifeAt path: String) -> Bool {
        if access(path + "-wal", F_OK) == 0 { return true }
        let file = open(Self.path(forLifeAt: path), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(file, &bytes, bytes.count, 0)
        return !bytes.prefix(max(count, 0)).split(separator: UInt8(ascii: "\n")).contains(Array(Self.rests.utf8)[...])
    }

    private static let rests = "rests"

    /// Gives the lock up; does nothing the second time.
    ///
    /// - Parameter atRest: Whether nothing is left to do.
    func release(atRest: Bool) {
        let file = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        guard let file else { return }
        let text = Array("\(getpid())\n\(Self.rests)\n".utf8)
        // When it can't be written, somebody looks in vain, and no more.
        if atRest { _ = pwrite(file, text, text.count, 0) }
        // Closing alone is not enough: a program that another thread is just starting shares the descriptor until exec.
        flock(file, LOCK_UN)
        close(file)
    }

    private static func readHolder(_ file: CInt) -> String? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(file, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(count, 0)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }
}

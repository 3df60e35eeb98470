#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open file descriptor that closes itself.
struct Descriptor: ~Copyable, Sendable {
    let value: CInt

    init(owning value: CInt) { self.value = value }

    deinit { _ = close(value) }

    /// What the descriptor refers to; nil when the system can't say.
    var status: FileStatus? {
        var status = stat()
        return fstat(value, &status) == 0 ? FileStatus(status) : nil
    }

    /// What a name in this directory refers to, links not followed; nil when there is nothing.
    func status(of name: String) -> FileStatus? {
        var status = stat()
        return fstatat(value, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileStatus(status) : nil
    }

    /// The text of the link with this name; nil when it is not a link, with `errno` telling why.
    func linkTarget(of name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let capacity = buffer.count
        let count = buffer.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                buffer.baseAddress.map { readlinkat(value, name, $0, capacity) } ?? -1
            }
        }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Opens a directory in this one, without following a link; nil on failure, with `errno` telling why.
    func openDirectory(_ name: String) -> Descriptor? {
        let result = openat(value, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return result < 0 ? nil : Descriptor(owning: result)
    }

    /// Reads from the current position to the end or the limit, in pieces.
    ///
    /// - Parameter take: Gets each piece; reading stops when it returns false.
    /// - Returns: Zero, or the system's error number.
    func readAll(chunk: Int = 65_536, _ take: (UnsafeRawBufferPointer) -> Bool) -> CInt {
        withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) { buffer in
            guard let base = buffer.baseAddress else { return EINVAL }
            while true {
                let count = read(value, base, buffer.count)
                if count == 0 { return 0 }
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                if !take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { return 0 }
            }
        }
    }

    /// Reads at most so many bytes.
    ///
    /// - Returns: The bytes, or nil when the system failed, with `errno` telling why.
    func bytes(limit: Int, expected: Int = 0) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(limit, expected))
        let failure = readAll { piece in
            bytes.append(contentsOf: piece.prefix(limit - bytes.count))
            return bytes.count < limit
        }
        if failure != 0 {
            errno = failure
            return nil
        }
        return bytes
    }

    /// Writes everything; returns zero, or the system's error number.
    func writeAll(_ bytes: [UInt8]) -> CInt {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = write(value, piece.baseAddress, piece.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                rest = rest.dropFirst(count)
            }
            return 0
        }
    }

    /// The names in this directory and what they refer to, in the order of their bytes, without `.` and `..`.
    ///
    /// - Parameter limit: At most so many are read; which ones is up to the system.
    /// - Returns: The entries, or nil when the directory can't be read.
    func entries(limit: Int) -> [DirectoryEntry]? {
        // A descriptor of its own: reading moves a position that duplicates would share.
        let copy = openat(value, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return nil }
        guard let stream = fdopendir(copy) else {
            _ = close(copy)
            return nil
        }
        defer { closedir(stream) }
        var entries: [DirectoryEntry] = []
        while entries.count < limit, let entry = readdir(stream) {
            let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: capacity) { pointer in
                    (valid: String(validatingCString: pointer), shown: String(cString: pointer))
                }
            }
            if name.shown == "." || name.shown == ".." { continue }
            // A name that is not UTF-8 can be shown, but no path of ours reaches it.
            let status = name.valid.flatMap { self.status(of: $0) }
            entries.append(DirectoryEntry(name: name.shown, status: status ?? FileStatus(kind: .unreadable)))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

/// One name in a directory.
struct DirectoryEntry: Hashable, Sendable {
    let name: String
    let status: FileStatus
}

/// What is known about a file without reading it.
struct FileStatus: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case file = "a regular file"
        case directory = "a directory"
        case link = "a symbolic link"
        case pipe = "a named pipe"
        case socket = "a socket"
        case device = "a device"
        case unreadable = "something unreadable"
    }

    let kind: Kind
    let size: Int
    /// The permission bits.
    let mode: mode_t
    /// When the content changed last, in seconds since 1970.
    let modifiedAt: Int
    /// When content, name or permissions changed last, in nanoseconds since 1970; nobody can set it.
    let touchedAt: Int
    /// How many names it has.
    let nameCount: Int
    /// What tells it from every other file: its device and its number there.
    let identity: [UInt64]

    init(kind: Kind, size: Int = 0, mode: mode_t = 0) {
        self.kind = kind
        self.size = size
        self.mode = mode
        modifiedAt = 0
        touchedAt = 0
        nameCount = 0
        identity = []
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: .device
            }
        size = Int(status.st_size)
        mode = status.st_mode & 0o7777
        #if canImport(Darwin)
        modifiedAt = status.st_mtimespec.tv_sec
        let touched = status.st_ctimespec
        #else
        modifiedAt = Int(status.st_mtim.tv_sec)
        let touched = status.st_ctim
        #endif
        touchedAt = Int(touched.tv_sec) &* 1_000_000_000 &+ Int(touched.tv_nsec)
        nameCount = Int(status.st_nlink)
        identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
    }
}

/// The system's words for an error number.
func systemReason(_ number: CInt) -> String { String(cString: strerror(number)) }

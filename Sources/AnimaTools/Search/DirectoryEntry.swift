#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One name in a directory.
struct DirectoryEntry {
    enum Kind {
        case file
        case directory
        case link
        case other
    }

    let name: String
    let kind: Kind
    /// Bytes of a file.
    let size: Int

    /// The entries of an open directory, in the order of their names; links are not followed.
    static func all(in directory: Descriptor) throws(ToolFailure) -> [DirectoryEntry] {
        // A stream closes its descriptor and moves its position: it gets one of its own.
        let copy = openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else {
            throw ToolFailure("can't list the directory", errno: errno)
        }
        defer { closedir(stream) }
        var entries: [DirectoryEntry] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let kind: Kind =
                switch status.st_mode & S_IFMT {
                case S_IFREG: .file
                case S_IFDIR: .directory
                case S_IFLNK: .link
                default: .other
                }
            entries.append(DirectoryEntry(name: name, kind: kind, size: Int(status.st_size)))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Opens a directory that this entry names.
    static func open(_ name: String, in directory: Descriptor) -> Descriptor? {
        let number = openat(directory.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return number >= 0 ? Descriptor(number) : nil
    }

    /// Reads a whole regular file that this entry names; nil when it can't be read.
    static func bytes(of name: String, in directory: Descriptor) -> [UInt8]? {
        let number = openat(directory.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { return nil }
        return try? FileContent.read(Descriptor(number), name)
    }
}

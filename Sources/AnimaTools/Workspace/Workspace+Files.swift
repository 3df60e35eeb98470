#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Workspace {
    /// The largest file that is taken into memory to be changed.
    static let maxEditedBytes = 16 * 1024 * 1024

    /// Opens a regular file to read it.
    func openFile(_ path: String) throws(WorkspaceError) -> OpenFile {
        let place = try locate(path)
        guard let status = place.directory.status(of: place.name) else { throw failure("read", path, errno) }
        try requireFile(status, path, "read")
        return try openFile(in: place.directory, place.name, path: place.path)
    }

    /// Opens a regular file of an open directory to read it; a link is refused.
    func openFile(
        in directory: borrowing Descriptor,
        _ name: String,
        path: String
    ) throws(WorkspaceError) -> OpenFile {
        // Not blocking: opening what has become a pipe since it was looked at must not wait for a writer.
        let result = openat(directory.value, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)
        guard result >= 0 else { throw failure("read", path, errno) }
        let descriptor = Descriptor(owning: result)
        guard let status = descriptor.status else { throw failure("read", path, errno) }
        try requireFile(status, path, "read")
        return OpenFile(descriptor: descriptor, path: path, status: status)
    }

    /// The bytes of a file that is to be changed; nil when there is none.
    func contents(at path: String) throws(WorkspaceError) -> [UInt8]? {
        let file: OpenFile
        do throws(WorkspaceError) {
            file = try openFile(path)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        guard file.status.size <= Self.maxEditedBytes else {
            throw WorkspaceError(
                code: .tooLarge,
                message: "\"\(path)\" has \(file.status.size) bytes, over the limit of \(Self.maxEditedBytes) for a "
                    + "file that is changed as a whole"
            )
        }
        guard let bytes = file.descriptor.bytes(limit: Self.maxEditedBytes, expected: file.status.size) else {
            throw failure("read", path, errno)
        }
        return bytes
    }

    /// Writes a file as a whole: readers see the old content or the new one, never a part.
    ///
    /// Missing directories are made. An existing file keeps its permissions; a new one gets 0644. The new content is
    /// not flushed to the disk before the call ends.
    ///
    /// - Parameters:
    ///   - mode: The permissions that it gets instead.
    ///   - followsLast: Whether a link at the end of the path is written through; else it is refused.
    /// - Returns: The change, with what was there.
    @discardableResult
    func write(
        _ bytes: [UInt8],
        to path: String,
        mode: mode_t? = nil,
        followsLast: Bool = true
    ) throws(WorkspaceError) -> RecordedChange {
        guard path.utf8.last != UInt8(ascii: "/") else {
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't write \"\(path)\": it ends in / and so names a directory; add the file's name"
            )
        }
        let place = try locate(path, creatingParents: true, followsLast: followsLast, changing: true)
        let old = place.directory.status(of: place.name)
        if let old { try requireFile(old, path, "write") }
        let before = old.map { look(in: place.directory, place.name, $0) }
        let newMode = mode ?? old?.mode ?? 0o644
        let temporary = Self.temporaryName()
        let result = openat(
            place.directory.value,
            temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
            0o600 as mode_t
        )
        guard result >= 0 else { throw failure("write", path, errno) }
        let file = Descriptor(owning: result)
        var problem = file.writeAll(bytes)
        if problem == 0, fchmod(file.value, newMode) != 0 { problem = errno }
        if problem == 0, renameat(place.directory.value, temporary, place.directory.value, place.name) != 0 {
            problem = errno
        }
        if problem != 0 {
            unlinkat(place.directory.value, temporary, 0)
            throw failure("write", path, problem)
        }
        return RecordedChange(at: place.path, before: before, after: .file(bytes, mode: newMode))
    }

    func requireFile(_ status: FileStatus, _ path: String, _ action: String) throws(WorkspaceError) {
        guard status.kind == .file else {
            let hint = status.kind == .directory && action == "read" ? "; use list_files to see what is in it" : ""
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't \(action) \"\(path)\": it is \(status.kind.rawValue), and only regular files can be "
                    + (action == "read" ? "read" : "written") + hint
            )
        }
    }
}

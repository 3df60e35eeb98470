import AnimaCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What was found at a path, with its bytes as far as they are kept.
struct FoundFile: Hashable, Sendable {
    let image: FileImage
    /// The bytes of a file, or where a link leads; nil when there are none, too many, or when they can't be read.
    let bytes: [UInt8]?

    /// A regular file with these bytes.
    static func file(_ bytes: [UInt8], mode: mode_t) -> FoundFile {
        let hash = ContentHash.hexadecimal(of: bytes)
        return FoundFile(image: FileImage(hash: hash, bytes: bytes.count, mode: Int(mode)), bytes: bytes)
    }
}

/// A change that was made, with the bytes that take it back.
struct RecordedChange: Sendable {
    let change: FileChange
    let keep: LifeBatch.Spill?

    /// A change of what is at one path.
    init(at path: String, before: FoundFile?, after: FoundFile?) {
        let isKept = before.map { $0.bytes != nil || $0.image.kind == .directory } ?? true
        let isSmall = before?.bytes.map { $0.count <= Workspace.maxKeptBytes } ?? true
        change = FileChange(
            path: path,
            kind: before == nil ? .created : after == nil ? .deleted : .modified,
            before: before?.image,
            after: after?.image,
            isRestorable: isKept && isSmall
        )
        keep = change.keptHash.flatMap { hash in before?.bytes.map { LifeBatch.Spill(hash: hash, bytes: $0) } }
    }

    /// A file that went from one place to another.
    init(from old: String, to new: String, _ file: FileImage) {
        change = FileChange(path: new, kind: .moved, from: old, before: file, after: file)
        keep = nil
    }
}

extension ToolOutput {
    /// Work that changed files, with a sentence about what can't be taken back.
    static func success(_ content: String, _ changes: [RecordedChange]) -> ToolOutput {
        var output = ToolOutput.success(content)
        output.add(changes)
        return output
    }

    /// Adds changes that were made.
    mutating func add(_ more: [RecordedChange]) {
        changes += more.map(\.change)
        keeps += more.compactMap(\.keep)
        for change in more.map(\.change) where !change.isRestorable {
            content +=
                "\nThis can't be undone: what was at \(change.path) before "
                + (change.before.map { $0.bytes > Workspace.maxKeptBytes } == true
                    ? "has \(change.before?.bytes ?? 0) bytes, over the limit of \(Workspace.maxKeptBytes) for keeping it."
                    : "could not be read.")
        }
    }
}

extension Workspace {
    /// The largest file whose bytes are kept when it is changed.
    static let maxKeptBytes = maxEditedBytes

    /// Refuses to lose what is there and too large to be kept.
    ///
    /// - Parameter followsLast: Whether a link at the end of the path is written through.
    func requireKeepable(_ path: String, followsLast: Bool = true) throws(WorkspaceError) {
        let place: Place
        do throws(WorkspaceError) {
            place = try locate(path, followsLast: followsLast)
        } catch {
            if error.code == .notFound { return }
            throw error
        }
        guard let status = place.directory.status(of: place.name), status.kind == .file,
            status.size > Self.maxKeptBytes
        else { return }
        throw WorkspaceError(
            code: .tooLarge,
            message:
                "\"\(path)\" has \(status.size) bytes, over the limit of \(Self.maxKeptBytes) for what is kept and can be "
                + "brought back: nothing was changed. Move it away, or delete it for good (delete_file with permanently)"
        )
    }

    /// A name that no file has.
    static func temporaryName() -> String { ".anima-" + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp" }

    /// What is at a path, a link at its end not followed; nil for nothing.
    ///
    /// - Returns: The path from the root without links on the way, and what is there.
    func find(_ path: String) throws(WorkspaceError) -> (path: String, found: FoundFile?) {
        let place: Place
        do throws(WorkspaceError) {
            place = try locate(path, followsLast: false)
        } catch {
            if error.code == .notFound { return (path, nil) }
            throw error
        }
        guard let status = place.directory.status(of: place.name) else { return (place.path, nil) }
        return (place.path, look(in: place.directory, place.name, status, limit: Self.maxEditedBytes))
    }

    /// Looks at what is in an open directory; bytes that can't be read, or are too many, are left out.
    func look(
        in directory: borrowing Descriptor,
        _ name: String,
        _ status: FileStatus,
        limit: Int = maxKeptBytes
    ) -> FoundFile {
        let mode = Int(status.mode)
        switch status.kind {
        case .link:
            guard let target = directory.linkTarget(of: name) else { break }
            let bytes = Array(target.utf8)
            let hash = ContentHash.hexadecimal(of: bytes)
            return FoundFile(image: FileImage(kind: .link, hash: hash, bytes: bytes.count, mode: mode), bytes: bytes)
        case .directory:
            return FoundFile(image: FileImage(kind: .directory, hash: nil, bytes: 0, mode: mode), bytes: nil)
        default:
            guard status.size <= limit, let file = try? openFile(in: directory, name, path: name),
                let bytes = file.descriptor.bytes(limit: limit + 1, expected: status.size), bytes.count <= limit
            else { break }
            return .file(bytes, mode: file.status.mode)
        }
        return FoundFile(image: FileImage(hash: nil, bytes: status.size, mode: mode), bytes: nil)
    }

    /// Removes a regular file, a link (not what it leads to) or an empty directory.
    ///
    /// - Returns: The change, with what was removed.
    func remove(_ path: String) throws(WorkspaceError) -> RecordedChange {
        let place = try locate(path, followsLast: false, changing: true)
        guard place.name != "." else {
            throw WorkspaceError(code: .wrongKind, message: "can't delete \"\(path)\": it is the workspace itself")
        }
        guard let status = place.directory.status(of: place.name) else { throw failure("delete", path, errno) }
        switch status.kind {
        case .file, .link: break
        case .directory:
            let found = look(in: place.directory, place.name, status)
            guard unlinkat(place.directory.value, place.name, AT_REMOVEDIR) == 0 else {
                guard errno == ENOTEMPTY || errno == EEXIST else { throw failure("delete", path, errno) }
                throw WorkspaceError(
                    code: .wrongKind,
                    message: "can't delete the directory \"\(path)\": it is not empty; delete what is in it first"
                )
            }
            return RecordedChange(at: place.path, before: found, after: nil)
        default:
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't delete \"\(path)\": it is \(status.kind.rawValue), and only regular files, links and "
                    + "empty directories can be"
            )
        }
        // Under a name of our own nobody puts something else there between looking and removing: what is kept is what
        // was removed.
        let aside = Self.temporaryName()
        guard renameat(place.directory.value, place.name, place.directory.value, aside) == 0 else {
            throw failure("delete", path, errno)
        }
        guard let moved = place.directory.status(of: aside), moved.kind == .file || moved.kind == .link else {
            _ = renameat(place.directory.value, aside, place.directory.value, place.name)
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't delete \"\(path)\": something else was put there meanwhile"
            )
        }
        let found = look(in: place.directory, aside, moved)
        guard unlinkat(place.directory.value, aside, 0) == 0 else {
            let number = errno
            _ = renameat(place.directory.value, aside, place.directory.value, place.name)
            throw failure("delete", path, number)
        }
        return RecordedChange(at: place.path, before: found, after: nil)
    }

    /// Moves a regular file to another name; missing directories on the way there are made.
    ///
    /// - Parameter replacing: Whether a regular file that is there is replaced; otherwise anything there is refused.
    /// - Returns: The changes: of a file that was replaced, then of the one that was moved.
    func move(_ old: String, to new: String, replacing: Bool) throws(WorkspaceError) -> [RecordedChange] {
        let source = try locate(old, followsLast: false, changing: true)
        guard let status = source.directory.status(of: source.name) else { throw failure("move", old, errno) }
        guard status.kind == .file else {
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't move \"\(old)\": it is \(status.kind.rawValue), and only regular files can be moved"
            )
        }
        guard new.utf8.last != UInt8(ascii: "/") else {
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't move to \"\(new)\": it ends in / and so names a directory; add the file's name"
            )
        }
        let target = try locate(new, creatingParents: true, followsLast: false, changing: true)
        guard target.name != "." else {
            throw WorkspaceError(code: .wrongKind, message: "can't move to \"\(new)\": it is the workspace itself")
        }
        let file = look(in: source.directory, source.name, status).image
        let present = target.directory.status(of: target.name)
        if let present {
            guard present.identity != status.identity else {
                throw WorkspaceError(code: .wrongKind, message: "\"\(old)\" and \"\(new)\" are the same file")
            }
            guard present.kind == .file, replacing else {
                let hint =
                    present.kind == .file
                    ? "set overwrite to true to replace it"
                    : present.kind == .directory ? "give the whole new path, with the file's name" : "delete it first"
                throw WorkspaceError(
                    code: .wrongKind,
                    message: "can't move to \"\(new)\": \(present.kind.rawValue) is there; \(hint)"
                )
            }
            let replaced = look(in: target.directory, target.name, present)
            guard renameat(source.directory.value, source.name, target.directory.value, target.name) == 0 else {
                throw failure("move", old, errno)
            }
            return [
                RecordedChange(at: target.path, before: replaced, after: nil),
                RecordedChange(from: source.path, to: target.path, file),
            ]
        }
        try rename(source, to: target, old, new)
        return [RecordedChange(from: source.path, to: target.path, file)]
    }

    /// Gives a file a name that nothing has, not even something that appeared just now.
    private func rename(
        _ source: borrowing Place,
        to target: borrowing Place,
        _ old: String,
        _ new: String
    ) throws(WorkspaceError) {
        // A second name never replaces anything, which `rename` does.
        if linkat(source.directory.value, source.name, target.directory.value, target.name, 0) == 0 {
            guard unlinkat(source.directory.value, source.name, 0) == 0 else {
                let number = errno
                unlinkat(target.directory.value, target.name, 0)
                throw failure("move", old, number)
            }
            return
        }
        guard errno != EEXIST else {
            throw WorkspaceError(code: .wrongKind, message: "can't move to \"\(new)\": something is there meanwhile")
        }
        // Some file systems know no second names.
        guard errno == EPERM || errno == ENOTSUP || errno == EMLINK || errno == ENOSYS else {
            throw failure("move", old, errno)
        }
        guard renameat(source.directory.value, source.name, target.directory.value, target.name) == 0 else {
            throw failure("move", old, errno)
        }
    }

    /// Whether two paths are names of one file.
    func isSameFile(_ path: String, _ other: String) -> Bool {
        func identity(_ path: String) -> [UInt64]? {
            do {
                let place = try locate(path, followsLast: false)
                return place.directory.status(of: place.name)?.identity
            } catch {
                return nil
            }
        }
        return identity(path) != nil && identity(path) == identity(other)
    }

    /// Makes a link where nothing is, as it was.
    func makeLink(_ target: String, at path: String) throws(WorkspaceError) -> RecordedChange {
        let place = try locate(path, creatingParents: true, followsLast: false)
        guard symlinkat(target, place.directory.value, place.name) == 0 else { throw failure("link", path, errno) }
        let after = place.directory.status(of: place.name).map { look(in: place.directory, place.name, $0) }
        return RecordedChange(at: place.path, before: nil, after: after)
    }

    /// Makes a directory where nothing is.
    func makeDirectory(at path: String, mode: mode_t) throws(WorkspaceError) -> RecordedChange {
        let place = try locate(path, creatingParents: true, followsLast: false)
        guard mkdirat(place.directory.value, place.name, mode) == 0 else { throw failure("make", path, errno) }
        let image = FileImage(kind: .directory, hash: nil, bytes: 0, mode: Int(mode))
        return RecordedChange(at: place.path, before: nil, after: FoundFile(image: image, bytes: nil))
    }
}

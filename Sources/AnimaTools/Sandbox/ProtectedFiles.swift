import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What protected files were before a program ran, to put them back when it changed them.
///
/// A sandbox may keep some from being changed at all; but what is not there yet can't be held, and a directory can be
/// moved away with what is held in it. No process of the program is left when files are compared, so nothing races.
struct ProtectedFiles: Sendable {
    /// Larger files, and directories with more in them, are left alone.
    static let maxBytes = 1 << 20
    static let maxEntries = 200
    private static let maxDepth = 4

    private enum Content: Hashable, Sendable {
        case absent
        case file([UInt8], mode: mode_t)
        case link(String)
        case directory([String: Content])
        /// Of another kind, or too large.
        case other
    }

    private let before: [(path: String, content: Content)]

    /// Remembers what the paths hold.
    ///
    /// - Parameter paths: Absolute ones. What is missing together with the directory it would lie in is not watched: a
    ///   program may make a repository of its own.
    init(_ paths: [String]) {
        before = paths.compactMap { path in
            guard let (directory, name) = Self.place(of: path) else { return nil }
            return (path, Self.content(of: name, in: directory))
        }
    }

    /// Puts back what has changed.
    ///
    /// - Returns: The paths, in the order in which they were given.
    func restore() -> [String] {
        before.compactMap { path, content in
            if let (directory, name) = Self.place(of: path), Self.content(of: name, in: directory) == content {
                return nil
            }
            guard content != .other else { return nil }
            if content == .absent, Self.place(of: path) == nil { return nil }
            guard let (directory, name) = Self.place(of: path, makingParents: true) else { return path }
            Self.remove(name, in: directory)
            Self.put(content, as: name, in: directory)
            return path
        }
    }

    /// The directory that holds a path, reached without links, and the name in it.
    private static func place(of path: String, makingParents: Bool = false) -> (FileHandle, String)? {
        var parts = path.split(separator: "/").map(String.init)
        guard let name = parts.popLast() else { return nil }
        let root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return nil }
        var directory = FileHandle(owning: root)
        for part in parts {
            if let next = directory.openDirectory(part) {
                directory = next
                continue
            }
            guard makingParents else { return nil }
            // Something else has taken the directory's place.
            remove(part, in: directory)
            mkdirat(directory.value, part, 0o755)
            guard let next = directory.openDirectory(part) else { return nil }
            directory = next
        }
        return (directory, name)
    }

    private static func content(of name: String, in directory: FileHandle, depth: Int = 0) -> Content {
        guard let status = directory.status(of: name) else { return .absent }
        switch status.kind {
        case .link: return directory.linkTarget(of: name).map { .link($0) } ?? .other
        case .file:
            guard status.size <= maxBytes else { return .other }
            let value = openat(directory.value, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            guard value >= 0, let bytes = Descriptor(owning: value).bytes(limit: maxBytes) else { return .other }
            return .file(bytes, mode: status.mode)
        case .directory:
            guard depth < maxDepth, let inner = directory.openDirectory(name),
                let entries = inner.entries(limit: maxEntries + 1), entries.count <= maxEntries
            else { return .other }
            let contents = entries.map { ($0.name, content(of: $0.name, in: inner, depth: depth + 1)) }
            return .directory(Dictionary(contents) { first, _ in first })
        default: return .other
        }
    }

    private static func remove(_ name: String, in directory: FileHandle) {
        if unlinkat(directory.value, name, 0) == 0 || errno == ENOENT { return }
        if let inner = directory.openDirectory(name) {
            for entry in inner.entries(limit: .max) ?? [] { remove(entry.name, in: inner) }
        }
        unlinkat(directory.value, name, AT_REMOVEDIR)
    }

    private static func put(_ content: Content, as name: String, in directory: FileHandle) {
        switch content {
        case .absent, .other: return
        case .link(let target): symlinkat(target, directory.value, name)
        case .file(let bytes, let mode):
            let value = openat(directory.value, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard value >= 0 else { return }
            let file = Descriptor(owning: value)
            _ = file.writeAll(bytes)
            fchmod(file.value, mode)
        case .directory(let entries):
            mkdirat(directory.value, name, 0o755)
            guard let inner = directory.openDirectory(name) else { return }
            for (name, content) in entries { put(content, as: name, in: inner) }
        }
    }
}

/// The protected files of programs that run at the same time.
///
/// All of them share what there was when none ran: else one that starts while another has changed a file would, at its
/// end, put back the change. What is not theirs but comes in between goes as well.
final class SharedProtection: Sendable {
    private struct State {
        var running = 0
        var files: ProtectedFiles?
    }

    private let paths: [String]
    private let state = Mutex(State())

    init(_ paths: [String]) { self.paths = paths }

    /// A program is about to start.
    func begin() {
        state.withLock { state in
            if state.running == 0 { state.files = ProtectedFiles(paths) }
            state.running += 1
        }
    }

    /// A program has ended, with everything that it started.
    ///
    /// - Returns: The paths that were put back.
    func end() -> [String] {
        // Under the lock, so that no other program remembers what is being put back.
        state.withLock { state in
            let restored = state.files?.restore() ?? []
            state.running -= 1
            if state.running == 0 { state.files = nil }
            return restored
        }
    }
}

/// A descriptor that can be handed on.
private final class FileHandle {
    private let descriptor: Descriptor

    init(owning value: CInt) { descriptor = Descriptor(owning: value) }

    var value: CInt { descriptor.value }
    func status(of name: String) -> FileStatus? { descriptor.status(of: name) }
    func linkTarget(of name: String) -> String? { descriptor.linkTarget(of: name) }
    func entries(limit: Int) -> [DirectoryEntry]? { descriptor.entries(limit: limit) }

    func openDirectory(_ name: String) -> FileHandle? {
        let result = openat(value, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return result < 0 ? nil : FileHandle(owning: result)
    }
}

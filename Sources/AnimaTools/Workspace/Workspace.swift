#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The one directory that tools reach.
///
/// Paths are walked from its root one component at a time without following links; a link is read and walked in its
/// turn, so neither `..` nor a link, nor one that changes while it is looked at, leads out.
public struct Workspace: Sendable {
    /// The absolute path of the root, without links.
    public let root: String

    /// Grants a directory.
    ///
    /// - Throws: ``WorkspaceError`` when it is not a directory that can be read.
    public init(root: String) throws(WorkspaceError) {
        guard let real = realpath(root, nil) else {
            throw WorkspaceError(
                message: "the workspace \(root) can't be used: \(String(cString: strerror(errno)))"
            )
        }
        defer { free(real) }
        self.root = String(cString: real)
        guard access(self.root, R_OK | X_OK) == 0 else {
            throw WorkspaceError(message: "the workspace \(root) can't be read")
        }
    }

    /// What a path leads to: an open directory and a name in it that is no link.
    ///
    /// The root itself has the name `.`.
    struct Place {
        let directory: Descriptor
        let name: String
        /// From the root, without links, for messages.
        let path: String
    }

    /// Walks a path.
    ///
    /// - Parameters:
    ///   - path: Relative to the root, or absolute inside it.
    ///   - makesDirectories: Whether missing directories on the way are made.
    func place(of path: String, makesDirectories: Bool = false) throws(ToolFailure) -> Place {
        var walk = Walk(workspace: self, asked: path, makesDirectories: makesDirectories)
        return try walk.run()
    }

    /// Opens a regular file to be read.
    func openFile(_ path: String) throws(ToolFailure) -> (file: Descriptor, size: Int, place: Place) {
        let place = try place(of: path)
        let number = openat(place.directory.number, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { throw ToolFailure("can't read \"\(path)\"", errno: errno) }
        let file = Descriptor(number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw ToolFailure("can't read \"\(path)\"", errno: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return (file, Int(status.st_size), place)
        case S_IFDIR: throw ToolFailure("\"\(path)\" is a directory; use list_files")
        default: throw ToolFailure("\"\(path)\" is a device, pipe or socket; only regular files can be read")
        }
    }

    /// Opens a directory to be listed.
    func openDirectory(_ path: String) throws(ToolFailure) -> (directory: Descriptor, path: String) {
        let place = try place(of: path)
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let number = openat(place.directory.number, place.name, flags)
        guard number >= 0 else { throw ToolFailure("can't list \"\(path)\"", errno: errno) }
        return (Descriptor(number), place.path)
    }
}

/// A directory that can't be granted.
public struct WorkspaceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, on what.
    public let message: String

    public var description: String { message }
}

/// One walk from the root.
private struct Walk {
    let workspace: Workspace
    let asked: String
    let makesDirectories: Bool
    private var resolved: [String] = []
    private var pending: [String] = []
    private var links = 0

    init(workspace: Workspace, asked: String, makesDirectories: Bool) {
        self.workspace = workspace
        self.asked = asked
        self.makesDirectories = makesDirectories
    }

    mutating func run() throws(ToolFailure) -> Workspace.Place {
        guard !asked.isEmpty else { throw ToolFailure("the path is empty") }
        guard asked.utf8.count <= 4096 else { throw ToolFailure("the path has more than 4096 bytes") }
        guard !asked.utf8.contains(0) else { throw ToolFailure("the path contains NUL") }
        try take(asked)
        var directory = try openRoot()
        while !pending.isEmpty {
            let name = pending.removeFirst()
            guard name.utf8.count <= 255 else { throw ToolFailure("a name in \"\(asked)\" has more than 255 bytes") }
            if name == ".." {
                guard resolved.popLast() != nil else { throw leavesRoot() }
                directory = try reopen()
            } else if let target = link(name, in: directory) {
                links += 1
                guard links <= 40 else { throw ToolFailure("\"\(asked)\" leads through too many links") }
                let rest = pending
                try take(target)
                if target.hasPrefix("/") { directory = try openRoot() }
                pending += rest
            } else if pending.isEmpty {
                return place(directory, name)
            } else {
                directory = try enter(name, from: directory)
                resolved.append(name)
            }
        }
        // The path ended in a directory that was entered already.
        guard let name = resolved.popLast() else {
            return Workspace.Place(directory: directory, name: ".", path: ".")
        }
        return place(try reopen(), name)
    }

    private func place(_ directory: Descriptor, _ name: String) -> Workspace.Place {
        Workspace.Place(directory: directory, name: name, path: (resolved + [name]).joined(separator: "/"))
    }

    /// Puts the components of a path before those that are pending; an absolute one begins at the root again.
    private mutating func take(_ path: String) throws(ToolFailure) {
        var rest = path[...]
        if path.hasPrefix("/") {
            guard path == workspace.root || path.hasPrefix(workspace.root + "/") || workspace.root == "/" else {
                throw leavesRoot()
            }
            rest = path.dropFirst(workspace.root == "/" ? 1 : workspace.root.count)
            resolved = []
        }
        pending = rest.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    private func leavesRoot() -> ToolFailure {
        ToolFailure("\"\(asked)\" leads out of the workspace; only paths inside \(workspace.root) can be used")
    }

    private func openRoot() throws(ToolFailure) -> Descriptor {
        let number = open(workspace.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw ToolFailure("can't open the workspace", errno: errno) }
        return Descriptor(number)
    }

    private func reopen() throws(ToolFailure) -> Descriptor {
        var directory = try openRoot()
        for name in resolved { directory = try enter(name, from: directory) }
        return directory
    }

    private func enter(_ name: String, from directory: Descriptor) throws(ToolFailure) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var number = openat(directory.number, name, flags)
        if number < 0, errno == ENOENT, makesDirectories {
            guard mkdirat(directory.number, name, 0o755) == 0 || errno == EEXIST else {
                throw ToolFailure("can't make the directory \"\(name)\" of \"\(asked)\"", errno: errno)
            }
            number = openat(directory.number, name, flags)
        }
        guard number >= 0 else { throw ToolFailure("can't reach \"\(asked)\"", errno: errno) }
        return Descriptor(number)
    }

    /// Where a link points; nil when the name is no link.
    private func link(_ name: String, in directory: Descriptor) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return readlinkat(directory.number, name, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

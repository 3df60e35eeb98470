import AnimaCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The directory that an agent's file tools reach, and nothing outside it.
///
/// A path that a model gives is relative to the root; an absolute one must lie inside it. `..` in it is resolved by its
/// text, as the gate does, so that both mean the same file. Links are followed only while they stay inside.
///
/// The walk goes from directory to directory by open descriptors and never through a link unseen, so a link that
/// appears between the check and the use leads nowhere.
public struct Workspace: Hashable, Sendable {
    /// The absolute path of the root, without links.
    public let root: String
    /// Files, and directories with all that is in them, that tools don't change, also while they are not there: paths from
    /// the root, in lower case.
    private var protected: [String] = []

    /// Names that are protected likewise, in whatever directory: what git keeps, and what programs run or obey.
    private static let protectedNames: Set<String> = Set(
        Confinement.startFiles.map { $0.hasPrefix(".git/") ? ".git" : $0 }
    )

    /// Files and directories that are as if they were not there: paths from the root, in lower case.
    private var hidden: [String] = []

    /// What rules of the gate keep the call from that the workspace is used for.
    private var reach: PathReach?

    /// A path has at most so many bytes.
    static let maxPathBytes = 4096
    /// A part of a path between slashes has at most so many bytes.
    static let maxNameBytes = 255
    /// At most so many links are followed for one path.
    static let maxLinks = 40

    /// Takes an existing directory as the root; links on the way to it are resolved now, once.
    ///
    /// - Throws: ``WorkspaceError`` when it is not a directory that can be read.
    public init(root: String) throws(WorkspaceError) {
        guard !root.isEmpty, !root.utf8.contains(0) else {
            throw WorkspaceError(
                code: .invalidPath,
                message: "the workspace root is empty or holds a NUL byte: give the path of a directory"
            )
        }
        guard let resolved = realpath(root, nil) else {
            throw WorkspaceError(
                code: errno == ENOENT ? .notFound : .system,
                message:
                    "can't open the workspace root \(root): \(systemReason(errno)); it must be an existing directory"
            )
        }
        defer { free(resolved) }
        self.root = String(cString: resolved)
        _ = try openRoot()
    }

    /// The workspace with more files that tools don't change; those outside of it are not reached anyway.
    public func protecting(_ paths: [String]) -> Workspace {
        var workspace = self
        for path in paths.map(Confinement.real) where path.hasPrefix(root + "/") {
            workspace.protected.append(String(path.dropFirst(root.count + 1)).lowercased())
        }
        return workspace
    }

    /// The workspace without some files and directories; those outside of it are not reached anyway.
    public func hiding(_ paths: [String]) -> Workspace {
        var workspace = self
        for path in paths.map(Confinement.real) where path.hasPrefix(root + "/") {
            workspace.hidden.append(String(path.dropFirst(root.count + 1)).lowercased())
        }
        return workspace
    }

    /// The workspace without what rules of the gate keep a call from.
    func within(_ reach: PathReach?) -> Workspace {
        var workspace = self
        workspace.reach = reach?.within(root)
        return workspace
    }

    /// Whether a file or directory that is come by, a path from the root without links, is not to be shown.
    func isBarred(_ path: String) -> Bool { reach?.refusal(of: path, isNamed: false) != nil }

    /// Refuses what a rule of the gate keeps the call from.
    private func requireReached(_ found: String, _ path: String) throws(WorkspaceError) {
        guard let refusal = reach?.refusal(of: found, isNamed: true) else { return }
        let name = found == path ? "\"\(path)\"" : "\"\(path)\", which is \"\(found)\","
        throw WorkspaceError(code: .denied, message: "\(name) is not reached: \(refusal)")
    }

    /// Whether a path from the root, without links, is to be passed over.
    func isHidden(_ path: String) -> Bool {
        guard !hidden.isEmpty else { return false }
        let path = path.lowercased()
        return hidden.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// Refuses what is hidden.
    private func requireVisible(_ names: [String], _ path: String) throws(WorkspaceError) {
        guard !hidden.isEmpty, isHidden(names.joined(separator: "/")) else { return }
        throw WorkspaceError(
            code: .protected,
            message: "\"\(path)\" is not reached: it belongs to Anima itself, and only your owner sees it"
        )
    }

    /// Refuses to change what is protected.
    func requireUnprotected(_ names: [String], _ path: String) throws(WorkspaceError) {
        let names = names.map { $0.lowercased() }
        let found = names.joined(separator: "/")
        guard
            let file = names.first(where: Self.protectedNames.contains)
                ?? protected.first(where: { found == $0 || found.hasPrefix($0 + "/") })
        else { return }
        throw WorkspaceError(
            code: .protected,
            message:
                "\"\(path)\" is not changed: \(file) is run or obeyed by other programs, or says what you may do; only your "
                + "owner changes it"
        )
    }

    /// A place under the root: the open directory that holds it, and its name there.
    struct Place: ~Copyable {
        let directory: Descriptor
        /// The name in the directory; `.` for the root itself.
        let name: String
        /// The path from the root, without links; `.` for the root itself.
        let path: String
    }

    /// Finds the place that a path names; whether something is there remains to be seen.
    ///
    /// - Parameters:
    ///   - creatingParents: Whether missing directories on the way are made.
    ///   - followsLast: Whether a link at the end stands for what it leads to, not for itself.
    ///   - changing: Whether it is to be changed, which is refused for protected files.
    func locate(
        _ path: String,
        creatingParents: Bool = false,
        followsLast: Bool = true,
        changing: Bool = false
    ) throws(WorkspaceError) -> Place {
        let place = try findPlace(path, creatingParents, followsLast, changing)
        try requireReached(place.path, path)
        return place
    }

    private func findPlace(
        _ path: String,
        _ creatingParents: Bool,
        _ followsLast: Bool,
        _ changing: Bool
    ) throws(WorkspaceError) -> Place {
        var pending: [String] = try components(of: path).reversed()
        var directory = try openRoot()
        var names: [String] = []
        var links = 0
        while let name = pending.popLast() {
            if name == ".." {
                // Only links still have these.
                guard !names.isEmpty else { throw outside(path, by: "a link on the way") }
                names.removeLast()
                directory = try walk(names, for: path)
                continue
            }
            try requireVisible(names + [name], path)
            if let target = directory.linkTarget(of: name) {
                if pending.isEmpty, !followsLast {
                    if changing { try requireUnprotected(names + [name], path) }
                    return Place(directory: directory, name: name, path: (names + [name]).joined(separator: "/"))
                }
                links += 1
                guard links <= Self.maxLinks else {
                    throw WorkspaceError(
                        code: .invalidPath,
                        message: "can't resolve \"\(path)\": more than \(Self.maxLinks) symbolic links, probably a loop"
                    )
                }
                var parts = target.split(separator: "/").filter { $0 != "." }.map(String.init)
                if target.utf8.first == UInt8(ascii: "/") {
                    guard let inside = insideRoot(parts) else { throw outside(path, by: "the link \"\(name)\"") }
                    parts = inside
                    names = []
                    directory = try openRoot()
                }
                pending.append(contentsOf: parts.reversed())
                continue
            }
            let isMissing = errno == ENOENT
            if !isMissing, errno != EINVAL { throw failure("open", path, errno) }
            if changing { try requireUnprotected(names + [name], path) }
            if pending.isEmpty {
                return Place(directory: directory, name: name, path: (names + [name]).joined(separator: "/"))
            }
            if isMissing {
                let missing = (names + [name]).joined(separator: "/")
                guard creatingParents else {
                    throw WorkspaceError(
                        code: .notFound,
                        message: "\"\(path)\" does not exist: there is no directory \"\(missing)\""
                    )
                }
                try requireReached((names + [name] + pending.reversed()).joined(separator: "/"), path)
                if mkdirat(directory.value, name, 0o755) != 0, errno != EEXIST {
                    throw failure("create the directory \"\(missing)\" for", path, errno)
                }
            }
            guard let next = directory.openDirectory(name) else { throw failure("enter \"\(name)\" of", path, errno) }
            directory = next
            names.append(name)
        }
        if names.isEmpty { return Place(directory: directory, name: ".", path: ".") }
        // A link led to a directory: name it from its parent.
        let name = names.removeLast()
        let parent = try walk(names, for: path)
        return Place(directory: parent, name: name, path: (names + [name]).joined(separator: "/"))
    }

    /// Opens the directory that a path names.
    ///
    /// - Returns: The directory, and its path from the root without links.
    func openDirectory(_ path: String) throws(WorkspaceError) -> OpenFile {
        let place = try locate(path)
        guard let status = place.directory.status(of: place.name) else {
            throw WorkspaceError(code: .notFound, message: "\"\(path)\" does not exist")
        }
        guard status.kind == .directory else {
            throw WorkspaceError(
                code: .wrongKind,
                message: "\"\(path)\" is \(status.kind.rawValue), not a directory"
            )
        }
        guard let directory = place.directory.openDirectory(place.name) else { throw failure("open", path, errno) }
        return OpenFile(descriptor: directory, path: place.path, status: status)
    }

    /// The parts of a path from the root, without `.` and `..`.
    func components(of path: String) throws(WorkspaceError) -> [String] {
        func invalid(_ problem: String) -> WorkspaceError {
            WorkspaceError(
                code: .invalidPath,
                message: "the path \"\(path.unicodeScalars.prefix(80).map { String($0) }.joined())\" \(problem)"
            )
        }
        guard !path.isEmpty else {
            throw invalid("is empty: give a path relative to the workspace, \".\" for all of it")
        }
        guard !path.utf8.contains(0) else { throw invalid("holds a NUL byte, which no path can") }
        guard path.utf8.count <= Self.maxPathBytes else {
            throw invalid("… has \(path.utf8.count) bytes, over the limit of \(Self.maxPathBytes)")
        }
        var parts: [String] = []
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        for part in path.split(separator: "/") where part != "." {
            guard part.utf8.count <= Self.maxNameBytes else {
                throw invalid("… has a name of \(part.utf8.count) bytes, over the limit of \(Self.maxNameBytes)")
            }
            if part == ".." {
                if parts.isEmpty {
                    if isAbsolute { continue }
                    throw outside(path, by: "\"..\"")
                }
                parts.removeLast()
            } else {
                parts.append(String(part))
            }
        }
        guard isAbsolute else { return parts }
        guard let inside = insideRoot(parts) else { throw outside(path, by: "its beginning") }
        return inside
    }

    func failure(_ action: String, _ path: String, _ number: CInt) -> WorkspaceError {
        WorkspaceError(
            code: number == ENOENT ? .notFound : number == ENOTDIR || number == ELOOP ? .wrongKind : .system,
            message: "can't \(action) \"\(path)\": \(systemReason(number))"
        )
    }

    private func openRoot() throws(WorkspaceError) -> Descriptor {
        let result = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard result >= 0 else {
            let reason = systemReason(errno)
            throw WorkspaceError(code: .system, message: "can't open the workspace root \(root): \(reason)")
        }
        return Descriptor(owning: result)
    }

    /// Opens a directory by names that were not links when they were passed; one that has become a link is refused.
    private func walk(_ names: [String], for path: String) throws(WorkspaceError) -> Descriptor {
        var directory = try openRoot()
        for name in names {
            guard let next = directory.openDirectory(name) else { throw failure("enter \"\(name)\" of", path, errno) }
            directory = next
        }
        return directory
    }

    /// What follows the root in the parts of an absolute path; nil when the path lies elsewhere.
    private func insideRoot(_ parts: [String]) -> [String]? {
        // Names are compared as bytes: Swift's `==` calls differently composed characters equal, the system does not.
        let base = root.split(separator: "/")
        guard parts.count >= base.count else { return nil }
        for (part, expected) in zip(parts, base) where !part.utf8.elementsEqual(expected.utf8) { return nil }
        return Array(parts.dropFirst(base.count))
    }

    private func outside(_ path: String, by cause: String) -> WorkspaceError {
        WorkspaceError(
            code: .outside,
            message: "\"\(path)\" leads out of the workspace (by \(cause)); only paths inside \(root) are allowed, "
                + "relative to it such as \"notes/today.md\""
        )
    }
}

/// Something open under a workspace's root.
struct OpenFile: ~Copyable {
    let descriptor: Descriptor
    /// Its path from the root, without links; `.` for the root.
    let path: String
    let status: FileStatus
}

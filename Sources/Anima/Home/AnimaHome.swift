public import AnimaCore
import AnimaStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The directory that Anima keeps its agents in: `$ANIMA_HOME`, or `~/.anima`.
///
/// ```
/// config.toml            defaults for all agents
/// agents/<name>/
///   agent.toml           what it is and may do
///   persona.md           who it is
///   life.sqlite          its life
///   workspace/           where its tools reach by default
/// ```
public struct AnimaHome: Hashable, Sendable {
    /// The absolute path of the directory; it need not exist.
    public let path: String

    /// The home that was asked for, or that the environment names.
    ///
    /// - Throws: ``HomeError`` when neither `ANIMA_HOME` nor `HOME` is set.
    public init(path: String? = nil, environment: [String: String]) throws(HomeError) {
        if let path, !path.isEmpty {
            self.path = FilePath.absolute(path)
        } else if let path = environment["ANIMA_HOME"], !path.isEmpty {
            self.path = FilePath.absolute(path)
        } else if let home = environment["HOME"], !home.isEmpty {
            self.path = FilePath.absolute(home) + "/.anima"
        } else {
            throw HomeError(message: "no home: set ANIMA_HOME or HOME, or give --home DIRECTORY")
        }
    }

    /// The directory of one agent.
    public func directory(of id: AgentID) -> String { "\(path)/agents/\(id)" }

    /// The file of one agent's life.
    public func lifePath(of id: AgentID) -> String { directory(of: id) + "/life.sqlite" }

    /// The file that says what one agent is and may do.
    public func agentFilePath(of id: AgentID) -> String { directory(of: id) + "/agent.toml" }

    /// The file that says who one agent is.
    public func personaPath(of id: AgentID) -> String { directory(of: id) + "/persona.md" }

    /// Where one agent's tools reach by default.
    public func workspace(of id: AgentID) -> String { directory(of: id) + "/workspace" }

    /// The agents that have a directory here, in the order of their names.
    public func agents() throws(HomeError) -> [AgentID] {
        let directory = path + "/agents"
        guard FilePath.exists(directory) else { return [] }
        return try FilePath.entries(of: directory).compactMap { try? AgentID($0) }.sorted()
    }

    /// The agents in whose lives something may be left to do, in the order of their names: those that a process left in the middle, and
    /// those that were sent something since.
    public func agentsThatMayOweWork() throws(HomeError) -> [AgentID] {
        try agents().filter { FilePath.exists(lifePath(of: $0)) && SQLiteLife.mayOweWork(at: lifePath(of: $0)) }
    }

    /// Makes an agent's directory, and those above it, for the owner's eyes only.
    public func makeDirectory(of id: AgentID) throws(HomeError) {
        try FilePath.makePrivateDirectory(path)
        try FilePath.makePrivateDirectory(path + "/agents")
        try FilePath.makePrivateDirectory(directory(of: id))
    }

    /// Does what puts something into an agent's directory, which is made for it; when that fails, one that was made is gone again.
    public func inDirectory(of id: AgentID, _ body: () async throws -> Void) async throws {
        let isNew = !FilePath.exists(directory(of: id))
        try makeDirectory(of: id)
        do {
            try await body()
        } catch {
            if isNew { try? FilePath.removeDirectory(directory(of: id)) }
            throw error
        }
    }
}

/// A home that can't be used.
public struct HomeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, on what, and what to do.
    public let message: String

    public var description: String { message }
}

/// The few questions about files that the composition asks.
public enum FilePath {
    /// The path from the root, with the current directory before a relative one.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return trimmed(path) }
        return trimmed(currentDirectory() + "/" + path)
    }

    /// The process's current directory.
    public static func currentDirectory() -> String {
        guard let buffer = getcwd(nil, 0) else { return "/" }
        defer { free(buffer) }
        return String(cString: buffer)
    }

    /// Whether there is something at a path.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The permission bits of what is at a path; nil when there is nothing.
    public static func permissions(of path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : nil
    }

    /// The names in a directory, without hidden ones.
    public static func entries(of directory: String) throws(HomeError) -> [String] {
        guard let stream = opendir(directory) else {
            throw HomeError(message: "can't read the directory \(directory): \(reason())")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// Makes a directory that only its owner may enter; one that is there stays as it is.
    public static func makePrivateDirectory(_ path: String) throws(HomeError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makePrivateDirectory(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw HomeError(message: "can't make the directory \(path): \(reason())")
    }

    /// Reads a whole text file of at most a megabyte; nil when there is none.
    public static func read(_ path: String) throws(HomeError) -> String? {
        guard let bytes = try readBytes(path, limit: 1_048_576) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HomeError(message: "\(path) is not a text in UTF-8")
        }
        return text
    }

    /// Reads a whole file; nil when there is none.
    ///
    /// - Parameter limit: In bytes.
    public static func readBytes(_ path: String, limit: Int) throws(HomeError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw HomeError(message: "can't read \(path): \(reason())") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = systemRead(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw HomeError(message: "can't read \(path): \(reason())") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw HomeError(message: "\(path) is larger than \(limit) bytes") }
        }
    }

    /// Writes a new file that only its owner may read.
    ///
    /// - Throws: ``HomeError`` when there is something already or it can't be written.
    public static func writeNew(_ text: String, to path: String) throws(HomeError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HomeError(message: "can't make \(path): \(reason())") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HomeError(message: "can't write \(path): \(reason())") }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Writes a file that only its owner may read, whole or not at all: it is there when it is on the disk.
    ///
    /// - Throws: ``HomeError``.
    static func writeWhole(_ text: String, to path: String) throws(HomeError) {
        let draft = "\(path).new"
        unlink(draft)
        try writeNew(text, to: draft)
        let descriptor = open(draft, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HomeError(message: "can't write \(path): \(reason())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else {
            throw HomeError(message: "can't write \(path): \(reason())")
        }
    }

    /// Deletes a directory with all that is in it; follows no links.
    static func removeDirectory(_ path: String) throws(HomeError) {
        guard let stream = opendir(path) else { throw HomeError(message: "can't delete \(path): \(reason())") }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(stream)
        for name in names {
            let entry = "\(path)/\(name)"
            var status = stat()
            guard lstat(entry, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try removeDirectory(entry)
            } else if unlink(entry) != 0 {
                throw HomeError(message: "can't delete \(entry): \(reason())")
            }
        }
        guard rmdir(path) == 0 else { throw HomeError(message: "can't delete \(path): \(reason())") }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// The system's `read`, under a name that the functions above don't hide.
private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

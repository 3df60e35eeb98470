#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reading and writing whole files.
enum FileContent {
    /// Larger files are neither read nor edited whole.
    static let maximumBytes = 32 * 1024 * 1024

    /// All bytes of a file in a workspace.
    static func bytes(of path: String, in workspace: Workspace) throws(ToolFailure) -> [UInt8] {
        let (file, size, _) = try workspace.openFile(path)
        guard size <= maximumBytes else {
            throw ToolFailure(
                "\"\(path)\" has \(size) bytes, over the limit of \(maximumBytes); use shell for a part of it"
            )
        }
        return try read(file, path)
    }

    /// The text of a file in a workspace.
    static func text(of path: String, in workspace: Workspace) throws(ToolFailure) -> String {
        let bytes = try bytes(of: path, in: workspace)
        guard !bytes.prefix(8192).contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw ToolFailure("\"\(path)\" is binary or not UTF-8 (\(bytes.count) bytes); it can't be shown as text")
        }
        return text
    }

    /// Replaces a file, or makes it, in one step: a reader sees the old content or the new one.
    ///
    /// - Returns: Whether there was a file before.
    @discardableResult
    static func write(_ bytes: [UInt8], to path: String, in workspace: Workspace) throws(ToolFailure) -> Bool {
        let place = try workspace.place(of: path, makesDirectories: true)
        var status = stat()
        let isThere = fstatat(place.directory.number, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0
        if isThere, status.st_mode & S_IFMT != S_IFREG {
            throw ToolFailure("\"\(path)\" is not a regular file; only those can be written")
        }
        let temporary = ".\(place.name.prefix(100)).\(UInt64.random(in: 0 ... .max)).tmp"
        let mode = isThere ? status.st_mode & 0o777 : 0o644
        let number = openat(
            place.directory.number,
            temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
            mode
        )
        guard number >= 0 else { throw ToolFailure("can't write \"\(path)\"", errno: errno) }
        let file = Descriptor(number)
        do throws(ToolFailure) {
            try writeAll(bytes, to: file, path)
            guard fchmod(number, mode) == 0,
                renameat(place.directory.number, temporary, place.directory.number, place.name) == 0
            else { throw ToolFailure("can't write \"\(path)\"", errno: errno) }
        } catch {
            unlinkat(place.directory.number, temporary, 0)
            throw error
        }
        return isThere
    }

    static func read(_ file: Descriptor, _ path: String) throws(ToolFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 262_144)
        while true {
            let count = systemRead(file.number, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ToolFailure("can't read \"\(path)\"", errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else { throw ToolFailure("\"\(path)\" grew over \(maximumBytes) bytes") }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to file: Descriptor, _ path: String) throws(ToolFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file.number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ToolFailure("can't write \"\(path)\"", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }
}

/// The system's `read` and `write`, under names that the methods above don't hide.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, buffer, count)
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }

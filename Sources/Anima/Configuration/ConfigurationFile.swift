#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads the text files of a configuration and resolves their paths.
enum ConfigurationFile {
    /// Larger files are refused; a configuration of this size is a mistake.
    static let maximumBytes = 1_048_576

    /// What can go wrong with reading.
    enum Failure: Error, Hashable {
        /// There is no such file.
        case missing
        /// It can't be read, or holds no text; the message says why.
        case unreadable(String)
        /// It is read and holds something that is not UTF-8.
        case notText(line: Int, column: Int, byte: UInt8)
    }

    /// Reads a file of UTF-8 text.
    ///
    /// Pipes are read, too: `anima run <(…)`. One that nobody writes to blocks.
    static func text(_ path: String) throws(Failure) -> String {
        let bytes = try bytes(path)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw notText(bytes)
    }

    /// An absolute path: a relative one starts at `directory`, `~/` at `$HOME`.
    static func absolute(_ path: String, in directory: String, _ environment: [String: String]) -> String {
        var path = path
        if path == "~" || path.hasPrefix("~/"), let home = environment["HOME"], home.hasPrefix("/") {
            path = home + path.dropFirst()
        }
        if !path.hasPrefix("/") { path = "\(directory)/\(path)" }
        // `..` stays: taking it away by letters would be wrong behind a symbolic link.
        return "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The directory that holds a file.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw .unreadable("a path can't hold U+0000") }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw .unreadable("larger than \(maximumBytes) bytes; is it the right file?")
            }
        }
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case EISDIR: .unreadable("is a directory, not a file")
        default: .unreadable("can't be read: \(String(cString: strerror(code)))")
        }
    }

    private static func notText(_ bytes: [UInt8]) -> Failure {
        var line = 1
        var column = 1
        var offset = 0
        var parser = UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while case .valid(let scalar) = parser.parseScalar(from: &rest) {
            offset += scalar.count
            column += 1
            if scalar.elementsEqual(CollectionOfOne(UInt8(ascii: "\n"))) {
                line += 1
                column = 1
            }
        }
        return .notText(line: line, column: column, byte: offset < bytes.count ? bytes[offset] : 0)
    }
}

import AnimaCore
import AnimaTools

/// The configuration files outside of the home that the owner trusts, each with the content that was trusted: `trusted` in
/// the home, a line a file with the SHA-256 of its content and its path.
public struct TrustedFiles: Sendable {
    /// The absolute path of the list; it need not exist.
    public let path: String
    private let home: String

    /// The list of a home.
    public init(home: AnimaHome) {
        path = home.path + "/trusted"
        self.home = home.path
    }

    /// A file of the list.
    public struct Entry: Hashable, Sendable {
        /// The SHA-256 of its content when it was trusted, in hexadecimal digits.
        public let hash: String
        /// Its absolute path, without links.
        public let path: String
    }

    /// The files, in the order of their paths.
    ///
    /// - Throws: ``HomeError``.
    public func entries() throws(HomeError) -> [Entry] {
        (try FilePath.read(path) ?? "").split(separator: "\n")
            .compactMap { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                return parts.count == 2 ? Entry(hash: String(parts[0]), path: String(parts[1])) : nil
            }
    }

    /// Whether a file is trusted as it is now; those in the home always are.
    ///
    /// - Throws: ``HomeError``.
    public func contains(_ file: String) throws(HomeError) -> Bool {
        let real = Confinement.real(FilePath.absolute(file))
        if Confinement.lies(real, in: Confinement.real(home)) { return true }
        guard let entry = try entries().first(where: { $0.path == real }) else { return false }
        return try entry.hash == Self.hash(of: real)
    }

    /// Trusts a file as it is now.
    ///
    /// - Throws: ``HomeError`` when there is no such file.
    public func add(_ file: String) throws(HomeError) {
        let real = Confinement.real(FilePath.absolute(file))
        guard let hash = try Self.hash(of: real) else { throw HomeError(message: "there is no file \(file) to trust") }
        guard !real.contains("\n") else { throw HomeError(message: "the path of \(file) holds a line end") }
        try write(try entries().filter { $0.path != real } + [Entry(hash: hash, path: real)])
    }

    /// Trusts a file no longer.
    ///
    /// - Returns: Whether it was trusted.
    /// - Throws: ``HomeError``.
    public func remove(_ file: String) throws(HomeError) -> Bool {
        let real = Confinement.real(FilePath.absolute(file))
        let all = try entries()
        let rest = all.filter { $0.path != real }
        guard rest.count < all.count else { return false }
        try write(rest)
        return true
    }

    private func write(_ entries: [Entry]) throws(HomeError) {
        try FilePath.makePrivateDirectory(home)
        let lines = entries.sorted { $0.path < $1.path }.map { "\($0.hash) \($0.path)\n" }
        try FilePath.writeWhole(lines.joined(), to: path)
    }

    private static func hash(of path: String) throws(HomeError) -> String? {
        try FilePath.readBytes(path, limit: 1_048_576).map { ContentHash.hexadecimal(of: $0) }
    }
}

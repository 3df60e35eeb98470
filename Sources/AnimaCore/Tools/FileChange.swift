/// One change of one file by a tool, with what is needed to take it back.
public struct FileChange: Hashable, Sendable, Codable {
    /// What happened to the file.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// It was not there before.
        case created
        /// It has another content than before.
        case modified
        /// It is no longer there.
        case deleted
        /// It is at another place.
        case moved
    }

    /// Where it is, from the workspace's root and without links; of a moved file, where it is now.
    public let path: String
    /// What happened to it.
    public let kind: Kind
    /// Where a moved file was before.
    public let from: String?
    /// What was there before; nil for nothing.
    public let before: FileImage?
    /// What is there since; nil for nothing.
    public let after: FileImage?
    /// Whether it can be taken back: what is needed of the bytes before is kept in the life.
    public let isRestorable: Bool

    /// Describes a change.
    public init(
        path: String,
        kind: Kind,
        from: String? = nil,
        before: FileImage?,
        after: FileImage?,
        isRestorable: Bool = true
    ) {
        self.path = path
        self.kind = kind
        self.from = from
        self.before = before
        self.after = after
        self.isRestorable = isRestorable
    }

    /// The hash of the bytes that the life keeps for it; nil when none are needed or kept.
    public var keptHash: String? { isRestorable && kind != .moved ? before?.hash : nil }
}

/// What was at a path at one moment, without its bytes.
public struct FileImage: Hashable, Sendable, Codable {
    /// The kinds of things whose changes are recorded.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A regular file.
        case file
        /// A symbolic link; its bytes are the path that it leads to.
        case link
        /// A directory; it has no bytes of its own.
        case directory
    }

    /// What it was.
    public let kind: Kind
    /// SHA-256 of the bytes, hexadecimal; nil for a directory and for a file that was too large to be read.
    public let hash: String?
    /// The number of bytes.
    public let bytes: Int
    /// The permission bits.
    public let mode: Int

    /// Describes what was there.
    public init(kind: Kind = .file, hash: String?, bytes: Int, mode: Int) {
        self.kind = kind
        self.hash = hash
        self.bytes = bytes
        self.mode = mode
    }
}

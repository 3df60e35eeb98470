/// Why a path could not be used, in words for the model.
public struct WorkspaceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, coarsely; more may come.
    public struct Code: Hashable, Sendable {
        private enum Value {
            case invalidPath
            case outside
            case notFound
            case wrongKind
            case protected
            case denied
            case tooLarge
            case system
        }
        private let value: Value

        /// The text can't be a path: empty, too long, or with a NUL byte; another path is needed.
        public static let invalidPath = Code(value: .invalidPath)
        /// The path leads out of the workspace, by itself or by a link; another path is needed.
        public static let outside = Code(value: .outside)
        /// Nothing is there.
        public static let notFound = Code(value: .notFound)
        /// Something of another kind is there, for example a directory instead of a file.
        public static let wrongKind = Code(value: .wrongKind)
        /// It is a file that only the owner changes.
        public static let protected = Code(value: .protected)
        /// A rule of the gate keeps the call from it.
        public static let denied = Code(value: .denied)
        /// The file is over a limit.
        public static let tooLarge = Code(value: .tooLarge)
        /// The system refused or failed; the message has its reason.
        ///
        /// Trying again may help.
        public static let system = Code(value: .system)
    }

    /// What went wrong.
    public let code: Code
    /// What was tried, on what path, and what is allowed.
    public let message: String

    public var description: String { message }
}

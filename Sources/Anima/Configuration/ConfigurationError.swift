/// Why a configuration could not be loaded: every fault that was found, in the order of the files and their lines.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is; more may come.
    public struct Code: Sendable, Hashable {
        private enum Kind: Hashable, Sendable {
            case unreadable
            case faulty
        }

        private let kind: Kind

        /// A file could not be read; a retry helps once it can be.
        public static let unreadable = Code(kind: .unreadable)
        /// What was read breaks the rules; a retry does not help before somebody edits it.
        public static let faulty = Code(kind: .faulty)
    }

    /// What kind of error it is.
    public let code: Code
    /// At least one.
    public let faults: [ConfigurationFault]

    /// The faults, one a line; of more than 100 the first 100 and how many follow.
    public var description: String {
        var lines = faults.prefix(100).map(\.description)
        if faults.count > lines.count { lines.append("and \(faults.count - lines.count) more") }
        return lines.joined(separator: "\n")
    }
}

/// One thing wrong with a configuration.
public struct ConfigurationFault: Sendable, Hashable, CustomStringConvertible {
    /// Where it is wrong.
    public enum Place: Sendable, Hashable, CustomStringConvertible {
        /// A character of a file; lines and columns (in Unicode scalars) count from 1.
        case position(file: String, line: Int, column: Int)
        /// A file as a whole.
        case file(String)
        /// An option of the command line.
        case option(String)

        public var description: String {
            switch self {
            case .position(let file, let line, let column): "\(file):\(line):\(column)"
            case .file(let file): file
            case .option(let option): option
            }
        }
    }

    /// Where it is wrong.
    public let place: Place
    /// The key it is about, for example `limits.steps` or `gate.allow[1]`; nil when it is about no key.
    public let key: String?
    /// What is wrong, what is allowed, and what was perhaps meant.
    public let message: String

    /// `FILE:LINE:COLUMN: key: message`.
    public var description: String {
        "\(place): " + (key.map { "\($0): " } ?? "") + message
    }
}

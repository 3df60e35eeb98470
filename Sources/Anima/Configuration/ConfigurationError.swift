/// A configuration file that can't be used: every fault, each with its place.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// The file, as it was named.
        public let file: String
        /// The line, from 1; nil when the whole file is meant.
        public let line: Int?
        /// What is wrong, what is allowed, and what was perhaps meant.
        public let problem: String

        public var description: String { line.map { "\(file):\($0): \(problem)" } ?? "\(file): \(problem)" }
    }

    /// In the order of the file.
    public let faults: [Fault]

    public var description: String {
        faults.map(\.description).joined(separator: "\n")
    }
}

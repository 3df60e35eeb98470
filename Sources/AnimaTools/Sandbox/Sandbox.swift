/// Holds the programs that tools start inside what they were granted.
///
/// It is a pure description: it turns a command line into one that runs it confined.
public protocol Sandbox: Sendable {
    /// What it is, in a few words for people: `bubblewrap and anima-confine`.
    var name: String { get }

    /// What it does not hold of what a stronger one would, each as a phrase; empty for the strongest.
    var weaknesses: [String] { get }

    /// Why it can't let programs reach single hosts and no others; nil when it can.
    var hostsProblem: String? { get }

    /// The command line that runs a program inside.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - directory: The absolute path where it runs; it lies in a writable root.
    ///   - parent: The process that starts it; nothing of the program outlives that.
    /// - Throws: ``SandboxError`` when this sandbox can't hold the confinement.
    func command(
        _ command: [String],
        in directory: String,
        under confinement: Confinement,
        parent: Int32
    ) throws(SandboxError) -> [String]
}

/// Holds nothing: programs may do whatever the user may.
public struct NoSandbox: Sandbox {
    /// A sandbox that is none.
    public init() {}

    public var name: String { "none" }
    public var weaknesses: [String] { ["programs may read, write and reach whatever the user may"] }

    public var hostsProblem: String? { "sandbox.mode is \"none\", which holds nothing" }

    public func command(_ command: [String], in directory: String, under confinement: Confinement, parent: Int32)
        throws(SandboxError) -> [String]
    {
        try requireHosts(of: confinement)
        return command
    }
}

extension Sandbox {
    /// Fails when hosts are granted that this sandbox would have to open the whole network for.
    func requireHosts(of confinement: Confinement) throws(SandboxError) {
        guard !confinement.hosts.isEmpty, let hostsProblem else { return }
        throw SandboxError(
            message: "programs can't be held to the hosts that sandbox.hosts names: \(hostsProblem); without "
                + "sandbox.hosts they run without network"
        )
    }
}

/// Why programs can't be confined, and what to do about it.
public struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for, why it can't be, what to install or to set.
    public let message: String

    public var description: String { message }
}

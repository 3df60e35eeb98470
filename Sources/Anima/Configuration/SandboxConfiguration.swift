public import AnimaTools

/// What programs that tools start are held in, and what it lets through.
public struct SandboxConfiguration: Sendable, Hashable {
    /// Which sandbox is wanted, by ``SandboxSurvey/Mode``; nil for the strongest there is.
    public var mode: String?
    /// Whether programs reach the network.
    public var network = false
    /// The hosts that programs reach when they don't reach the whole network.
    public var hosts: [String] = []
    /// Absolute paths that programs may read besides the system's and the workspace.
    public var read: [String] = []
    /// Absolute paths that programs may write besides the workspace.
    public var write: [String] = []
    /// What one run of a program may use.
    public var limits = Confinement.Limits()

    /// The defaults: the strongest sandbox, no network, no further paths.
    public init() {}
}

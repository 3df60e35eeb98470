/// What may happen to a tool call that a crash left without a result.
///
/// A tool must say it; there is no default.
public enum Replay: String, Hashable, Sendable, Codable, CaseIterable {
    /// It only reads: run it again.
    case pure
    /// The far side knows a repetition by the call's key: run it again with the same key.
    case keyed
    /// The tool can find out whether it happened: ask it, then settle or run.
    case probe
    /// It may not be repeated: the agent is told that the outcome is unknown.
    case unsafe
}

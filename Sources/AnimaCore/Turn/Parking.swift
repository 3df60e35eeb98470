/// What open work waits for when nothing can be done about it now.
public enum Parking: Hashable, Sendable {
    /// No model answers; it is asked again later.
    case model
    /// A message can't be carried to another agent and is tried again later, or another agent's answer is waited for.
    case peer
    /// The gate asks the owner about a call.
    case owner
}

public import AnimaCore

/// What listeners hear while an agent works.
public enum LiveEvent: Hashable, Sendable {
    /// An event was appended to the life.
    case committed(Event)
    /// The model said more; not in the life until the reply is whole.
    case text(TurnID, step: Int, String)
    /// The model thought more.
    case reasoning(TurnID, step: Int, String)
    /// What the model said of this step does not count: the call failed or is made again.
    case retracted(TurnID, step: Int)
    /// A tool call began to run.
    case toolRunning(ToolCallID, tool: String, arguments: JSONValue)
    /// A tool that runs put out more.
    case toolProgress(ToolCallID, String)
    /// This listener was too slow and missed so many of these.
    case missed(Int)
}

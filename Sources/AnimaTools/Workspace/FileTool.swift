import AnimaCore

/// A tool that reaches files of a workspace: no call of it can forget what the gate's rules keep it from.
protocol FileTool: Tool {
    /// What it reaches.
    var workspace: Workspace { get set }

    /// Runs one call; the workspace is without what rules keep the call from.
    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput

    /// Finds out whether an interrupted call took effect, as ``Tool/probe(_:)``.
    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput?
}

extension FileTool {
    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput { await within(call.reach).perform(call) }

    @concurrent func probe(_ call: ToolInvocation) async -> ToolOutput? { await within(call.reach).inspect(call) }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? { .unknownOutcome }

    private func within(_ reach: PathReach?) -> Self {
        guard let reach else { return self }
        var tool = self
        tool.workspace = workspace.within(reach)
        return tool
    }
}

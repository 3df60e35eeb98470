public import AnimaCore

/// The tools that come with Anima.
public enum StandardTools {
    /// All of them, in the order in which models see them.
    ///
    /// - Parameters:
    ///   - workspace: What files and programs reach.
    ///   - environment: The environment variables that programs may see.
    public static func all(workspace: Workspace, environment: [String: String] = [:]) -> [any Tool] {
        let shell = Shell(workspace: workspace, granted: environment)
        return [
            ReadFileTool(workspace: workspace), WriteFileTool(workspace: workspace),
            EditFileTool(workspace: workspace), ListFilesTool(workspace: workspace),
            SearchFilesTool(workspace: workspace),
            ShellTool(shell: shell), RunProgramTool(shell: shell),
            AddTool(), EchoTool(), NowTool(),
            RememberTool(), RecallTool(),
        ]
    }

    /// The tools that names stand for: groups and single tools.
    ///
    /// - Throws: ``ToolSelectionError`` for a name that is neither.
    public static func select(_ names: [String], from tools: [any Tool]) throws(ToolSelectionError) -> [any Tool] {
        let known = Set(tools.flatMap { [$0.spec.name, $0.spec.group] })
        for name in names where !known.contains(name) {
            let hint = Spelling.closest(to: name, among: known.sorted()).map { "; did you mean \"\($0)\"?" } ?? ""
            throw ToolSelectionError(
                message: "tools.use names \"\(name)\", which is no tool or group\(hint) "
                    + "(there are: \(known.sorted().joined(separator: ", ")))"
            )
        }
        return tools.filter { names.contains($0.spec.name) || names.contains($0.spec.group) }
    }
}

/// A tool that there is not.
public struct ToolSelectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for, and what there is.
    public let message: String

    public var description: String { message }
}

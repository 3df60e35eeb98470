public import AnimaCore

/// The tools that every agent can be given.
public enum StandardTools {
    /// The names of the groups, in the order in which their tools are listed.
    public static let groups = ["files", "shell", "http", "basic", "memory", "peers", "children", "itself"]

    /// All standard tools, in a fixed order, so that what a model sees stays the same.
    ///
    /// - Parameters:
    ///   - workspace: The directory that file tools reach, and in which programs start.
    ///   - environment: The variables that programs get besides `PATH`, `HOME`, `LANG`, `LC_ALL`, `TERM`, `TMPDIR` and
    ///     those that keep git from what a repository brings; one of these names replaces ours. Programs get no other
    ///     variable of this process.
    ///   - sandbox: What programs are run in; ``SandboxSurvey`` finds one.
    ///   - confinement: What it lets them reach; nil for the workspace, the readable system and no network.
    ///   - web: Which hosts may be spoken to, and as whom.
    public static func all(
        workspace: Workspace,
        environment: [String: String],
        sandbox: any Sandbox,
        confinement: Confinement? = nil,
        web: WebAccess = WebAccess()
    ) -> [any Tool] {
        let client = web.client
        let programs = ProgramRunner(
            workspace: workspace,
            environment: environment,
            sandbox: sandbox,
            confinement: confinement ?? Confinement(workspace: workspace.root),
            resolver: web.resolver
        )
        let jobs = JobTable(programs: programs)
        return [
            ReadFileTool(workspace: workspace),
            WriteFileTool(workspace: workspace),
            EditFileTool(workspace: workspace),
            ApplyPatchTool(workspace: workspace),
            MoveFileTool(workspace: workspace),
            DeleteFileTool(workspace: workspace),
            ListFilesTool(workspace: workspace),
            FileInfoTool(workspace: workspace),
            SearchFilesTool(workspace: workspace),
            ShellTool(programs: programs),
            RunProgramTool(programs: programs),
            ShellStartTool(jobs: jobs),
            ShellReadTool(jobs: jobs),
            ShellWriteTool(jobs: jobs),
            ShellStopTool(jobs: jobs),
            ReadPageTool(client: client),
            HTTPRequestTool(client: client, workspace: workspace),
            AddTool(),
            EchoTool(),
            NowTool(),
            RememberTool(),
            RecallTool(),
            ReviseTool(),
            ForgetTool(),
            EditBlockTool(),
            SearchHistoryTool(),
            ReadHistoryTool(),
            ListAgentsTool(),
            SendMessageTool(),
            AskAgentTool(),
            ReplyTool(),
            BroadcastTool(),
            PublishTool(),
            SubscribeTool(),
            UnsubscribeTool(),
            ShareMemoryTool(),
            SpawnTool(),
            WaitForTool(),
            CheckOnTool(),
            StopChildTool(),
            ThinkTool(),
            WaitTool(),
            BudgetTool(),
            AskOwnerTool(),
            ReadOutputTool(),
        ]
    }

    /// The tools that a configuration names, each by its name or by its group.
    ///
    /// - Returns: Each named tool once, in the order of `tools`; none for no names.
    /// - Throws: ``ToolSelectionError`` naming every entry that is neither.
    public static func select(
        _ names: [String],
        from tools: [any Tool]
    ) throws(ToolSelectionError) -> [any Tool] {
        let known = Set(tools.flatMap { [$0.spec.name, $0.spec.group] })
        let unknown = names.filter { !known.contains($0) }
        guard unknown.isEmpty else { throw ToolSelectionError(unknown: unknown, known: known.sorted()) }
        return tools.filter { names.contains($0.spec.name) || names.contains($0.spec.group) }
    }
}

/// Names that are neither a tool nor a group of tools.
public struct ToolSelectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The names, as written.
    public let unknown: [String]
    /// The names of all tools and groups, sorted.
    public let known: [String]

    public var description: String {
        unknown.map { name in
            let hint = Spelling.closest(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            return "\"\(name.prefix(80))\" is neither a tool nor a group of tools\(hint)"
        }
        .joined(separator: "; ") + " (there are: \(known.joined(separator: ", ")))"
    }
}

import AnimaCore

/// Deletes a file; its bytes are kept in the agent's life, from where `anima undo` brings them back.
struct DeleteFileTool: FileTool {
    var workspace: Workspace

    let spec = ToolSpec(
        name: "delete_file",
        group: "files",
        description: "Deletes one file, a link (not what it leads to) or an empty directory. The owner can bring it "
            + "back; files over 16 MiB go only with permanently, and then for good.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "What to delete, relative to the workspace.", required: true),
            .init("permanently", .boolean, "Delete also what is too large to be brought back.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .owner,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        do {
            if !call.flag("permanently") { try workspace.requireKeepable(path, followsLast: false) }
            let removed = try workspace.remove(path)
            let what =
                switch removed.change.before?.kind {
                case .directory: "the empty directory \(path)"
                case .link: "the link \(path), not what it led to"
                default: "\(path) (\(counted(removed.change.before?.bytes ?? 0, "byte")))"
                }
            return .success("Deleted \(what).", [removed])
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? {
        let path = call.text("path")
        guard let (_, found) = try? workspace.find(path), found == nil else { return nil }
        return .success(
            "Deleted \(path); found gone after an interruption, which came before its bytes were kept, so it can't be "
                + "brought back."
        )
    }
}

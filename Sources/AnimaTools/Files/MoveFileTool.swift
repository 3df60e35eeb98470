import AnimaCore

/// Moves or renames a regular file.
struct MoveFileTool: FileTool {
    var workspace: Workspace

    let spec = ToolSpec(
        name: "move_file",
        group: "files",
        description: "Moves or renames one file. Missing directories are made. What is at the new place is replaced "
            + "only when overwrite is true.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The file, relative to the workspace.", required: true),
            .init("to", .string(maxBytes: 8192), "Its whole new path, with the file's name.", required: true),
            .init("overwrite", .boolean, "Replace a file that is there.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .owner,
        gateArgument: "path",
        gateForm: .path,
        also: [.argument("to")]
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let (path, target) = (call.text("path"), call.text("to"))
        do {
            try workspace.requireKeepable(target, followsLast: false)
            let changes = try workspace.move(path, to: target, replacing: call.flag("overwrite"))
            let size = counted(changes.last?.change.after?.bytes ?? 0, "byte")
            let replaced =
                changes.count > 1 ? ", replacing \(counted(changes[0].change.before?.bytes ?? 0, "byte"))" : ""
            return .success("Moved \(path) to \(target) (\(size))\(replaced).", changes)
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? {
        guard let old = try? workspace.find(call.text("path")), let new = try? workspace.find(call.text("to")),
            let found = new.found
        else { return nil }
        if old.found != nil {
            // Two names of one file: the crash came between giving it the second and taking the first away.
            guard workspace.isSameFile(old.path, new.path), (try? workspace.remove(old.path)) != nil else { return nil }
        }
        let change = RecordedChange(from: old.path, to: new.path, found.image)
        var output = ToolOutput.success(
            "Moved \(call.text("path")) to \(call.text("to")); found there after an interruption.",
            [change]
        )
        if call.flag("overwrite") { output.content += " What it may have replaced there was not kept." }
        return output
    }
}

import AnimaCore

/// `write_file`: makes, replaces or extends a file in one step.
struct WriteFileTool: Tool {
    let workspace: Workspace

    let spec = ToolSpec(
        name: "write_file",
        group: "files",
        description: "Write a text to a file, replacing what is there, or append to it. Missing directories are made.",
        parameters: ArgumentSchema([
            .path("The file."),
            .init("content", .string(maxBytes: 4_194_304), "The text.", required: true),
            .init("append", .boolean, "Add the text at the end instead of replacing.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .owner,
        gateArgument: "path",
        gateForm: .path
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let path = call.text("path")
            let content = call.text("content")
            var bytes = Array(content.utf8)
            if call.flag("append"), let before = try? FileContent.bytes(of: path, in: workspace) {
                bytes = before + bytes
            }
            let wasThere = try FileContent.write(bytes, to: path, in: workspace)
            let verb = call.flag("append") ? "appended" : wasThere ? "replaced the file with" : "made the file with"
            return .success("\(path): \(verb) \(content.utf8.count) bytes, \(content.lines.count) lines")
        }
    }

    /// Replacing again does no harm; whether something was appended can't be seen.
    func probe(_ call: ToolInvocation) async -> ToolOutput? {
        guard call.flag("append") else { return nil }
        let path = call.text("path")
        let before = (try? FileContent.bytes(of: path, in: workspace)) ?? []
        // Without the text at its end the file was not extended by this call.
        guard before.suffix(call.text("content").utf8.count).elementsEqual(call.text("content").utf8) else {
            return nil
        }
        return .failure(
            "outcome unknown: the process ended while appending to \(path). The file ends with the text, which may be from "
                + "before; read it to be sure"
        )
    }
}

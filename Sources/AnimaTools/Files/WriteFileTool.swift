import AnimaCore

/// Writes a text file as a whole, or adds to its end.
struct WriteFileTool: FileTool {
    var workspace: Workspace

    let spec = ToolSpec(
        name: "write_file",
        group: "files",
        description:
            "Creates a text file, replaces its whole content, or adds to its end. Missing directories are made. "
            + "To change a part of a file use edit_file.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The file, relative to the workspace.", required: true),
            .init("content", .string(), "The text to write.", required: true),
            .init("append", .boolean, "Add to the end instead of replacing.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .owner,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        let content = Array(call.text("content").utf8)
        do {
            try workspace.requireKeepable(path)
            let isAppending = call.flag("append")
            let old = isAppending ? try workspace.contents(at: path) : nil
            let size = (old?.count ?? 0) + content.count
            guard !isAppending || size <= Workspace.maxEditedBytes else {
                return .failure(
                    "\"\(path)\" would have \(size) bytes, over the limit of \(Workspace.maxEditedBytes) for appending; "
                        + "write another file"
                )
            }
            let written = try workspace.write((old ?? []) + content, to: path)
            let amount = "\(counted(content.count, "byte")) (\(counted(Lines.count(content), "line")))"
            if let old {
                let text = "Appended \(amount) to \(path), which now has \(old.count + content.count) bytes."
                return .success(text, [written])
            }
            let replaced = written.change.before.map { "replacing \(counted($0.bytes, "byte"))" } ?? "a new file"
            return .success("Wrote \(amount) to \(path), \(replaced).", [written])
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? {
        let path = call.text("path")
        let content = Array(call.text("content").utf8)
        let current = (try? workspace.contents(at: path)) ?? nil
        if call.flag("append") {
            // The same text may have been at the end before, or something may have been added after it.
            let endsWithIt = current?.suffix(content.count).elementsEqual(content) ?? false
            return .failure(
                "outcome unknown: a crash interrupted appending to \"\(path)\". The file "
                    + (endsWithIt ? "ends with that text now" : "does not end with that text now")
                    + "; read it before you append again."
            )
        }
        // Writing the same content again changes nothing.
        guard current == content else { return nil }
        return .success(
            "Wrote \(counted(content.count, "byte")) (\(counted(Lines.count(content), "line"))) to \(path); "
                + "found there after an interruption."
        )
    }
}

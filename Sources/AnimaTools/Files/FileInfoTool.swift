import AnimaCore

/// Says what is at a path without showing it.
struct FileInfoTool: FileTool {
    var workspace: Workspace

    let spec = ToolSpec(
        name: "file_info",
        group: "files",
        description: "Says what is at a path: kind, size, when it was changed, permissions, and of a text its lines, "
            + "encoding and line ends. Use it before reading something large or unknown.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "What to look at, relative to the workspace.", required: true)
        ]),
        replay: .pure,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        do {
            let place = try workspace.locate(path, followsLast: false)
            guard let status = place.directory.status(of: place.name) else {
                return .failure("\"\(path)\" does not exist")
            }
            var lines: [String] = []
            switch status.kind {
            case .link:
                let target = place.directory.linkTarget(of: place.name).map(shownPath) ?? "?"
                lines = ["\(path): a symbolic link to \(target)"]
                do throws(WorkspaceError) {
                    let (led, found) = try workspace.find(try workspace.locate(path).path)
                    lines.append(
                        found == nil ? "leads to: nothing, it is broken" : "leads to: \(led); ask for that to know more"
                    )
                } catch {
                    lines.append("leads to: nothing that can be reached (\(error.message))")
                }
            case .directory:
                let count = place.directory.openDirectory(place.name)?.entries(limit: 100_000)?.count
                lines = [
                    "\(path): a directory with " + (count.map { counted($0, "name") } ?? "names that can't be read")
                ]
            case .file: lines = describe(try workspace.openFile(in: place.directory, place.name, path: path), path)
            default: lines = ["\(path): \(status.kind.rawValue)"]
            }
            lines.append("modified: \(Instant(microseconds: Int64(status.modifiedAt) * 1_000_000).rfc3339)")
            lines.append("permissions: \(Self.permissions(status.mode))")
            if status.kind == .file, status.nameCount > 1 {
                lines.append(
                    "names: \(status.nameCount) (hard links; changing it here gives this name a file of its own)"
                )
            }
            return .success(lines.joined(separator: "\n"))
        } catch {
            return .failure(error.message)
        }
    }

    private func describe(_ file: borrowing OpenFile, _ path: String) -> [String] {
        let size = counted(file.status.size, "byte")
        guard file.status.size <= Workspace.maxEditedBytes,
            let bytes = file.descriptor.bytes(limit: Workspace.maxEditedBytes, expected: file.status.size)
        else { return ["\(path): a file of \(size), too large to look into"] }
        if bytes.isEmpty { return ["\(path): an empty file"] }
        guard let text = DecodedText(bytes) else {
            return ["\(path): a binary file of \(size), \(BinaryKind.name(of: bytes))"]
        }
        let ends = Lines.ends(in: text.utf8)
        return [
            "\(path): a text of \(size) in \(counted(Lines.count(text.utf8), "line"))",
            "encoding: \(text.encoding.name)",
            "line ends: \(ends)" + (text.utf8.last == Lines.lineFeed ? "" : ", none after the last line"),
        ]
    }

    /// For example `rw-r--r-- (644)`.
    private static func permissions(_ mode: UInt32) -> String {
        let letters = zip(Array("rwxrwxrwx"), (0..<9).reversed()).map { mode >> UInt32($1) & 1 == 1 ? String($0) : "-" }
        return letters.joined() + " (\(String(mode, radix: 8)))"
    }
}

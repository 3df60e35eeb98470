import AnimaCore

/// `read_file`: a text file, or some lines of it.
struct ReadFileTool: Tool {
    let workspace: Workspace
    private let maximumBytes = 262_144

    let spec = ToolSpec(
        name: "read_file",
        group: "files",
        description: "Read a text file. Give start_line and line_count for a part of a long one.",
        parameters: ArgumentSchema([
            .path("The file."),
            .init("start_line", .integer(min: 1), "The first line to read, from 1."),
            .init("line_count", .integer(min: 1, max: 1_000_000), "How many lines to read."),
        ]),
        replay: .pure,
        gateArgument: "path",
        gateForm: .path
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let path = call.text("path")
            let text = try FileContent.text(of: path, in: workspace)
            let start = call.arguments["start_line"]?.intValue
            let count = call.arguments["line_count"]?.intValue
            guard start != nil || count != nil || text.utf8.count > maximumBytes else { return .success(text) }
            return try part(of: text, path, from: start ?? 1, count: count)
        }
    }

    private func part(of text: String, _ path: String, from start: Int, count: Int?) throws(ToolFailure) -> ToolOutput {
        let lines = text.lines
        guard start <= max(1, lines.count) else {
            throw ToolFailure("\"\(path)\" has \(lines.count) lines; there is no line \(start)")
        }
        var taken: [Substring] = []
        var bytes = 0
        for line in lines[(start - 1)...].prefix(count ?? .max) {
            bytes += line.utf8.count + 1
            if bytes > maximumBytes, !taken.isEmpty { break }
            taken.append(line)
        }
        let end = start + taken.count - 1
        var header = "lines \(start) to \(end) of \(lines.count)"
        if end < lines.count, count == nil {
            header += "; read on with read_file path=\"\(path)\" start_line=\(end + 1)"
        }
        return .success("\(header)\n" + taken.joined(separator: "\n") + "\n")
    }
}

extension String {
    /// The lines without their ends; an end at the end of the text begins no further line.
    var lines: [Substring] {
        var lines = split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

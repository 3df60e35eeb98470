import AnimaCore

/// `list_files`: what is in a directory.
struct ListFilesTool: Tool {
    let workspace: Workspace
    private let maximumEntries = 1000

    let spec = ToolSpec(
        name: "list_files",
        group: "files",
        description:
            "List a directory: directories end in /, files show their bytes. pattern keeps matching paths only.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 4096), "The directory. Relative to the workspace.", default: "."),
            .init("depth", .integer(min: 1, max: 20), "How many levels to list.", default: 1),
            .init("pattern", .string(maxBytes: 1000), "For example *.swift, or Sources/**/*.md."),
            .init("hidden", .boolean, "Also names that begin with a dot.", default: false),
        ]),
        replay: .pure,
        gateArgument: "path",
        gateForm: .path
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let path = call.arguments["path"]?.stringValue ?? "."
            let pattern = call.arguments["pattern"]?.stringValue
            var listing = Listing(
                limit: maximumEntries,
                glob: pattern.map { Glob($0, separator: UInt8(ascii: "/")) },
                matchesNames: pattern?.contains("/") != true,
                hidden: call.flag("hidden")
            )
            let depth = pattern == nil ? call.number("depth", default: 1) : max(call.number("depth", default: 1), 20)
            try listing.add(workspace.openDirectory(path).directory, at: "", depth: depth)
            guard !listing.lines.isEmpty else { return .success(pattern == nil ? "(empty)" : "(nothing matches)") }
            let note = listing.isCut ? "\n(only the first \(maximumEntries) entries; use pattern or a deeper path)" : ""
            return .success(listing.lines.joined(separator: "\n") + note)
        }
    }

    private struct Listing {
        let limit: Int
        let glob: Glob?
        let matchesNames: Bool
        let hidden: Bool
        var lines: [String] = []
        var isCut = false

        init(limit: Int, glob: Glob?, matchesNames: Bool, hidden: Bool) {
            self.limit = limit
            self.glob = glob
            self.matchesNames = matchesNames
            self.hidden = hidden
        }

        mutating func add(_ directory: Descriptor, at base: String, depth: Int) throws {
            for entry in try DirectoryEntry.all(in: directory) where hidden || !entry.name.hasPrefix(".") {
                try Task.checkCancellation()
                if isCut { return }
                let path = base.isEmpty ? entry.name : "\(base)/\(entry.name)"
                if glob?.matches(matchesNames ? entry.name : path) ?? true {
                    guard lines.count < limit else {
                        isCut = true
                        return
                    }
                    lines.append(line(path, entry))
                }
                if entry.kind == .directory, depth > 1, let inner = DirectoryEntry.open(entry.name, in: directory) {
                    try add(inner, at: path, depth: depth - 1)
                }
            }
        }

        private func line(_ path: String, _ entry: DirectoryEntry) -> String {
            switch entry.kind {
            case .directory: "\(path)/"
            case .file: "\(path) (\(entry.size) bytes)"
            case .link: "\(path) (link)"
            case .other: "\(path) (special file)"
            }
        }
    }
}

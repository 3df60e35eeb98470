import AnimaCore

/// Lists the files of a directory.
struct ListFilesTool: FileTool {
    var workspace: Workspace

    private static let maxEntries = 1000
    /// More names than this are not looked at in one call.
    private static let maxVisited = 100_000

    let spec = ToolSpec(
        name: "list_files",
        group: "files",
        description:
            "Lists a directory: one path a line, directories end in /, files have their size in bytes. Use it to "
            + "see what is there; use search_files to look into files.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The directory, relative to the workspace.", default: "."),
            .init("depth", .integer(min: 1, max: 20), "How many levels to go down.", default: 1),
            .init(
                "pattern",
                .string(maxBytes: 1000),
                "List only what matches, for example *.md or src/**/*.{c,h}; without / it is compared with the name."
            ),
            .init("hidden", .boolean, "List names that begin with a dot too.", default: false),
        ]),
        replay: .pure,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        do {
            let directory = try workspace.openDirectory(path)
            let pattern = call.text("pattern")
            var listing = Listing(
                workspace: workspace,
                filter: pattern.isEmpty ? nil : PathFilter(pattern),
                showsHidden: call.flag("hidden"),
                maxDepth: call.integer("depth") ?? 1
            )
            listing.add(
                directory.descriptor,
                path: directory.path == "." ? "" : directory.path + "/",
                inside: "",
                depth: 1
            )
            guard !listing.lines.isEmpty else {
                let what = pattern.isEmpty ? "Nothing" : "Nothing that matches \"\(pattern)\""
                return .success("\(what) is in \"\(path)\"\(listing.skippedHidden ? " but hidden files" : "").")
            }
            return .success(listing.lines.joined(separator: "\n") + (listing.note.map { "\n[\($0)]" } ?? ""))
        } catch {
            return .failure(error.message)
        }
    }

    private struct Listing {
        let workspace: Workspace
        let filter: PathFilter?
        let showsHidden: Bool
        let maxDepth: Int
        var lines: [String] = []
        var skippedHidden = false
        var note: String?
        private var visited = 0

        init(workspace: Workspace, filter: PathFilter?, showsHidden: Bool, maxDepth: Int) {
            self.workspace = workspace
            self.filter = filter
            self.showsHidden = showsHidden
            self.maxDepth = maxDepth
        }

        /// Adds what is in a directory, in the order of names, each directory followed by its content.
        ///
        /// - Parameters:
        ///   - path: The directory from the workspace's root.
        ///   - inside: The directory from the listed one, which patterns are compared with as well.
        mutating func add(_ directory: borrowing Descriptor, path: String, inside: String, depth: Int) {
            guard let entries = directory.entries(limit: ListFilesTool.maxVisited - visited) else {
                lines.append("\(shownPath(path)) [can't be read]")
                return
            }
            visited += entries.count
            for entry in entries where !workspace.isHidden(path + entry.name) {
                if !showsHidden, entry.name.utf8.first == UInt8(ascii: ".") {
                    skippedHidden = true
                    continue
                }
                guard note == nil, !Task.isCancelled else { return }
                let isMatch =
                    filter.map {
                        $0.matches(path: inside + entry.name, name: entry.name)
                            || $0.matches(path: path + entry.name, name: entry.name)
                    }
                    ?? true
                if isMatch, !workspace.isBarred(path + entry.name) {
                    guard lines.count < ListFilesTool.maxEntries else {
                        note = "only the first \(ListFilesTool.maxEntries) entries; narrow it by path, pattern or depth"
                        return
                    }
                    lines.append(Self.describe(entry, path + entry.name, in: directory))
                }
                guard entry.status.kind == .directory, depth < maxDepth else { continue }
                guard visited < ListFilesTool.maxVisited else {
                    note = "stopped after \(ListFilesTool.maxVisited) names; narrow it by path or depth"
                    return
                }
                guard let child = directory.openDirectory(entry.name) else { continue }
                add(child, path: path + entry.name + "/", inside: inside + entry.name + "/", depth: depth + 1)
            }
        }

        private static func describe(
            _ entry: DirectoryEntry,
            _ path: String,
            in directory: borrowing Descriptor
        ) -> String {
            let path = shownPath(path)
            return switch entry.status.kind {
            case .directory: path + "/"
            case .file: "\(path) (\(entry.status.size))"
            case .link: "\(path) -> \(directory.linkTarget(of: entry.name).map(shownPath) ?? "?")"
            case .pipe, .socket, .device, .unreadable: "\(path) [\(entry.status.kind.rawValue)]"
            }
        }
    }
}

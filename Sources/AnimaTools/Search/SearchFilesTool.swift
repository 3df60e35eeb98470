import AnimaCore

/// `search_files`: lines that match, in a file or a tree.
struct SearchFilesTool: Tool {
    let workspace: Workspace
    private static let maximumFileBytes = 5 * 1024 * 1024

    let spec = ToolSpec(
        name: "search_files",
        group: "files",
        description: """
            Search files for lines that match a regular expression, or a plain text with fixed. Ignored, hidden and binary \
            files are left out. Prints path:line: text.
            """,
        parameters: ArgumentSchema([
            .init("pattern", .string(maxBytes: 4096), "The regular expression or text.", required: true),
            .init("path", .string(maxBytes: 4096), "A file or directory. Relative to the workspace.", default: "."),
            .init("glob", .string(maxBytes: 1000), "Only files like this, for example *.md."),
            .init("context", .integer(min: 0, max: 10), "Lines to show around each match.", default: 0),
            .init("ignore_case", .boolean, "Match letters of either case.", default: false),
            .init("fixed", .boolean, "Take the pattern as plain text.", default: false),
            .init("max_results", .integer(min: 1, max: 1000), "Stop after so many matches.", default: 100),
        ]),
        replay: .pure,
        gateArgument: "path",
        gateForm: .path
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let path = call.arguments["path"]?.stringValue ?? "."
            let glob = call.arguments["glob"]?.stringValue
            var search = Search(
                matcher: try LineMatcher(
                    call.text("pattern"),
                    isFixed: call.flag("fixed"),
                    ignoresCase: call.flag("ignore_case")
                ),
                glob: glob.map { Glob($0, separator: UInt8(ascii: "/")) },
                matchesNames: glob?.contains("/") != true,
                context: call.number("context", default: 0),
                limit: call.number("max_results", default: 100),
                deadline: .now.advanced(by: call.timeout)
            )
            let place = try workspace.place(of: path)
            if let directory = DirectoryEntry.open(place.name, in: place.directory) {
                try search.tree(directory, at: "", shown: path == "." ? "" : path, IgnoreRules())
            } else {
                search.file(try FileContent.bytes(of: path, in: workspace), shown: path)
            }
            return search.output
        }
    }

    private struct Search {
        let matcher: LineMatcher
        let glob: Glob?
        let matchesNames: Bool
        let context: Int
        let limit: Int
        let deadline: ContinuousClock.Instant
        private var lines: [String] = []
        private var matches = 0
        private var files = 0

        init(
            matcher: LineMatcher,
            glob: Glob?,
            matchesNames: Bool,
            context: Int,
            limit: Int,
            deadline: ContinuousClock.Instant
        ) {
            self.matcher = matcher
            self.glob = glob
            self.matchesNames = matchesNames
            self.context = context
            self.limit = limit
            self.deadline = deadline
        }

        var output: ToolOutput {
            guard matches > 0 else { return .success("no matches in \(files) files") }
            let note =
                matches >= limit ? "\n(stopped after \(limit) matches; narrow the pattern or raise max_results)" : ""
            return .success(lines.joined(separator: "\n") + note)
        }

        mutating func tree(_ directory: Descriptor, at base: String, shown: String, _ rules: IgnoreRules) throws {
            var rules = rules
            let entries = try DirectoryEntry.all(in: directory)
            for name in [".gitignore", ".ignore"] where entries.contains(where: { $0.name == name }) {
                guard let bytes = DirectoryEntry.bytes(of: name, in: directory) else { continue }
                rules = rules.adding(String(decoding: bytes, as: UTF8.self), at: base)
            }
            for entry in entries where !entry.name.hasPrefix(".") && matches < limit {
                try Task.checkCancellation()
                guard deadline > .now else { throw ToolFailure("the search took too long; narrow path or glob") }
                let path = base.isEmpty ? entry.name : "\(base)/\(entry.name)"
                let name = shown.isEmpty ? entry.name : "\(shown)/\(entry.name)"
                if rules.ignores(path, isDirectory: entry.kind == .directory) { continue }
                switch entry.kind {
                case .directory:
                    guard let inner = DirectoryEntry.open(entry.name, in: directory) else { continue }
                    try tree(inner, at: path, shown: name, rules)
                case .file where entry.size <= SearchFilesTool.maximumFileBytes:
                    guard glob?.matches(matchesNames ? entry.name : path) ?? true,
                        let bytes = DirectoryEntry.bytes(of: entry.name, in: directory)
                    else { continue }
                    file(bytes, shown: name)
                default: continue
                }
            }
        }

        mutating func file(_ bytes: [UInt8], shown: String) {
            guard !bytes.prefix(8192).contains(0) else { return }
            files += 1
            // Most files don't match: they are not taken apart.
            guard matcher.mayMatch(bytes) else { return }
            let all = String(decoding: bytes, as: UTF8.self).lines
            var shownUpTo = -1
            for (index, line) in all.enumerated() where matcher.matches(line) {
                guard matches < limit else { return }
                matches += 1
                let first = max(shownUpTo + 1, index - context)
                if context > 0, shownUpTo >= 0, first > shownUpTo + 1 { lines.append("--") }
                for other in first..<max(first, index) {
                    lines.append("\(shown)-\(other + 1)- \(Self.cut(all[other]))")
                }
                lines.append("\(shown):\(index + 1): \(Self.cut(line))")
                shownUpTo = index
                var next = index + 1
                while next < all.count, next <= index + context, !matcher.matches(all[next]) {
                    lines.append("\(shown)-\(next + 1)- \(Self.cut(all[next]))")
                    shownUpTo = next
                    next += 1
                }
            }
        }

        private static func cut(_ line: Substring) -> String {
            line.utf8.count <= 400 ? String(line) : String(line.prefix(400)) + "…"
        }
    }
}

/// Decides whether a line matches.
struct LineMatcher {
    private enum Method {
        case bytes([UInt8])
        case regex(Regex<AnyRegexOutput>)
    }

    private let method: Method

    /// - Throws: ``ToolFailure`` for an expression that can't be read.
    init(_ pattern: String, isFixed: Bool, ignoresCase: Bool) throws(ToolFailure) {
        guard !pattern.isEmpty else { throw ToolFailure("the pattern is empty") }
        let isPlain = isFixed || !pattern.contains { "\\^$.|?*+()[]{}".contains($0) }
        if isPlain, !ignoresCase {
            method = .bytes(Array(pattern.utf8))
            return
        }
        do {
            let text = isFixed ? Self.escaped(pattern) : pattern
            method = .regex(try Regex(text).ignoresCase(ignoresCase))
        } catch {
            throw ToolFailure("the pattern is no regular expression: \(error). For a plain text give fixed = true")
        }
    }

    /// Whether a whole file can have a matching line; cheap.
    func mayMatch(_ bytes: [UInt8]) -> Bool {
        switch method {
        case .bytes(let needle): Bytes.contains(needle, in: bytes)
        case .regex: true
        }
    }

    func matches(_ line: Substring) -> Bool {
        switch method {
        case .bytes(let needle): Bytes.contains(needle, in: Array(line.utf8))
        case .regex(let regex): line.firstMatch(of: regex) != nil
        }
    }

    private static func escaped(_ text: String) -> String {
        text.map { "\\^$.|?*+()[]{}".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}

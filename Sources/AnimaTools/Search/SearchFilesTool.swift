import AnimaCore

/// Finds lines in files.
struct SearchFilesTool: FileTool {
    var workspace: Workspace

    private static let maxFileBytes = 5 * 1024 * 1024
    private static let maxOutputBytes = 256 * 1024
    private static let maxDepth = 64
    private static let maxNames = 1_000_000

    let spec = ToolSpec(
        name: "search_files",
        group: "files",
        description:
            "Finds lines that match a regular expression in all text files under a path, as \"path:line: text\". "
            + "What .gitignore and .ignore name is left out, as are .git, binary files and files over 5 MiB.",
        parameters: ArgumentSchema([
            .init("pattern", .string(maxBytes: 4000), "A regular expression, matched within a line.", required: true),
            .init("path", .string(maxBytes: 8192), "The directory or file, relative to the workspace.", default: "."),
            .init(
                "glob",
                .string(maxBytes: 1000),
                "Search only files that match, for example *.swift or src/**/*.{c,h}."
            ),
            .init("context", .integer(min: 0, max: 10), "Show so many lines before and after each.", default: 0),
            .init("ignore_case", .boolean, "Take upper and lower case as equal.", default: false),
            .init("fixed", .boolean, "Take the pattern as plain text.", default: false),
            .init("max_results", .integer(min: 1, max: 1000), "At most so many matching lines.", default: 100),
        ]),
        replay: .pure,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let pattern = call.text("pattern")
        guard !pattern.isEmpty else { return .failure("the pattern is empty: give what to look for") }
        let search: FileSearch
        do throws(RegularExpression.SyntaxError) {
            let ignoresCase = call.flag("ignore_case")
            search = try FileSearch(
                call.flag("fixed")
                    ? .literal(pattern, ignoringCase: ignoresCase) : .parse(pattern, ignoringCase: ignoresCase)
            )
        } catch {
            return .failure(
                "the pattern \"\(pattern.prefix(200))\" can't be used: \(error.message). "
                    + "Set fixed to true to look for plain text."
            )
        }
        let path = call.text("path")
        let glob = call.text("glob")
        // A little earlier than the runtime gives up, so that what was found is not lost.
        var walk = Walk(
            workspace: workspace,
            search: search,
            filter: glob.isEmpty ? nil : PathFilter(glob),
            context: call.integer("context") ?? 0,
            maxResults: call.integer("max_results") ?? 100,
            deadline: .now + call.timeout * 0.9
        )
        do throws(WorkspaceError) {
            try await walk.start(path)
        } catch {
            return .failure(error.message)
        }
        return walk.output(pattern: pattern, path: path)
    }

    /// One search, as it goes through the files.
    private struct Walk {
        let workspace: Workspace
        var search: FileSearch
        let filter: PathFilter?
        let context: Int
        let maxResults: Int
        let deadline: ContinuousClock.Instant

        private var lines: [String] = []
        private var bytes = 0
        private var results = 0
        private var files = 0
        private var names = 0
        private var oversized = 0
        private var end: String?

        init(
            workspace: Workspace,
            search: FileSearch,
            filter: PathFilter?,
            context: Int,
            maxResults: Int,
            deadline: ContinuousClock.Instant
        ) {
            self.workspace = workspace
            self.search = search
            self.filter = filter
            self.context = context
            self.maxResults = maxResults
            self.deadline = deadline
        }

        mutating func start(_ path: String) async throws(WorkspaceError) {
            let place = try workspace.locate(path)
            if place.directory.status(of: place.name)?.kind != .directory {
                // A file that is named is searched, ignored or not.
                let file = try workspace.openFile(path)
                guard file.status.size <= maxFileBytes else {
                    throw WorkspaceError(
                        code: .tooLarge,
                        message: "\"\(path)\" has \(file.status.size) bytes, over the limit of \(maxFileBytes); read "
                            + "parts of it with read_file"
                    )
                }
                look(into: file, place.path)
                return
            }
            let directory = try workspace.openDirectory(path)
            // Ignore files above the directory count as well.
            var rules: [IgnoreRules] = []
            var base = ""
            for name in directory.path == "." ? [] : directory.path.split(separator: "/") {
                if let above = try? workspace.openDirectory(base.isEmpty ? "." : base) {
                    rules += self.rules(in: above.descriptor, base: base)
                }
                base += name + "/"
            }
            await go(directory.descriptor, base: base, inside: "", rules: rules, depth: 1)
        }

        private mutating func go(
            _ directory: borrowing Descriptor,
            base: String,
            inside: String,
            rules above: [IgnoreRules],
            depth: Int
        ) async {
            guard depth <= maxDepth, let entries = directory.entries(limit: max(0, maxNames - names)) else { return }
            names += entries.count
            let rules = above + self.rules(in: directory, base: base)
            for entry in entries {
                guard !isOver else { return }
                let path = base + entry.name
                let isDirectory = entry.status.kind == .directory
                guard isDirectory || entry.status.kind == .file, !(entry.name == ".git"), !workspace.isHidden(path),
                    !rules.ignores(path: path, name: entry.name, isDirectory: isDirectory)
                else { continue }
                if isDirectory {
                    guard let child = directory.openDirectory(entry.name) else { continue }
                    await go(child, base: path + "/", inside: inside + entry.name + "/", rules: rules, depth: depth + 1)
                    continue
                }
                if let filter, !filter.matches(path: inside + entry.name, name: entry.name),
                    !filter.matches(path: path, name: entry.name)
                {
                    continue
                }
                if workspace.isBarred(path) { continue }
                guard entry.status.size <= maxFileBytes else {
                    oversized += 1
                    continue
                }
                guard entry.status.size > 0 else { continue }
                if let file = try? workspace.openFile(in: directory, entry.name, path: path) { look(into: file, path) }
                await Task.yield()
            }
        }

        private var isOver: Bool {
            mutating get {
                if end == nil, Task.isCancelled { end = "stopped because the call was cancelled" }
                if end == nil, ContinuousClock.now >= deadline { end = "stopped because the call's time was up" }
                return end != nil
            }
        }

        private func rules(in directory: borrowing Descriptor, base: String) -> [IgnoreRules] {
            // Of the two the later one goes over the earlier.
            var rules: [IgnoreRules] = []
            for name in [".gitignore", ".ignore"] {
                guard directory.status(of: name)?.kind == .file,
                    let file = try? workspace.openFile(in: directory, name, path: base + name),
                    let bytes = file.descriptor.bytes(limit: 1_048_576)
                else { continue }
                rules.append(IgnoreRules(String(decoding: bytes, as: UTF8.self), base: base))
            }
            return rules
        }

        private mutating func look(into file: borrowing OpenFile, _ path: String) {
            guard let content = file.descriptor.bytes(limit: maxFileBytes, expected: file.status.size) else { return }
            files += 1
            content.withUnsafeBytes { text in
                guard !Lines.looksBinary(text) else { return }
                let deadline = deadline
                // One more than wanted tells whether there are more.
                let found = search.matches(in: text, limit: maxResults - results + 1) {
                    Task.isCancelled || ContinuousClock.now >= deadline
                }
                guard !found.isEmpty else { return }
                let shown = found.prefix(maxResults - results)
                show(shown, in: text, path)
                results += shown.count
                if found.count > shown.count {
                    end =
                        "there are more than \(counted(maxResults, "matching line")); narrow the pattern, path or glob, "
                        + "or raise max_results"
                }
            }
        }

        private mutating func show(
            _ matches: ArraySlice<FileSearch.Match>,
            in text: UnsafeRawBufferPointer,
            _ path: String
        ) {
            let path = shownPath(path)
            var lastShown = 0
            for (index, match) in zip(matches.indices, matches) {
                var before = Surroundings.before(match, context, in: text)
                before.removeAll { $0.line <= lastShown }
                if context > 0, !lines.isEmpty, lastShown == 0 || (before.first?.line ?? match.line) > lastShown + 1 {
                    append("--")
                }
                for line in before { append("\(path)-\(line.line)- \(Self.cut(text, line.range))") }
                append("\(path):\(match.line): \(Self.cut(text, match.range, around: match.end))")
                lastShown = match.line
                let next = index + 1 < matches.endIndex ? matches[index + 1].line : .max
                for line in Surroundings.after(match, context, in: text) where line.line < next {
                    append("\(path)-\(line.line)- \(Self.cut(text, line.range))")
                    lastShown = line.line
                }
                if bytes > maxOutputBytes {
                    end = "stopped at \(maxOutputBytes) bytes of output; narrow the pattern, path or glob"
                    return
                }
            }
        }

        private mutating func append(_ line: String) {
            lines.append(line)
            bytes += line.utf8.count + 1
        }

        /// At most 400 bytes of a line, those around what matched.
        private static func cut(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, around end: Int? = nil) -> String {
            guard range.count > 400 else { return String(decoding: text[range], as: UTF8.self) }
            var start = range.lowerBound
            if let end, end - start > 400 { start = min(end - 200, range.upperBound - 400) }
            var stop = start + 400
            while start < stop, text[start] & 0xC0 == 0x80 { start += 1 }
            while stop > start, stop < range.upperBound, text[stop] & 0xC0 == 0x80 { stop -= 1 }
            return (start > range.lowerBound ? "…" : "") + String(decoding: text[start..<stop], as: UTF8.self)
                + (stop < range.upperBound ? "… [a line of \(range.count) bytes]" : "")
        }

        func output(pattern: String, path: String) -> ToolOutput {
            var notes: [String] = []
            if let end { notes.append(end) }
            if oversized > 0 { notes.append("\(counted(oversized, "file")) over 5 MiB left out") }
            let note = notes.isEmpty ? "" : "[\(notes.joined(separator: "; "))]"
            if lines.isEmpty {
                let result =
                    "No line in \"\(path)\" matches \"\(pattern.prefix(200))\" (\(counted(files, "file")) searched)."
                // Nothing found in a part of the files is not "nothing there".
                if end != nil { return .failure(result + " " + note) }
                return .success(note.isEmpty ? result : result + " " + note)
            }
            return .success(lines.joined(separator: "\n") + (note.isEmpty ? "" : "\n" + note))
        }
    }

    /// The lines around a match.
    private enum Surroundings {
        typealias Line = (line: Int, range: Range<Int>)

        static func before(_ match: FileSearch.Match, _ count: Int, in text: UnsafeRawBufferPointer) -> [Line] {
            var lines: [Line] = []
            var start = match.range.lowerBound
            while lines.count < count, start > 0 {
                let end = start - 1
                start = end
                while start > 0, text[start - 1] != Lines.lineFeed { start -= 1 }
                lines.append((match.line - lines.count - 1, start..<withoutReturn(text, start, end)))
            }
            return lines.reversed()
        }

        static func after(_ match: FileSearch.Match, _ count: Int, in text: UnsafeRawBufferPointer) -> [Line] {
            var lines: [Line] = []
            var position = Lines.nextFeed(in: text, from: match.range.upperBound).map { $0 + 1 } ?? text.count
            while lines.count < count, position < text.count {
                let end = Lines.nextFeed(in: text, from: position) ?? text.count
                lines.append((match.line + lines.count + 1, position..<withoutReturn(text, position, end)))
                position = end + 1
            }
            return lines
        }

        private static func withoutReturn(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
            end > start && text[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
        }
    }
}

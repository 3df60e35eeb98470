import AnimaCore

/// A unified diff over one or several files, as `diff -u` and git write it and as models write it by hand.
///
/// Source: GNU diffutils manual, "Detailed Description of Unified Format"; git-diff(1), "Generating patch text with -p".
///
/// Counts in hunk headers that don't fit their lines are corrected, and headers without numbers are taken.
struct UnifiedDiff: Hashable, Sendable {
    /// What the patch does to one file.
    struct File: Hashable, Sendable {
        /// Where it is before; nil for a file that is made.
        var old: String?
        /// Where it is after; nil for a file that is deleted.
        var new: String?
        /// Whether it goes to another place.
        var isMoved = false
        /// Whether a new file may be run as a program.
        var isExecutable = false
        var hunks: [Hunk] = []
        /// The line of the patch that it begins in, from 1.
        var line = 0

        /// What the model knows it by.
        var name: String { new ?? old ?? "" }
    }

    /// One place of a file that changes.
    struct Hunk: Hashable, Sendable {
        /// One line of it, without its line feed.
        struct Line: Hashable, Sendable {
            enum Kind: Hashable, Sendable { case context, removed, added }
            var kind: Kind
            var text: [UInt8]
            /// Whether the patch says that no line feed follows it.
            var isUnended = false
        }

        /// The first line of the old text, from 1; 0 for before the first; nil when the header does not say.
        var start: Int?
        var lines: [Line] = []
        /// The header as written.
        var header = ""
        /// The line of the patch that the header is in, from 1.
        var line = 0

        var old: [[UInt8]] { lines.filter { $0.kind != .added }.map(\.text) }
        var new: [[UInt8]] { lines.filter { $0.kind != .removed }.map(\.text) }
    }

    /// Why a text is no patch that can be applied, in words for the model.
    struct Problem: Error, Hashable {
        let text: String
    }

    private(set) var files: [File] = []

    /// The largest number of files in a patch.
    static let maxFiles = 200

    init(_ text: String) throws(Problem) {
        if text.contains("*** Begin Patch") {
            throw Problem(
                text:
                    "this is not a unified diff; write \"--- a/FILE\", \"+++ b/FILE\" and hunks with \"@@ -1,3 +1,4 @@\""
            )
        }
        var reader = Reader(text)
        while let file = try reader.nextFile() { files.append(file) }
        guard !files.isEmpty else {
            throw Problem(
                text: "the patch names no file: each begins with \"--- a/FILE\" and \"+++ b/FILE\" (/dev/null for none)"
            )
        }
        guard files.count <= Self.maxFiles else {
            throw Problem(text: "the patch has \(files.count) files, over the limit of \(Self.maxFiles)")
        }
    }

    private init(files: [File]) { self.files = files }

    /// The part of a patch that is about one file.
    init(only file: File) { files = [file] }

    /// The patch that takes this one back.
    var reversed: UnifiedDiff {
        UnifiedDiff(
            files: files.reversed()
                .map { file in
                    var result = file
                    (result.old, result.new) = (file.new, file.old)
                    result.hunks = file.hunks.map { hunk in
                        var result = hunk
                        result.start = nil
                        result.lines = hunk.lines.map { line in
                            var line = line
                            switch line.kind {
                            case .context: break
                            case .removed: line.kind = .added
                            case .added: line.kind = .removed
                            }
                            return line
                        }
                        return result
                    }
                    return result
                }
        )
    }
}

extension UnifiedDiff {
    /// Goes through the lines of a patch.
    private struct Reader {
        private let lines: [Substring.UTF8View]
        private var position = 0

        init(_ text: String) {
            var lines = text.utf8.split(separator: Lines.lineFeed, omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            self.lines = lines
        }

        private func begins(_ text: String, at index: Int) -> Bool {
            index < lines.count && lines[index].starts(with: text.utf8)
        }

        private func isFileHeader(at index: Int) -> Bool {
            begins("diff --git ", at: index) || (begins("--- ", at: index) && begins("+++ ", at: index + 1))
        }

        mutating func nextFile() throws(Problem) -> File? {
            while position < lines.count, !isFileHeader(at: position) {
                if begins("@@ ", at: position) {
                    throw Problem(
                        text: "line \(position + 1) of the patch begins a hunk before \"--- a/FILE\" and \"+++ b/FILE\""
                    )
                }
                position += 1
            }
            guard position < lines.count else { return nil }
            var file = File(line: position + 1)
            if begins("diff --git ", at: position) {
                position += 1
                try readGitHeader(&file)
            }
            if begins("--- ", at: position), begins("+++ ", at: position + 1) {
                file.old = try path(at: position)
                file.new = try path(at: position + 1)
                position += 2
                while begins("@@", at: position) { file.hunks.append(try hunk(of: file)) }
                guard !file.hunks.isEmpty || file.isMoved else {
                    throw Problem(
                        text: "the patch has no hunk for \"\(file.name)\": one begins with \"@@ -1,3 +1,4 @@\""
                    )
                }
            }
            guard file.old != nil || file.new != nil else {
                throw Problem(
                    text:
                        "line \(file.line) of the patch begins a file that it changes nothing of (modes and empty files "
                        + "can't be patched)"
                )
            }
            if !file.isMoved, let new = file.new, file.old != nil { file.old = new }
            return file
        }

        private mutating func readGitHeader(_ file: inout File) throws(Problem) {
            while position < lines.count, !isFileHeader(at: position), !begins("@@ ", at: position) {
                if begins("rename from ", at: position) {
                    file.old = try path(at: position)
                    file.isMoved = true
                } else if begins("rename to ", at: position) {
                    file.new = try path(at: position)
                } else if begins("new file mode 100755", at: position) {
                    file.isExecutable = true
                } else if begins("copy from ", at: position) || begins("GIT binary patch", at: position)
                    || begins("Binary files ", at: position)
                {
                    throw Problem(
                        text:
                            "line \(position + 1) of the patch copies a file or is binary; only changes of texts can be "
                            + "applied"
                    )
                }
                position += 1
            }
        }

        /// The path of a header line; nil for `/dev/null`.
        private func path(at index: Int) throws(Problem) -> String? {
            guard let path = PatchPaths.path(inHeader: lines[index]) else { return nil }
            let isQuoted = lines[index].contains(UInt8(ascii: "\"")) && path.utf8.contains(UInt8(ascii: "\\"))
            guard !path.isEmpty, !isQuoted else {
                throw Problem(
                    text:
                        "line \(index + 1) of the patch has no path that can be read; write it plainly, without quotes "
                        + "and escapes"
                )
            }
            return path
        }

        /// Reads a hunk: as many lines as its header says, or, when those don't fit, as many as look like it.
        private mutating func hunk(of file: File) throws(Problem) -> Hunk {
            let header = lines[position]
            var hunk = Hunk(header: String(Substring(header.prefix(80))), line: position + 1)
            let ranges = Self.ranges(in: header)
            hunk.start = ranges.map { $0.oldCount == 0 ? $0.oldStart + 1 : $0.oldStart }
            position += 1
            let counted = ranges.flatMap { body(from: position, old: $0.oldCount, new: $0.newCount) }
            guard let (body, end) = counted ?? body(from: position, old: nil, new: nil), !body.isEmpty else {
                throw Problem(
                    text:
                        "the hunk \"\(hunk.header)\" (line \(hunk.line) of the patch, for \"\(file.name)\") has no lines; "
                        + "each begins with a space, - or +"
                )
            }
            hunk.lines = body
            position = end
            return hunk
        }

        /// The lines of a hunk; nil when there are not so many, or more.
        private func body(from start: Int, old: Int?, new: Int?) -> ([Hunk.Line], end: Int)? {
            var result: [Hunk.Line] = []
            var (oldLeft, newLeft) = (old ?? .max, new ?? .max)
            var index = start
            while index < lines.count {
                let isOpen = oldLeft > 0 || newLeft > 0
                if begins("\\", at: index) {
                    guard !result.isEmpty else { return nil }
                    result[result.count - 1].isUnended = true
                    index += 1
                    continue
                }
                if old == nil, isFileHeader(at: index) || begins("@@", at: index) { break }
                if !isOpen { break }
                let line = lines[index]
                switch line.first {
                case UInt8(ascii: "-"):
                    result.append(.init(kind: .removed, text: Array(line.dropFirst())))
                    oldLeft -= 1
                case UInt8(ascii: "+"):
                    result.append(.init(kind: .added, text: Array(line.dropFirst())))
                    newLeft -= 1
                case UInt8(ascii: " "):
                    result.append(.init(kind: .context, text: Array(line.dropFirst())))
                    (oldLeft, newLeft) = (oldLeft - 1, newLeft - 1)
                case nil, UInt8(ascii: "\r"):
                    // An empty line of context whose space was lost; at the end of a patch it is just empty.
                    result.append(.init(kind: .context, text: Array(line)))
                    (oldLeft, newLeft) = (oldLeft - 1, newLeft - 1)
                default:
                    if old != nil { return nil }
                    return (Self.withoutEmptyEnd(result), index)
                }
                if oldLeft < 0 || newLeft < 0 { return nil }
                index += 1
            }
            guard old != nil else { return (Self.withoutEmptyEnd(result), index) }
            guard oldLeft == 0, newLeft == 0 else { return nil }
            // More lines that look like the hunk's: its counts are wrong.
            if index < lines.count, let first = lines[index].first, !isFileHeader(at: index) {
                if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: " ") { return nil }
            }
            return (result, index)
        }

        private static func withoutEmptyEnd(_ lines: [Hunk.Line]) -> [Hunk.Line] {
            var lines = lines
            while let last = lines.last, last.kind == .context, last.text.isEmpty { lines.removeLast() }
            return lines
        }

        /// The numbers of a header `@@ -l,s +l,s @@`; nil when there are none.
        private static func ranges(
            in header: Substring.UTF8View
        ) -> (oldStart: Int, oldCount: Int, newCount: Int)? {
            let words = Substring(header).split(separator: " ")
            guard words.count >= 3, words[1].first == "-", words[2].first == "+" else { return nil }
            func range(_ word: Substring) -> (Int, Int)? {
                let parts = word.dropFirst().split(separator: ",", omittingEmptySubsequences: false)
                guard let start = parts.first.flatMap({ Int($0) }), (0...1_000_000_000).contains(start) else {
                    return nil
                }
                guard parts.count == 2 else { return parts.count == 1 ? (start, 1) : nil }
                guard let count = Int(parts[1]), (0...1_000_000_000).contains(count) else { return nil }
                return (start, count)
            }
            guard let old = range(words[1]), let new = range(words[2]) else { return nil }
            return (old.0, old.1, new.1)
        }
    }
}

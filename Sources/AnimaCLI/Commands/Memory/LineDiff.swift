/// What changed between two texts, line by line, in the unified form.
struct LineDiff: Hashable, Sendable {
    /// Unchanged lines that are shown around a change.
    static let context = 3

    /// The lines of the diff: hunks that begin with `@@`, without the names of files; empty when nothing changed.
    let lines: [String]
    /// The lines as one text.
    var text: String { lines.map { $0 + "\n" }.joined() }

    /// A line of both texts, in order.
    private struct Row {
        let mark: Character
        let line: Substring
    }

    /// Compares two texts; an empty text has no lines.
    init(from old: String, to new: String) {
        let rows = Self.rows(Self.split(old), Self.split(new))
        var shown = Set<Int>()
        for index in rows.indices where rows[index].mark != " " {
            shown.formUnion(max(0, index - Self.context)...min(rows.count - 1, index + Self.context))
        }
        var lines: [String] = []
        var (oldLine, newLine) = (0, 0)
        var index = 0
        while index < rows.count {
            guard shown.contains(index) else {
                // What is not shown is in both.
                (oldLine, newLine, index) = (oldLine + 1, newLine + 1, index + 1)
                continue
            }
            var end = index
            while end < rows.count, shown.contains(end) { end += 1 }
            let hunk = rows[index..<end]
            let olds = hunk.count { $0.mark != "+" }
            let news = hunk.count { $0.mark != "-" }
            lines.append("@@ -\(Self.range(oldLine, olds)) +\(Self.range(newLine, news)) @@")
            lines += hunk.map { "\($0.mark)\($0.line)" }
            (oldLine, newLine, index) = (oldLine + olds, newLine + news, end)
        }
        self.lines = lines
    }

    /// A range as the unified form writes it: an empty one names the line before it.
    private static func range(_ before: Int, _ count: Int) -> String {
        let start = count == 0 ? before : before + 1
        return count == 1 ? "\(start)" : "\(start),\(count)"
    }

    private static func split(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func rows(_ old: [Substring], _ new: [Substring]) -> [Row] {
        var removed = Set<Int>()
        var inserted = Set<Int>()
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var rows: [Row] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                rows.append(Row(mark: "-", line: old[left]))
                left += 1
            } else if inserted.contains(right) {
                rows.append(Row(mark: "+", line: new[right]))
                right += 1
            } else {
                rows.append(Row(mark: " ", line: new[right]))
                (left, right) = (left + 1, right + 1)
            }
        }
        return rows
    }
}

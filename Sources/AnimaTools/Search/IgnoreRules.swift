/// The rules of one `.gitignore` or `.ignore` file.
///
/// Source: gitignore(5), "PATTERN FORMAT".
struct IgnoreRules: Hashable, Sendable {
    private struct Rule: Hashable, Sendable {
        let pattern: PathPattern
        let isNegated: Bool
        let isForDirectories: Bool
        /// Whether it is compared with the path from the file's directory; otherwise with the name.
        let comparesPath: Bool
    }

    /// The directory that the file lies in, from the workspace's root, with a slash at its end; empty for the root.
    let base: String
    private let rules: [Rule]

    /// Reads the text of such a file.
    init(_ text: String, base: String) {
        self.base = base
        rules = text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") }).compactMap { Self.rule(Array($0)) }
    }

    /// What the file says about a path under its directory: true to ignore, false to keep, nil when it says nothing.
    func decide(path: String, name: String, isDirectory: Bool) -> Bool? {
        let inner = path.utf8.dropFirst(base.utf8.count)
        let relative = String(Substring(inner))
        return
            rules.last { rule in
                (isDirectory || !rule.isForDirectories) && rule.pattern.matches(rule.comparesPath ? relative : name)
            }
            .map { !$0.isNegated }
    }

    private static func rule(_ line: [UInt8]) -> Rule? {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        // Spaces at the end don't count, unless the last one is escaped.
        while line.last == UInt8(ascii: " "), line.dropLast().last != UInt8(ascii: "\\") { line.removeLast() }
        if line.isEmpty || line.first == UInt8(ascii: "#") { return nil }
        let isNegated = line.first == UInt8(ascii: "!")
        if isNegated { line.removeFirst() }
        let isForDirectories = line.last == UInt8(ascii: "/")
        if isForDirectories { line.removeLast() }
        let comparesPath = line.contains(UInt8(ascii: "/"))
        if line.first == UInt8(ascii: "/") { line.removeFirst() }
        guard !line.isEmpty else { return nil }
        return Rule(
            pattern: PathPattern(bytes: line),
            isNegated: isNegated,
            isForDirectories: isForDirectories,
            comparesPath: comparesPath
        )
    }
}

extension [IgnoreRules] {
    /// Whether a path is ignored by rules that go from the root's file to the deepest one; the deepest that says
    /// something decides.
    func ignores(path: String, name: String, isDirectory: Bool) -> Bool {
        for rules in reversed() {
            if let decision = rules.decide(path: path, name: name, isDirectory: isDirectory) { return decision }
        }
        return false
    }
}

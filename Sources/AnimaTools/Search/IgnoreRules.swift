import AnimaCore

/// What the ignore files of a tree leave out.
///
/// Source: gitignore(5), "Pattern format". The last pattern that matches decides; deeper files go over those above.
struct IgnoreRules {
    private struct Rule {
        let glob: Glob
        let isNegated: Bool
        let isForDirectories: Bool
        /// Whether the pattern is about the path from its file's directory, not about a name anywhere below.
        let isAnchored: Bool
        let base: String
    }

    private var rules: [Rule] = []

    /// The rules here and those of an ignore file in a directory.
    ///
    /// - Parameter base: The directory's path from where the search began, empty for that itself.
    func adding(_ text: String, at base: String) -> IgnoreRules {
        var result = self
        for line in text.split(whereSeparator: \.isNewline) {
            var pattern = line[...]
            while pattern.hasSuffix(" "), !pattern.hasSuffix("\\ ") { pattern = pattern.dropLast() }
            guard !pattern.isEmpty, !pattern.hasPrefix("#") else { continue }
            let isNegated = pattern.hasPrefix("!")
            if isNegated || pattern.hasPrefix("\\") { pattern = pattern.dropFirst() }
            let isForDirectories = pattern.hasSuffix("/")
            if isForDirectories { pattern = pattern.dropLast() }
            let isAnchored = pattern.contains("/")
            if pattern.hasPrefix("/") { pattern = pattern.dropFirst() }
            result.rules.append(
                Rule(
                    glob: Glob(String(pattern), separator: UInt8(ascii: "/")),
                    isNegated: isNegated,
                    isForDirectories: isForDirectories,
                    isAnchored: isAnchored,
                    base: base
                )
            )
        }
        return result
    }

    /// Whether a path is left out.
    ///
    /// - Parameter path: From where the search began; its parents are not left out.
    func ignores(_ path: String, isDirectory: Bool) -> Bool {
        for rule in rules.reversed() where isDirectory || !rule.isForDirectories {
            let inside = rule.base.isEmpty ? path[...] : path.dropFirst(rule.base.count + 1)
            let subject = rule.isAnchored ? inside : inside.split(separator: "/").last ?? inside
            if rule.glob.matches(subject) { return !rule.isNegated }
        }
        return false
    }
}

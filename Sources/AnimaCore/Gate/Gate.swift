/// The single place where a tool call is allowed or denied.
///
/// Rules name a tool, a group or `*`, and may go on with `:` and a pattern of the tool's gate argument:
/// `files`, `shell:git status*`, `write_file:notes/**`. The most specific rule that matches decides; of equally specific
/// ones `deny` goes over `allow`. A call that no rule matches is denied.
public struct Gate: Hashable, Sendable, Codable {
    /// What a rule says.
    public enum Action: String, Hashable, Sendable, Codable {
        /// The call may run.
        case allow
        /// The call may not run.
        case deny
    }

    /// One rule.
    public struct Rule: Hashable, Sendable, Codable {
        /// What it says.
        public let action: Action
        /// Which calls it is about, as written.
        public let pattern: String

        /// Makes a rule.
        public init(_ action: Action, _ pattern: String) {
            self.action = action
            self.pattern = pattern
        }
    }

    /// The rules, in no particular order.
    public let rules: [Rule]

    /// A gate with these rules; without any it denies everything.
    public init(rules: [Rule] = []) { self.rules = rules }

    /// Decides about one call.
    ///
    /// - Parameter arguments: An object that follows the tool's schema.
    public func decide(_ spec: ToolSpec, _ arguments: JSONValue) -> ToolCall.Verdict {
        var best: (rule: Rule, rank: Int)?
        for rule in rules {
            guard let rank = rule.rank(for: spec, arguments) else { continue }
            let goesOver = best.map {
                (rank, rule.action == .deny ? 1 : 0) > ($0.rank, $0.rule.action == .deny ? 1 : 0)
            }
            if goesOver ?? true { best = (rule, rank) }
        }
        switch best?.rule.action {
        case .allow: return .allowed(rule: best?.rule.pattern ?? "")
        case .deny:
            return .denied(reason: "the gate denies it: rule deny \"\(best?.rule.pattern ?? "")\"")
        case nil:
            return .denied(
                reason: "the gate denies it: no rule allows \"\(spec.name)\" here "
                    + "(the owner can add \"\(spec.name)\" or \"\(spec.group)\" to gate.allow)"
            )
        }
    }
}

extension Gate.Rule {
    /// How specific the rule's match is: 0 everything, 1 a group, 2 a tool, more for longer argument patterns; nil
    /// when it does not match.
    fileprivate func rank(for spec: ToolSpec, _ arguments: JSONValue) -> Int? {
        let parts = pattern.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let target = String(parts[0])
        let base: Int
        switch target {
        case spec.name: base = 2
        case spec.group: base = 1
        case "*": base = 0
        default: return nil
        }
        guard parts.count == 2 else { return base }
        guard let name = spec.gateArgument, let value = arguments[name]?.gateText else { return nil }
        let argument = String(parts[1])
        let specificity = 3 + base + argument.utf8.filter { $0 != UInt8(ascii: "*") }.count
        switch spec.gateForm {
        case .text:
            return Glob(argument, separator: nil).matches(value) ? specificity : nil
        case .path:
            // An absolute path may name the same file as a relative pattern: it gets its worst reading.
            if value.hasPrefix("/"), !argument.hasPrefix("/") { return action == .deny ? specificity : nil }
            return Glob(argument, separator: UInt8(ascii: "/")).matches(Self.resolved(value)) ? specificity : nil
        case .command:
            // A line that the shell would take apart can't be judged by its beginning: it gets its worst reading.
            let isOpaque = arguments[name]?.stringValue.map(Self.hasShellSyntax) ?? false
            if isOpaque { return action == .deny ? specificity : nil }
            return Glob(argument, separator: nil).matches(value) ? specificity : nil
        }
    }

    private static func hasShellSyntax(_ line: String) -> Bool {
        line.utf8.contains { ";&|`$()<>\n\r\\\"'{}*?[]~#!=%".utf8.contains($0) }
    }

    /// A path without `.`, `..` and doubled `/`; a path that climbs above its start keeps its leading `..`.
    private static func resolved(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.first == "/" ? "/" : "") + parts.joined(separator: "/")
    }
}

extension JSONValue {
    /// The text that gate rules match: a string as it is, a list of strings joined by spaces.
    fileprivate var gateText: String? {
        if let values = arrayValue {
            let texts = values.compactMap(\.stringValue)
            return texts.count == values.count ? texts.joined(separator: " ") : nil
        }
        return stringValue
    }
}

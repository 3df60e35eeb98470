/// The single place where a tool call is allowed, asked about or denied.
///
/// Rules name a tool, a group or `*`, and may go on with `:` and a pattern of the tool's gate argument:
/// `files`, `shell:git status*`, `write_file:notes/**`. The most specific rule that matches decides; of equally specific
/// ones `deny` goes over `ask` and `ask` over `allow`. A call that no rule matches is denied.
///
/// While a model sees untrusted text, a tool that reaches outside or changes the agent is allowed or asked about only by a
/// rule that names this case: one that ends in ` when untrusted`.
public struct Gate: Hashable, Sendable, Codable {
    /// What a rule says.
    public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// The call may run.
        case allow
        /// The owner is asked.
        case ask
        /// The call may not run.
        case deny

        /// Which of equally specific rules decides: the higher one.
        fileprivate var weight: Int {
            switch self {
            case .allow: 0
            case .ask: 1
            case .deny: 2
            }
        }
    }

    /// One rule.
    public struct Rule: Hashable, Sendable, Codable {
        /// What it says.
        public let action: Action
        /// Which calls it is about, as written: a pattern, perhaps with ` when untrusted` after it.
        public let pattern: String

        /// Makes a rule.
        public init(_ action: Action, _ pattern: String) {
            self.action = action
            self.pattern = pattern
        }
    }

    /// A decision, and what led to it.
    public struct Judgement: Hashable, Sendable {
        /// What was decided.
        public let verdict: ToolCall.Verdict
        /// The rules that match, the one that decides first.
        public let matching: [Rule]
    }

    /// The rules, in no particular order.
    public let rules: [Rule]

    /// A gate with these rules; without any it denies everything.
    public init(rules: [Rule] = []) { self.rules = rules }

    /// Decides about one call.
    ///
    /// - Parameters:
    ///   - arguments: An object that follows the tool's schema.
    ///   - source: Where untrusted text that the model sees comes from; nil when it sees none.
    public func decide(_ spec: ToolSpec, _ arguments: JSONValue, untrusted source: String? = nil) -> ToolCall.Verdict {
        judge(spec, arguments, untrusted: source).verdict
    }

    /// Decides about one call, and says which rules it looked at; one that names several paths may do what it may for each.
    public func judge(_ spec: ToolSpec, _ arguments: JSONValue, untrusted source: String? = nil) -> Judgement {
        let judgements = spec.readings(of: arguments).map { judgeOne(spec, $0, untrusted: source) }
        return judgements.max { $0.verdict.severity < $1.verdict.severity }
            ?? judgeOne(spec, arguments, untrusted: source)
    }

    /// Decides about one call with rules that the owner added when asked: what a rule of this gate denies stays denied.
    public func judge(
        _ spec: ToolSpec,
        _ arguments: JSONValue,
        with grants: [Rule],
        untrusted source: String? = nil
    ) -> Judgement {
        let configured = judge(spec, arguments, untrusted: source)
        guard !grants.isEmpty, configured.matching.first?.action != .deny else { return configured }
        return Gate(rules: rules + grants).judge(spec, arguments, untrusted: source)
    }

    private func judgeOne(_ spec: ToolSpec, _ arguments: JSONValue, untrusted source: String?) -> Judgement {
        let matching =
            rules.compactMap { rule in rule.rank(for: spec, arguments, isUntrusted: source != nil).map { (rule, $0) } }
            .sorted { ($0.1, $0.0.action.weight) > ($1.1, $1.0.action.weight) }
            .map(\.0)
        let isSensitive = source != nil && spec.reach != .inside
        // What allows without naming the case does not count in it; what denies always does.
        let counting = isSensitive ? matching.filter { $0.action == .deny || $0.namesUntrusted } : matching
        guard let best = counting.first else {
            return Judgement(verdict: .denied(reason: refusal(spec, matching.first, source)), matching: matching)
        }
        let others = matching.filter { $0 != best }
        switch best.action {
        case .allow where !spec.isAnsweredByOwner:
            return Judgement(verdict: .allowed(rule: best.pattern), matching: [best] + others)
        case .allow, .ask: return Judgement(verdict: .asks(rule: best.pattern), matching: [best] + others)
        case .deny:
            let reason = "the gate denies it: rule deny \"\(best.pattern)\""
            return Judgement(verdict: .denied(reason: reason), matching: [best] + others)
        }
    }

    private func refusal(_ spec: ToolSpec, _ other: Rule?, _ source: String?) -> String {
        guard let other, let source else {
            return "the gate denies it: no rule allows \"\(spec.name)\" here "
                + "(the owner can add \"\(spec.name)\" or \"\(spec.group)\" to gate.allow)"
        }
        let why = spec.reach == .outside ? "reaches outside" : "changes the agent itself"
        return
            "the gate denies it: \"\(spec.name)\" \(why), and untrusted text is in view (\(source)), which may have asked "
            + "for it; rule \"\(other.pattern)\" does not name this case (the owner can add \"\(spec.name) when untrusted\" to "
            + "gate.allow or gate.ask)"
    }
}

extension ToolCall.Verdict {
    /// Of several decisions the highest counts.
    var severity: Int {
        switch self {
        case .allowed: 0
        case .asks: 1
        case .denied, .invalid: 2
        }
    }
}

extension Gate.Rule {
    private static let untrustedSuffix = " when untrusted"

    /// Whether it names the case that untrusted text is in view.
    public var namesUntrusted: Bool { pattern.hasSuffix(Self.untrustedSuffix) }

    /// The pattern of calls that it is about, without the case that it may name.
    public var calls: String { namesUntrusted ? String(pattern.dropLast(Self.untrustedSuffix.count)) : pattern }

    /// How specific the rule's match is: 0 everything, 1 a group, 2 a tool, more for longer argument patterns; nil
    /// when it does not match.
    fileprivate func rank(for spec: ToolSpec, _ arguments: JSONValue, isUntrusted: Bool) -> Int? {
        if namesUntrusted, !isUntrusted { return nil }
        let parts = calls.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let base: Int
        switch String(parts[0]) {
        case spec.name: base = 2
        case spec.group: base = 1
        case "*": base = 0
        default: return nil
        }
        guard parts.count == 2 else { return base }
        guard let value = spec.gateText(of: arguments) else { return nil }
        let argument = String(parts[1])
        let specificity = 3 + base + argument.utf8.filter { $0 != UInt8(ascii: "*") }.count
        switch spec.gateForm {
        case .text:
            return Glob(argument, separator: nil).matches(value) ? specificity : nil
        case .path:
            // An absolute path may name the same file as a relative pattern: it gets its worst reading.
            if value.hasPrefix("/"), !argument.hasPrefix("/") { return action == .allow ? nil : specificity }
            let path = Self.resolved(value)
            if Glob(argument, separator: UInt8(ascii: "/")).matches(path) { return specificity }
            // Who keeps away from all that is in a directory keeps away from the directory.
            guard action != .allow, argument.hasSuffix("/**") else { return nil }
            return Glob(String(argument.dropLast(3)), separator: UInt8(ascii: "/")).matches(path) ? specificity : nil
        case .command:
            // A line that the shell would take apart can't be judged by its beginning: it gets its worst reading, whichever rule
            // is the most specific.
            if spec.isOpaque(arguments) { return action == .allow ? nil : Self.worst }
            // Words are words, however far apart; and a program is the same by whichever way to it.
            let words = value.split { $0 == " " || $0 == "\t" }
            let glob = Glob(argument, separator: nil)
            if glob.matches(words.joined(separator: " ")) { return specificity }
            guard action != .allow, let name = words.first?.split(separator: "/").last else { return nil }
            return glob.matches(([name] + words.dropFirst()).joined(separator: " ")) ? specificity : nil
        case .address:
            // What is no address leads nowhere; it gets its worst reading too.
            if spec.address(arguments) == nil { return action == .allow ? nil : specificity }
            return Glob(argument, separator: nil).matches(value) ? specificity : nil
        }
    }

    /// The rank of what can't be seen through: above every pattern, so that what denies goes over what asks.
    private static let worst = 1_000_000_000

    /// A path without `.`, `..` and doubled `/`; a path that climbs above its start keeps its leading `..`.
    private static func resolved(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.first == "/" ? "/" : "") + parts.joined(separator: "/")
    }
}

extension ToolSpec {
    /// The text of a call that gate rules match; nil when only its name can be matched.
    public func gateText(of arguments: JSONValue) -> String? {
        guard let gateArgument, let text = arguments[gateArgument]?.gateText else { return nil }
        let judged = address(arguments)?.description ?? text
        guard let gatePrefix else { return judged }
        return arguments[gatePrefix]?.gateText.map { "\($0) \(judged)" }
    }

    /// The address that a call is about, when it names one that can be used.
    fileprivate func address(_ arguments: JSONValue) -> WebAddress? {
        guard gateForm == .address, let gateArgument, let text = arguments[gateArgument]?.stringValue else {
            return nil
        }
        return try? WebAddress(text)
    }

    /// Whether the call is a line that a shell would take apart.
    fileprivate func isOpaque(_ arguments: JSONValue) -> Bool {
        guard gateForm == .command, let gateArgument, let line = arguments[gateArgument]?.stringValue else {
            return false
        }
        // Control characters but the tab, too: what reads the line need not read them as the rule does.
        return line.utf8.contains {
            ";&|`$()<>\\\"'{}*?[]~#!=%".utf8.contains($0) || $0 < 0x20 && $0 != 9 || $0 == 0x7F
        }
    }

    /// The rule that allows calls exactly like this one from now on; nil when none could be trusted to mean only them.
    ///
    /// A shell, an interpreter or a program that runs others is never allowed for good: what it runs is in its arguments or
    /// in files.
    public func alwaysRule(for arguments: JSONValue) -> Gate.Rule? {
        guard replay == .pure || gateArgument != nil, !isAnsweredByOwner, also == nil else { return nil }
        guard gateArgument != nil else { return Gate.Rule(.allow, name) }
        guard let text = gateText(of: arguments), !text.isEmpty, !text.utf8.contains(UInt8(ascii: "*")),
            !text.utf8.contains(UInt8(ascii: "?")), !text.hasSuffix(" when untrusted")
        else { return nil }
        if gateForm == .address, address(arguments) == nil { return nil }
        if gateForm == .command {
            if isOpaque(arguments) { return nil }
            // A program that is named by its place may be another one tomorrow.
            let words = text.split { $0 == " " || $0 == "\t" }
            guard let program = words.first, !program.contains("/"), !RunningPrograms.contains(String(program)) else {
                return nil
            }
            return Gate.Rule(.allow, "\(name):\(words.joined(separator: " "))")
        }
        return Gate.Rule(.allow, "\(name):\(text)")
    }
}

/// Programs that run other programs or code that is given to them.
private enum RunningPrograms {
    private static let names: Set<String> = [
        ".", "ant", "ash", "awk", "bash", "builtin", "bun", "bundle", "busybox", "bwrap", "cargo", "chroot", "cmake",
        "command",
        "composer", "csh", "ctest", "dash", "deno", "doas", "docker", "dotnet", "elvish", "emacs", "entr", "env",
        "eval", "exec",
        "expect", "find", "firejail", "fish", "flock", "gawk", "gdb", "ghc", "git-shell", "go", "gradle", "groovy",
        "guile",
        "ionice", "java", "jshell", "julia", "just", "kotlin", "ksh", "less", "lldb", "lua", "luajit", "m4", "make",
        "man", "mawk",
        "meson", "mvn", "nice", "ninja", "node", "nohup", "npm", "npx", "nsenter", "osascript", "parallel", "perl",
        "php", "pip",
        "pipx", "pnpm", "podman", "poetry", "powershell", "pwsh", "pytest", "python", "r", "rake", "rsync", "rscript",
        "ruby", "runghc",
        "scala", "scp", "screen", "script", "sed", "setarch", "setpriv", "setsid", "sh", "socat", "source", "sqlite",
        "ssh", "stdbuf",
        "strace", "su", "sudo", "swift", "systemd-run", "tar", "taskset", "tcl", "tclsh", "tcsh", "time", "timeout",
        "tmux", "tox",
        "trap", "unshare", "uv", "uvx", "vi", "vim", "watch", "watchexec", "wish", "xargs", "yarn", "zsh",
    ]

    /// Whether it is one, also with a version after its name (`python3.12`).
    static func contains(_ program: String) -> Bool {
        let name = program.lowercased()
        if names.contains(name) { return true }
        let letters = name.prefix { !$0.isNumber && $0 != "." && $0 != "-" }
        return names.contains(String(letters))
    }
}

extension JSONValue {
    /// The text that gate rules match: a string as it is, a list of strings joined by spaces.
    ///
    /// A word of a list that is empty, or holds a space or a quote, stands in quotes: it is no two words to a rule.
    fileprivate var gateText: String? {
        guard let values = arrayValue else { return stringValue }
        let texts = values.compactMap(\.stringValue)
        guard texts.count == values.count else { return nil }
        return texts.map { $0.isEmpty || $0.utf8.contains(where: Self.endsAWord) ? Self.quoted($0) : $0 }
            .joined(separator: " ")
    }

    private static func endsAWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"")
    }

    private static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
}

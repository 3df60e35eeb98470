/// The files that a call that may run reaches: what the gate says of those that it did not name.
///
/// The gate decides about the paths that a model writes. But a link leads elsewhere, and a directory that is gone through
/// holds files that have rules of their own: the tool asks here about each file where it finds it.
public struct PathReach: Hashable, Sendable {
    private let spec: ToolSpec
    /// Whether the tool only saves to a file beside its work: then rules count that name paths, and no rule is no refusal.
    private let isSaving: Bool
    private var gates: Gates
    private let source: String?
    private let isApproved: Bool

    /// The reach of a call; nil when no rule keeps it from any file.
    ///
    /// - Parameters:
    ///   - spec: The called tool. One whose rules name no paths, but which may write a file, is judged as `write_file`.
    ///   - source: Where untrusted text that the model sees comes from; nil when it sees none.
    ///   - isApproved: Whether the owner was asked about the call and said yes.
    public init?(of spec: ToolSpec, gates: Gates, untrusted source: String?, isApproved: Bool) {
        isSaving = spec.gateForm != .path
        let spec = isSaving ? Self.saving : spec
        guard gates.contains({ $0.limits(spec) }) else { return nil }
        self.spec = spec
        self.gates = gates
        self.source = source
        self.isApproved = isApproved
    }

    /// The reach in a directory, so that rules with absolute paths in it count for paths from there.
    ///
    /// - Parameter root: Its absolute path, without links.
    public func within(_ root: String) -> PathReach {
        var reach = self
        reach.gates = gates.mapRules { $0.relative(to: root) }
        return reach
    }

    /// What keeps the call from a file, for the model; nil when nothing does.
    ///
    /// - Parameters:
    ///   - path: From the workspace's root, without links.
    ///   - isNamed: Whether it is what the call names, so that a rule must allow it; what is come by in a directory goes
    ///     with the directory when no rule is about it.
    public func refusal(of path: String, isNamed: Bool) -> String? {
        for judgement in gates.judgements(spec, [Self.argument: .string(path)], untrusted: source) {
            let matching = judgement.matching
            guard let rule = isSaving ? matching.first(where: \.namesPaths) : matching.first else {
                if isNamed, !isSaving { return "the gate denies it: no rule allows \"\(spec.name)\" there" }
                continue
            }
            switch rule.action {
            case .deny: return "the gate denies it: rule deny \"\(rule.pattern)\""
            case .ask where !isApproved:
                return "your owner is asked about it first: name it by this path (rule ask \"\(rule.pattern)\")"
            case .allow, .ask: continue
            }
        }
        return nil
    }

    private static let argument = "path"
    private static let saving = ToolSpec(
        name: "write_file",
        group: "files",
        description: "",
        parameters: ArgumentSchema([]),
        replay: .pure,
        gateArgument: argument,
        gateForm: .path
    )
}

extension Gate.Rule {
    /// Whether it goes on with a pattern.
    fileprivate var namesPaths: Bool { calls.utf8.contains(UInt8(ascii: ":")) }

    /// Whether it is about some calls of a tool only.
    func namesSome(of spec: ToolSpec) -> Bool {
        [spec.name, spec.group, "*"].contains { calls.hasPrefix($0 + ":") }
    }

    /// Whether it tells some files of a tool from others, or keeps the tool from all.
    fileprivate func limits(_ spec: ToolSpec) -> Bool {
        namesSome(of: spec) || action != .allow && [spec.name, spec.group, "*"].contains(calls)
    }

    /// The rule with a path from a directory instead of an absolute one in it.
    fileprivate func relative(to root: String) -> Gate.Rule {
        guard let colon = pattern.firstIndex(of: ":") else { return self }
        let path = pattern[pattern.index(after: colon)...]
        guard path.hasPrefix(root + "/") else { return self }
        return Gate.Rule(action, String(pattern[...colon] + path.dropFirst(root.count + 1)))
    }
}

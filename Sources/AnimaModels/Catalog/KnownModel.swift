import AnimaCore

/// What is published about a model, or about a family of them.
struct KnownModel: Hashable, Sendable {
    /// `provider/model`; a `*` at the end stands for any ending.
    let pattern: String
    /// The window in tokens; nil when unknown.
    let context: Int?
    /// The most tokens of one reply; nil when unknown.
    let output: Int?
    /// What tokens cost; nil when unknown.
    let price: ModelPrice?

    init(_ pattern: String, context: Int?, output: Int? = nil, price: ModelPrice? = nil) {
        self.pattern = pattern
        self.context = context
        self.output = output
        self.price = price
    }

    /// Whether this is about the model of that name; a date after the name, or `latest`, is the same model.
    func matches(_ name: String) -> Bool {
        if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
        guard name.hasPrefix(pattern) else { return false }
        let rest = name.dropFirst(pattern.count)
        if rest.isEmpty || rest == "-latest" { return true }
        return rest.hasPrefix("-20") && rest.allSatisfy { $0 == "-" || ("0"..."9").contains($0) }
    }
}

extension KnownModels {
    /// What is published about a model; the longest pattern that fits says it.
    static func find(_ name: String) -> KnownModel? {
        all.filter { $0.matches(name) }.max { $0.pattern.utf8.count < $1.pattern.utf8.count }
    }
}

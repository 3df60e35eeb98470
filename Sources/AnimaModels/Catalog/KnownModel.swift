import AnimaCore

/// What is published about a model, or about a family of them.
struct KnownModel: Hashable, Sendable {
    /// `provider/model`; a `*` at the end stands for any ending, such as a date.
    let pattern: String
    /// The window in tokens.
    let context: Int
    /// The most tokens of one reply.
    let output: Int?
    /// What tokens cost.
    let price: ModelPrice?
    /// Whether it takes images.
    let seesImages: Bool

    init(_ pattern: String, context: Int, output: Int? = nil, price: ModelPrice? = nil, seesImages: Bool = false) {
        self.pattern = pattern
        self.context = context
        self.output = output
        self.price = price
        self.seesImages = seesImages
    }

    /// Whether this is about the model of that name.
    func matches(_ name: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
}

extension KnownModels {
    /// What is published about a model; the longest pattern that fits says it.
    static func find(_ name: String) -> KnownModel? {
        all.filter { $0.matches(name) }.max { $0.pattern.utf8.count < $1.pattern.utf8.count }
    }
}

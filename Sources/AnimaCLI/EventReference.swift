/// How events are named on the command line.
enum EventReference {
    /// The number in `e42` or `42`.
    static func seq(_ text: String) throws -> Int {
        guard let seq = Int(text.hasPrefix("e") ? String(text.dropFirst()) : text), seq > 0 else {
            throw UsageError("\"\(text)\" is no event; write it like e42")
        }
        return seq
    }
}

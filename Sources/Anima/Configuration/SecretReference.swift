/// `${secret:NAME}` in what a configuration hands to tools: the secret is put in when a tool is made, and nowhere before.
///
/// The configuration, what it prints and what events hold have the reference only.
enum SecretReference {
    static let beginning = "${secret:"

    /// The names of the secrets that a text refers to, in their order.
    static func names(in text: String) -> [String] { parts(of: text).compactMap(\.name) }

    /// The text with its secrets put in.
    ///
    /// - Parameter value: The secret of a name.
    static func resolved<Failure>(_ text: String, _ value: (String) throws(Failure) -> String) throws(Failure) -> String
    {
        var output = ""
        for part in parts(of: text) { output += try part.name.map(throwing: value) ?? part.text }
        return output
    }

    private struct Part {
        let text: String
        /// The name of the secret that stands for it; nil for plain text.
        let name: String?
    }

    private static func parts(of text: String) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let range = rest.firstRange(of: beginning), let end = rest[range.upperBound...].firstIndex(of: "}") {
            let name = String(rest[range.upperBound..<end])
            parts.append(Part(text: String(rest[..<range.lowerBound]), name: nil))
            parts.append(Part(text: "", name: name))
            rest = rest[rest.index(after: end)...]
        }
        return parts + [Part(text: String(rest), name: nil)]
    }
}

extension Optional {
    fileprivate func map<Value, Failure>(
        throwing transform: (Wrapped) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        if let self { try transform(self) } else { nil }
    }
}

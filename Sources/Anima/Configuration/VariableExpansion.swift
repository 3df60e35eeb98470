/// Replaces `${NAME}` and `${NAME:-default}` in texts by environment variables; `$${` stands for `${`.
///
/// `${secret:NAME}` stays as it is, see ``SecretReference``. As in a shell, `:-` also applies to an empty variable. A `$` that no `{` follows is an ordinary character.
enum VariableExpansion {
    /// What a text names and the environment does not give, or what is no variable at all.
    struct Fault: Error, Hashable {
        let message: String
    }

    /// Replaces the variables of a text.
    static func expand(_ text: String, _ environment: [String: String]) throws(Fault) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var output = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "$" else {
                output.append(scalar)
                continue
            }
            if rest.starts(with: "${".unicodeScalars) {
                rest.removeFirst(2)
                output.append(contentsOf: "${".unicodeScalars)
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Fault(message: "\"${\" without its \"}\"; write \"$${\" for the characters themselves")
                }
                let inside = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
                output.append(contentsOf: try value(of: inside, environment).unicodeScalars)
            } else {
                output.append(scalar)
            }
        }
        return String(output)
    }

    /// Writes a text so that expanding it gives the text again.
    static func escaped(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "$", rest.first == "{" { output.append("$") }
            output.append(scalar)
        }
        return String(output)
    }

    /// Whether a text can be the name of an environment variable: letters, digits and `_`, not a digit first.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private static func value(of inside: String, _ environment: [String: String]) throws(Fault) -> String {
        if inside.hasPrefix("secret:"), isName(String(inside.dropFirst("secret:".count))) { return "${\(inside)}" }
        var name = inside[...]
        var fallback: String?
        if let colon = inside.firstIndex(of: ":"), inside[colon...].hasPrefix(":-") {
            name = inside[..<colon]
            fallback = String(inside[colon...].dropFirst(2))
        }
        guard isName(String(name)) else {
            throw Fault(
                message: "\"${\(inside.prefix(80))}\" names no environment variable; "
                    + "write ${NAME} or ${NAME:-default}, or \"$${\" for the characters themselves"
            )
        }
        if let value = environment[String(name)], !(value.isEmpty && fallback != nil) { return value }
        if let fallback { return fallback }
        throw Fault(
            message: "the environment variable \(name) is not set; set it, or write ${\(name):-default}"
        )
    }
}

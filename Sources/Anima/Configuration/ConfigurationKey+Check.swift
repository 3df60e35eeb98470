import AnimaCore
import AnimaTools

extension ConfigurationKey {
    /// What is wrong with a value, or with one element of it.
    struct Problem: Error, Hashable {
        /// The element; nil when it is about the whole value.
        var element: Int?
        let message: String
    }

    /// What a check gives: the value, or everything wrong with it.
    enum Outcome {
        case value(ConfigurationValue)
        case problems([Problem])
    }

    /// Checks a value from a file or the command line.
    ///
    /// - Parameter node: With its variables replaced.
    func check(_ node: TOMLNode) -> Outcome {
        if !takesSecrets, case .string(let text) = node, text.contains(SecretReference.beginning) {
            return .problems([Problem(message: Self.noSecrets)])
        }
        switch (kind, node) {
        case (.text, .string(let text)): return .value(.text(text))
        case (.name, .string(let text)), (.path, .string(let text)):
            guard text.contains(where: { !$0.isWhitespace }) else { return mismatch(node, "it is empty") }
            return .value(.text(text))
        case (.agentName, .string(let text)):
            do throws(IdentityError) {
                return .value(.text(try AgentID(text).name))
            } catch {
                return .problems([Problem(message: "\(TOMLNode.quoted(text)) is no \(error.kind); use \(error.rule)")])
            }
        case (.integer(_, let range), .integer(let number)), (.wholeSeconds(_, let range), .integer(let number)):
            return range.contains(number) ? .value(.integer(number)) : mismatch(node)
        case (.seconds(_, let range), .integer(let number)):
            return range.contains(Double(number)) ? .value(.number(Double(number))) : mismatch(node)
        case (.seconds(_, let range), .float(let number)):
            return range.contains(number) ? .value(.number(number)) : mismatch(node)
        case (.word(let word), .string(let text)): return check(text, among: word.all, node)
        case (.choice(_, let words), .string(let text)): return check(text, among: words, node)
        case (.flag, .boolean(let value)), (.optionalFlag, .boolean(let value)): return .value(.flag(value))
        case (.optionalInteger(_, let range), .integer(let number)):
            return range.contains(number) ? .value(.integer(number)) : mismatch(node)
        case (.optionalNumber(_, let range), .integer(let number)):
            return range.contains(Double(number)) ? .value(.number(Double(number))) : mismatch(node)
        case (.optionalNumber(_, let range), .float(let number)):
            return range.contains(number) ? .value(.number(number)) : mismatch(node)
        case (.dollars, .integer(let number)):
            return (0...1_000_000).contains(number) ? .value(.number(Double(number))) : mismatch(node)
        case (.dollars, .float(let number)):
            return (0...1_000_000).contains(number) ? .value(.number(number)) : mismatch(node)
        case (.secret, .string(let text)):
            guard text.contains(where: { !$0.isWhitespace }) else { return mismatch(node, "it is empty") }
            return .value(.secret(Secret(text)))
        case (.list(_, let rule), .array(let elements)): return check(elements, rule)
        case (.list, .string(let text)): return mismatch(node, "write [\(TOMLNode.quoted(text))]")
        default: return mismatch(node)
        }
    }

    private func check(_ text: String, among words: [String], _ node: TOMLNode) -> Outcome {
        if words.contains(text) { return .value(.text(text)) }
        return mismatch(node, Spelling.closest(to: text, among: words).map { "did you mean \"\($0)\"?" })
    }

    private func mismatch(_ node: TOMLNode, _ addition: String? = nil) -> Outcome {
        let end = addition.map { "; \($0)" } ?? ""
        return .problems([Problem(message: "expected \(expectation), found \(node.found)\(end)")])
    }

    private func check(_ elements: [TOMLNode], _ rule: ItemRule) -> Outcome {
        var items: [String] = []
        var first: [String: Int] = [:]
        var problems: [Problem] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                problems.append(Problem(element: index, message: "expected a string, found \(element.found)"))
                continue
            }
            if let message = rule.problem(of: text) {
                problems.append(Problem(element: index, message: message))
            } else if let earlier = first[text] {
                let message = "\(TOMLNode.quoted(text)) is already element \(earlier); remove one of them"
                problems.append(Problem(element: index, message: message))
            } else {
                first[text] = index
            }
            items.append(text)
        }
        return problems.isEmpty ? .value(.list(items)) : .problems(problems)
    }
}

extension ConfigurationKey {
    /// Whether its texts may refer to secrets.
    private var takesSecrets: Bool {
        switch kind {
        case .list(_, .variables), .list(_, .headers): true
        default: false
        }
    }

    fileprivate static let noSecrets = "a secret can stand in tools.environment and tools.headers only"
}

extension ConfigurationKey.ItemRule {
    /// What is wrong with a text of such a list; nil when nothing is.
    fileprivate func problem(of text: String) -> String? {
        let shown = TOMLNode.quoted(text)
        if self != .variables, self != .headers, text.contains(SecretReference.beginning) {
            return ConfigurationKey.noSecrets
        }
        switch self {
        case .agentNames:
            do {
                _ = try AgentID(text)
                return nil
            } catch { return "\(error)" }
        case .topics: return Topic.problem(of: text).map { "\(shown) is no topic; \($0)" }
        case .toolNames:
            if text.isEmpty { return "a tool or group without a name" }
            return text.utf8.allSatisfy(Self.isNameByte)
                ? problem(ofTool: text)
                : "\(shown) is no tool or group; names are made of letters, digits, '_', '-' and '.'"
        case .variables:
            let name = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)[0]
            return VariableExpansion.isName(String(name))
                ? nil
                : "\(shown) is no environment variable; write NAME or NAME=value, names are letters, digits and '_', no "
                    + "digit first"
        case .headers:
            return HeaderGrant(text) == nil
                ? "\(shown) is no header of an origin; write \"https://api.example Authorization: Bearer ${secret:NAME}\""
                : nil
        case .hosts:
            return HostGrant(text) == nil
                ? "\(shown) is no host; write a name or a number, perhaps with a port: \"intranet.example\", "
                    + "\"127.0.0.1:8080\""
                : nil
        case .programHosts:
            return ProgramHost(text) == nil
                ? "\(shown) is no host; write a name, all names below one, or a number, perhaps with a port: "
                    + "\"pypi.org\", \"*.pythonhosted.org\", \"127.0.0.1:8080\""
                : nil
        case .gatePatterns: return problem(ofPattern: text, shown)
        case .modelNames, .anyTexts, .paths:
            return text.contains(where: { !$0.isWhitespace }) || (self == .anyTexts && !text.isEmpty)
                ? nil : "an empty text"
        }
    }

    private func problem(ofPattern text: String, _ shown: String) -> String? {
        // What stands before it is checked; a rule may name the case that untrusted text is in view.
        let calls = Gate.Rule(.allow, text).calls
        let parts = calls.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let target = parts.first, !text.isEmpty else {
            return "an empty pattern; write a group, a tool, \"*\", or \"tool:argument*\""
        }
        guard target == "*" || (!target.isEmpty && target.utf8.allSatisfy(Self.isNameByte)) else {
            return "\(shown) names no tool or group; write a group, a tool, \"*\", or \"tool:argument*\""
        }
        if parts.count == 2, parts[1].isEmpty {
            return "\(shown) ends in an empty argument pattern; write \"\(target)\" for every argument"
        }
        return target == "*" ? nil : problem(ofTool: String(target))
    }

    private func problem(ofTool name: String) -> String? {
        let known = Composition.toolNames
        guard !known.contains(name) else { return nil }
        let meant = Spelling.closest(to: name, among: known).map { "; did you mean \"\($0)\"?" }
        return "there is no tool or group \(TOMLNode.quoted(name))"
            + (meant ?? "; groups are \(StandardTools.groups.joined(separator: ", ")), and anima tools lists all tools")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

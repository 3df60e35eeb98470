/// What a text says to whom, when it is addressed to several: a line that begins with `@name` speaks to that agent, up to the next
/// such line.
///
/// Code blocks, indented code and quoted lines address nobody, and neither does a name that is not known: `@dataclass` stays text.
public struct Mentions: Hashable, Sendable {
    /// A part of a text for some agents.
    public struct Part: Hashable, Sendable {
        /// To whom; nil for whoever the whole text was given to.
        public let recipients: [AgentID]?
        /// What is said.
        public let text: String

        /// Puts a text and its recipients together.
        public init(to recipients: [AgentID]?, _ text: String) {
            self.recipients = recipients
            self.text = text
        }
    }

    /// The parts, in their order; none for a text that says nothing.
    public let parts: [Part]

    /// Whether all of it is for whoever the text was given to.
    public var isPlain: Bool { parts.allSatisfy { $0.recipients == nil } }

    /// Takes a text apart.
    ///
    /// - Parameters:
    ///   - own: Whom the text was given to.
    ///   - peers: The other agents that may be spoken to; `@all` means them and `own`.
    public init(in text: String, to own: AgentID, peers: [AgentID]) {
        var found: [(recipients: [AgentID]?, lines: [Substring])] = [(nil, [])]
        var fence: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            let mark = trimmed.prefix { $0 == "`" || $0 == "~" }
            if let open = fence {
                if mark.count >= open.count, mark.first == open.first { fence = nil }
            } else if mark.count >= 3 {
                fence = mark
            } else if line.count - trimmed.count < 4,
                let (names, rest) = Self.address(trimmed, own, peers)
            {
                found.append((names, rest.isEmpty ? [] : [rest]))
                continue
            }
            found[found.count - 1].lines.append(line)
        }
        let said = found.map { Part(to: $0.recipients, $0.lines.joined(separator: "\n").trimmingLines) }
        parts = said.filter { part in part.text.contains { !$0.isWhitespace } }
    }

    /// The agents that a line begins with, and what it says to them; nil for a line that speaks to nobody in particular.
    private static func address(
        _ line: Substring,
        _ own: AgentID,
        _ peers: [AgentID]
    ) -> (names: [AgentID], rest: Substring)? {
        var names: [AgentID] = []
        var rest = line
        while rest.first == "@" {
            let name = rest.dropFirst().prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            let known = [own] + peers
            if ["all", "everyone", "everybody"].contains(name.lowercased()), !known.contains(where: { $0.name == name })
            {
                names += known
            } else if let agent = known.first(where: { $0.name == name.lowercased() }) {
                names.append(agent)
            } else {
                // A line that names somebody unknown is no address at all: perhaps it is code.
                return nil
            }
            rest = rest.dropFirst(name.count + 1)
            // "ada@example.org" is no mention, and neither is "@ada.txt".
            guard rest.first.map({ " ,:;\t".contains($0) }) ?? true else { return nil }
            rest = rest.drop { " ,:;\t".contains($0) }
            let words = rest.prefix(4)
            if words == "and ", rest.dropFirst(4).first == "@" { rest = rest.dropFirst(4) }
        }
        guard !names.isEmpty else { return nil }
        var seen: Set<AgentID> = []
        return (names.filter { seen.insert($0).inserted }, rest)
    }
}

extension String {
    /// Without empty lines at both ends.
    fileprivate var trimmingLines: String {
        var lines = split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst() }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}

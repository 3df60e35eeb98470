/// Decides what is kept of what might be remembered.
///
/// A pure function of the draft, of the memories that are near it, and of what came to mind in the turn. What it refuses is
/// recorded with the reason, so that an audit shows what an agent does not remember and why.
public enum MemoryGate {
    /// What becomes of a draft.
    public enum Verdict: Hashable, Sendable {
        /// It is kept; these memories no longer hold then.
        case keep(supersedes: [Int])
        /// It is not kept.
        case refuse(Refusal)
    }

    /// Why a draft is not kept.
    public enum Refusal: String, Hashable, Sendable, Codable, CaseIterable {
        /// It says too little to be of use later.
        case trivial
        /// It is a question, or asks for something to be done now.
        case request
        /// It is remembered already.
        case duplicate
        /// It came to mind in this turn: remembering it again would make it an echo.
        case echo
        /// It looks like a password or a key.
        case secret
        /// An untrusted text that tells the agent what to do.
        case instruction
        /// It is too long for one memory.
        case tooLong
    }

    /// A memory has at most so many bytes.
    public static let mostBytes = 4000

    /// Decides about one draft.
    ///
    /// - Parameters:
    ///   - similar: Current memories that are near it.
    ///   - shown: The texts that came to mind in the turn.
    ///   - trust: The trust of the draft's text.
    public static func judge(
        _ draft: MemoryDraft,
        similar: [Memory],
        shown: [String] = [],
        trust: Trust
    ) -> Verdict {
        let text = draft.text
        guard text.utf8.count <= mostBytes else { return .refuse(.tooLong) }
        if SecretLooks.isSecret(text) { return .refuse(.secret) }
        if trust == .untrusted, Orders.isOrder(text) { return .refuse(.instruction) }
        let said = Statement(text)
        if !draft.isAskedFor {
            if said.words.count < 2 { return .refuse(.trivial) }
            if said.isQuestion { return .refuse(.request) }
        }
        if said.words.isEmpty { return .refuse(.trivial) }
        let current = similar.filter(\.isCurrent)
        var superseded = draft.supersedes.filter { id in current.contains { $0.id == id && $0.trust <= trust } }
        for memory in current where !superseded.contains(memory.id) {
            let known = Statement(memory.text)
            if known.saysTheSame(as: said) {
                // The same from a better source takes the place of the worse one; what a stranger said becomes no better by being
                // repeated, only by the owner's word.
                guard memory.trust < trust, memory.trust != .untrusted || trust == .owner else {
                    return .refuse(.duplicate)
                }
                superseded.append(memory.id)
            } else if memory.trust <= trust, said.replaces(known) {
                superseded.append(memory.id)
            }
        }
        if superseded.isEmpty, !draft.isAskedFor, shown.contains(where: { Statement($0).holds(said) }) {
            return .refuse(.echo)
        }
        return .keep(supersedes: superseded.sorted())
    }
}

/// What a sentence says, as far as it takes to tell sameness from contradiction.
struct Statement: Hashable, Sendable {
    /// Its words without those that carry no meaning, in their basic form.
    let words: Set<String>
    /// Whether it denies something.
    let isNegated: Bool
    /// Whether it asks something.
    let isQuestion: Bool
    /// What it is about, when it says one thing about it: the words before its verb, with the verb's sort.
    private let key: Set<String>?
    /// What it says about that.
    private let value: Set<String>

    init(_ text: String) {
        let plain = text.lowercased()
        isQuestion = plain.contains("?") && plain.last { !$0.isWhitespace } == "?"
        var tokens = TextAnalysis.words(of: plain)
        isNegated = tokens.contains { Self.negations.contains($0) } || plain.contains("n't") || plain.contains("n’t")
        tokens.removeAll { Self.negations.contains($0) || Self.fillers.contains($0) }
        words = Set(tokens.filter { !TextAnalysis.isStopWord($0) }.map(TextAnalysis.base))
        guard let place = tokens.firstIndex(where: { Self.relations[$0] != nil }),
            var relation = Self.relations[tokens[place]]
        else {
            key = nil
            value = []
            return
        }
        let before = tokens[..<place].filter { !Self.articles.contains($0) }.map(Self.person)
        var rest = tokens[tokens.index(after: place)...]
        // "is called", "was named".
        if let next = rest.first, Self.relations[next] == "named" {
            relation = "named"
            rest = rest.dropFirst()
        }
        if let next = rest.first, Self.prepositions.contains(next) { rest = rest.dropFirst() }
        value = Set(rest.filter { !TextAnalysis.isStopWord($0) }.map(TextAnalysis.base))
        // "Ada is tall" and "Ada is a doctor" can both be so; "Ada's dog is called Rex" and "… Bello" can't.
        let isSingle = relation != "is" || before.count > 1
        key =
            isSingle && !before.isEmpty && !value.isEmpty
            ? Set(before.map(TextAnalysis.base) + ["\u{1}" + relation]) : nil
    }

    /// Whether both say the same, in other words perhaps.
    func saysTheSame(as other: Statement) -> Bool {
        guard isNegated == other.isNegated, !words.isEmpty else { return false }
        if words == other.words { return true }
        let common = words.intersection(other.words).count
        // One word more or less of many; a number that differs is another statement.
        let different = words.symmetricDifference(other.words)
        guard !different.contains(where: { $0.contains(where: \.isNumber) }) else { return false }
        if let key, key == other.key, value != other.value { return false }
        return Double(common) / Double(words.union(other.words).count) >= 0.85
    }

    /// Whether it says otherwise than an older statement about the same.
    func replaces(_ older: Statement) -> Bool {
        if words == older.words, isNegated != older.isNegated, words.count > 1 { return true }
        guard let key, key == older.key else { return false }
        return value != older.value || isNegated != older.isNegated
    }

    /// Whether the other one says nothing that is not in this one.
    func holds(_ other: Statement) -> Bool {
        guard !other.words.isEmpty, isNegated == other.isNegated else { return false }
        return Double(words.intersection(other.words).count) >= 0.9 * Double(other.words.count)
    }

    private static func person(_ word: String) -> String {
        ["i", "me", "mine", "owner", "user"].contains(word) ? "my" : word
    }

    private static let negations: Set<String> = ["not", "no", "never", "none", "don", "doesn", "isn", "wasn", "longer"]
    private static let fillers: Set<String> = [
        "please", "now", "currently", "actually", "really", "just", "also", "still", "remember", "that", "note", "well",
        "so", "anyway", "btw", "by", "way", "new", "today", "meanwhile", "already", "ok", "okay",
    ]
    private static let articles: Set<String> = ["the", "a", "an", "of", "s"]
    private static let prepositions: Set<String> = [
        "in", "at", "to", "for", "as", "on", "a", "an", "the", "with", "near",
    ]
    /// Verbs of which one statement about the same takes the place of another, by their sort.
    private static let relations: [String: String] = [
        "is": "is", "are": "is", "am": "is", "was": "was", "were": "was", "m": "is", "live": "lives", "lives": "lives",
        "living": "lives", "moved": "lives", "reside": "lives", "resides": "lives", "work": "works", "works": "works",
        "working": "works", "called": "named", "named": "named", "name": "named", "prefer": "prefers",
        "prefers": "prefers",
        "costs": "costs", "cost": "costs", "weigh": "weighs", "weighs": "weighs", "starts": "starts",
        "begins": "starts",
        "ends": "ends", "uses": "uses", "drives": "drives", "drive": "drives",
    ]
}

/// What looks like a password or a key.
private enum SecretLooks {
    private static let prefixes = [
        "sk-", "pk-", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "akia", "aiza", "eyj", "glpat-", "-----begin",
    ]
    private static let namings = [
        "password", "passwort", "passphrase", "api key", "secret key", "access token", "pin code",
    ]

    static func isSecret(_ text: String) -> Bool {
        let plain = text.lowercased()
        let words = plain.split { $0.isWhitespace || "\"'`,;()".contains($0) }
        for word in words where word.count >= 16 {
            if prefixes.contains(where: word.hasPrefix) { return true }
            let digits = word.count { $0.isNumber }
            let isMixed = digits >= 4 && word.count - digits >= 8 && !word.contains("/") && !word.contains(".")
            if isMixed, word.count >= 24, !word.contains("-") { return true }
        }
        return namings.contains { naming in
            guard let range = plain.firstRange(of: naming) else { return false }
            let rest = plain[range.upperBound...].drop { $0.isWhitespace }
            return [":", "=", "is ", "is:", "ist "].contains { rest.hasPrefix($0) }
        }
    }
}

/// What tells an agent what to do.
private enum Orders {
    private static let marks = [
        "ignore previous", "ignore all", "ignore the above", "disregard", "system:", "you must", "you should",
        "you are now",
        "from now on", "always ", "never ", "do not tell", "don't tell", "do not ask", "without asking",
        "your instructions",
        "your owner wants", "the owner wants", "the user wants", "approve", "allow", "trusted", "override", "execute",
        "run the", "send ", "forward ", "transfer ", "remember that you", "curl ", "sudo ",
    ]

    static func isOrder(_ text: String) -> Bool {
        let plain = text.lowercased().split { $0.isWhitespace }.joined(separator: " ")
        return marks.contains { plain.contains($0) }
    }
}

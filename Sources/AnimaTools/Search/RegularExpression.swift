/// A regular expression, as a tree.
///
/// It has what finds lines in time linear in the text, whatever the pattern: literals, `.`, classes, groups, `|`,
/// `* + ? {n,m}`, `^ $ \b \B`, `\d \w \s`. Back references and looking around are refused: with them, matching can take
/// time exponential in a line's length, and a pattern comes from a model. That is why it is not Swift's `Regex`.
indirect enum RegularExpression: Hashable, Sendable {
    case scalar(ScalarSet)
    case sequence([RegularExpression])
    case choice([RegularExpression])
    case repeated(RegularExpression, min: Int, max: Int?)
    case assertion(Assertion)

    /// What must be true between two bytes.
    enum Assertion: Hashable, Sendable {
        case lineStart
        case lineEnd
        case wordBorder
        case noWordBorder
    }

    /// Why a pattern was not understood.
    struct SyntaxError: Error, Hashable, Sendable {
        let message: String
    }

    /// The expression that matches just this text.
    static func literal(_ text: String, ignoringCase: Bool) -> RegularExpression {
        .sequence(
            text.unicodeScalars.map { .scalar(ignoringCase ? ScalarSet($0).foldingCase() : ScalarSet($0)) }
        )
    }

    /// Reads a pattern.
    static func parse(_ pattern: String, ignoringCase: Bool) throws(SyntaxError) -> RegularExpression {
        var parser = RegularExpressionParser(pattern, ignoringCase: ignoringCase)
        return try parser.parse()
    }

    /// A text that is in every match; empty when none is known.
    var requiredText: [UInt8] {
        var best: [UInt8] = []
        var run: [UInt8] = []
        func endRun() {
            if run.count > best.count { best = run }
            run = []
        }
        func visit(_ node: RegularExpression) {
            switch node {
            case .scalar(let set):
                if let scalar = set.single { run += Array(String(scalar).utf8) } else { endRun() }
            case .sequence(let nodes): for node in nodes { visit(node) }
            case .assertion: break
            case .choice: endRun()
            case .repeated(let node, let min, _):
                endRun()
                if min > 0 {
                    visit(node)
                    endRun()
                }
            }
        }
        visit(self)
        endRun()
        return best
    }

    /// Whether the expression matches its ``requiredText`` and nothing else.
    var isLiteral: Bool {
        switch self {
        case .scalar(let set): set.single != nil
        case .sequence(let nodes): nodes.allSatisfy(\.isLiteral)
        case .choice, .repeated, .assertion: false
        }
    }
}

/// Reads a pattern from left to right.
private struct RegularExpressionParser {
    typealias SyntaxError = RegularExpression.SyntaxError

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoringCase: Bool

    init(_ pattern: String, ignoringCase: Bool) {
        scalars = Array(pattern.unicodeScalars)
        self.ignoringCase = ignoringCase
    }

    mutating func parse() throws(SyntaxError) -> RegularExpression {
        if take("(?i)") { ignoringCase = true }
        let result = try alternatives()
        guard index == scalars.count else { throw error("there is a \")\" without its \"(\"") }
        return result
    }

    private func error(_ problem: String) -> SyntaxError {
        SyntaxError(message: "\(problem) (at character \(min(index, scalars.count) + 1) of the pattern)")
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ text: String) -> Bool {
        let expected = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: expected) else { return false }
        index += expected.count
        return true
    }

    private mutating func alternatives() throws(SyntaxError) -> RegularExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw error("groups are nested more than 100 deep") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(SyntaxError) -> RegularExpression {
        var nodes: [RegularExpression] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            nodes.append(try repeated(try atom()))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated(_ atom: RegularExpression) throws(SyntaxError) -> RegularExpression {
        var node = atom
        while let (low, high) = try quantifier() {
            // Whether it takes as much or as little as it can makes no difference to which lines match.
            _ = take("?")
            if next == "+" { throw error("possessive quantifiers such as \"*+\" are not supported") }
            node = .repeated(node, min: low, max: high)
        }
        return node
    }

    private mutating func quantifier() throws(SyntaxError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard next == "{", let end = scalars[index...].firstIndex(of: "}") else { return nil }
        let parts = scalars[(index + 1)..<end].split(separator: ",", omittingEmptySubsequences: false)
        func number(_ part: ArraySlice<Unicode.Scalar>) -> Int? {
            part.allSatisfy { ("0"..."9").contains($0) } ? Int(part.map { String($0) }.joined()) : nil
        }
        // Anything else in braces is text, as in `func run() {`.
        guard (1...2).contains(parts.count), let low = number(parts[0]) else { return nil }
        var high: Int? = low
        if parts.count == 2 {
            high = number(parts[1])
            if high == nil, !parts[1].isEmpty { return nil }
        }
        guard low <= 1000, high ?? 0 <= 1000, low <= high ?? low else {
            throw error("a repetition must be {n}, {n,} or {n,m} with n not over m and both at most 1000")
        }
        index = end + 1
        return (low, high)
    }

    private mutating func atom() throws(SyntaxError) -> RegularExpression {
        guard let scalar = next else { return .sequence([]) }
        index += 1
        switch scalar {
        case "(": return try group()
        case "[": return .scalar(try set())
        case ".": return .scalar(.allButLineFeed)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?":
            index -= 1
            throw error("\"\(scalar)\" has nothing to repeat; write \"\\\(scalar)\" for the character")
        case "\\":
            switch next {
            case "b": return assertion(.wordBorder)
            case "B": return assertion(.noWordBorder)
            case "A": return assertion(.lineStart)
            case "z", "Z": return assertion(.lineEnd)
            default: return .scalar(fold(try escaped()))
            }
        default: return .scalar(fold(ScalarSet(scalar)))
        }
    }

    private mutating func assertion(_ assertion: RegularExpression.Assertion) -> RegularExpression {
        index += 1
        return .assertion(assertion)
    }

    private mutating func group() throws(SyntaxError) -> RegularExpression {
        if next == "?", !take("?:") {
            let isLook = ["?=", "?!", "?<=", "?<!"].contains { scalars[index...].starts(with: $0.unicodeScalars) }
            guard !isLook else { throw error("looking ahead and behind is not supported") }
            guard take("?<") || take("?P<"), let end = scalars[index...].firstIndex(of: ">") else {
                throw error("this kind of group is not supported; use (…) or (?:…)")
            }
            index = end + 1
        }
        let result = try alternatives()
        guard take(")") else { throw error("there is a \"(\" without its \")\"") }
        return result
    }

    private mutating func set() throws(SyntaxError) -> ScalarSet {
        let isInverted = take("^")
        var result = ScalarSet([])
        var isFirst = true
        while true {
            guard let scalar = next else { throw error("there is a \"[\" without its \"]\"") }
            if scalar == "]", !isFirst { break }
            isFirst = false
            if let named = namedSet() {
                result = result.union(named)
                continue
            }
            let low = try setMember()
            if next == "-", index + 1 < scalars.count, scalars[index + 1] != "]", let first = low.single {
                index += 1
                guard let last = try setMember().single, first <= last else {
                    throw error("a range in [ ] must go from a character to a later one")
                }
                result = result.union(ScalarSet([first.value...last.value]))
            } else {
                result = result.union(low)
            }
        }
        index += 1
        result = fold(result)
        return isInverted ? result.union(ScalarSet([0x0A...0x0A])).inverted() : result
    }

    private mutating func setMember() throws(SyntaxError) -> ScalarSet {
        guard let scalar = next else { throw error("there is a \"[\" without its \"]\"") }
        index += 1
        return scalar == "\\" ? try escaped() : ScalarSet(scalar)
    }

    private mutating func namedSet() -> ScalarSet? {
        let named: [(String, ScalarSet)] = [
            ("[:alpha:]", ScalarSet([0x41...0x5A, 0x61...0x7A])), ("[:digit:]", .digits), ("[:space:]", .spaces),
            ("[:alnum:]", ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])), ("[:upper:]", ScalarSet([0x41...0x5A])),
            ("[:lower:]", ScalarSet([0x61...0x7A])), ("[:word:]", .words),
            ("[:punct:]", ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])),
            ("[:xdigit:]", ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])),
        ]
        for (name, set) in named where take(name) { return set }
        return nil
    }

    /// Reads what follows a backslash.
    private mutating func escaped() throws(SyntaxError) -> ScalarSet {
        guard let scalar = next else { throw error("the pattern ends in \"\\\"; write \"\\\\\" for a backslash") }
        index += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted()
        case "w": return .words
        case "W": return ScalarSet.words.inverted()
        case "s": return .spaces
        case "S": return ScalarSet.spaces.inverted()
        case "t": return ScalarSet("\t")
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "f": return ScalarSet("\u{0C}")
        case "v": return ScalarSet("\u{0B}")
        case "0": return ScalarSet("\0")
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        case "1"..."9": throw error("back references such as \"\\\(scalar)\" are not supported")
        case "a"..."z", "A"..."Z": throw error("\"\\\(scalar)\" is not supported")
        default: return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(digits: Int) throws(SyntaxError) -> ScalarSet {
        var end = min(index + digits, scalars.count)
        var start = index
        if next == "{", let close = scalars[index...].firstIndex(of: "}") {
            start += 1
            end = close
        }
        let text = scalars[start..<end].map { String($0) }.joined()
        guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw error("\"\(text.prefix(12))\" is not the hexadecimal number of a character")
        }
        index = start > index ? end + 1 : end
        return ScalarSet(scalar)
    }

    private func fold(_ set: ScalarSet) -> ScalarSet { ignoringCase ? set.foldingCase() : set }
}

/// Finds a regular expression in a line, in one pass over its bytes.
///
/// A deterministic automaton whose states are made when a text first needs them, each a set of positions in the
/// expression; there are never more than `maxStates`, then it forgets them and begins anew.
struct LineAutomaton {
    private enum Step {
        case bytes(ClosedRange<UInt8>, next: Int)
        case fork([Int])
        case assertion(RegularExpression.Assertion, next: Int)
        case match
    }

    /// What lies before the next byte.
    private enum Before: Int {
        case lineStart = 0
        case word = 1
        case other = 2
    }

    private static let maxSteps = 20_000
    private static let maxStates = 2000
    private static let lineEnd = 256
    private static let unknown: Int32 = -1
    private static let matched: Int32 = -2

    private var steps: [Step] = [.match]
    private var start = 0

    private var states: [(positions: [Int], before: Before)] = []
    private var numbers: [[Int]: Int32] = [:]
    private var transitions: [Int32] = []
    private var visited: [Int]
    private var visit = 0

    init(_ expression: RegularExpression) throws(RegularExpression.SyntaxError) {
        visited = []
        start = try add(expression, next: 0)
        visited = [Int](repeating: -1, count: steps.count)
    }

    /// The offset after the first match in a line without its line feed; nil when nothing matches.
    ///
    /// - Parameter shouldStop: Asked from time to time while states are made; true ends the search without a match.
    mutating func firstMatchEnd(in line: UnsafeRawBufferPointer, shouldStop: () -> Bool = { false }) -> Int? {
        var state = number(of: [start], .lineStart)
        for offset in 0..<line.count {
            state = next(after: state, Int(line[offset]))
            if state == Self.matched { return offset }
            if visit > 500 {
                visit = 0
                for index in visited.indices { visited[index] = -1 }
                if shouldStop() { return nil }
            }
        }
        return next(after: state, Self.lineEnd) == Self.matched ? line.count : nil
    }

    private mutating func next(after state: Int32, _ symbol: Int) -> Int32 {
        let known = transitions[Int(state) * 257 + symbol]
        return known == Self.unknown ? makeTransition(from: state, symbol) : known
    }

    private mutating func makeTransition(from state: Int32, _ symbol: Int) -> Int32 {
        let (positions, before) = states[Int(state)]
        let isWordNext = symbol < Self.lineEnd && Self.isWord(UInt8(symbol))
        visit += 1
        var pending = positions
        var reached: Set<Int> = [start]
        var isMatch = false
        while let position = pending.popLast() {
            guard visited[position] != visit else { continue }
            visited[position] = visit
            switch steps[position] {
            case .match: isMatch = true
            case .fork(let nexts): pending.append(contentsOf: nexts)
            case .bytes(let range, let next):
                if symbol < Self.lineEnd, range.contains(UInt8(symbol)) { reached.insert(next) }
            case .assertion(let assertion, let next):
                let holds =
                    switch assertion {
                    case .lineStart: before == .lineStart
                    case .lineEnd: symbol == Self.lineEnd
                    case .wordBorder: (before == .word) != isWordNext
                    case .noWordBorder: (before == .word) == isWordNext
                    }
                if holds { pending.append(next) }
            }
        }
        if isMatch {
            transitions[Int(state) * 257 + symbol] = Self.matched
            return Self.matched
        }
        if states.count >= Self.maxStates {
            states = []
            numbers = [:]
            transitions = []
            return number(of: reached.sorted(), isWordNext ? .word : .other)
        }
        let result = number(of: reached.sorted(), isWordNext ? .word : .other)
        transitions[Int(state) * 257 + symbol] = result
        return result
    }

    private mutating func number(of positions: [Int], _ before: Before) -> Int32 {
        let key = positions + [before.rawValue]
        if let number = numbers[key] { return number }
        let number = Int32(states.count)
        states.append((positions, before))
        numbers[key] = number
        transitions.append(contentsOf: repeatElement(Self.unknown, count: 257))
        return number
    }

    /// Bytes of characters beyond ASCII count as parts of words.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }

    /// Adds the steps of an expression that goes on with `next`, and returns where it begins.
    private mutating func add(
        _ expression: RegularExpression,
        next: Int
    ) throws(RegularExpression.SyntaxError) -> Int {
        switch expression {
        case .scalar(let set):
            var starts: [Int] = []
            for sequence in set.byteSequences {
                var following = next
                for range in sequence.reversed() { following = try append(.bytes(range, next: following)) }
                starts.append(following)
            }
            return starts.count == 1 ? starts[0] : try append(.fork(starts))
        case .sequence(let nodes):
            var following = next
            for node in nodes.reversed() { following = try add(node, next: following) }
            return following
        case .choice(let nodes):
            var starts: [Int] = []
            for node in nodes { starts.append(try add(node, next: next)) }
            return try append(.fork(starts))
        case .assertion(let assertion):
            return try append(.assertion(assertion, next: next))
        case .repeated(let node, let min, let max):
            var following = next
            if let max {
                for _ in min..<max {
                    let body = try add(node, next: following)
                    following = try append(.fork([body, next]))
                }
            } else {
                let loop = try append(.fork([]))
                let body = try add(node, next: loop)
                steps[loop] = .fork([body, next])
                following = loop
            }
            for _ in 0..<min { following = try add(node, next: following) }
            return following
        }
    }

    private mutating func append(_ step: Step) throws(RegularExpression.SyntaxError) -> Int {
        guard steps.count < Self.maxSteps else {
            throw RegularExpression.SyntaxError(message: "the pattern is too large; repeat less or match a part")
        }
        steps.append(step)
        return steps.count - 1
    }
}

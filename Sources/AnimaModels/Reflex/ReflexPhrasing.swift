/// How reflex puts things: the account of what was done, the answer to several parts, what it can do.
enum ReflexPhrasing {
    /// A part that is done: what is said of each of its calls in an account, and its own answer.
    struct Done {
        let account: [String]
        let answer: String
        /// Whether the answer is an account of the parts before.
        var isReport = false
    }

    /// The account of what was done in the turn.
    static func report(_ done: [Done]) -> String {
        let lines = done.flatMap(\.account)
        guard !lines.isEmpty else { return "I have done nothing yet." }
        return "This is what I did:\n"
            + lines.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
    }

    /// What is said of a part in an account: a short result stands beside it.
    static func account(_ description: String, result: String, isConfirmation: Bool) -> String {
        // What a tool says about a file that it wrote repeats the description.
        let short = result.hasSuffix("\n") ? String(result.dropLast()) : result
        let isShort = !short.isEmpty && short.utf8.count <= 60 && !short.contains("\n")
        return isShort && !isConfirmation ? "\(description): \(short)" : description
    }

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - done: The parts that were done, in order.
    ///   - problem: What ended the work early, if anything did.
    ///   - undone: The parts that were not begun, in order.
    ///   - wantsReport: Whether an account was asked for that the problem prevented.
    static func answer(_ done: [Done], problem: String?, undone: [String], wantsReport: Bool) -> String {
        // Who wants an account does not want everything that was read on the way.
        let shown = done[(done.firstIndex(where: \.isReport) ?? 0)...]
        var lines: [String] = []
        if wantsReport {
            if !done.isEmpty { lines = [report(done)] }
        } else if shown.count == 1, let only = shown.first {
            lines = [only.answer]
        } else {
            for (index, part) in shown.enumerated() {
                let isLast = index == shown.count - 1 && problem == nil
                lines.append(isLast ? part.answer : part.answer.shortened)
            }
        }
        if let problem {
            if let last = lines.popLast() { lines.append(last.hasSuffix("\n") ? String(last.dropLast()) : last) }
            lines.append(problem)
            if !undone.isEmpty {
                let more = undone.count > 8 ? " and \(undone.count - 8) more" : ""
                lines.append(
                    "Not done: " + undone.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ") + more + "."
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    /// What reflex is and can do with some tools.
    static func help(_ tools: Set<String>) -> String {
        let examples = ReflexRule.all.filter { $0.action.tool.map(tools.contains) ?? true }.map(\.example)
        return "I am reflex, a rule-based model inside Anima: I follow fixed rules and understand nothing beyond them. "
            + "I can: " + examples.joined(separator: "; ") + ". Join several with \"and then\". "
            + "For anything else, configure a language model."
    }
}

extension StringProtocol {
    /// The beginning of the first line that says something.
    var firstLine: String {
        let line = drop(while: \.isNewline).prefix { !$0.isNewline }.prefix(81)
        return line.count <= 80 ? String(line) : line.prefix(80) + "…"
    }

    /// Without white space at both ends.
    var trimmed: SubSequence {
        let text = drop(while: \.isWhitespace)
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return text }
        return text[...last]
    }
}

extension String {
    /// At most twenty lines and about two thousand bytes, with a note when there was more.
    var shortened: String {
        let body = hasSuffix("\n") ? dropLast() : self[...]
        var bytes = 0
        var lines = 1
        var end = body.startIndex
        while end < body.endIndex {
            let scalar = body.unicodeScalars[end]
            if scalar == "\n" { lines += 1 }
            bytes += UTF8.width(scalar)
            if lines > 20 || bytes > 2000 { break }
            end = body.unicodeScalars.index(after: end)
        }
        return end == body.endIndex ? String(body) : body[..<end] + "\n(\(utf8.count) bytes in all)"
    }

    /// The first whole number in the text, with its sign.
    var firstInteger: String? {
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        guard let start = utf8.firstIndex(where: isDigit) else { return nil }
        let digits = utf8[start...].prefix(while: isDigit)
        // In "file-2" and "2026-11" the dash is no sign.
        let before = utf8[..<start].suffix(2)
        let isNegative =
            before.last == UInt8(ascii: "-") && (before.count == 1 || before.first.map { $0 <= 0x20 } == true)
        return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }
}

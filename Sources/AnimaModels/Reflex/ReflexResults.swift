import AnimaCore

/// What the parts of a turn brought so far, for later parts to refer to.
struct ReflexResults {
    /// One result, as far as the model was shown it.
    struct Entry {
        let text: String
        /// Why the text is not all there was; nil when it is.
        let gap: String?
        /// Whether a tool says only that it did its work; nobody means that by "the result" when there is another one.
        var isConfirmation = false
    }

    private var last: Entry?
    private var lastRead: Entry?
    /// The file that was named last.
    var lastFile: String?

    init(lastFile: String?) { self.lastFile = lastFile }

    /// Takes the result of a part.
    mutating func take(_ entry: Entry, isRead: Bool) {
        if isRead { lastRead = entry }
        if !entry.isConfirmation || last?.isConfirmation ?? true { last = entry }
    }

    // MARK: Texts

    private static let names: Set<String> = [
        "it", "that", "this", "them", "the result", "the results", "the output", "the answer", "the sum",
        "the content", "the contents", "the text", "the list", "the listing", "the time", "the number", "the numbers",
        "the count", "the line count", "the word count", "the number of lines", "the number of words",
    ]
    /// Words that stand for a result when there is one, and for themselves otherwise.
    private static let bareNames: Set<String> = ["result", "results", "output", "answer", "sum", "number", "count"]

    /// The result that a phrase stands for; nil when the phrase is a plain text.
    func text(for phrase: String) throws(ReflexProblem) -> String? {
        guard phrase.utf8.count <= 64 else { return nil }
        var name = phrase.lowercased()
        for ending in [" of it", " of that", " of that file", " of this file", " of the file"]
        where name.hasSuffix(ending) {
            name.removeLast(ending.count)
        }
        if name.hasPrefix("its ") { name = "the " + name.dropFirst(4) }
        guard Self.names.contains(name) || (last != nil && Self.bareNames.contains(name)) else { return nil }
        guard let entry = name.hasPrefix("the content") ? lastRead ?? last : last else {
            throw ReflexProblem("There is no result yet that \"\(phrase.firstLine)\" could stand for.")
        }
        if let gap = entry.gap {
            throw ReflexProblem("I can't use \"\(phrase.firstLine)\": \(gap), so I don't have all of it.")
        }
        return name.contains("number") || name.contains("count") ? entry.text.firstInteger ?? entry.text : entry.text
    }

    /// The number that a word such as "result" stands for, as digits.
    func number(for word: String) throws(ReflexProblem) -> String {
        guard let last, !last.isConfirmation, last.gap == nil else {
            throw ReflexProblem("There is no result with a number yet that \"\(word)\" could stand for.")
        }
        let whole = last.text.trimmed
        guard let number = ReflexNumber.isDecimal(whole) ? String(whole) : last.text.firstInteger else {
            throw ReflexProblem("There is no number in the last result, \"\(last.text.firstLine)\".")
        }
        return number
    }

    // MARK: Files

    private static let fileNames: Set<String> = [
        "it", "its", "that", "this", "them", "file", "that file", "this file", "the file", "same", "same file",
        "the same file",
    ]

    /// A path as it is, or the file that a word such as "it" stands for.
    func path(for phrase: String) throws(ReflexProblem) -> String {
        // FILE may well be a file's name.
        guard phrase.utf8.count <= 16, Self.fileNames.contains(phrase.lowercased()), phrase != "FILE" else {
            return phrase
        }
        guard let lastFile else {
            throw ReflexProblem("No file was named before that \"\(phrase)\" could stand for.")
        }
        return lastFile
    }
}

/// Why a part can't be done, in words for the person who asked.
struct ReflexProblem: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

/// Numbers as people write them: digits, one sign, one decimal point.
enum ReflexNumber {
    /// Whether a text is one number.
    static func isDecimal(_ text: some StringProtocol) -> Bool {
        let digits =
            text.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true
            ? text.utf8.dropFirst() : text.utf8[...]
        let halves = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (1...2).contains(halves.count) && digits.count <= 400
            && halves.allSatisfy {
                !$0.isEmpty && $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }

    /// The number, when it can be given to a tool without losing digits of a whole number.
    static func value(_ text: String) -> JSONValue? {
        guard isDecimal(text) else { return nil }
        if let whole = Int(text) { return .int(whole) }
        guard text.contains("."), let number = Double(text), number.isFinite else { return nil }
        return .double(number)
    }
}

extension TranscriptTurn.Exchange {
    /// The result as a file's or a program's text, without what the tool says about it.
    var entry: ReflexResults.Entry {
        let content = result.content
        var gap: String?
        if let spill = result.spill { gap = "only a part of its \(spill.bytes) bytes was shown to me" }
        switch tool {
        case "read_file":
            guard let head = ReadHead(content) else { break }
            let wanted = arguments["line_count"]?.intValue
            let isAll = head.last == head.total || wanted.map { head.last - head.first + 1 >= $0 } ?? false
            if !isAll { gap = gap ?? "only lines \(head.first) to \(head.last) of \(head.total) were shown to me" }
            return ReflexResults.Entry(text: head.body, gap: gap)
        case "shell" where content.hasPrefix("exit code 0"):
            // With warnings beside the output, the tool heads both.
            var body = content.dropFirst("exit code 0".count)
            if body == ", no output" { return ReflexResults.Entry(text: "", gap: gap) }
            guard body.hasPrefix("\nstdout:\n") else { break }
            body = body.dropFirst("\nstdout:\n".count)
            if let errors = body.lastRange(of: "\nstderr:\n") { body = body[..<errors] }
            return ReflexResults.Entry(text: String(body), gap: gap)
        default: break
        }
        let isConfirmation = [
            "write_file", "edit_file", "move_file", "delete_file", "remember", "send_message", "share_memory",
        ]
        .contains(tool)
        return ReflexResults.Entry(text: content, gap: gap, isConfirmation: isConfirmation)
    }

    /// The number of lines in a file that was read; nil when what was shown does not tell.
    var lineCount: Int? {
        if let head = ReadHead(result.content) { return head.total }
        guard result.spill == nil else { return nil }
        let bytes = result.content.utf8
        let feeds = bytes.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return feeds + (bytes.isEmpty || bytes.last == UInt8(ascii: "\n") ? 0 : 1)
    }
}

/// The line in brackets before a part of a file: `[lines 3-7 of 90; …]`.
private struct ReadHead {
    let first: Int
    let last: Int
    let total: Int
    let body: String

    init?(_ content: String) {
        guard content.hasPrefix("[lines "), let end = content.utf8.firstIndex(of: UInt8(ascii: "\n")),
            content[..<end].hasSuffix("]")
        else { return nil }
        let words = content[..<end].dropFirst("[lines ".count).dropLast()
            .split(whereSeparator: { $0 == " " || $0 == ";" || $0 == "-" })
        guard words.count >= 4, words[2] == "of", let first = Int(words[0]), let last = Int(words[1]),
            let total = Int(words[3]), (1...total).contains(first), (first...total).contains(last)
        else { return nil }
        self.first = first
        self.last = last
        self.total = total
        body = String(content[content.utf8.index(after: end)...])
    }
}

extension Substring {
    /// Where a text stands for the last time.
    fileprivate func lastRange(of text: String) -> Index? {
        var found: Index?
        var rest = self
        while let feed = rest.firstIndex(of: "\n") {
            if self[feed...].hasPrefix(text) { found = feed }
            rest = self[index(after: feed)...]
        }
        return found
    }
}

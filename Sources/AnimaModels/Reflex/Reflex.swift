import AnimaCore

/// The rules of reflex: a pure function from what a model sees to what it says.
///
/// It keeps nothing: from the request's text it knows the parts, from the steps in the transcript which of them are done.
struct Reflex {
    private let tools: Set<String>
    private let turn: TranscriptTurn
    private let past: ArraySlice<TranscriptTurn>

    /// What was done so far in the turn.
    private struct Progress {
        var steps: ArraySlice<TranscriptTurn.Step>
        /// One line for each part that is done.
        var account: [String] = []
        /// What the parts said, in order.
        var answers: [String] = []
        var lastFile: String?
        var lastResult: String?
        var hasReported = false
    }

    /// What a part comes to.
    private enum Move {
        case calls([ModelReply.Call], describing: String, reading: Reading = .content)
        case say(String)
        case report
        case stop(String)
    }

    /// How the result of a call becomes the part's answer.
    private enum Reading {
        case content
        /// The first number in it.
        case number
        /// The number of its lines, for want of a program that counts.
        case lineCount
    }

    init(_ request: ModelRequest) {
        tools = Set(request.tools.map(\.name))
        turn = request.turns.last ?? Reflex.emptyTurn
        past = request.turns.dropLast()
    }

    /// What to say now: tool calls for the next part, or the answer.
    func reply() -> ModelReply {
        let parts = ReflexText.parts(of: turn.input.text)
        var progress = Progress(steps: turn.steps[...])
        progress.lastFile = past.reversed().lazy.compactMap(Self.lastFile).first
        guard !parts.isEmpty else { return ModelReply(text: "There is nothing to do in that. " + helpText) }
        for (index, part) in parts.prefix(ReflexText.maximumParts).enumerated() {
            switch move(for: part, progress) {
            case .say(let text):
                progress.answers.append(text)
                progress.account.append("said \"\(text.firstLine)\"")
            case .report:
                progress.hasReported = true
                progress.answers.append(Self.report(progress.account))
            case .stop(let problem):
                return answer(progress, problem, undone: parts[(index + 1)...])
            case .calls(let calls, let description, let reading):
                guard let step = progress.steps.popFirst() else { return ModelReply(text: "", calls: calls) }
                if let failure = step.exchanges.first(where: { $0.result.isError }) {
                    let problem =
                        "\(description) did not work (\(failure.result.outcome.rawValue)): \(failure.result.content.shortened)"
                    return answer(progress, problem, undone: parts[(index + 1)...])
                }
                Self.take(step, description, reading, &progress)
            }
        }
        if parts.count > ReflexText.maximumParts {
            let problem = "I do at most \(ReflexText.maximumParts) things for one request."
            return answer(progress, problem, undone: parts[ReflexText.maximumParts...])
        }
        return answer(progress, nil, undone: [])
    }

    // MARK: Answers

    private static func take(
        _ step: TranscriptTurn.Step,
        _ description: String,
        _ reading: Reading,
        _ progress: inout Progress
    ) {
        let contents = step.exchanges.map(\.result.content)
        let content = contents.joined(separator: "\n")
        let result =
            switch reading {
            case .content: content
            case .number: content.firstNumber ?? content
            case .lineCount:
                String(
                    content.split(separator: "\n", omittingEmptySubsequences: false).count
                        - (content.hasSuffix("\n") ? 1 : 0)
                )
            }
        progress.lastResult = result
        progress.lastFile = step.exchanges.last.flatMap(Self.file) ?? progress.lastFile
        progress.answers.append(result)
        // What a tool says about a file that it wrote repeats the description.
        let isTelling = step.exchanges.allSatisfy { $0.tool != "write_file" && $0.tool != "edit_file" }
        let short = result.hasSuffix("\n") ? String(result.dropLast()) : result
        let isShort = !short.isEmpty && short.utf8.count <= 60 && !short.contains("\n")
        progress.account.append(isShort && isTelling ? "\(description): \(short)" : description)
    }

    private func answer(_ progress: Progress, _ problem: String?, undone: ArraySlice<ReflexText.Part>) -> ModelReply {
        var lines: [String] = []
        if progress.hasReported {
            // Somebody wants an account, not everything that was read on the way.
            lines = [progress.answers.last ?? ""]
        } else if progress.answers.count == 1 {
            lines = progress.answers
        } else {
            for (index, answer) in progress.answers.enumerated() {
                let isLast = index == progress.answers.count - 1 && problem == nil
                lines.append(isLast ? answer : answer.shortened)
            }
        }
        if let problem { lines.append(problem) }
        if problem != nil, !undone.isEmpty {
            lines.append(
                "Not done: " + undone.prefix(8).map { "\"\($0.whole.firstLine)\"" }.joined(separator: ", ") + "."
            )
        }
        return ModelReply(text: lines.joined(separator: "\n"))
    }

    private static func report(_ account: [String]) -> String {
        guard !account.isEmpty else { return "I have done nothing yet." }
        return "This is what I did:\n"
            + account.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
    }

    private var helpText: String {
        let examples = ReflexRule.all.filter { $0.action.tool.map(tools.contains) ?? true }.map(\.example)
        return "I am reflex, a rule-based model inside Anima: I follow fixed rules and understand nothing beyond them. "
            + "I can: " + examples.joined(separator: "; ") + ". Join several with \"and then\". "
            + "For anything else, configure a language model."
    }

    // MARK: Moves

    private func move(for part: ReflexText.Part, _ progress: Progress) -> Move {
        guard let intent = ReflexIntent(part) else { return .stop(notUnderstood(part)) }
        if let tool = neededTool(intent.action), !tools.contains(tool) {
            return .stop("\"\(part.whole.firstLine)\" needs the tool \(tool), which this agent was not given.")
        }
        switch intent.action {
        case .help: return .say(helpText)
        case .say: return .say(content(intent, "text", progress))
        case .report: return .report
        case .now: return one("now", [:], "asked for the time")
        case .echo: return one("echo", ["text": .string(content(intent, "text", progress))], "echoed a text")
        case .add: return add(intent, progress)
        case .remember:
            let text = content(intent, "text", progress)
            return one("remember", ["text": .string(text)], "remembered \"\(text.firstLine)\"")
        case .recall:
            let query = intent.text("text") ?? ""
            return one(
                "recall",
                ["query": .string(["me", "everything"].contains(query) ? "" : query)],
                "recalled what I know"
            )
        case .list:
            let path = intent.text("dir").map { file($0, progress) } ?? "."
            return one("list_files", ["path": .string(path)], "listed \(path)")
        case .search:
            let text = intent.text("text") ?? ""
            let path = intent.text("dir").map { file($0, progress) } ?? "."
            let arguments: JSONValue = ["pattern": .string(text), "path": .string(path), "fixed": true]
            return one("search_files", arguments, "searched \(path) for \"\(text.firstLine)\"")
        case .run:
            let command = intent.text("text") ?? ""
            return one("shell", ["command": .string(command)], "ran `\(command.firstLine)`")
        case .read, .readLines, .countLines, .countWords, .write, .append, .replace: return fileMove(intent, progress)
        }
    }

    private func fileMove(_ intent: ReflexIntent, _ progress: Progress) -> Move {
        let path = file(intent.text("file") ?? "it", progress)
        switch intent.action {
        case .read:
            let files = intent.list("files").map { file($0, progress) }
            let calls = files.map { ModelReply.Call(tool: "read_file", arguments: ["path": .string($0)]) }
            return .calls(calls, describing: "read " + files.joined(separator: " and "))
        case .readLines:
            // Lines count from 1; that also keeps the difference within 64 bits.
            guard let from = intent.text("from").flatMap({ Int($0) }), let to = intent.text("to").flatMap({ Int($0) }),
                from >= 1, to >= from, to < .max
            else {
                return .stop(notUnderstood(intent.part))
            }
            let arguments: JSONValue = [
                "path": .string(path), "start_line": .int(from), "line_count": .int(to - from + 1),
            ]
            return one("read_file", arguments, "read lines \(from) to \(to) of \(path)")
        case .countLines where !tools.contains("shell"):
            let call = ModelReply.Call(tool: "read_file", arguments: ["path": .string(path)])
            return .calls([call], describing: "counted the lines of \(path)", reading: .lineCount)
        case .countLines, .countWords:
            let isLines = if case .countLines = intent.action { true } else { false }
            let command = "wc \(isLines ? "-l" : "-w") \(Self.quoted(path))"
            let call = ModelReply.Call(tool: "shell", arguments: ["command": .string(command)])
            return .calls(
                [call],
                describing: "counted the \(isLines ? "lines" : "words") of \(path) with wc",
                reading: .number
            )
        case .replace:
            let arguments: JSONValue = [
                "path": .string(path), "old_text": .string(intent.text("old") ?? ""),
                "new_text": .string(intent.text("new") ?? ""), "all": true,
            ]
            return one("edit_file", arguments, "replaced \"\((intent.text("old") ?? "").firstLine)\" in \(path)")
        default:
            let isAppending = if case .append = intent.action { true } else { false }
            let text = content(intent, "text", progress)
            // What is added to a file stands on a line of its own.
            let ending = isAppending && !text.hasSuffix("\n") ? "\n" : ""
            var arguments: [String: JSONValue] = ["path": .string(path), "content": .string(text + ending)]
            if isAppending { arguments["append"] = true }
            let what = text.utf8.count <= 40 ? "\"\(text.firstLine)\"" : "\(text.utf8.count) bytes"
            return one("write_file", .object(arguments), "\(isAppending ? "appended" : "wrote") \(what) to \(path)")
        }
    }

    private func add(_ intent: ReflexIntent, _ progress: Progress) -> Move {
        var numbers: [JSONValue] = []
        for word in intent.list("numbers") {
            let text = Self.references.contains(word.lowercased()) ? progress.lastResult?.firstNumber ?? word : word
            if let number = Int(text) {
                numbers.append(.int(number))
            } else if let number = Double(text), number.isFinite {
                numbers.append(.double(number))
            } else if word != "result", word != "number" {
                return .stop("\"\(word.firstLine)\" is no number; I can add numbers only.")
            }
        }
        let sum = numbers.map(\.text).joined(separator: " and ")
        return one("add", ["numbers": .array(numbers)], "added \(sum)")
    }

    private func one(_ tool: String, _ arguments: JSONValue, _ description: String) -> Move {
        .calls([ModelReply.Call(tool: tool, arguments: arguments)], describing: description)
    }

    /// The tool that an action can't do without.
    private func neededTool(_ action: ReflexRule.Action) -> String? {
        if case .countLines = action, !tools.contains("shell"), tools.contains("read_file") { return nil }
        return action.tool
    }

    private func notUnderstood(_ part: ReflexText.Part) -> String {
        let verb = part.words.first?.lowercased ?? ""
        let hint = Spelling.closest(to: verb, among: ReflexRule.verbs.sorted())
            .flatMap { $0 == verb ? nil : " Did you mean \"\($0)\"?" }
        return "I did not understand \"\(part.whole.firstLine)\".\(hint ?? "") " + helpText
    }

    // MARK: References

    private static let references: Set<String> = [
        "it", "that", "this", "result", "the result", "the results", "the output", "output", "the answer", "the sum",
        "sum",
        "the content", "the contents", "the text", "the list", "the listing", "number", "the number", "the count",
        "the line count", "the word count", "them", "the time", "the number of lines", "the number of words",
    ]

    /// The text of a slot, or what it refers to: an earlier result, for "the number" the first number in it.
    private func content(_ intent: ReflexIntent, _ slot: String, _ progress: Progress) -> String {
        let text = intent.text(slot) ?? ""
        let name = text.lowercased()
        guard !intent.isQuoted(slot), Self.references.contains(name), let result = progress.lastResult else {
            return text
        }
        return name.contains("number") || name.contains("count") ? result.firstNumber ?? result : result
    }

    /// A path, or the file that was used last.
    private func file(_ text: String, _ progress: Progress) -> String {
        guard ["it", "its", "that", "this", "them", "there"].contains(text.lowercased()) else { return text }
        return progress.lastFile ?? text
    }

    private static func file(_ exchange: TranscriptTurn.Exchange) -> String? {
        ["read_file", "write_file", "edit_file"].contains(exchange.tool) ? exchange.arguments["path"]?.stringValue : nil
    }

    private static func lastFile(_ turn: TranscriptTurn) -> String? {
        turn.steps.reversed().lazy.flatMap { $0.exchanges.reversed() }.compactMap(file).first
    }

    /// A word that a shell takes as it is.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789._/-".unicodeScalars.contains($0)
        }
        let word = path.hasPrefix("-") ? "./" + path : path
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static let emptyTurn: TranscriptTurn = {
        let envelope = Envelope(id: EnvelopeID(made: "none"), text: "", sentAt: Instant(microseconds: 0))
        return TranscriptTurn(id: TurnID(1), input: envelope)
    }()
}

extension ReflexRule.Action {
    /// The tool that it calls.
    var tool: String? {
        switch self {
        case .read, .readLines: "read_file"
        case .list: "list_files"
        case .search: "search_files"
        case .write, .append: "write_file"
        case .replace: "edit_file"
        case .run, .countLines, .countWords: "shell"
        case .add: "add"
        case .remember: "remember"
        case .recall: "recall"
        case .echo: "echo"
        case .now: "now"
        case .say, .report, .help: nil
        }
    }
}

extension String {
    /// The beginning of the first line.
    fileprivate var firstLine: String {
        let line = split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.count <= 80 ? line : line.prefix(80) + "…"
    }

    /// At most twenty lines and two thousand characters, with a note when there was more.
    fileprivate var shortened: String {
        let lines = split(separator: "\n", omittingEmptySubsequences: false)
        let head = lines.prefix(20).joined(separator: "\n").prefix(2000)
        return head.utf8.count == utf8.count ? self : head + "\n(\(utf8.count) bytes in all)"
    }

    /// The first whole number in the text.
    fileprivate var firstNumber: String? {
        guard let start = firstIndex(where: { $0.isASCII && $0.isNumber }) else { return nil }
        let digits = self[start...].prefix { $0.isASCII && $0.isNumber }
        let isNegative = start > startIndex && self[index(before: start)] == "-"
        return (isNegative ? "-" : "") + digits
    }
}

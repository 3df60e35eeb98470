import AnimaCore

/// The rules of reflex: a pure function from what a model sees to what it says.
///
/// It keeps nothing: from the request's text it knows the parts, from the steps in the transcript which of them are done.
struct Reflex {
    private let tools: Set<String>
    private let text: String
    /// What it is told and has nothing to do about: reports, notices.
    private let news: [String]
    private let steps: [TranscriptTurn.Step]
    private let past: ArraySlice<TranscriptTurn>

    /// Tool calls that do one part.
    private struct Plan {
        var calls: [ModelReply.Call]
        /// What is said of each call, in the past tense.
        var descriptions: [String]
        var reading = Reading.content
        /// The file that it is about.
        var file: String?
    }

    /// What a part comes to.
    private enum Move {
        case calls(Plan)
        case say(String)
        case report
    }

    /// How the result of a call becomes the part's answer.
    private enum Reading {
        case content
        /// The first number in it.
        case number
        /// The number of its lines, for want of a program that counts.
        case lineCount
    }

    /// The most files that one part reads.
    private static let maximumFiles = 32

    init(_ request: ModelRequest) {
        tools = Set(request.tools.map(\.name))
        let said = request.turns.last.map { [$0.input] + ($0.joined ?? []).map(\.envelope) } ?? []
        text = said.filter { !$0.kind.isNews }.map(\.text).joined(separator: "\n")
        news = said.filter(\.kind.isNews).map { "\($0.sender.description): \($0.text)" }
        // A step without calls did nothing.
        steps = request.turns.last?.steps.filter { !$0.exchanges.isEmpty } ?? []
        past = request.turns.dropLast()
    }

    /// What to say now: tool calls for the next part, or the answer.
    func reply() -> ModelReply {
        let parts = ReflexText.parts(of: text)
        if parts.isEmpty, !news.isEmpty { return ModelReply(text: "Noted. " + news.joined(separator: "\n")) }
        guard !parts.isEmpty else {
            return ModelReply(text: "There is nothing to do in that. " + ReflexPhrasing.help(tools))
        }
        var results = ReflexResults(lastFile: past.reversed().lazy.compactMap(Self.lastFile).first)
        var done: [ReflexPhrasing.Done] = []
        var steps = steps[...]
        for (index, part) in parts.prefix(ReflexText.maximumParts).enumerated() {
            do throws(ReflexProblem) {
                switch try move(for: part, results) {
                case .say(let text):
                    results.take(.init(text: text, gap: nil, isConfirmation: true), isRead: false)
                    done.append(.init(account: ["said \"\(text.firstLine)\""], answer: text))
                case .report:
                    let report = ReflexPhrasing.report(done)
                    done.append(.init(account: [], answer: report, isReport: true))
                case .calls(let plan):
                    guard let step = steps.popFirst() else { return ModelReply(text: "", calls: plan.calls) }
                    try take(step, of: plan, &results, &done)
                }
            } catch {
                return answer(done, error.text, undone: parts[(index + 1)...])
            }
        }
        if parts.count > ReflexText.maximumParts {
            let problem = "I do at most \(ReflexText.maximumParts) things for one request."
            return answer(done, problem, undone: parts[ReflexText.maximumParts...])
        }
        return answer(done, nil, undone: [])
    }

    private func answer(
        _ done: [ReflexPhrasing.Done],
        _ problem: String?,
        undone: ArraySlice<ReflexText.Part>
    ) -> ModelReply {
        let reports = undone.prefix(ReflexText.maximumParts).filter { ReflexIntent($0)?.action == .report }
        let text = ReflexPhrasing.answer(
            done,
            problem: problem,
            undone: undone.filter { !reports.contains($0) }.map(\.whole.firstLine),
            wantsReport: !reports.isEmpty
        )
        return ModelReply(text: text)
    }

    // MARK: Results

    /// Takes what came of a part's calls; throws when one of them did not do its work.
    private func take(
        _ step: TranscriptTurn.Step,
        of plan: Plan,
        _ results: inout ReflexResults,
        _ done: inout [ReflexPhrasing.Done]
    ) throws(ReflexProblem) {
        guard step.exchanges.map(\.tool) == plan.calls.map(\.tool) else {
            let names = step.exchanges.prefix(8).map(\.tool.firstLine).joined(separator: ", ")
            throw ReflexProblem("Another model began this turn (it called \(names)); I can't go on from there.")
        }
        results.lastFile = plan.file ?? results.lastFile
        var entries: [ReflexResults.Entry] = []
        var account: [String] = []
        var answers: [String] = []
        var failures: [String] = []
        for (exchange, description) in zip(step.exchanges, plan.descriptions) {
            if exchange.result.isError {
                let result = exchange.result
                failures.append("\(description) did not work (\(result.outcome.rawValue)): \(result.content.shortened)")
                continue
            }
            let entry = try Self.read(exchange, plan.reading)
            entries.append(entry)
            // A person sees a result as the tool gave it; what other parts do with it is the bare text.
            answers.append(plan.reading == .content ? exchange.result.content : entry.text)
            account.append(
                ReflexPhrasing.account(description, result: entry.text, isConfirmation: entry.isConfirmation)
            )
        }
        if !account.isEmpty { done.append(.init(account: account, answer: answers.joinedByLines)) }
        if !failures.isEmpty { throw ReflexProblem(failures.joined(separator: "\n")) }
        let isRead = plan.reading == .content && step.exchanges.allSatisfy { $0.tool == "read_file" }
        let text = entries.map(\.text).joinedByLines
        results.take(
            .init(
                text: text,
                gap: entries.lazy.compactMap(\.gap).first,
                isConfirmation: entries.allSatisfy(\.isConfirmation)
            ),
            isRead: isRead
        )
    }

    private static func read(
        _ exchange: TranscriptTurn.Exchange,
        _ reading: Reading
    ) throws(ReflexProblem) -> ReflexResults.Entry {
        switch reading {
        case .content: return exchange.entry
        case .number:
            let entry = exchange.entry
            return .init(text: entry.text.firstInteger ?? entry.text, gap: nil)
        case .lineCount:
            guard let count = exchange.lineCount else {
                throw ReflexProblem("I can't count the lines: the file is too long to be shown to me as a whole.")
            }
            return .init(text: String(count), gap: nil)
        }
    }

    // MARK: Moves

    private func peer(_ intent: ReflexIntent) -> String { String((intent.text("peer") ?? "").dropFirst()) }

    private func topic(_ intent: ReflexIntent) -> String {
        let word = intent.text("topic") ?? ""
        return word.hasPrefix("#") ? String(word.dropFirst()) : word
    }

    private func move(for part: ReflexText.Part, _ results: ReflexResults) throws(ReflexProblem) -> Move {
        guard let intent = ReflexIntent(part) else { throw ReflexProblem(notUnderstood(part)) }
        if let tool = neededTool(intent.action), !tools.contains(tool) {
            throw ReflexProblem(
                "\"\(part.whole.firstLine)\" needs the tool \(tool), which this agent was not given."
            )
        }
        switch intent.action {
        case .help: return .say(ReflexPhrasing.help(tools))
        case .say: return .say(try content(intent, results))
        case .report: return .report
        case .now: return one("now", [:], "asked for the time")
        case .echo: return one("echo", ["text": .string(try content(intent, results))], "echoed a text")
        case .add: return try add(intent, results)
        case .remember:
            let text = try content(intent, results)
            return one("remember", ["text": .string(text)], "remembered \"\(text.firstLine)\"")
        case .tell:
            let (peer, text) = (peer(intent), try content(intent, results))
            return one("send_message", ["to": .string(peer), "text": .string(text)], "wrote to @\(peer)")
        case .ask:
            let (peer, text) = (peer(intent), try content(intent, results))
            return one("ask_agent", ["to": .string(peer), "text": .string(text)], "asked @\(peer)")
        case .broadcast:
            return one("broadcast", ["text": .string(try content(intent, results))], "wrote to all peers")
        case .publish:
            let (topic, text) = (topic(intent), try content(intent, results))
            return one("publish", ["topic": .string(topic), "text": .string(text)], "published about #\(topic)")
        case .subscribe: return one("subscribe", ["topic": .string(topic(intent))], "subscribed to #\(topic(intent))")
        case .unsubscribe:
            return one("unsubscribe", ["topic": .string(topic(intent))], "unsubscribed from #\(topic(intent))")
        case .spawn:
            let (template, text) = (intent.text("template") ?? "", try content(intent, results))
            let arguments: JSONValue = ["template": .string(template), "task": .string(text)]
            return one("spawn", arguments, "had a \(template) do \"\(text.firstLine)\"")
        case .waitFor:
            let child = intent.text("peer") == nil ? "" : peer(intent)
            return one("wait_for", ["child": .string(child)], "waited for the report")
        case .checkOn:
            let child = intent.text("peer") == nil ? "" : peer(intent)
            return one("check_on", ["child": .string(child)], "checked on the children")
        case .stopChild: return one("stop_child", ["child": .string(peer(intent))], "stopped @\(peer(intent))")
        case .agents: return one("list_agents", [:], "listed the agents")
        case .reply: return one("reply", ["text": .string(try content(intent, results))], "replied")
        case .share:
            let (peer, memory) = (peer(intent), intent.text("memory") ?? "")
            return one(
                "share_memory",
                ["memory": .string(memory), "to": .string(peer)],
                "shared \(memory) with @\(peer)"
            )
        case .recall:
            let query = intent.text("text") ?? ""
            let isAll = ["me", "everything"].contains(query.lowercased())
            return one("recall", ["query": .string(isAll ? "" : query)], "recalled what I know")
        case .list:
            let path = try directory(intent, results)
            return one("list_files", ["path": .string(path)], "listed \(path)")
        case .search:
            let text = intent.text("text") ?? ""
            let path = try directory(intent, results)
            let arguments: JSONValue = ["pattern": .string(text), "path": .string(path), "fixed": true]
            return one("search_files", arguments, "searched \(path) for \"\(text.firstLine)\"")
        case .run:
            // References are not followed here: a result is data and never becomes a command.
            let command = intent.text("text") ?? ""
            return one("shell", ["command": .string(command)], "ran `\(command.firstLine)`")
        case .read: return try read(intent, results)
        case .readLines, .countLines, .countWords, .write, .append, .replace, .move, .delete:
            return try fileMove(intent, results)
        }
    }

    private func read(_ intent: ReflexIntent, _ results: ReflexResults) throws(ReflexProblem) -> Move {
        var files: [String] = []
        for word in intent.files("files") {
            files.append(word.isQuoted ? word.text : try results.path(for: word.text))
        }
        guard files.count <= Self.maximumFiles else {
            throw ReflexProblem("I read at most \(Self.maximumFiles) files at once; these are \(files.count).")
        }
        return .calls(
            Plan(
                calls: files.map { ModelReply.Call(tool: "read_file", arguments: ["path": .string($0)]) },
                descriptions: files.map { "read \($0)" },
                file: files.last
            )
        )
    }

    private func fileMove(_ intent: ReflexIntent, _ results: ReflexResults) throws(ReflexProblem) -> Move {
        let name = intent.text("file") ?? "it"
        let path = intent.isQuoted("file") ? name : try results.path(for: name)
        switch intent.action {
        case .readLines:
            guard let lines = intent.lines else { throw ReflexProblem(notUnderstood(intent.part)) }
            let arguments: JSONValue = [
                "path": .string(path), "start_line": .int(lines.first), "line_count": .int(lines.count),
            ]
            let which = lines.count == 1 ? "line \(lines.first)" : "lines \(lines.first) to \(lines.last)"
            return one("read_file", arguments, "read \(which) of \(path)", file: path)
        case .countLines where !tools.contains("shell"):
            return one(
                "read_file",
                ["path": .string(path)],
                "counted the lines of \(path) by reading it",
                file: path,
                reading: .lineCount
            )
        case .countLines, .countWords:
            let isLines = intent.action == .countLines
            return one(
                "shell",
                ["command": .string("wc \(isLines ? "-l" : "-w") \(Self.quoted(path))")],
                "counted the \(isLines ? "lines" : "words") of \(path) with wc",
                file: path,
                reading: .number
            )
        case .replace:
            let old = intent.text("old") ?? ""
            let arguments: JSONValue = [
                "path": .string(path), "old_text": .string(old),
                "new_text": .string(try content(intent, results, slot: "new")), "all": true,
            ]
            return one("edit_file", arguments, "replaced \"\(old.firstLine)\" in \(path)", file: path)
        case .delete: return one("delete_file", ["path": .string(path)], "deleted \(path)", file: path)
        case .move:
            let target = intent.text("dir") ?? ""
            let arguments: JSONValue = ["path": .string(path), "to": .string(target)]
            return one("move_file", arguments, "moved \(path) to \(target)", file: target)
        default:
            let isAppending = intent.action == .append
            let text = try content(intent, results)
            // What is added to a file stands on a line of its own.
            let ending = isAppending && !text.hasSuffix("\n") ? "\n" : ""
            var arguments: [String: JSONValue] = ["path": .string(path), "content": .string(text + ending)]
            if isAppending { arguments["append"] = true }
            let what = text.utf8.count <= 40 ? "\"\(text.firstLine)\"" : "\(text.utf8.count) bytes"
            let verb = isAppending ? "appended" : "wrote"
            return one("write_file", .object(arguments), "\(verb) \(what) to \(path)", file: path)
        }
    }

    private func add(_ intent: ReflexIntent, _ results: ReflexResults) throws(ReflexProblem) -> Move {
        var numbers: [JSONValue] = []
        for word in intent.numbers {
            let text = ReflexNumber.isDecimal(word) ? word : try results.number(for: word)
            guard let number = ReflexNumber.value(text) else {
                throw ReflexProblem("\(text.firstLine) does not fit 64 bits; I can't add it exactly.")
            }
            numbers.append(number)
        }
        let sum = numbers.map(\.text).joined(separator: " and ")
        return one("add", ["numbers": .array(numbers)], "added \(sum.firstLine)")
    }

    private func one(
        _ tool: String,
        _ arguments: JSONValue,
        _ description: String,
        file: String? = nil,
        reading: Reading = .content
    ) -> Move {
        let call = ModelReply.Call(tool: tool, arguments: arguments)
        return .calls(Plan(calls: [call], descriptions: [description], reading: reading, file: file))
    }

    /// The tool that an action can't do without.
    private func neededTool(_ action: ReflexRule.Action) -> String? {
        if action == .countLines, !tools.contains("shell"), tools.contains("read_file") { return nil }
        return action.tool
    }

    private func notUnderstood(_ part: ReflexText.Part) -> String {
        guard part.words.count <= ReflexPattern.maximumWords else {
            return "\"\(part.whole.firstLine)\" has \(part.words.count) words, and I look at no more than "
                + "\(ReflexPattern.maximumWords) at once; put a long text in quotes."
        }
        let verb = part.words.first?.lowercased ?? ""
        let hint = Spelling.closest(to: verb, among: ReflexRule.verbs.sorted())
            .flatMap { $0 == verb ? nil : " Did you mean \"\($0)\"?" }
        return "I did not understand \"\(part.whole.firstLine)\".\(hint ?? "") " + ReflexPhrasing.help(tools)
    }

    // MARK: Slots

    /// The text of a slot, or the result that it stands for.
    private func content(
        _ intent: ReflexIntent,
        _ results: ReflexResults,
        slot: String = "text"
    ) throws(ReflexProblem) -> String {
        let text = intent.text(slot) ?? ""
        if intent.isQuoted(slot) { return text }
        if let quoted = intent.announcedQuote(slot) { return quoted }
        return try results.text(for: text) ?? text
    }

    private func directory(_ intent: ReflexIntent, _ results: ReflexResults) throws(ReflexProblem) -> String {
        guard let text = intent.text("dir") else { return "." }
        if intent.isQuoted("dir") { return text }
        if ["here", "there", "workspace"].contains(text.lowercased()) { return "." }
        return try results.path(for: text)
    }

    /// The file that a turn of the past named last.
    private static func lastFile(_ turn: TranscriptTurn) -> String? {
        let tools = ["read_file", "write_file", "edit_file"]
        let touched = turn.steps.reversed().lazy.flatMap { $0.exchanges.reversed() }
            .first { tools.contains($0.tool) }?
            .arguments["path"]?
            .stringValue
        if let touched { return touched }
        // Counting names a file too, in a command line.
        guard turn.input.text.utf8.count <= 4096, !turn.steps.isEmpty else { return nil }
        return ReflexText.parts(of: turn.input.text).reversed().lazy
            .compactMap { ReflexIntent($0)?.text("file") }
            .first { (try? ReflexResults(lastFile: nil).path(for: $0)) != nil }
    }

    /// A word that a shell takes as it is.
    private static func quoted(_ path: String) -> String {
        let isPlain =
            !path.isEmpty
            && path.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || "0123456789._/-".unicodeScalars.contains($0)
            }
        let word = path.hasPrefix("-") ? "./" + path : path
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

extension [String] {
    /// One after the other, each beginning on a line of its own.
    fileprivate var joinedByLines: String {
        var joined = first ?? ""
        for text in dropFirst() { joined += (joined.isEmpty || joined.hasSuffix("\n") ? "" : "\n") + text }
        return joined
    }
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
        case .move: "move_file"
        case .delete: "delete_file"
        case .run, .countLines, .countWords: "shell"
        case .add: "add"
        case .remember: "remember"
        case .tell: "send_message"
        case .ask: "ask_agent"
        case .reply: "reply"
        case .broadcast: "broadcast"
        case .publish: "publish"
        case .subscribe: "subscribe"
        case .unsubscribe: "unsubscribe"
        case .agents: "list_agents"
        case .spawn: "spawn"
        case .waitFor: "wait_for"
        case .checkOn: "check_on"
        case .stopChild: "stop_child"
        case .share: "share_memory"
        case .recall: "recall"
        case .echo: "echo"
        case .now: "now"
        case .say, .report, .help: nil
        }
    }
}

extension Envelope.Kind {
    /// Whether it tells something and asks for nothing.
    fileprivate var isNews: Bool {
        switch self {
        case .childReport, .notice, .agentDown, .reply: true
        default: false
        }
    }
}

import AnimaCore

/// Reads a web page as Markdown.
struct ReadPageTool: Tool {
    let client: WebClient

    /// A page has at most so many bytes; the rest is not read.
    static let pageBytes = 5 * 1024 * 1024
    /// One call returns at most so many bytes of the Markdown.
    static let shownBytes = 65_536

    let spec = ToolSpec(
        name: "read_page",
        group: "http",
        description:
            "Reads a web page (or a text file of the web) as Markdown: title, headings, lists, tables, code and "
            + "links, without scripts and navigation. A long page comes in parts; its first lines say how to read on.",
        parameters: ArgumentSchema([
            .init("url", .string(maxBytes: WebAddress.maxBytes), "The address, http:// or https://.", required: true),
            .init("start_line", .integer(min: 1), "The first line of the Markdown to show, from 1.", default: 1),
            .init("line_count", .integer(min: 1), "How many lines to show; as many as fit when left out."),
            .init("all", .boolean, "Keep navigation, side notes and footers too.", default: false),
        ]),
        replay: .pure,
        trust: .untrusted,
        gateArgument: "url",
        gateForm: .address,
        reach: .outside
    )

    private static let accept =
        "text/html, application/xhtml+xml, text/markdown;q=0.9, text/plain;q=0.8, application/json;q=0.5, */*;q=0.1"

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let request = WebRequest(method: "GET", address: try WebAddress(call.text("url")))
            let terms = WebClient.Terms(
                accept: Self.accept,
                unpackedBytes: 2 * Self.pageBytes,
                limit: call.timeout,
                redirects: call.redirects
            )
            return try await client.send(request, terms) { try await Self.show($0, call) }
        } catch let error as WebAddressError {
            return .failure(error.message)
        } catch let error as WebFailure {
            return .failure(error.message)
        } catch is CancellationError {
            return .failure("reading the page was cancelled")
        } catch {
            return .failure("the page could not be read: \(error)")
        }
    }

    private static func show(_ answer: WebClient.Answer, _ call: ToolInvocation) async throws -> ToolOutput {
        let (bytes, isCut) = try await answer.bytes(limit: pageBytes)
        let summary = AnswerText.summary(answer, size: AnswerText.size(bytes.count))
        let type = AnswerText.mediaType(answer.head)
        guard let text = AnswerText.text(bytes, answer.head) else {
            return .failure(
                summary + "\n[\(type ?? "this") is not a page; http_request with save_to keeps it in a file]"
            )
        }
        let isPage = ["text/html", "application/xhtml+xml"].contains(type) || type == nil && text.contains("<")
        let page = isPage ? PageText(text, from: answer.address, keepsAll: call.flag("all")) : nil
        try Task.checkCancellation()
        var head = answer.head.status < 300 ? "" : summary + "\n"
        if let title = page?.title, !title.isEmpty { head += "Title: \(AnswerText.printable(title, 500))\n" }
        head += "From: \(answer.address)"
        if let origin = answer.origin { head += " (redirected from \(origin))" }
        if let note = answer.note { head += "\n[\(note)]" }
        if isCut { head += "\n[the page has more than \(AnswerText.size(pageBytes)); the rest was not read]" }
        if page?.isCut == true { head += "\n[the page is nested too deeply; what follows that place is missing]" }
        return lines(of: page?.markdown ?? text, head, answer, call)
    }

    private static func lines(
        of text: String,
        _ head: String,
        _ answer: WebClient.Answer,
        _ call: ToolInvocation
    ) -> ToolOutput {
        let start = call.integer("start_line") ?? 1
        var range = LineRange(start: start, count: call.integer("line_count") ?? .max, limit: shownBytes)
        var text = text
        text.withUTF8 { range.take(UnsafeRawBufferPointer($0)) }
        range.finish()
        guard range.total > 0 else {
            return .success(head + "\n\n[there is no text on it; a page that a script fills can't be read]")
        }
        guard range.total >= start else {
            return .failure("the page has \(counted(range.total, "line")); start_line \(start) is past its end")
        }
        var head = head
        if !range.isWhole {
            head += "\n[lines \(start)-\(range.end) of \(range.total)"
            if range.isCutWithinLine { head += "; line \(start) is cut after \(range.selected.count) bytes" }
            if range.end < range.total {
                var arguments: [String: JSONValue] = [
                    "url": .string(answer.address.description), "start_line": .int(range.end + 1),
                ]
                if call.flag("all") { arguments["all"] = true }
                head += "; read on with read_page \(JSONValue.object(arguments).text)"
            }
            head += "]"
        }
        let content = head + "\n\n" + String(decoding: range.selected, as: UTF8.self)
        return answer.head.status < 400
            ? .success(content, omittedBytes: range.omitted) : .failure(content, omittedBytes: range.omitted)
    }
}

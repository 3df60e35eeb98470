import AnimaCore

/// Sends one HTTP request and shows the answer, or saves it.
struct HTTPRequestTool: FileTool {
    let client: WebClient
    var workspace: Workspace

    /// Unless asked otherwise so many bytes of a body are shown.
    static let shownBytes = 65_536
    /// At most so many bytes of a body are read to show its beginning and its end.
    static let readBytes = 8 * 1024 * 1024
    /// Unless asked otherwise a saved body has at most so many bytes.
    static let savedBytes = 256 * 1024 * 1024

    let spec = ToolSpec(
        name: "http_request",
        group: "http",
        description:
            "Sends one HTTP request and returns status, chosen headers and body, or saves the body with save_to. "
            + "Redirects are followed; only public hosts, and those that the owner named, are reached. To read a web page "
            + "use read_page.",
        parameters: ArgumentSchema([
            .init("url", .string(maxBytes: WebAddress.maxBytes), "The address, http:// or https://.", required: true),
            .init(
                "method",
                .choice(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
                "The method.",
                default: "GET"
            ),
            .init(
                "headers",
                .array(.string(maxBytes: 16_384), maxCount: 50),
                "Header fields, each as \"Name: value\"; they are not sent on to another origin."
            ),
            .init("body", .string(), "The body as text; set its type with a Content-Type header."),
            .init("json", .string(), "The body as JSON text, instead of body."),
            .init(
                "form",
                .array(.string(), maxCount: 200),
                "The body as a form, instead of body: each field as \"name=value\", not encoded."
            ),
            .init(
                "save_to",
                .string(maxBytes: 8192),
                "A file in the workspace that gets the body of a successful answer, whatever its type."
            ),
            .init(
                "max_bytes",
                .integer(min: 1, max: 4_294_967_296),
                "The most bytes of the body to show (65536 when left out), or with save_to to save (268435456)."
            ),
        ]),
        replay: .unsafe,
        isExclusive: true,
        trust: .untrusted,
        gateArgument: "url",
        gatePrefix: "method",
        gateForm: .address,
        reach: .outside
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        do {
            let request = try Self.request(call)
            let path = call.text("save_to")
            return path.isEmpty ? try await show(request, call) : try await save(request, path, call)
        } catch let error as WebAddressError {
            return .failure(error.message)
        } catch let error as WebFailure {
            return .failure(error.message)
        } catch let error as WorkspaceError {
            return .failure(error.message)
        } catch is CancellationError {
            return .failure("the request was cancelled; whether the server has acted on it is unknown")
        } catch {
            return .failure("the request failed: \(error)")
        }
    }

    private func show(_ request: WebRequest, _ call: ToolInvocation) async throws -> ToolOutput {
        let limit = min(call.integer("max_bytes") ?? Self.shownBytes, Self.readBytes)
        let terms = WebClient.Terms(
            unpackedBytes: 2 * Self.readBytes,
            limit: call.timeout,
            redirects: call.redirects
        )
        return try await client.send(request, terms) { answer in
            let (bytes, isCut) = try await answer.bytes(limit: Self.readBytes)
            let size = (isCut ? "more than " : "") + AnswerText.size(bytes.count)
            var content = AnswerText.summary(answer, size: size) + "\n" + AnswerText.fields(answer.head)
            var omitted = 0
            if let text = AnswerText.text(bytes, answer.head) {
                let shown = Self.headAndTail(text, limit: limit, isCut: isCut)
                omitted = shown.omitted
                if !text.isEmpty { content += "\n\n" + shown.text }
            } else {
                content += "\n\n[the body is not text and is not shown; save_to a file keeps it]"
                omitted = bytes.count
            }
            return answer.head.status < 400
                ? .success(content, omittedBytes: omitted) : .failure(content, omittedBytes: omitted)
        }
    }

    private func save(_ request: WebRequest, _ path: String, _ call: ToolInvocation) async throws -> ToolOutput {
        let limit = call.integer("max_bytes") ?? Self.savedBytes
        // Begun before anything is sent: a path that can't be written costs no request.
        try workspace.requireKeepable(path)
        let file = try workspace.begin(path)
        return try await client.send(request, WebClient.Terms(limit: call.timeout, redirects: call.redirects)) {
            answer in
            guard (200..<300).contains(answer.head.status) else { return try await Self.refuse(answer) }
            return try await Self.keep(answer, in: file, limit: limit, progress: call.progress)
        }
    }

    private static func refuse(_ answer: WebClient.Answer) async throws -> ToolOutput {
        let (bytes, _) = try await answer.bytes(limit: shownBytes)
        let text = AnswerText.text(bytes, answer.head).map { "\n\n" + $0 } ?? ""
        return .failure(
            AnswerText.summary(answer, size: AnswerText.size(bytes.count)) + "\n" + AnswerText.fields(answer.head)
                + "\n[nothing was saved]" + text
        )
    }

    private static func keep(
        _ answer: WebClient.Answer,
        in file: Workspace.UnfinishedFile,
        limit: Int,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> ToolOutput {
        let expected = answer.head.value("content-length").flatMap { Int($0) }
        let download = Download(file: file, expected: expected, limit: limit, progress: progress)
        try download.require(expected ?? 0)
        try await answer.read(into: download)
        let change = try file.finish()
        var content =
            AnswerText.summary(answer, size: AnswerText.size(file.count)) + "\n" + AnswerText.fields(answer.head)
        if let packing = answer.head.value("content-encoding"), packing.lowercased() != "identity" {
            content += "\n[the server packed it (\(AnswerText.printable(packing, 40))); it is saved as it was sent]"
        }
        return .success(content + "\n\nSaved \(counted(file.count, "byte")) to \(change.change.path).", [change])
    }

    /// A body on its way into a file.
    private final class Download: BodyTaker {
        private let file: Workspace.UnfinishedFile
        private let limit: Int
        private let total: String
        private let progress: @Sendable (String) -> Void
        private var told = 0

        init(
            file: Workspace.UnfinishedFile,
            expected: Int?,
            limit: Int,
            progress: @escaping @Sendable (String) -> Void
        ) {
            self.file = file
            self.limit = limit
            total = expected.map { " of \(AnswerText.size($0))" } ?? ""
            self.progress = progress
        }

        func take(_ piece: UnsafeRawBufferPointer) throws -> Bool {
            try require(file.count + piece.count)
            try file.write(piece)
            if file.count - told >= 1_000_000 {
                told = file.count
                progress("\(AnswerText.size(told))\(total)\n")
            }
            return true
        }

        /// Refuses a body of so many bytes when that is too much.
        func require(_ count: Int) throws(WebFailure) {
            guard count > limit else { return }
            throw WebFailure(
                "the body has \(count) bytes or more, over the limit of \(limit); nothing was saved; raise max_bytes"
            )
        }
    }

    // MARK: Requests

    private static func request(_ call: ToolInvocation) throws -> WebRequest {
        var request = WebRequest(method: call.text("method"), address: try WebAddress(call.text("url")))
        for line in call.texts("headers") { request.headers.append(try WebRequest.Header(line)) }
        let bodies = ["body", "json", "form"].filter { call.arguments[$0] != nil && call.arguments[$0] != .null }
        guard bodies.count <= 1 else {
            throw WebFailure("give only one of \(bodies.joined(separator: ", ")): a request has one body")
        }
        guard let kind = bodies.first else { return request }
        guard request.method != "GET", request.method != "HEAD" else {
            throw WebFailure("a \(request.method) has no body; use another method, or put the data into the url")
        }
        var type: String?
        switch kind {
        case "json":
            request.body = Array(call.text("json").utf8)
            do { _ = try JSONValue(parsing: request.body) } catch {
                throw WebFailure("json is not valid JSON: \(error)")
            }
            type = "application/json"
        case "form":
            request.body = Array(call.texts("form").map(formField).joined(separator: "&").utf8)
            type = "application/x-www-form-urlencoded"
        default:
            request.body = Array(call.text("body").utf8)
            type = "text/plain; charset=utf-8"
        }
        if let type, !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            request.headers.append(.init(name: "Content-Type", value: type))
        }
        return request
    }

    /// One field as forms encode it (WHATWG URL, 5.2).
    private static func formField(_ text: String) -> String {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return
            parts.map { part in
                var result = ""
                for byte in part.utf8 {
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                        UInt8(ascii: "_"):
                        result.unicodeScalars.append(Unicode.Scalar(byte))
                    case 0x20: result += "+"
                    default:
                        let digits = String(byte, radix: 16, uppercase: true)
                        result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
                    }
                }
                return result
            }
            .joined(separator: "=")
    }

    /// A text, or its beginning and its end with the way to the rest between them.
    private static func headAndTail(_ text: String, limit: Int, isCut: Bool) -> (text: String, omitted: Int) {
        let bytes = Array(text.utf8)
        guard bytes.count > limit || isCut else { return (text, 0) }
        // What was not read to its end has no end to show.
        let tailCount = isCut ? 0 : limit / 4
        var head = Array(bytes.prefix(min(limit - tailCount, bytes.count)))
        head.removeLast(head.count - Lines.wholeCharacters(in: head))
        var tail = bytes.suffix(tailCount)
        while let byte = tail.first, byte & 0xC0 == 0x80 { tail.removeFirst() }
        let omitted = bytes.count - head.count - tail.count
        let way = "save_to a file to get all of it"
        let note =
            isCut
            ? "\n[… the body goes on; reading stopped after \(bytes.count) bytes; \(way) …]"
            : "\n[… \(omitted) of \(bytes.count) bytes left out; raise max_bytes, or \(way) …]\n"
        return (String(decoding: head, as: UTF8.self) + note + String(decoding: tail, as: UTF8.self), omitted)
    }
}

import AnimaCore

/// How answers are told to a model.
enum AnswerText {
    /// Fields that say something about the answer or about what to ask next.
    private static let told: Set<String> = [
        "content-type", "content-language", "content-disposition", "content-range", "location", "link", "etag",
        "last-modified", "retry-after", "allow", "www-authenticate", "warning", "deprecation", "sunset",
        "access-control-allow-origin", "x-request-id",
    ]
    /// A field is told up to so many bytes, and all of them up to so many lines.
    private static let maxFieldBytes = 500
    private static let maxFields = 30

    /// The first line: `200 OK, text/html, 12.3 kB, from https://…`.
    static func summary(_ answer: WebClient.Answer, size: String) -> String {
        let type = mediaType(answer.head) ?? "no content type"
        var line =
            "\(answer.head.status) \(printable(answer.head.reason, 60)), \(type), \(size), from \(answer.address)"
        if let origin = answer.origin { line += " (redirected from \(origin))" }
        if let note = answer.note { line += "\n[\(note)]" }
        return line
    }

    /// The fields worth telling, one a line.
    static func fields(_ head: WebHead) -> String {
        head.headers
            .filter { told.contains($0.name) || $0.name.contains("ratelimit") }
            .prefix(maxFields)
            .map { "\($0.name): \(printable($0.value, maxFieldBytes))" }
            .joined(separator: "\n")
    }

    /// `text/html`, in lowercase; nil when the answer does not say.
    static func mediaType(_ head: WebHead) -> String? {
        guard let value = head.value("content-type") else { return nil }
        let type = value.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return type.isEmpty ? nil : printable(type, 80)
    }

    /// `12.3 kB`; exact below a thousand bytes.
    static func size(_ count: Int) -> String {
        if count < 1000 { return counted(count, "byte") }
        let (unit, name) =
            count < 1_000_000 ? (100, "kB") : count < 1_000_000_000 ? (100_000, "MB") : (100_000_000, "GB")
        let tenths = (count + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }

    /// The body as text; nil for what is binary.
    static func text(_ bytes: [UInt8], _ head: WebHead) -> String? {
        let type = mediaType(head) ?? ""
        let label = head.value("content-type").flatMap { Charset.label(inContentType: $0) }
        if isTextual(type) {
            let text = Charset.decode(
                bytes,
                label: label ?? (type.hasSuffix("html") ? Charset.label(inPage: bytes) : nil)
            )
            return text.utf8.contains(0) ? nil : text
        }
        guard type.isEmpty || type == "application/octet-stream" || label != nil else { return nil }
        if bytes.withUnsafeBytes({ Lines.looksBinary($0) }) { return nil }
        // The end may be in the middle of a character.
        let whole = Array(bytes[..<Lines.wholeCharacters(in: bytes)])
        return label != nil ? Charset.decode(bytes, label: label) : String(validating: whole, as: UTF8.self)
    }

    private static func isTextual(_ type: String) -> Bool {
        if type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml") { return true }
        return [
            "application/json", "application/xml", "application/javascript", "application/x-javascript",
            "application/x-ndjson", "application/jsonl", "application/yaml", "application/x-yaml", "application/toml",
            "application/sql", "application/graphql", "application/x-www-form-urlencoded", "application/x-sh",
            "message/rfc822", "message/http",
        ]
        .contains(type)
    }

    /// A text of the other side on one line and of bounded length.
    static func printable(_ text: String, _ maxBytes: Int) -> String {
        let line = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 })
        )
        guard line.utf8.count > maxBytes else { return line }
        let bytes = Array(line.utf8.prefix(maxBytes))
        return String(decoding: bytes[..<Lines.wholeCharacters(in: bytes)], as: UTF8.self) + "…"
    }
}

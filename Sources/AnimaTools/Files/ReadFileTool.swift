import AnimaCore

/// Reads a text file, as a whole or by lines, or shows an image.
struct ReadFileTool: FileTool {
    var workspace: Workspace

    /// One call returns at most so many bytes of the file.
    static let maxBytes = 256 * 1024
    /// Larger images are refused by providers.
    static let maxImageBytes = 5_000_000

    let spec = ToolSpec(
        name: "read_file",
        group: "files",
        description:
            "Reads a text file, or shows an image (PNG, JPEG, GIF, WebP). A whole file comes back exactly as it is; a part of one begins with a line in "
            + "brackets that says which lines it has and how to read on, and so does one that is not in UTF-8 (UTF-16 and "
            + "Latin-1 are read too).",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The file, relative to the workspace.", required: true),
            .init("start_line", .integer(min: 1), "The first line to read, from 1.", default: 1),
            .init("line_count", .integer(min: 1), "How many lines to read; all of them when left out."),
            .init(
                "start_byte",
                .integer(min: 0),
                "How many bytes of the first line to leave out, to read on in a very long one.",
                default: 0
            ),
        ]),
        replay: .pure,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        do {
            let file = try workspace.openFile(path)
            let range = LineRange(
                start: call.integer("start_line") ?? 1,
                count: call.integer("line_count") ?? .max,
                skip: call.integer("start_byte") ?? 0,
                limit: Self.maxBytes
            )
            return read(file, path, range)
        } catch {
            return .failure(error.message)
        }
    }

    private func read(_ file: borrowing OpenFile, _ path: String, _ wanted: LineRange) -> ToolOutput {
        var range = wanted
        var isBinary = false
        var beginning: [UInt8] = []
        let failure = file.descriptor.readAll { piece in
            if beginning.isEmpty {
                beginning = Array(piece.prefix(64))
                isBinary = Lines.looksBinary(piece) || DecodedText.hasUTF16Mark(beginning)
            }
            range.take(piece)
            return !isBinary && !Task.isCancelled
        }
        if failure != 0 { return .failure("can't read \"\(path)\": \(systemReason(failure))") }
        if Task.isCancelled { return .failure("reading \"\(path)\" was cancelled") }
        range.finish()
        guard !isBinary, String(validating: range.selected, as: UTF8.self) != nil else {
            let isOther = !isBinary || DecodedText.hasUTF16Mark(beginning)
            if isOther, let decoded = try? decoded(path) {
                var range = wanted
                decoded.utf8.withUnsafeBytes { range.take($0) }
                range.finish()
                return answer(range, path, decoded.encoding)
            }
            let kind = BinaryKind.name(of: beginning)
            if let image = try? image(path, size: file.status.size) {
                var output = ToolOutput.success("\"\(path)\" is \(kind) of \(counted(image.count, "byte")).")
                output.images = [image]
                return output
            }
            return .failure(
                "\"\(path)\" is binary, not text (\(file.status.size) bytes, \(kind)); read_file reads text, and shows "
                    + "images of at most \(Self.maxImageBytes) bytes"
            )
        }
        return answer(range, path, .utf8)
    }

    private func answer(_ range: LineRange, _ path: String, _ encoding: DecodedText.Encoding) -> ToolOutput {
        range.answer(
            subject: "\"\(path)\"",
            tool: spec.name,
            named: ["path": .string(path)],
            note: encoding == .utf8 ? nil : "decoded, the file is \(encoding.name)"
        )
    }

    /// The bytes of an image that models take; nil for another file and a larger one.
    private func image(_ path: String, size: Int) throws(WorkspaceError) -> [UInt8]? {
        guard size <= Self.maxImageBytes, let bytes = try workspace.contents(at: path),
            Envelope.Image(of: bytes) != nil
        else { return nil }
        return bytes
    }

    /// A file that is not in UTF-8, as a whole; nil when it is no text either or too large to be decoded.
    private func decoded(_ path: String) throws(WorkspaceError) -> DecodedText? {
        try workspace.contents(at: path).flatMap { DecodedText($0) }
    }
}

/// Takes a file piece by piece and keeps some whole lines of it.
struct LineRange {
    let start: Int
    let count: Int
    /// So many bytes of the first line are left out.
    let skip: Int
    let limit: Int

    /// The bytes of the lines that were asked for, as many whole lines as the limit lets in.
    private(set) var selected: [UInt8] = []
    /// The number of lines in the file.
    private(set) var total = 0
    /// The number of the last line in `selected`.
    private(set) var end = 0
    /// Whether the first line alone is over the limit; `selected` is its beginning then.
    private(set) var isCutWithinLine = false
    /// What was asked for and left out because of the limit, in bytes.
    private(set) var omitted = 0
    private(set) var longLineBytes = 0
    /// Whether the first line has no more bytes than are left out.
    private(set) var isSkipped = true

    private var line = 1
    private var lineBytes = 0
    private var kept = 0
    private var isFull = false

    init(start: Int, count: Int, skip: Int = 0, limit: Int) {
        self.start = start
        self.count = count
        self.skip = skip
        self.limit = limit
        end = start - 1
    }

    /// Whether `selected` is the file, all of it.
    var isWhole: Bool { start == 1 && end == total && !isCutWithinLine && skip == 0 }

    mutating func take(_ piece: UnsafeRawBufferPointer) {
        var position = 0
        while position < piece.count {
            let feed = Lines.nextFeed(in: piece, from: position)
            let stop = feed.map { $0 + 1 } ?? piece.count
            keep(piece[position..<stop])
            if feed != nil { endLine() }
            position = stop
        }
    }

    mutating func finish() {
        if lineBytes > 0 { endLine() }
        // Whoever leaves out half a character gets the rest of the line without the other half.
        while skip > 0, let first = selected.first, first & 0xC0 == 0x80 { selected.removeFirst() }
    }

    private var isWanted: Bool { line >= start && line - start < count }

    private mutating func keep(_ piece: Slice<UnsafeRawBufferPointer>) {
        let left = line == start ? max(0, skip - lineBytes) : 0
        lineBytes += piece.count
        guard isWanted else { return }
        let bytes = piece.dropFirst(left)
        if line == start, !bytes.isEmpty { isSkipped = false }
        if isFull {
            omitted += bytes.count
        } else if selected.count + bytes.count > limit {
            isFull = true
            if line == start {
                // A first line over the limit: its beginning is better than nothing.
                selected.append(contentsOf: bytes.prefix(limit - selected.count))
                selected.removeLast(selected.count - Lines.wholeCharacters(in: selected))
                omitted += lineBytes - skip - selected.count
                isCutWithinLine = true
            } else {
                omitted += bytes.count + selected.count - kept
                selected.removeLast(selected.count - kept)
            }
        } else {
            selected.append(contentsOf: bytes)
        }
    }

    private mutating func endLine() {
        if isWanted {
            if !isFull {
                kept = selected.count
                end = line
            } else if isCutWithinLine, line == start {
                longLineBytes = lineBytes
                end = line
            }
        }
        total = line
        line += 1
        lineBytes = 0
    }
}

extension LineRange {
    /// The lines for a model, with the calls that read on when there is more.
    ///
    /// - Parameters:
    ///   - subject: What was read, in a sentence.
    ///   - tool: The tool that reads on.
    ///   - named: The arguments that name what is read.
    ///   - note: What else is to be said about the text.
    func answer(subject: String, tool: String, named: [String: JSONValue], note: String? = nil) -> ToolOutput {
        let text = String(decoding: selected, as: UTF8.self)
        if isWhole, note == nil { return .success(text) }
        guard total >= start || isWhole else {
            return .failure("\(subject) has \(counted(total, "line")); start_line \(start) is past its end")
        }
        guard skip == 0 || !isSkipped else {
            return .failure("line \(start) of \(subject) has no byte after \(skip); leave start_byte out")
        }
        func next(_ place: [String: JSONValue]) -> String {
            "\(tool) \(JSONValue.object(named.merging(place) { $1 }).text)"
        }
        var header = "[lines \(start)-\(end) of \(total)"
        if skip > 0 { header += "; line \(start) from after its byte \(skip)" }
        if isCutWithinLine {
            let read = skip + selected.count
            header += "; line \(start) has \(longLineBytes) bytes and is cut after \(read)"
            header += "; read on in it with \(next(["start_line": .int(start), "start_byte": .int(read)]))"
        }
        if end < total { header += "; read on with \(next(["start_line": .int(end + 1)]))" }
        if let note { header += "; \(note)" }
        return .success(header + "]\n" + text, omittedBytes: omitted)
    }
}

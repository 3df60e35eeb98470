import AnimaCore

/// `edit_file`: replaces an exact text in a file.
struct EditFileTool: Tool {
    let workspace: Workspace

    let spec = ToolSpec(
        name: "edit_file",
        group: "files",
        description: "Replace a text in a file. old_text must stand there exactly once, unless all is true.",
        parameters: ArgumentSchema([
            .path("The file."),
            .init("old_text", .string(), "The text to replace, exactly as it stands there.", required: true),
            .init("new_text", .string(), "The text to put there.", required: true),
            .init("all", .boolean, "Replace every occurrence.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .owner,
        gateArgument: "path",
        gateForm: .path
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        await attempt {
            let path = call.text("path")
            let old = Array(call.text("old_text").utf8)
            let new = Array(call.text("new_text").utf8)
            guard !old.isEmpty else { throw ToolFailure("old_text is empty; use write_file to write a whole file") }
            guard old != new else { throw ToolFailure("old_text and new_text are the same; nothing to do") }
            let text = try FileContent.text(of: path, in: workspace)
            let bytes = Array(text.utf8)
            let places = Bytes.places(of: old, in: bytes)
            if places.isEmpty { throw ToolFailure(Self.notFound(call.text("old_text"), in: text, path)) }
            if places.count > 1, !call.flag("all") {
                let lines = places.prefix(10).map { "\(Bytes.line(of: $0, in: bytes))" }.joined(separator: ", ")
                throw ToolFailure(
                    "old_text stands \(places.count) times in \(path), at lines \(lines); give more of its surroundings, "
                        + "or all = true"
                )
            }
            try FileContent.write(Bytes.replacing(places, of: old.count, in: bytes, with: new), to: path, in: workspace)
            let line = Bytes.line(of: places[0], in: bytes)
            return .success(
                "\(path): replaced \(places.count) \(places.count == 1 ? "place" : "places"), at line \(line)"
            )
        }
    }

    func probe(_ call: ToolInvocation) async -> ToolOutput? {
        let path = call.text("path")
        let old = Array(call.text("old_text").utf8)
        let new = Array(call.text("new_text").utf8)
        let unknown = ToolOutput.failure("outcome unknown: read \(path) to see whether the text was replaced")
        guard !old.isEmpty, Bytes.places(of: old, in: new).isEmpty,
            let bytes = try? FileContent.bytes(of: path, in: workspace)
        else { return unknown }
        // The new text does not hold the old one, so where the old one stands nothing was replaced.
        if !Bytes.places(of: old, in: bytes).isEmpty { return nil }
        guard !new.isEmpty, !Bytes.places(of: new, in: bytes).isEmpty else { return unknown }
        return .success("\(path): was replaced before the process ended")
    }

    /// Shows the place that is most like what was looked for.
    private static func notFound(_ old: String, in text: String, _ path: String) -> String {
        let wanted = old.lines.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        let lines = text.lines
        let bare = wanted.filter { !$0.isWhitespace }
        let missing = "old_text does not stand in \(path)"
        guard !bare.isEmpty else { return missing }
        if let index = lines.firstIndex(where: { $0.filter { !$0.isWhitespace } == bare }) {
            return
                "\(missing); line \(index + 1) differs from it in white space or in what follows: \(lines[index].debugDescription)"
        }
        let words = Set(wanted.split { !$0.isLetter && !$0.isNumber })
        let scored = lines.enumerated()
            .map {
                (index: $0.offset, score: words.intersection($0.element.split { !$0.isLetter && !$0.isNumber }).count)
            }
        guard let best = scored.max(by: { ($0.score, -$0.index) < ($1.score, -$1.index) }), best.score > 0 else {
            return missing
        }
        return "\(missing); the nearest is line \(best.index + 1): \(lines[best.index].prefix(200).debugDescription)"
    }
}

/// Searching and replacing in bytes.
enum Bytes {
    /// Where a sequence begins in another one, without overlaps.
    static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard let first = needle.first, needle.count <= bytes.count else { return [] }
        var places: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            needle.withUnsafeBufferPointer { needle in
                var index = 0
                while index <= bytes.count - needle.count {
                    if bytes[index] == first, bytes[index..<index + needle.count].elementsEqual(needle) {
                        places.append(index)
                        index += needle.count
                    } else {
                        index += 1
                    }
                }
            }
        }
        return places
    }

    /// The line, from 1, that a place stands on.
    static func line(of place: Int, in bytes: [UInt8]) -> Int {
        bytes[..<place].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    }

    static func replacing(_ places: [Int], of length: Int, in bytes: [UInt8], with new: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var end = 0
        for place in places {
            result += bytes[end..<place]
            result += new
            end = place + length
        }
        return result + bytes[end...]
    }
}

import AnimaCore

/// Replaces an exact text in a file.
struct EditFileTool: Tool {
    let workspace: Workspace

    let spec = ToolSpec(
        name: "edit_file",
        group: "files",
        description:
            "Replaces old_text by new_text in a text file. old_text must be exactly what the file has, with its "
            + "whitespace, and occur once (add neighbouring lines to make it unique) unless all is true.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The file, relative to the workspace.", required: true),
            .init("old_text", .string(), "The text to replace.", required: true),
            .init("new_text", .string(), "What to put in its place; empty to delete it.", required: true),
            .init("all", .boolean, "Replace every occurrence.", default: false),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        let old = Array(call.text("old_text").utf8)
        let new = Array(call.text("new_text").utf8)
        guard !old.isEmpty else {
            return .failure("old_text is empty: give the text to replace; to make a new file use write_file")
        }
        guard old != new else { return .failure("old_text and new_text are the same: nothing would change") }
        do {
            guard let bytes = try workspace.contents(at: path) else {
                return .failure("\"\(path)\" does not exist; to make it use write_file")
            }
            if let refusal = Self.refusal(of: bytes, path) { return refusal }
            let places = Self.occurrences(of: old, in: bytes)
            guard !places.isEmpty else {
                return .failure(
                    "old_text does not occur in \"\(path)\".\n" + NearMiss.describe(call.text("old_text"), in: bytes)
                )
            }
            let isForAll = call.flag("all")
            guard places.count == 1 || isForAll else {
                let lines = Self.lineNumbers(of: places, in: bytes)
                return .failure(
                    "old_text occurs \(places.count) times in \"\(path)\", in lines "
                        + lines.prefix(20).map(String.init).joined(separator: ", ") + (lines.count > 20 ? ", …" : "")
                        + "; add neighbouring lines to make it unique, or set all to true"
                )
            }
            let result = Self.replacing(places, of: old.count, with: new, in: bytes)
            guard result.count <= Workspace.maxEditedBytes else {
                return .failure(
                    "\"\(path)\" would have \(result.count) bytes, over the limit of \(Workspace.maxEditedBytes)"
                )
            }
            try workspace.write(result, to: path)
            let lines = Self.lineNumbers(of: places, in: bytes)
            let place =
                lines.count == 1
                ? "line \(lines[0])" : "\(counted(lines.count, "place")), the first in line \(lines[0])"
            return .success("Edited \(path) at \(place); it now has \(counted(result.count, "byte")).")
        } catch {
            return .failure(error.message)
        }
    }

    @concurrent func probe(_ call: ToolInvocation) async -> ToolOutput? {
        let path = call.text("path")
        let old = Array(call.text("old_text").utf8)
        let new = Array(call.text("new_text").utf8)
        // Without the file, or with texts that are refused, running again is refused too and changes nothing.
        guard let bytes = (try? workspace.contents(at: path)) ?? nil, !old.isEmpty, old != new else { return nil }
        let places = Self.occurrences(of: old, in: bytes)
        if places.isEmpty, !new.isEmpty, !Self.occurrences(of: new, in: bytes).isEmpty {
            return .success("Edited \(path): already applied, found there after an interruption.")
        }
        let wouldRun = call.flag("all") ? !places.isEmpty : places.count == 1
        if wouldRun, !Self.canRemain(old, after: new) { return nil }
        return .failure(
            "outcome unknown: a crash interrupted editing \"\(path)\". old_text occurs "
                + "\(counted(places.count, "time")) there now; read the file before you edit it again."
        )
    }

    private static func refusal(of bytes: [UInt8], _ path: String) -> ToolOutput? {
        guard bytes.withUnsafeBytes({ Lines.looksBinary($0) }) || String(validating: bytes, as: UTF8.self) == nil else {
            return nil
        }
        return .failure("\"\(path)\" is binary, not UTF-8 text (\(bytes.count) bytes); edit_file edits only text")
    }

    /// Whether a file may still have the old text after the old was replaced by the new: in it, or across its border.
    private static func canRemain(_ old: [UInt8], after new: [UInt8]) -> Bool {
        if new.isEmpty || !occurrences(of: old, in: new).isEmpty || !occurrences(of: new, in: old).isEmpty {
            return true
        }
        return (1..<old.count)
            .contains { length in
                new.starts(with: old.suffix(length)) || new.suffix(length).elementsEqual(old.prefix(length))
            }
    }

    private static func occurrences(of text: [UInt8], in bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { buffer in
            var places: [Int] = []
            var position = 0
            while let place = Lines.find(text, in: buffer, from: position) {
                places.append(place)
                position = place + text.count
            }
            return places
        }
    }

    private static func lineNumbers(of places: [Int], in bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { buffer in
            var line = 1
            var position = 0
            return places.map { place in
                line += Lines.feeds(in: UnsafeRawBufferPointer(rebasing: buffer[position..<place]))
                position = place
                return line
            }
        }
    }

    private static func replacing(_ places: [Int], of length: Int, with new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + places.count * (new.count - length))
        var position = 0
        for place in places {
            result.append(contentsOf: bytes[position..<place])
            result.append(contentsOf: new)
            position = place + length
        }
        result.append(contentsOf: bytes[position...])
        return result
    }
}

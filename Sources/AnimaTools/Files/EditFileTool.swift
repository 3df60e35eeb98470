import AnimaCore

/// Replaces an exact text in a file.
struct EditFileTool: FileTool {
    var workspace: Workspace

    /// One replacement.
    private struct Edit {
        let old: String
        let new: String
        let isForAll: Bool
    }

    private static let maxEdits = 100

    let spec = ToolSpec(
        name: "edit_file",
        group: "files",
        description:
            "Replaces old_text by new_text in a text file. old_text must be exactly what the file has, with its "
            + "whitespace, and occur once (add neighbouring lines to make it unique) unless all is true. Several edits "
            + "of one file go into edits instead: they are made in order, all or none.",
        parameters: ArgumentSchema([
            .init("path", .string(maxBytes: 8192), "The file, relative to the workspace.", required: true),
            .init("old_text", .string(), "The text to replace."),
            .init("new_text", .string(), "What to put in its place; empty to delete it."),
            .init("all", .boolean, "Replace every occurrence.", default: false),
            .init(
                "edits",
                .array(
                    .object(
                        ArgumentSchema([
                            .init("old_text", .string(), "The text to replace.", required: true),
                            .init("new_text", .string(), "What to put in its place.", required: true),
                            .init("all", .boolean, "Replace every occurrence.", default: false),
                        ])
                    ),
                    maxCount: maxEdits
                ),
                "Several edits, each with old_text, new_text and all; each sees what those before it made."
            ),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        let path = call.text("path")
        do {
            let edits = try Self.edits(of: call)
            guard let bytes = try workspace.contents(at: path) else {
                return .failure("\"\(path)\" does not exist; to make it use write_file")
            }
            if let refusal = Self.refusal(of: bytes, path) { return refusal }
            var result = bytes
            var places: [String] = []
            for (index, edit) in edits.enumerated() {
                do throws(EditProblem) {
                    places.append(try Self.apply(edit, to: &result, path))
                } catch {
                    guard edits.count > 1 else { return .failure(error.text) }
                    return .failure("Nothing was changed: edit \(index + 1) of \(edits.count): \(error.text)")
                }
            }
            let written = try workspace.write(result, to: path)
            let size = "it now has \(counted(result.count, "byte"))."
            guard places.count > 1 else { return .success("Edited \(path) at \(places[0]); \(size)", [written]) }
            let list = places.enumerated().map { "edit \($0.offset + 1): \($0.element)" }.joined(separator: "\n")
            return .success("Made \(places.count) edits in \(path); \(size)\n\(list)", [written])
        } catch let error as WorkspaceError {
            return .failure(error.message)
        } catch let error as EditProblem {
            return .failure(error.text)
        } catch {
            return .failure("\(error)")
        }
    }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? {
        let path = call.text("path")
        // Without the file, or with texts that are refused, running again is refused too and changes nothing.
        guard let edits = try? Self.edits(of: call), let bytes = (try? workspace.contents(at: path)) ?? nil,
            let last = edits.last
        else { return nil }
        let isThere = edits.allSatisfy { edit in
            !edit.new.isEmpty && Self.occurrences(of: Array(edit.old.utf8), in: bytes).isEmpty
                && !Self.occurrences(of: Array(edit.new.utf8), in: bytes).isEmpty
        }
        if isThere { return .success("Edited \(path): already applied, found there after an interruption.") }
        // Nothing came after the last edit, so a text that it replaces and can't leave behind was not replaced.
        let old = Array(last.old.utf8)
        let count = Self.occurrences(of: old, in: bytes).count
        if last.isForAll ? count > 0 : count == 1, !Self.canRemain(old, after: Array(last.new.utf8)) { return nil }
        let which = edits.count == 1 ? "old_text" : "The old_text of the last edit"
        return .failure(
            "outcome unknown: a crash interrupted editing \"\(path)\". \(which) occurs "
                + "\(counted(count, "time")) there now; read the file before you edit it again."
        )
    }

    /// Why an edit can't be made, in words for the model.
    private struct EditProblem: Error {
        let text: String
    }

    /// The edits that a call asks for.
    private static func edits(of call: ToolInvocation) throws(EditProblem) -> [Edit] {
        let list = call.arguments["edits"]?.arrayValue ?? []
        let isSingle = call.arguments["old_text"] != nil || call.arguments["new_text"] != nil
        guard list.isEmpty != !isSingle else {
            throw EditProblem(text: "give either old_text and new_text, or edits")
        }
        if isSingle, call.arguments["old_text"] == nil || call.arguments["new_text"] == nil {
            throw EditProblem(text: "old_text and new_text go together; new_text may be empty to delete old_text")
        }
        var edits: [Edit] = []
        for (index, member) in (isSingle ? [call.arguments] : list).enumerated() {
            let edit = Edit(
                old: member["old_text"]?.stringValue ?? "",
                new: member["new_text"]?.stringValue ?? "",
                isForAll: member["all"]?.boolValue ?? false
            )
            let place = isSingle ? "" : "edit \(index + 1) of \(list.count): "
            guard !edit.old.isEmpty else {
                throw EditProblem(
                    text: place + "old_text is empty: give the text to replace; to make a new file use write_file"
                )
            }
            // Compared as bytes: texts that only look alike are not the same.
            guard !edit.old.utf8.elementsEqual(edit.new.utf8) else {
                throw EditProblem(text: place + "old_text and new_text are the same: nothing would change")
            }
            edits.append(edit)
        }
        return edits
    }

    /// Makes one edit in memory, and says where.
    private static func apply(_ edit: Edit, to bytes: inout [UInt8], _ path: String) throws(EditProblem) -> String {
        let old = Array(edit.old.utf8)
        let new = Array(edit.new.utf8)
        let places = occurrences(of: old, in: bytes)
        guard !places.isEmpty else {
            throw EditProblem(
                text: "old_text does not occur in \"\(path)\".\n" + NearMiss.describe(edit.old, in: bytes)
            )
        }
        let lines = lineNumbers(of: places, in: bytes)
        guard places.count == 1 || edit.isForAll else {
            throw EditProblem(
                text: "old_text occurs \(places.count) times in \"\(path)\", in lines "
                    + lines.prefix(20).map(String.init).joined(separator: ", ") + (lines.count > 20 ? ", …" : "")
                    + "; add neighbouring lines to make it unique, or set all to true"
            )
        }
        let size = bytes.count + places.count * (new.count - old.count)
        guard size <= Workspace.maxEditedBytes else {
            throw EditProblem(
                text: "\"\(path)\" would have \(size) bytes, over the limit of \(Workspace.maxEditedBytes)"
            )
        }
        bytes = replacing(places, of: old.count, with: new, in: bytes)
        return lines.count == 1
            ? "line \(lines[0])" : "\(counted(lines.count, "place")), the first in line \(lines[0])"
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

import AnimaCore

/// What a patch makes of the files of a workspace, worked out before anything is changed.
struct PatchPlan: Sendable {
    /// A file as it is to become.
    struct Step: Sendable {
        let path: String
        /// Its content; nil when it is to go.
        let bytes: [UInt8]?
        let mode: UInt32?
    }

    /// What is to be done, in this order.
    private(set) var steps: [Step] = []
    /// One line for each file, for the model.
    private(set) var report: [String] = []
    private(set) var hunkCount = 0

    private let workspace: Workspace
    private let directory: String
    private let maxFuzz: PatchedText.Fuzz
    /// The files that were looked at, as they would be now; nil for none.
    private var contents: [String: [UInt8]?] = [:]

    /// Works out what becomes of each file.
    ///
    /// - Parameter directory: What the paths of the patch are relative to.
    /// - Throws: ``UnifiedDiff/Problem`` naming the first hunk that does not fit.
    init(
        _ diff: UnifiedDiff,
        in workspace: Workspace,
        below directory: String,
        maxFuzz: PatchedText.Fuzz = .trailingSpace
    ) throws(UnifiedDiff.Problem) {
        self.workspace = workspace
        self.directory = directory
        self.maxFuzz = maxFuzz
        for file in diff.files { try add(file) }
    }

    private mutating func add(_ file: UnifiedDiff.File) throws(UnifiedDiff.Problem) {
        let old = try file.old.map { path throws(UnifiedDiff.Problem) in try place(path) }
        let new = try file.new.map { path throws(UnifiedDiff.Problem) in try place(path) }
        var bytes: [UInt8] = []
        if let old {
            if let found = try content(old) {
                bytes = found
            } else if file.hunks.contains(where: { !$0.old.isEmpty }) || new == nil || file.isMoved {
                throw .init(text: "\"\(old)\" does not exist; a new file is patched from /dev/null")
            }
        }
        if let new, new != old, try content(new) != nil {
            throw .init(
                text: "\"\(new)\" exists, and the patch would \(file.old == nil ? "make" : "move a file to") it"
            )
        }
        guard DecodedText(bytes).map({ $0.encoding == .utf8 || $0.encoding == .utf8WithMark }) ?? false else {
            throw .init(text: "\"\(file.name)\" is no UTF-8 text (\(bytes.count) bytes); only such are patched")
        }
        var text = PatchedText(bytes)
        var notes: [String] = []
        for (index, hunk) in file.hunks.enumerated() {
            do throws(PatchedText.Misfit) {
                let landing = try text.apply(hunk, maxFuzz: maxFuzz)
                notes += Self.note(landing, index + 1).map { [$0] } ?? []
            } catch {
                throw Self.problem(error, hunk, index + 1, of: file, text.bytes)
            }
        }
        hunkCount += file.hunks.count
        let result = text.bytes
        guard result.count <= Workspace.maxEditedBytes else {
            throw .init(
                text: "\"\(file.name)\" would have \(result.count) bytes, over the limit of \(Workspace.maxEditedBytes)"
            )
        }
        let hunks = counted(file.hunks.count, "hunk") + notes.map { "; \($0)" }.joined()
        if let new {
            let isNew = contents[new] == .some(.none)
            steps.append(Step(path: new, bytes: result, mode: isNew && file.isExecutable ? 0o755 : nil))
            contents[new] = .some(result)
            if let old, old != new {
                steps.append(Step(path: old, bytes: nil, mode: nil))
                contents[old] = .some(.none)
                report.append("moved \(old) to \(new): \(hunks)")
            } else {
                report.append("\(isNew ? "made" : "changed") \(new): \(hunks)")
            }
        } else if let old {
            guard result.isEmpty else {
                throw .init(
                    text:
                        "the patch deletes \"\(old)\", but \(counted(Lines.count(result), "line")) of it would remain; "
                        + "remove all its lines, or use delete_file"
                )
            }
            steps.append(Step(path: old, bytes: nil, mode: nil))
            contents[old] = .some(.none)
            report.append("deleted \(old)")
        }
    }

    /// A path of the patch from the workspace's root, links followed, so that two spellings are one file.
    private func place(_ path: String) throws(UnifiedDiff.Problem) -> String {
        let full = PatchPaths.joined(path, below: directory)
        do throws(WorkspaceError) {
            return try workspace.locate(full).path
        } catch {
            // Without its directories there is nothing yet that a link could lead to.
            if error.code == .notFound, let parts = try? workspace.components(of: full), !parts.isEmpty {
                return parts.joined(separator: "/")
            }
            throw .init(text: error.message)
        }
    }

    private mutating func content(_ path: String) throws(UnifiedDiff.Problem) -> [UInt8]? {
        if let known = contents[path] { return known }
        do throws(WorkspaceError) {
            let found = try workspace.contents(at: path)
            contents[path] = .some(found)
            return found
        } catch {
            throw .init(text: error.message)
        }
    }

    private static func note(_ landing: PatchedText.Landing, _ number: Int) -> String? {
        var parts: [String] = []
        if landing.offset != 0 {
            parts.append(
                "at line \(landing.line), \(counted(abs(landing.offset), "line")) \(landing.offset > 0 ? "further down" : "further up")"
            )
        }
        switch landing.fuzz {
        case .none: break
        case .lineEnds: parts.append("with other line ends")
        case .trailingSpace: parts.append("not counting spaces at the ends of lines")
        }
        return parts.isEmpty ? nil : "hunk \(number) \(parts.joined(separator: ", "))"
    }

    private static func problem(
        _ misfit: PatchedText.Misfit,
        _ hunk: UnifiedDiff.Hunk,
        _ number: Int,
        of file: UnifiedDiff.File,
        _ bytes: [UInt8]
    ) -> UnifiedDiff.Problem {
        let which =
            "hunk \(number) of \(file.hunks.count) for \"\(file.name)\" (line \(hunk.line) of the patch, \(hunk.header))"
        switch misfit {
        case .nowhere:
            guard !hunk.old.isEmpty else {
                return .init(text: "\(which) does not say where it belongs: give line numbers, or lines around it")
            }
            let old = String(decoding: Array(hunk.old.joined(separator: [Lines.lineFeed])), as: UTF8.self)
            return .init(text: "\(which) does not fit.\n" + NearMiss.describe(old, called: "the patch", in: bytes))
        case .severalPlaces(let places):
            let list = places.prefix(20).map(String.init).joined(separator: ", ") + (places.count > 20 ? ", …" : "")
            return .init(
                text:
                    "\(which) is not at its line, but fits at \(places.count) places, lines \(list); correct the line "
                    + "number, or add lines around it"
            )
        }
    }
}

public import AnimaCore

/// Takes changes of files back, each only while the file still is what the change left.
public struct FileUndo: Sendable {
    /// What becomes, or became, of one change.
    public struct Verdict: Hashable, Sendable {
        /// How it comes out.
        public enum Outcome: Hashable, Sendable {
            /// It is taken back.
            case restored
            /// The file is as it was before already.
            case already
            /// It is not taken back; why, in words for a person.
            case refused(String)
        }

        /// The change.
        public let change: FileChange
        /// What becomes of it.
        public internal(set) var outcome: Outcome
    }

    /// What taking changes back came to.
    public struct Result: Sendable {
        /// One for each change, in their order.
        public internal(set) var verdicts: [Verdict] = []
        /// What was changed of files by it, in the order in which it happened.
        public internal(set) var changes: [FileChange] = []
        /// The bytes that take that back.
        public internal(set) var keeps: [LifeBatch.Spill] = []
    }

    private let workspace: Workspace

    /// Works in a workspace.
    public init(_ workspace: Workspace) { self.workspace = workspace }

    /// Says what would become of changes; changes nothing.
    ///
    /// - Parameters:
    ///   - changes: The newest first, as they are taken back.
    ///   - isForced: Whether files that are not what the changes left are replaced too.
    public func plan(_ changes: [FileChange], isForced: Bool = false) -> [Verdict] {
        var view = View(workspace: workspace)
        return changes.map { change in
            Verdict(change: change, outcome: view.judge(change, isForced: isForced))
        }
    }

    /// The bytes that taking changes back will replace or remove, to be kept before it begins.
    public func presentBytes(for verdicts: [Verdict]) -> [LifeBatch.Spill] {
        var hashes: Set<String> = []
        var spills: [LifeBatch.Spill] = []
        for verdict in verdicts where verdict.outcome == .restored {
            guard let found = (try? workspace.find(verdict.change.path))?.found, let bytes = found.bytes,
                let hash = found.image.hash, bytes.count <= Workspace.maxKeptBytes, hashes.insert(hash).inserted
            else { continue }
            spills.append(LifeBatch.Spill(hash: hash, bytes: bytes))
        }
        return spills
    }

    /// Takes changes back.
    ///
    /// - Parameters:
    ///   - changes: The newest first.
    ///   - isForced: Whether files that are not what the changes left are replaced too.
    ///   - bytes: Finds the bytes that were kept under a hash.
    @concurrent public func perform(
        _ changes: [FileChange],
        isForced: Bool = false,
        bytes: @Sendable (_ hash: String) async throws -> [UInt8]?
    ) async throws -> Result {
        var result = Result()
        for change in changes {
            var view = View(workspace: workspace)
            var verdict = Verdict(change: change, outcome: view.judge(change, isForced: isForced))
            if verdict.outcome == .restored {
                let kept = if let hash = change.keptHash { try await bytes(hash) } else { [UInt8]?.none }
                do throws(WorkspaceError) {
                    let made = try restore(change, kept)
                    result.changes += made.map(\.change)
                    result.keeps += made.compactMap(\.keep)
                } catch {
                    verdict.outcome = .refused(error.message)
                }
            }
            result.verdicts.append(verdict)
        }
        return result
    }

    private func restore(_ change: FileChange, _ kept: [UInt8]?) throws(WorkspaceError) -> [RecordedChange] {
        let path = change.path
        if change.kind == .moved, let from = change.from {
            return try workspace.move(path, to: from, replacing: true)
        }
        guard let before = change.before else { return [try workspace.remove(path)] }
        let present = try workspace.find(path).found
        if before.kind == .directory { return [try workspace.makeDirectory(at: path, mode: .init(before.mode))] }
        guard let kept else {
            throw WorkspaceError(code: .notFound, message: "the bytes of \"\(path)\" before are not in the life")
        }
        var changes: [RecordedChange] = []
        if let present, present.image.kind != .file || before.kind != .file {
            changes.append(try workspace.remove(path))
        }
        if before.kind == .link {
            changes.append(try workspace.makeLink(String(decoding: kept, as: UTF8.self), at: path))
        } else {
            // Permissions that the change left alone stay as they are.
            let isModeOld = present?.image.kind == .file && change.after.map { $0.mode == before.mode } ?? false
            let mode = isModeOld ? nil : before.mode
            changes.append(try workspace.write(kept, to: path, mode: mode.map { .init($0) }, followsLast: false))
        }
        return changes
    }
}

/// The files of a workspace as they would be after what was decided so far.
private struct View {
    let workspace: Workspace
    private var images: [String: FileImage?] = [:]

    init(workspace: Workspace) { self.workspace = workspace }

    private func image(_ path: String) throws(WorkspaceError) -> FileImage? {
        if let known = images[path] { return known }
        return try workspace.find(path).found?.image
    }

    mutating func judge(_ change: FileChange, isForced: Bool) -> FileUndo.Verdict.Outcome {
        do throws(WorkspaceError) {
            let now = try image(change.path)
            if change.kind == .moved, let from = change.from {
                return judgeMove(change, from: from, now, try image(from), isForced)
            }
            return judge(change, now, isForced)
        } catch {
            return .refused(error.message)
        }
    }

    private mutating func judge(_ change: FileChange, _ now: FileImage?, _ isForced: Bool) -> FileUndo.Verdict.Outcome {
        let isModeChanged = change.before?.mode != change.after?.mode && change.after != nil
        if Self.isSame(now, change.before), !isModeChanged || now?.mode == change.before?.mode { return .already }
        guard change.isRestorable else { return .refused("what was there before is not kept") }
        if !Self.isSame(now, change.after) {
            let reason =
                now == nil
                ? "it is no longer there"
                : change.after == nil ? "something is there again" : "it was changed since"
            guard isForced else { return .refused(reason) }
        }
        if let now {
            if now.kind == .directory, change.after?.kind != .directory { return .refused("a directory is there") }
            if now.bytes > Workspace.maxKeptBytes, !isForced {
                return .refused("it has \(now.bytes) bytes now, more than undo can keep (\(Workspace.maxKeptBytes))")
            }
        }
        images[change.path] = .some(change.before)
        return .restored
    }

    private mutating func judgeMove(
        _ change: FileChange,
        from: String,
        _ now: FileImage?,
        _ old: FileImage?,
        _ isForced: Bool
    ) -> FileUndo.Verdict.Outcome {
        guard let now else {
            return Self.isSame(old, change.before) && old != nil ? .already : .refused("it is no longer there")
        }
        guard now.kind == .file else { return .refused("it is no regular file any more") }
        if !Self.isSame(now, change.after), !isForced { return .refused("it was changed since") }
        if let old {
            guard isForced, old.kind == .file else { return .refused("something is at \(from) again") }
        }
        images[change.path] = .some(nil)
        images[from] = .some(now)
        return .restored
    }

    /// Whether what is there now has the bytes that were recorded; of a file that had been too large, their number.
    private static func isSame(_ now: FileImage?, _ recorded: FileImage?) -> Bool {
        guard let now, let recorded else { return now == nil && recorded == nil }
        guard now.kind == recorded.kind, now.bytes == recorded.bytes else { return false }
        return recorded.hash == nil || now.hash == recorded.hash
    }
}

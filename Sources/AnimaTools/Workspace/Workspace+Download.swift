#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Workspace {
    /// Begins a file that is written piece by piece and takes its place when it is whole.
    ///
    /// The directory is held open from now on: nothing that happens to the path meanwhile leads the file elsewhere.
    func begin(_ path: String) throws(WorkspaceError) -> UnfinishedFile {
        guard path.utf8.last != UInt8(ascii: "/") else {
            throw WorkspaceError(
                code: .wrongKind,
                message: "can't write \"\(path)\": it ends in / and so names a directory; add the file's name"
            )
        }
        let place = try locate(path, creatingParents: true, changing: true)
        if let old = place.directory.status(of: place.name) { try requireFile(old, path, "write") }
        let temporary = Self.temporaryName()
        let result = openat(
            place.directory.value,
            temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
            0o600 as mode_t
        )
        guard result >= 0 else { throw failure("write", path, errno) }
        return UnfinishedFile(
            workspace: self,
            place: place,
            file: Descriptor(owning: result),
            temporary: temporary,
            given: path
        )
    }

    /// A file that is being written under another name; what is not finished is removed.
    ///
    /// A class, so that a closure can hold it; only the one task that downloads uses it.
    final class UnfinishedFile: @unchecked Sendable {
        private let workspace: Workspace
        private let place: Place
        private let file: Descriptor
        private let temporary: String
        private let given: String
        private var isFinished = false
        /// How many bytes were written.
        private(set) var count = 0

        fileprivate init(
            workspace: Workspace,
            place: consuming Place,
            file: consuming Descriptor,
            temporary: String,
            given: String
        ) {
            self.workspace = workspace
            self.place = place
            self.file = file
            self.temporary = temporary
            self.given = given
        }

        deinit {
            if !isFinished { unlinkat(place.directory.value, temporary, 0) }
        }

        /// Adds bytes to its end.
        func write(_ bytes: UnsafeRawBufferPointer) throws(WorkspaceError) {
            let problem = file.writeAll(Array(bytes))
            guard problem == 0 else { throw workspace.failure("write", given, problem) }
            count += bytes.count
        }

        /// Puts it in its place.
        ///
        /// - Returns: The change, with what was there.
        func finish() throws(WorkspaceError) -> RecordedChange {
            let old = place.directory.status(of: place.name)
            if let old { try workspace.requireFile(old, given, "write") }
            let before = old.map { workspace.look(in: place.directory, place.name, $0) }
            let mode = old?.mode ?? 0o644
            guard fchmod(file.value, mode) == 0 else { throw workspace.failure("write", given, errno) }
            // A hash of what is too large to be kept is not worth reading it all again.
            let after = file.status.map { workspace.look(in: place.directory, temporary, $0) }
            guard renameat(place.directory.value, temporary, place.directory.value, place.name) == 0 else {
                throw workspace.failure("write", given, errno)
            }
            isFinished = true
            return RecordedChange(at: place.path, before: before, after: after)
        }
    }
}

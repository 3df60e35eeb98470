import AnimaCore
import AnimaTools
import Synchronization
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite struct FileUndoTests {
    /// What tools changed, with the bytes that a life would keep.
    private struct Record {
        var changes: [FileChange] = []
        var kept: [String: [UInt8]] = [:]

        mutating func take(_ output: ToolOutput) {
            changes += output.changes
            for spill in output.keeps { kept[spill.hash] = spill.bytes }
        }
    }

    private func undo(_ record: Record, _ scene: Scene, isForced: Bool = false) async throws -> FileUndo.Result {
        let undo = FileUndo(scene.workspace)
        let plan = undo.plan(record.changes.reversed(), isForced: isForced)
        var kept = record.kept
        for spill in undo.presentBytes(for: plan) { kept[spill.hash] = spill.bytes }
        let found = kept
        let result = try await undo.perform(record.changes.reversed(), isForced: isForced) { found[$0] }
        // What was foretold is what happens.
        #expect(plan == result.verdicts)
        return result
    }

    /// Everything in the workspace: contents of files, targets of links, directories.
    private func tree(_ scene: Scene) throws -> [String: String] {
        var tree: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: scene.root) {
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: scene.root + "/" + name) {
                tree[name] = "-> \(target)"
            } else if let text = scene.text(name) {
                tree[name] = text
            }
        }
        return tree
    }

    @Test func bringsEverythingBack() async throws {
        let scene = try Scene()
        try scene.put("a", "a")
        try scene.put("b", "b\n")
        try scene.put("run.sh", "x")
        try scene.link("l", to: "a")
        #expect(mkdir(scene.root + "/empty", 0o700) == 0)
        #expect(chmod(scene.root + "/run.sh", 0o750) == 0)
        let before = try tree(scene)
        var record = Record()
        for (tool, arguments) in [
            ("delete_file", ["path": "l"]), ("delete_file", ["path": "empty"]), ("delete_file", ["path": "run.sh"]),
            ("move_file", ["path": "a", "to": "b", "overwrite": true]),
            ("write_file", ["path": "a", "content": "new"]),
            ("move_file", ["path": "b", "to": "x/c"]),
            ("apply_patch", ["patch": "--- a/x/c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\n"]),
        ] as [(String, JSONValue)] {
            let output = try await scene.call(tool, arguments)
            #expect(!output.isError, "\(output.content)")
            record.take(output)
        }
        let result = try await undo(record, scene)
        #expect(result.verdicts.allSatisfy { $0.outcome == .restored }, "\(result.verdicts.map(\.outcome))")
        #expect(try tree(scene) == before)
        let mode = try FileManager.default.attributesOfItem(atPath: scene.root + "/run.sh")[.posixPermissions] as? Int
        #expect(mode == 0o750)
        #expect(try scene.names().contains("empty"))
    }

    @Test func leavesAloneWhatWasChangedSince() async throws {
        let scene = try Scene()
        try scene.put("edited", "old")
        try scene.put("moved", "m")
        try scene.put("gone", "g")
        var record = Record()
        record.take(try await scene.call("write_file", ["path": "edited", "content": "agent's"]))
        record.take(try await scene.call("write_file", ["path": "made", "content": "made"]))
        record.take(try await scene.call("move_file", ["path": "moved", "to": "there"]))
        record.take(try await scene.call("delete_file", ["path": "gone"]))
        for (name, text) in [("edited", "owner's"), ("made", "owner's"), ("moved", "another"), ("gone", "again")] {
            try scene.put(name, text)
        }
        let result = try await undo(record, scene)
        #expect(
            result.verdicts.map(\.outcome) == [
                .refused("something is there again"), .refused("something is at moved again"),
                .refused("it was changed since"), .refused("it was changed since"),
            ]
        )
        #expect(result.changes.isEmpty)
        #expect(scene.text("edited") == "owner's")
        // Forced, it keeps what it replaces.
        var forced = Record()
        let second = try await undo(record, scene, isForced: true)
        #expect(scene.text("edited") == "old" && scene.text("made") == nil && scene.text("moved") == "m")
        forced.changes = second.changes
        for spill in second.keeps { forced.kept[spill.hash] = spill.bytes }
        _ = try await undo(forced, scene)
        #expect(scene.text("edited") == "owner's" && scene.text("made") == "owner's")
        #expect(scene.text("moved") == "another" && scene.text("gone") == "again" && scene.text("there") == "m")
    }

    @Test func saysWhatIsAsBeforeAlreadyAndWhatCanNotComeBack() async throws {
        let scene = try Scene()
        try scene.put("a", "old")
        var record = Record()
        record.take(try await scene.call("write_file", ["path": "a", "content": "new"]))
        try scene.put("a", "old")
        #expect(try await undo(record, scene).verdicts.map(\.outcome) == [.already])
        try scene.put("a", "new")
        record.kept = [:]
        let undo = FileUndo(scene.workspace)
        let lost = try await undo.perform(record.changes) { _ in nil }
        #expect(lost.verdicts.map(\.outcome) == [.refused("the bytes of \"a\" before are not in the life")])
        #expect(scene.text("a") == "new")
    }

    @Test func neverWritesThroughALink() async throws {
        let scene = try Scene()
        try scene.put("../outside.txt", "secret")
        try scene.put("dir/a", "old")
        var record = Record()
        record.take(try await scene.call("write_file", ["path": "dir/a", "content": "new"]))
        try FileManager.default.removeItem(atPath: scene.root + "/dir/a")
        try scene.link("dir/a", to: "../../outside.txt")
        _ = try await undo(record, scene, isForced: true)
        #expect(scene.text("dir/a") == "old")
        try FileManager.default.removeItem(atPath: scene.root + "/dir")
        try scene.link("dir", to: scene.outside)
        let result = try await undo(record, scene, isForced: true)
        #expect(result.changes.isEmpty)
        #expect(Scene.text(of: scene.outside + "/outside.txt") == "secret")
        #expect(try Scene.names(of: scene.outside) == ["outside.txt", "root"])
    }

    /// Whatever tools did, undoing all of it gives what there was, and undoing that gives what they had made.
    @Test(arguments: 0..<20)
    func isTheInverseOfWhatToolsDo(seed: UInt64) async throws {
        let scene = try Scene()
        var generator = SeededGenerator(seed: seed)
        let names = ["a", "b", "d/c", "d/e/f"]
        for name in names.prefix(2) { try scene.put(name, "first \(name)\n") }
        let before = try tree(scene)
        var record = Record()
        for step in 0..<25 {
            let path = names[Int.random(in: 0..<names.count, using: &generator)]
            let other = names[Int.random(in: 0..<names.count, using: &generator)]
            let (tool, arguments): (String, JSONValue) =
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: ("write_file", ["path": .string(path), "content": .string("text \(step % 3)\n")])
                case 1: ("write_file", ["path": .string(path), "content": .string("\(step)\n"), "append": true])
                case 2: ("delete_file", ["path": .string(path)])
                case 3: ("move_file", ["path": .string(path), "to": .string(other), "overwrite": .bool(step % 2 == 0)])
                default:
                    (
                        "edit_file",
                        ["path": .string(path), "old_text": "t", "new_text": .string("T\(step)"), "all": true]
                    )
                }
            record.take(try await scene.call(tool, arguments))
        }
        let made = try tree(scene)
        let result = try await undo(record, scene)
        #expect(!result.verdicts.contains { if case .refused = $0.outcome { true } else { false } })
        #expect(try tree(scene) == before)
        var again = Record(changes: result.changes, kept: record.kept)
        for spill in result.keeps { again.kept[spill.hash] = spill.bytes }
        _ = try await undo(again, scene)
        #expect(try tree(scene) == made)
    }

    /// A directory that becomes a link to the outside, and back, again and again while tools work in it.
    @Test func staysInsideWhileLinksAreSwapped() async throws {
        let scene = try Scene()
        try scene.put("../away/f", "secret")
        try scene.put("real/f", "inside")
        let (root, outside) = (scene.root, scene.outside)
        #expect(symlink(outside + "/away", root + "/evil") == 0)
        #expect(rename(root + "/real", root + "/d") == 0)
        let flag = Flag()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { @concurrent in
                while !flag.isOver.withLock({ $0 }) {
                    _ = rename(root + "/d", root + "/real")
                    _ = rename(root + "/evil", root + "/d")
                    _ = rename(root + "/d", root + "/evil")
                    _ = rename(root + "/real", root + "/d")
                    await Task.yield()
                }
            }
            group.addTask { @concurrent in
                for round in 0..<300 {
                    for (tool, arguments) in [
                        ("write_file", ["path": "d/f", "content": "ours"]), ("delete_file", ["path": "d/f"]),
                        ("write_file", ["path": "d/new", "content": .string("\(round)")]),
                        ("move_file", ["path": "d/new", "to": "d/f", "overwrite": true]),
                        ("file_info", ["path": "d/f"]),
                        ("apply_patch", ["patch": "--- /dev/null\n+++ b/d/p\n@@ -0,0 +1 @@\n+x\n"]),
                        ("delete_file", ["path": "d/p"]),
                    ] as [(String, JSONValue)] {
                        let output = try? await scene.call(tool, arguments)
                        #expect(output?.content.contains("secret") == false)
                    }
                }
                flag.isOver.withLock { $0 = true }
            }
        }
        #expect(Scene.text(of: outside + "/away/f") == "secret")
        #expect(try Scene.names(of: outside + "/away") == ["f"])
        #expect(try Scene.names(of: outside) == ["away", "root"])
    }
}

/// Says that a test is over, to a task beside it.
private final class Flag: Sendable {
    let isOver = Mutex(false)
}

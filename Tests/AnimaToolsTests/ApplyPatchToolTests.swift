import AnimaCore
import AnimaTools
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite struct ApplyPatchToolTests {
    private func apply(_ patch: String, _ scene: Scene) async throws -> ToolOutput {
        try await scene.call("apply_patch", ["patch": .string(patch)])
    }

    @Test func changesMakesAndDeletesFilesAtOnce() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "one\ntwo\nthree\n")
        try scene.put("gone.txt", "bye\n")
        let output = try await apply(
            """
            diff --git a/a.txt b/a.txt
            index 123..456 100644
            --- a/a.txt
            +++ b/a.txt
            @@ -1,3 +1,3 @@
             one
            -two
            +2
             three
            diff --git a/new/b.sh b/new/b.sh
            new file mode 100755
            --- /dev/null
            +++ b/new/b.sh
            @@ -0,0 +1,2 @@
            +#!/bin/sh
            +true
            --- a/gone.txt
            +++ /dev/null
            @@ -1 +0,0 @@
            -bye

            """,
            scene
        )
        #expect(
            output.content == """
                Applied the patch: 3 files, 3 hunks.
                changed a.txt: 1 hunk
                made new/b.sh: 1 hunk
                deleted gone.txt
                """
        )
        #expect(scene.text("a.txt") == "one\n2\nthree\n")
        #expect(scene.text("new/b.sh") == "#!/bin/sh\ntrue\n")
        #expect(output.changes.map(\.kind) == [.modified, .created, .deleted])
        #expect(output.changes[1].after?.mode == 0o755)
        #expect(try scene.names() == ["a.txt", "new"])
    }

    /// The file, the patch's hunks, the file after it, and a part of the report.
    @Test(arguments: [
        (
            "0\n1\n2\n3\n", "@@ -1,2 +1,2 @@\n 2\n-3\n+drei\n", "0\n1\n2\ndrei\n",
            "hunk 1 at line 3, 2 lines further down"
        ),
        (
            "1\r\n2\r\n3\r\n", "@@ -1,2 +1,3 @@\n 1\n-2\n+zwei\n+neu\n", "1\r\nzwei\r\nneu\r\n3\r\n",
            "with other line ends"
        ),
        ("a  \nb\t\n", "@@ -1,2 +1,2 @@\n a\n-b\n+B\n", "a  \nB\n", "not counting spaces at the ends of lines"),
        (
            "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n\\ No newline at end of file\n", "a\nB",
            "1 hunk"
        ),
        ("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", "a\nb\n", "1 hunk"),
        ("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n", "a\nb", "1 hunk"),
        ("a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", "A\nb", "1 hunk"),
        ("a\nb\nc\n", "@@ -1,9 +1,9 @@\n a\n-b\n+B\n c\n", "a\nB\nc\n", "1 hunk"),
        ("a\nb\nc\n", "@@ @@\n-b\n+B\n", "a\nB\nc\n", "1 hunk"),
        ("a\n\nc\n", "@@ -1,3 +1,3 @@\n a\n\n-c\n+C\n", "a\n\nC\n", "1 hunk"),
        (
            "a\nb\nc\nd\ne\nf\n", "@@ -1,2 +1,3 @@\n a\n+a2\n b\n@@ -5,2 +6,1 @@\n-e\n f\n", "a\na2\nb\nc\nd\nf\n",
            "2 hunks"
        ),
        ("a\nb\n", "@@ -1,0 +2 @@\n+between\n", "a\nbetween\nb\n", "1 hunk"),
        ("-- x\n", "@@ -1 +1 @@\n--- x\n+++ y\n", "++ y\n", "1 hunk"),
        ("ä\n", "@@ -1 +1 @@\n-ä\n+ö\n", "ö\n", "1 hunk"),
    ])
    func fitsHunksIn(file: String, hunks: String, expected: String, report: String) async throws {
        let scene = try Scene()
        try scene.put("f", file)
        let output = try await apply("--- a/f\n+++ b/f\n" + hunks, scene)
        #expect(!output.isError && output.content.contains(report), "\(output.content)")
        #expect(scene.text("f").map { Array($0.utf8) } == Array(expected.utf8))
    }

    /// The patch, and parts of what is said about it; nothing is changed.
    @Test(arguments: [
        (
            "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-samee\n+2\n",
            "hunk 1 of 1 for \"f\" (line 3 of the patch, @@ -1,2 +1,2 @@) does not fit.\nMost similar: line"
        ),
        ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n", "\"g\" does not exist"),
        ("--- a/f\n+++ b/f\n@@ -9 +9 @@\n-same\n+x\n", "fits at 2 places, lines 2, 4"),
        ("--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n", "\"f\" exists"),
        ("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", "3 lines of it would remain"),
        ("--- a/f\n+++ b/f\n", "no hunk"), ("hello", "names no file"), ("", "names no file"),
        ("@@ -1 +1 @@\n-one\n+1\n", "before \"--- a/FILE\""), ("*** Begin Patch\n", "not a unified diff"),
        ("--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n", "leads out"),
        ("--- a/out/x\n+++ b/out/x\n@@ -0,0 +1 @@\n+x\n", "leads out"),
        ("--- a/dir\n+++ b/dir\n@@ -1 +1 @@\n-a\n+b\n", "a directory"),
        ("--- a/bin\n+++ b/bin\n@@ -1 +1 @@\n-a\n+b\n", "no UTF-8 text"),
        ("diff --git a/f b/f\nGIT binary patch\n", "binary"),
        ("--- \"a/\\303\\244\"\n+++ \"b/\\303\\244\"\n@@ -0,0 +1 @@\n+x\n", "no path that can be read"),
    ])
    func changesNothingWhenAPartDoesNotFit(patch: String, reason: String) async throws {
        let scene = try Scene()
        try scene.put("f", "one\nsame\nthree\nsame\n")
        try scene.put("dir/x", "x")
        try scene.put("bin", [0, 1, 2])
        try scene.link("out", to: scene.outside)
        let output = try await apply(patch, scene)
        #expect(output.isError && output.content.hasPrefix("Nothing was changed: "))
        #expect(output.content.contains(reason), "\(output.content)")
        #expect(scene.text("f") == "one\nsame\nthree\nsame\n")
        #expect(try scene.names() == ["bin", "dir", "f", "out"])
        #expect(try Scene.names(of: scene.outside) == ["root"])
    }

    @Test func takesBackWhatItDidWhenWritingFails() async throws {
        let scene = try Scene()
        try scene.put("f", "one\n")
        try scene.put("file", "x\n")
        // That the directory of the third is a file is seen only when it is made.
        let patch =
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n"
            + "--- /dev/null\n+++ b/new/x\n@@ -0,0 +1 @@\n+x\n"
        let output = try await apply(patch, scene)
        #expect(output.isError && output.content.hasPrefix("Nothing was changed"), "\(output.content)")
        #expect(scene.text("f") == "one\n")
        #expect(try scene.names() == ["f", "file"])
        #expect(output.changes.isEmpty)
    }

    @Test func movesAFileThatItChanges() async throws {
        let scene = try Scene()
        try scene.put("old", "one\n")
        let output = try await apply(
            "diff --git a/old b/new\nrename from old\nrename to new\n--- a/old\n+++ b/new\n@@ -1 +1 @@\n-one\n+1\n",
            scene
        )
        #expect(!output.isError, "\(output.content)")
        #expect(scene.text("new") == "1\n")
        #expect(try scene.names() == ["new"])
    }

    @Test func knowsAfterACrashWhetherItWasApplied() async throws {
        let scene = try Scene()
        let patch = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\n--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+g\n"
        try scene.put("f", "one\n")
        #expect(try await scene.probe("apply_patch", ["patch": .string(patch)]) == nil)
        try scene.put("f", "1\n")
        let half = try #require(try await scene.probe("apply_patch", ["patch": .string(patch)]))
        #expect(half.isError && half.content.contains("f: changed\ng: not changed"), "\(half.content)")
        try scene.put("g", "g\n")
        #expect(try await scene.probe("apply_patch", ["patch": .string(patch)])?.isError == false)
    }

    /// What `diff -u` finds between two texts makes the one of the other, at the lines that it names and elsewhere.
    @Test(.enabled(if: access("/usr/bin/diff", X_OK) == 0), arguments: 0..<30 as Range<UInt64>)
    func appliesWhatDiffFinds(seed: UInt64) async throws {
        let scene = try Scene()
        var generator = SeededGenerator(seed: seed)
        let end = seed % 5 == 0 ? "\r\n" : "\n"
        // Few different lines, so that much looks alike.
        var lines = (0..<60).map { _ in "line \(Int.random(in: 0..<12, using: &generator))" }
        let old = lines.joined(separator: end) + (seed % 3 == 0 ? "" : end)
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let place = Int.random(in: 0..<lines.count, using: &generator)
            switch Int.random(in: 0...2, using: &generator) {
            case 0: lines.remove(at: place)
            case 1: lines.insert("new \(place)", at: place)
            default: lines[place] = "-- changed"
            }
        }
        let new = lines.joined(separator: end) + (seed % 4 == 0 ? "" : end)
        try scene.put("old", old)
        try scene.put("new", new)
        let context = Int(seed % 4)
        let diff = try await scene.call("shell", ["command": .string("diff -U \(context) old new >patch; true")])
        try #require(!diff.isError)
        let patch = try #require(scene.text("patch")?.replacing("+++ new", with: "+++ old"))
        guard !patch.isEmpty else { return }
        let output = try await apply(patch, scene)
        #expect(!output.isError && !output.content.contains(";"), "\(output.content)")
        #expect(scene.text("old").map { Array($0.utf8) } == Array(new.utf8))
        // Somewhere else it fits as well, or it is left alone; never does it land in a wrong place.
        guard context == 3 else { return }
        let before = "before\nbefore\n"
        try scene.put("old", before + old)
        let shifted = try await apply(patch, scene)
        let expected = shifted.isError ? before + old : before + new
        #expect(scene.text("old").map { Array($0.utf8) } == Array(expected.utf8), "\(shifted.content)")
    }

    /// Whatever a model writes is answered, not crashed on.
    @Test func survivesMangledPatches() async throws {
        let scene = try Scene()
        let patch = Array("--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n\\ No newline\n@@ -9,0 +9 @@\n+x\n".utf8)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            try scene.put("f", "one\ntwo\n")
            var mangled = patch
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<mangled.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: mangled.remove(at: place)
                case 1: mangled.insert(patch[Int.random(in: 0..<patch.count, using: &generator)], at: place)
                default: mangled[place] = Array("\n @-+9,".utf8)[Int.random(in: 0..<7, using: &generator)]
                }
            }
            let output = try await apply(String(decoding: mangled, as: UTF8.self), scene)
            #expect(output.isError == output.changes.isEmpty)
        }
    }
}

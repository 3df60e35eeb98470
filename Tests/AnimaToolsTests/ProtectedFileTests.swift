import AnimaCore
import AnimaTools
import Testing

/// What other programs run or obey is not changed by file tools, whatever the way to it.
@Suite struct ProtectedFileTests {
    @Test(arguments: [
        ".git/hooks/pre-commit", ".git/hooks", "./.git/hooks/post-checkout", "a/../.git/hooks/x", ".GIT/Hooks/x",
        ".git/config",
        ".envrc", ".bashrc", ".zshrc", ".profile", "link/pre-commit", "alias/hooks/x",
    ])
    func isNotWritten(path: String) async throws {
        let scene = try Scene()
        try scene.put(".git/hooks/sample", "kept")
        try scene.put("a/x.txt", "x")
        try scene.link("link", to: ".git/hooks")
        try scene.link("alias", to: ".git")
        let output = try await scene.call("write_file", ["path": .string(path), "content": "evil"])
        #expect(output.isError && output.changes.isEmpty, "\(output.content)")
        let moved = try await scene.call("move_file", ["path": "a/x.txt", "to": .string(path), "overwrite": true])
        #expect(moved.isError && scene.text("a/x.txt") == "x", "\(moved.content)")
        let patch = "--- /dev/null\n+++ b/\(path)\n@@ -0,0 +1 @@\n+evil\n"
        let patched = try await scene.call("apply_patch", ["patch": .string(patch)])
        #expect(patched.isError && patched.changes.isEmpty, "\(patched.content)")
        #expect(scene.text(".git/hooks/sample") == "kept")
    }

    @Test func isNotEditedDeletedOrMovedAway() async throws {
        let scene = try Scene()
        try scene.put(".git/hooks/pre-commit", "kept")
        let path: JSONValue = ".git/hooks/pre-commit"
        for (tool, arguments) in [
            ("edit_file", ["path": path, "old_text": "kept", "new_text": "evil"]), ("delete_file", ["path": path]),
            ("move_file", ["path": path, "to": "b"]),
        ] as [(String, JSONValue)] {
            let output = try await scene.call(tool, arguments)
            #expect(output.isError && output.content.contains("only your owner"), "\(tool): \(output.content)")
        }
        #expect(scene.text(".git/hooks/pre-commit") == "kept")
        #expect(try await scene.call("read_file", ["path": path]).content.contains("kept"))
    }

    @Test(arguments: [".github/hooks/x", "git/hooks/x", ".git/hooksx", "sub/.envrc2", ".envrc.example"])
    func othersAreWritten(path: String) async throws {
        let scene = try Scene()
        #expect(!(try await scene.call("write_file", ["path": .string(path), "content": "fine"])).isError)
    }
}

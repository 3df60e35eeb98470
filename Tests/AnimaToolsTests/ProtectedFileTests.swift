import AnimaCore
import AnimaTools
import Testing

/// What other programs run or obey is not changed by file tools, whatever the way to it.
@Suite struct ProtectedFileTests {
    @Test(arguments: [
        ".git/hooks/pre-commit", ".git/hooks", "./.git/hooks/post-checkout", "a/../.git/hooks/x", ".GIT/Hooks/x",
        ".git/config",
        ".envrc", ".bashrc", ".zshrc", ".profile", "link/pre-commit", "alias/hooks/x", ".git", "sub/.git",
        "sub/.git/hooks/pre-commit", "sub/deep/.envrc", "a/.bashrc", ".git/modules/lib/hooks/update",
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

    @Test func isAsIfItWereNotThereWhenItIsAnimasOwn() async throws {
        let scene = try Scene()
        try scene.put("home/keys.toml", "KEY = \"needle\"")
        try scene.put("open/keys.toml", "needle")
        try scene.link("way", to: "home")
        try scene.link("open/up", to: "../home/keys.toml")
        let workspace = scene.workspace.hiding([scene.root + "/home"])
        let tools = StandardTools.all(workspace: workspace, environment: [:], sandbox: NoSandbox())
        func call(_ name: String, _ arguments: JSONValue) async throws -> ToolOutput {
            let tool = try #require(tools.first { $0.spec.name == name })
            return await tool.run(try scene.invocation(name, arguments))
        }
        for path in ["home", "home/keys.toml", "HOME/keys.toml", "way", "way/keys.toml", "open/up", "home/new"] {
            let path = JSONValue.string(path)
            for (tool, arguments) in [
                ("read_file", ["path": path]), ("file_info", ["path": path]), ("list_files", ["path": path]),
                ("search_files", ["pattern": "needle", "path": path]),
                ("write_file", ["path": path, "content": "x"]), ("delete_file", ["path": path]),
                ("move_file", ["path": path, "to": "stolen"]), ("move_file", ["path": "open/keys.toml", "to": path]),
                ("shell", ["command": "ls", "directory": path]),
            ] as [(String, JSONValue)] {
                // A link itself is the agent's, what it leads to is not.
                let isLink = path == "way" || path == "open/up"
                if isLink, ["delete_file", "move_file", "file_info"].contains(tool) { continue }
                let output = try await call(tool, arguments)
                #expect(output.isError && !output.content.contains("needle"), "\(tool) \(path): \(output.content)")
            }
        }
        #expect(scene.text("home/keys.toml") == "KEY = \"needle\"")
        let list = try await call("list_files", ["depth": 5, "hidden": true]).content
        #expect(list.contains("open/keys.toml") && !list.contains("\nhome/"), "\(list)")
        let found = try await call("search_files", ["pattern": "needle"]).content
        #expect(found.contains("open/keys.toml:1") && !found.contains("home/keys.toml:"), "\(found)")
    }

    @Test(arguments: [".github/hooks/x", "git/hooks/x", ".gitignore", "sub/.envrc2", ".envrc.example"])
    func othersAreWritten(path: String) async throws {
        let scene = try Scene()
        #expect(!(try await scene.call("write_file", ["path": .string(path), "content": "fine"])).isError)
    }
}

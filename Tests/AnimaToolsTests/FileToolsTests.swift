import AnimaCore
import AnimaTools
import Foundation
import Testing

@Suite("File tools", .timeLimit(.minutes(1)))
struct FileToolsTests {
    @Test(
        "nothing outside the workspace is reached",
        arguments: [
            "../secret.txt", "a/../../secret.txt", "out/secret.txt", "link.txt", "chain", "/etc/passwd",
            "up/secret.txt",
            "deep/up/../../secret.txt", "loop", "nul\u{0}l", "", "...//../../secret.txt", "fifo", "device",
        ]
    )
    func staysInside(_ path: String) async throws {
        let desk = try Desk()
        let outside = (desk.path as NSString).deletingLastPathComponent
        try "secret".write(toFile: outside + "/secret.txt", atomically: true, encoding: .utf8)
        let files = FileManager.default
        try files.createSymbolicLink(atPath: desk.path + "/out", withDestinationPath: outside)
        try files.createSymbolicLink(atPath: desk.path + "/link.txt", withDestinationPath: "../secret.txt")
        try files.createSymbolicLink(atPath: desk.path + "/chain", withDestinationPath: "link.txt")
        try files.createSymbolicLink(atPath: desk.path + "/up", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: desk.path + "/loop", withDestinationPath: "loop")
        try files.createSymbolicLink(atPath: desk.path + "/device", withDestinationPath: "/dev/zero")
        try desk.put("x", at: "deep/x")
        try files.createSymbolicLink(atPath: desk.path + "/deep/up", withDestinationPath: "..")
        mkfifo(desk.path + "/fifo", 0o600)
        let read = try await desk.call("read_file", ["path": .string(path)])
        #expect(read.isError && !read.content.contains("secret\n"), "\(read.content)")
        let written = try await desk.call("write_file", ["path": .string(path), "content": "changed"])
        #expect(written.isError, "\(written.content)")
        #expect(try String(contentsOfFile: outside + "/secret.txt", encoding: .utf8) == "secret")
        let listed = try await desk.call("list_files", ["path": .string(path)])
        #expect(listed.isError)
    }

    @Test("links that stay inside are followed, also absolute ones")
    func followsInnerLinks() async throws {
        let desk = try Desk()
        try desk.put("inner", at: "a/b/file.txt")
        try FileManager.default.createSymbolicLink(atPath: desk.path + "/a/l", withDestinationPath: "../a/./b")
        try FileManager.default.createSymbolicLink(atPath: desk.path + "/abs", withDestinationPath: desk.path + "/a/b")
        for path in [
            "a/l/file.txt", "abs/file.txt", "\(desk.path)/a/b/file.txt", "a/b/../b/./file.txt", "a//b/file.txt",
        ] {
            #expect(try await desk.call("read_file", ["path": .string(path)]).content == "inner", "\(path)")
        }
        #expect(try await desk.call("list_files", ["path": "abs"]).content == "file.txt (5 bytes)")
    }

    @Test("a whole file is read as it is, a part with its place")
    func reads() async throws {
        let desk = try Desk()
        try desk.put("one\ntwo\nthree\nfour\n", at: "f")
        #expect(try await desk.call("read_file", ["path": "f"]).content == "one\ntwo\nthree\nfour\n")
        let part = try await desk.call("read_file", ["path": "f", "start_line": 2, "line_count": 2]).content
        #expect(part == "lines 2 to 3 of 4\ntwo\nthree\n")
        #expect(try await desk.call("read_file", ["path": "f", "start_line": 9]).content.contains("has 4 lines"))
        try desk.put("", at: "empty")
        #expect(try await desk.call("read_file", ["path": "empty"]).content.isEmpty)
    }

    @Test("a long file is read in parts that say how to go on; a binary one is refused")
    func readsLongFiles() async throws {
        let desk = try Desk()
        try desk.put((1...60_000).map { "line \($0)" }.joined(separator: "\n"), at: "long")
        let first = try await desk.call("read_file", ["path": "long"]).content
        #expect(first.contains("read on with read_file path=\"long\" start_line="))
        #expect(first.utf8.count < 270_000)
        try desk.put("a\u{0}b", at: "binary")
        #expect(try await desk.call("read_file", ["path": "binary"]).content.contains("binary"))
        #expect(try await desk.call("read_file", ["path": "none"]).content.contains("No such file"))
        #expect(try await desk.call("read_file", ["path": "."]).content.contains("use list_files"))
    }

    @Test("writing makes directories, replaces whole, keeps the mode, leaves nothing behind")
    func writes() async throws {
        let desk = try Desk()
        #expect(try await !desk.call("write_file", ["path": "a/b/c.txt", "content": "x\ny"]).isError)
        #expect(try desk.text("a/b/c.txt") == "x\ny")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: desk.path + "/a/b/c.txt")
        _ = try await desk.call("write_file", ["path": "a/b/c.txt", "content": "z"])
        _ = try await desk.call("write_file", ["path": "a/b/c.txt", "content": "!", "append": true])
        #expect(try desk.text("a/b/c.txt") == "z!")
        let attributes = try FileManager.default.attributesOfItem(atPath: desk.path + "/a/b/c.txt")
        #expect(attributes[.posixPermissions] as? Int == 0o755)
        #expect(try FileManager.default.contentsOfDirectory(atPath: desk.path + "/a/b") == ["c.txt"])
        #expect(try await desk.call("write_file", ["path": "a", "content": ""]).isError)
    }

    @Test("editing needs one exact place, or all; a near miss is shown")
    func edits() async throws {
        let desk = try Desk()
        try desk.put("let a = 1\nlet b = 2\nlet a = 3\n", at: "f")
        func edit(_ old: JSONValue, _ new: JSONValue, all: Bool = false) async throws -> ToolOutput {
            try await desk.call("edit_file", ["path": "f", "old_text": old, "new_text": new, "all": .bool(all)])
        }
        #expect(try await edit("let a", "var a").content.contains("2 times in f, at lines 1, 3"))
        #expect(try await edit("let  b = 2", "x").content.contains("line 2 differs from it in white space"))
        #expect(try await edit("let b = 7", "x").content.contains("the nearest is line"))
        #expect(try await !edit("let b = 2", "let b = 20").isError)
        #expect(try await edit("let a", "var a", all: true).content.contains("replaced 2 places"))
        #expect(try desk.text("f") == "var a = 1\nlet b = 20\nvar a = 3\n")
        #expect(try await edit("", "x").isError)
    }

    @Test("after a crash an interrupted change is looked at, not guessed")
    func probes() async throws {
        let desk = try Desk()
        try desk.put("new text", at: "f")
        let edit: JSONValue = ["path": "f", "old_text": "old", "new_text": "new"]
        #expect(try await desk.probe("edit_file", edit)?.isError == false)
        try desk.put("old text", at: "f")
        #expect(try await desk.probe("edit_file", edit) == nil)
        let growing: JSONValue = ["path": "f", "old_text": "old", "new_text": "old and new"]
        #expect(try await desk.probe("edit_file", growing)?.content.contains("unknown") == true)
        #expect(try await desk.probe("write_file", ["path": "f", "content": "x"]) == nil)
        let append: JSONValue = ["path": "f", "content": "text", "append": true]
        #expect(try await desk.probe("write_file", append)?.content.contains("unknown") == true)
        #expect(try await desk.probe("write_file", ["path": "f", "content": "no", "append": true]) == nil)
    }

    @Test("listing is sorted, bounded in depth, and filtered by patterns")
    func lists() async throws {
        let desk = try Desk()
        for name in ["b.swift", "a.md", "sub/c.swift", "sub/deep/d.swift", ".hidden"] { try desk.put("12", at: name) }
        #expect(try await desk.call("list_files", [:]).content == "a.md (2 bytes)\nb.swift (2 bytes)\nsub/")
        #expect(try await desk.call("list_files", ["depth": 2]).content.contains("sub/c.swift"))
        #expect(
            try await desk.call("list_files", ["pattern": "*.swift"]).content
                == "b.swift (2 bytes)\nsub/c.swift (2 bytes)\nsub/deep/d.swift (2 bytes)"
        )
        #expect(try await desk.call("list_files", ["pattern": "sub/**/d.*"]).content == "sub/deep/d.swift (2 bytes)")
        #expect(try await desk.call("list_files", ["hidden": true]).content.contains(".hidden"))
    }

    @Test("searching shows lines with context, and leaves out what is ignored, hidden or binary")
    func searches() async throws {
        let desk = try Desk()
        try desk.put("one\nneedle here\nthree\nneedle 42\n", at: "src/a.txt")
        for name in ["build/x.txt", "src/gen/y.txt", "src/keep.log", "src/z.log", ".git/q.txt", "top.log"] {
            try desk.put("needle", at: name)
        }
        try desk.put("needle\u{0}", at: "bin")
        try desk.put("# comment\nbuild/\n*.log\n!keep.log\n/src/gen\n", at: ".gitignore")
        let found = try await desk.call("search_files", ["pattern": "needle"]).content
        #expect(found == "src/a.txt:2: needle here\nsrc/a.txt:4: needle 42\nsrc/keep.log:1: needle")
        let numbers = try await desk.call("search_files", ["pattern": "needle \\d+", "path": "src", "context": 1])
            .content
        #expect(numbers == "src/a.txt-3- three\nsrc/a.txt:4: needle 42")
        #expect(
            try await desk.call("search_files", ["pattern": "NEEDLE HERE", "ignore_case": true]).content.contains(":2:")
        )
        #expect(try await desk.call("search_files", ["pattern": "d+(", "fixed": true]).content.contains("no matches"))
        #expect(try await desk.call("search_files", ["pattern": "d+("]).content.contains("no regular expression"))
        #expect(
            try await desk.call("search_files", ["pattern": "needle", "max_results": 1]).content
                .contains("stopped after 1")
        )
        #expect(
            try await desk.call("search_files", ["pattern": "needle", "path": "src/a.txt"]).content.contains("a.txt:2:")
        )
    }

    @Test("every tool says what it is, and its schema is valid")
    func describesItself() throws {
        for tool in try Desk().tools {
            #expect(tool.spec.description.count > 10, "\(tool.spec.name)")
            #expect(tool.spec.parameters.jsonSchema["type"] == "object")
            if let argument = tool.spec.gateArgument {
                #expect(tool.spec.parameters.fields.contains { $0.name == argument }, "\(tool.spec.name)")
            }
        }
    }

    @Test("groups and names select tools; others are refused with a hint")
    func selects() throws {
        let tools = try Desk().tools
        #expect(
            try StandardTools.select(["basic", "shell"], from: tools).map(\.spec.name) == [
                "shell", "run_program", "add", "echo", "now",
            ]
        )
        #expect(throws: ToolSelectionError.self) { try StandardTools.select(["file"], from: tools) }
    }

    @Test("numbers are added exactly while they are whole")
    func adds() async throws {
        let desk = try Desk()
        #expect(try await desk.call("add", ["numbers": [2, 40]]).content == "42")
        #expect(try await desk.call("add", ["numbers": ["1.5", 1]]).content == "2.5")
        #expect(try await desk.call("add", ["numbers": [.int(.max), 1]]).isError)
    }
}

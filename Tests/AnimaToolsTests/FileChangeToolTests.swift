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

@Suite struct MoveFileToolTests {
    @Test func movesAFileAndMakesDirectories() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "text")
        let output = try await scene.call("move_file", ["path": "a.txt", "to": "x/y/b.txt"])
        #expect(output.content == "Moved a.txt to x/y/b.txt (4 bytes).")
        #expect(scene.text("x/y/b.txt") == "text")
        #expect(try scene.names() == ["x"])
        let change = try #require(output.changes.first)
        #expect(change.kind == .moved && change.path == "x/y/b.txt" && change.from == "a.txt")
    }

    @Test func replacesOnlyWhenAskedAndKeepsWhatWasThere() async throws {
        let scene = try Scene()
        try scene.put("a", "new")
        try scene.put("b", "precious")
        let refused = try await scene.call("move_file", ["path": "a", "to": "b"])
        #expect(refused.isError && refused.content.contains("overwrite") && refused.changes.isEmpty)
        #expect(scene.text("b") == "precious")
        let output = try await scene.call("move_file", ["path": "a", "to": "b", "overwrite": true])
        #expect(output.changes.map(\.kind) == [.deleted, .moved])
        #expect(output.keeps.map { String(decoding: $0.bytes, as: UTF8.self) } == ["precious"])
        #expect(scene.text("b") == "new")
    }

    @Test(arguments: [
        ("missing", "b", "No such file"), ("dir", "b", "a directory"), ("link", "b", "a symbolic link"),
        ("a", "dir", "whole new path"), ("a", "new/", "ends in /"), ("a", "../b", "leads out"),
        ("a", ".", "the workspace"),
        ("a", "out/b", "leads out"), ("out/x", "b", "leads out"), ("a", "a", "the same file"),
        ("a", "hard", "the same file"),
        ("a", "link", "delete it first"), ("a", "a/b", "Not a directory"), ("dir/missing", "b", "No such file"),
    ])
    func refuses(path: String, target: String, reason: String) async throws {
        let scene = try Scene()
        try scene.put("a", "text")
        try scene.put("dir/x", "x")
        try scene.link("link", to: "a")
        try scene.link("out", to: scene.outside)
        #expect(link(scene.root + "/a", scene.root + "/hard") == 0)
        let arguments: JSONValue = ["path": .string(path), "to": .string(target)]
        let output = try await scene.call("move_file", arguments)
        #expect(output.isError && output.content.contains(reason), "\(output.content)")
        #expect(try scene.names() == ["a", "dir", "hard", "link", "out"])
        #expect(scene.text("a") == "text")
    }

    @Test func knowsAfterACrashWhetherItMoved() async throws {
        let scene = try Scene()
        let arguments: JSONValue = ["path": "a", "to": "b"]
        try scene.put("a", "text")
        #expect(try await scene.probe("move_file", arguments) == nil)
        // Between the new name and the end of the old one.
        #expect(link(scene.root + "/a", scene.root + "/b") == 0)
        let half = try #require(try await scene.probe("move_file", arguments))
        #expect(!half.isError && half.changes.map(\.kind) == [.moved])
        #expect(try scene.names() == ["b"])
        #expect(try await scene.probe("move_file", arguments)?.isError == false)
    }
}

@Suite struct DeleteFileToolTests {
    @Test func deletesAndKeepsTheBytes() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "precious")
        #expect(chmod(scene.root + "/a.txt", 0o640) == 0)
        let output = try await scene.call("delete_file", ["path": "a.txt"])
        #expect(output.content == "Deleted a.txt (8 bytes).")
        let change = try #require(output.changes.first)
        #expect(change.kind == .deleted && change.after == nil && change.isRestorable && change.before?.mode == 0o640)
        #expect(output.keeps == [LifeBatch.Spill(hash: change.before?.hash ?? "", bytes: Array("precious".utf8))])
        #expect(try scene.names().isEmpty)
    }

    @Test func deletesALinkAndNotWhatItLeadsTo() async throws {
        let scene = try Scene()
        try scene.put("../outside.txt", "secret")
        try scene.put("a", "x")
        try scene.link("in", to: "a")
        try scene.link("out", to: "../outside.txt")
        for name in ["in", "out"] {
            let output = try await scene.call("delete_file", ["path": .string(name)])
            #expect(output.changes.first?.before?.kind == .link, "\(output.content)")
        }
        #expect(try scene.names() == ["a"])
        #expect(Scene.text(of: scene.outside + "/outside.txt") == "secret")
    }

    @Test func leavesOtherNamesOfAFileAlone() async throws {
        let scene = try Scene()
        try scene.put("a", "shared")
        #expect(link(scene.root + "/a", scene.root + "/b") == 0)
        _ = try await scene.call("write_file", ["path": "a", "content": "own"])
        #expect(scene.text("b") == "shared")
        _ = try await scene.call("delete_file", ["path": "a"])
        #expect(scene.text("b") == "shared")
    }

    @Test(arguments: [
        (".", "the workspace"), ("dir", "not empty"), ("missing", "No such file"), ("fifo", "a named pipe"),
        ("../outside.txt", "leads out"), ("away/outside.txt", "leads out"),
    ])
    func refuses(path: String, reason: String) async throws {
        let scene = try Scene()
        try scene.put("../outside.txt", "secret")
        try scene.put("dir/x", "x")
        try scene.link("away", to: "..")
        #expect(mkfifo(scene.root + "/fifo", 0o600) == 0)
        let output = try await scene.call("delete_file", ["path": .string(path)])
        #expect(output.isError && output.content.contains(reason) && output.changes.isEmpty, "\(output.content)")
        #expect(try scene.names() == ["away", "dir", "fifo"])
        #expect(try Scene.names(of: scene.outside) == ["outside.txt", "root"])
    }

    @Test func losesWhatIsTooLargeToBeKeptOnlyWhenToldTo() async throws {
        let scene = try Scene()
        try scene.put("big", [UInt8](repeating: 7, count: 16 * 1024 * 1024 + 1))
        try scene.put("small", "x")
        for (tool, arguments) in [
            ("delete_file", ["path": "big"]), ("write_file", ["path": "big", "content": "x"]),
            ("move_file", ["path": "small", "to": "big", "overwrite": true]),
        ] as [(String, JSONValue)] {
            let output = try await scene.call(tool, arguments)
            #expect(output.isError && output.content.contains("permanently"), "\(tool): \(output.content)")
        }
        #expect(try scene.names() == ["big", "small"])
        #expect(try await !scene.call("move_file", ["path": "big", "to": "away"]).isError)
        let output = try await scene.call("delete_file", ["path": "away", "permanently": true])
        #expect(!output.isError && output.content.contains("can't be undone"))
        #expect(output.changes.first?.isRestorable == false && output.keeps.isEmpty)
    }

    @Test func knowsAfterACrashWhetherItDeleted() async throws {
        let scene = try Scene()
        try scene.put("a", "x")
        #expect(try await scene.probe("delete_file", ["path": "a"]) == nil)
        _ = try await scene.call("delete_file", ["path": "a"])
        #expect(try await scene.probe("delete_file", ["path": "a"])?.content.contains("can't be brought back") == true)
    }

    @Test func tellsDifferentlyComposedNamesApart() async throws {
        let scene = try Scene()
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        for (name, text) in [(composed, "one"), (decomposed, "two")] {
            #expect(
                try await scene.call("write_file", ["path": .string(name), "content": .string(text)]).isError == false
            )
        }
        try #require(try scene.names().count == 2)
        let moved = try await scene.call("move_file", ["path": .string(decomposed), "to": "plain"])
        #expect(!moved.isError)
        #expect(scene.text(composed) == "one" && scene.text("plain") == "two")
        #expect(try await scene.call("delete_file", ["path": .string(decomposed)]).isError)
    }

    @Test(.enabled(if: geteuid() != 0, "root may do everything"))
    func saysWhenTheSystemForbidsIt() async throws {
        let scene = try Scene()
        try scene.put("dir/a", "x")
        #expect(chmod(scene.root + "/dir", 0o500) == 0)
        defer { chmod(scene.root + "/dir", 0o700) }
        for (tool, arguments) in [
            ("delete_file", ["path": "dir/a"]), ("move_file", ["path": "dir/a", "to": "b"]),
            ("write_file", ["path": "dir/a", "content": "y"]),
        ] as [(String, JSONValue)] {
            let output = try await scene.call(tool, arguments)
            #expect(output.isError && output.content.contains("Permission denied") && output.changes.isEmpty)
        }
        #expect(scene.text("dir/a") == "x")
    }
}

@Suite struct FileInfoToolTests {
    @Test(
        arguments: [
            (Array("one\ntwo\n".utf8), "a.txt: a text of 8 bytes in 2 lines\nencoding: UTF-8\nline ends: LF\n"),
            (
                Array("a\r\nb".utf8),
                "a.txt: a text of 4 bytes in 2 lines\nencoding: UTF-8\nline ends: CRLF, none after the last line\n"
            ),
            (
                Array("a\r\nb\n".utf8),
                "a.txt: a text of 5 bytes in 2 lines\nencoding: UTF-8\nline ends: mixed (1 CRLF, 1 LF)\n"
            ),
            ([0xFF, 0xFE, 0x61, 0, 0x0A, 0], "a.txt: a text of 6 bytes in 1 line\nencoding: UTF-16, little endian"),
            (
                [0x47, 0x72, 0xFC, 0x6E, 0x0A],
                "a.txt: a text of 5 bytes in 1 line\nencoding: not UTF-8; probably Latin-1"
            ),
            ([0x89, 0x50, 0x4E, 0x47, 0, 1], "a.txt: a binary file of 6 bytes, a PNG image\nmodified: 20"),
            ([], "a.txt: an empty file\nmodified: 20"),
        ] as [([UInt8], String)]
    )
    func describesAFile(bytes: [UInt8], expected: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", bytes)
        #expect(chmod(scene.root + "/a.txt", 0o640) == 0)
        let output = try await scene.call("file_info", ["path": "a.txt"])
        #expect(output.content.hasPrefix(expected), "\(output.content)")
        #expect(output.content.hasSuffix("permissions: rw-r----- (640)"))
    }

    @Test func describesWhatIsNoFile() async throws {
        let scene = try Scene()
        try scene.put("dir/a", "x")
        try scene.link("in", to: "dir/a")
        try scene.link("out", to: "../..")
        try scene.link("broken", to: "nowhere")
        for (path, part) in [
            ("dir", "dir: a directory with 1 name"), ("in", "leads to: dir/a"),
            ("out", "leads to: nothing that can be"),
            ("broken", "it is broken"), (".", ".: a directory with 4 names"),
        ] {
            let output = try await scene.call("file_info", ["path": .string(path)])
            #expect(output.content.contains(part), "\(output.content)")
        }
        #expect(try await scene.call("file_info", ["path": "missing"]).isError)
    }
}

@Suite struct SeveralEditsTests {
    @Test func makesAllOfThemInOrder() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "one\ntwo\nthree\n")
        let output = try await scene.call(
            "edit_file",
            [
                "path": "a.txt",
                "edits": [["old_text": "one", "new_text": "1"], ["old_text": "1\ntwo", "new_text": "12"]],
            ]
        )
        #expect(output.content == "Made 2 edits in a.txt; it now has 9 bytes.\nedit 1: line 1\nedit 2: line 1")
        #expect(scene.text("a.txt") == "12\nthree\n")
        #expect(output.changes.count == 1)
    }

    @Test func makesNoneWhenOneDoesNotFit() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "one\ntwo\n")
        let output = try await scene.call(
            "edit_file",
            [
                "path": "a.txt",
                "edits": [["old_text": "one", "new_text": "1"], ["old_text": "three", "new_text": "3"]],
            ]
        )
        #expect(output.isError && output.content.hasPrefix("Nothing was changed: edit 2 of 2: old_text does not occur"))
        #expect(scene.text("a.txt") == "one\ntwo\n")
    }

    @Test(arguments: [
        #"{"path": "a"}"#, #"{"path": "a", "edits": []}"#, #"{"path": "a", "old_text": "x"}"#,
        #"{"path": "a", "old_text": "x", "new_text": "y", "edits": [{"old_text": "x", "new_text": "y"}]}"#,
        #"{"path": "a", "edits": [{"old_text": "", "new_text": "y"}]}"#,
    ])
    func refusesWhatIsNoEdit(arguments: String) async throws {
        let scene = try Scene()
        try scene.put("a", "x")
        #expect(try await scene.call("edit_file", try JSONValue(parsing: arguments)).isError)
        #expect(scene.text("a") == "x")
    }

    @Test(arguments: [("one two", "not happened"), ("1 2", "happened"), ("1 two", "not happened"), ("x", "unknown")])
    func tellsTheTruthAfterACrash(file: String, outcome: String) async throws {
        let scene = try Scene()
        try scene.put("a", file)
        let output = try await scene.probe(
            "edit_file",
            ["path": "a", "edits": [["old_text": "one", "new_text": "1"], ["old_text": "two", "new_text": "2"]]]
        )
        #expect((output.map { $0.isError ? "unknown" : "happened" } ?? "not happened") == outcome)
    }
}

@Suite struct ForeignEncodingTests {
    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x47, 0, 0xFC, 0, 0x0A, 0], "UTF-16, little endian, with a byte order mark", "Gü\n"),
            ([0xFE, 0xFF, 0, 0x47, 0, 0xFC, 0, 0x0A], "UTF-16, big endian, with a byte order mark", "Gü\n"),
            ([0x47, 0x72, 0xFC, 0xDF, 0x65, 0x0A], "not UTF-8; probably Latin-1 (ISO 8859-1)", "Grüße\n"),
        ] as [([UInt8], String, String)]
    )
    func readsTextsInOtherEncodingsAndNamesThem(bytes: [UInt8], encoding: String, text: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", bytes)
        let output = try await scene.call("read_file", ["path": "a.txt"])
        #expect(output == .success("[lines 1-1 of 1; decoded, the file is \(encoding)]\n\(text)"))
    }

    @Test func namesTheKindOfABinaryFile() async throws {
        let scene = try Scene()
        try scene.put("a", [0x50, 0x4B, 3, 4, 0, 0])
        #expect(try await scene.call("read_file", ["path": "a"]).content.contains("a ZIP archive"))
    }
}

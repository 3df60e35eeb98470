import AnimaCore
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite struct ReadFileToolTests {
    @Test(arguments: ["", "one", "one\n", "one\ntwo", "a\r\nb\r\n", "\n\n", "grüße 👋\n", "\u{FEFF}bom"])
    func returnsAWholeFileExactly(text: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", text)
        let output = try await scene.call("read_file", ["path": "a.txt"])
        #expect(Array(output.content.utf8) == Array(text.utf8))
        #expect(!output.isError)
    }

    @Test(arguments: [
        (2, 2, "[lines 2-3 of 5; read on with read_file {\"path\":\"a.txt\",\"start_line\":4}]\nl2\nl3\n"),
        (4, 9, "[lines 4-5 of 5]\nl4\nl5"),
        (1, 1, "[lines 1-1 of 5; read on with read_file {\"path\":\"a.txt\",\"start_line\":2}]\nl1\n"),
        (1, 5, "l1\nl2\nl3\nl4\nl5"),
    ])
    func returnsARangeWithItsPlace(start: Int, count: Int, expected: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", "l1\nl2\nl3\nl4\nl5")
        let arguments: JSONValue = ["path": "a.txt", "start_line": .int(start), "line_count": .int(count)]
        #expect(try await scene.call("read_file", arguments).content == expected)
    }

    @Test func saysWhenTheRangeIsPastTheEnd() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "l1\nl2\n")
        let output = try await scene.call("read_file", ["path": "a.txt", "start_line": 3])
        #expect(output == .failure("\"a.txt\" has 2 lines; start_line 3 is past its end"))
    }

    @Test func readsABigFileInWholeLinesToTheEnd() async throws {
        let scene = try Scene()
        let lines = (1...20_000).map { "line number \($0) with some text" }
        try scene.put("big.txt", lines.joined(separator: "\n"))
        var start = 1
        var read: [Substring] = []
        while start <= lines.count {
            let output = try await scene.call("read_file", ["path": "big.txt", "start_line": .int(start)])
            #expect(output.content.utf8.count < 257 * 1024)
            let parts = output.content.split(separator: "\n", maxSplits: 1)
            read += parts[1].split(separator: "\n")
            let isLast = read.count == lines.count
            #expect(parts[0].contains("of 20000"))
            #expect(parts[0].contains("\"start_line\":\(read.count + 1)}") != isLast)
            #expect((output.omittedBytes > 0) != isLast)
            start = read.count + 1
        }
        #expect(read.map(String.init) == lines)
    }

    @Test func cutsALineThatIsOverTheLimitAlone() async throws {
        let scene = try Scene()
        // Neither the limit nor the pieces that a file is read in are a multiple of three.
        try scene.put("long.txt", String(repeating: "€", count: 150_000) + "\nend\n")
        let output = try await scene.call("read_file", ["path": "long.txt"])
        #expect(output.content.hasPrefix("[lines 1-1 of 2; line 1 has 450001 bytes and is cut after 262143;"))
        #expect(output.content.contains("\"start_line\":2}"))
        #expect(output.omittedBytes == 450_005 - 262_143)
    }

    @Test func readsOnWithinALongLine() async throws {
        let scene = try Scene()
        let line = String(repeating: "€", count: 150_000)
        try scene.put("long.txt", line + "\nend\n")
        var read = ""
        var skip = 0
        while read.utf8.count < line.utf8.count {
            let output = try await scene.call(
                "read_file",
                ["path": "long.txt", "line_count": 1, "start_byte": .int(skip)]
            )
            try #require(!output.isError, "\(output.content)")
            let parts = output.content.split(separator: "\n", maxSplits: 1)
            read += parts[1]
            skip = read.utf8.count
            let isCut = read.utf8.count < line.utf8.count
            #expect(parts[0].contains("\"start_byte\":\(skip),\"start_line\":1}") == isCut, "\(parts[0])")
        }
        #expect(read == line + "\n")
        let past = try await scene.call("read_file", ["path": "long.txt", "start_byte": 450_001])
        #expect(past.isError && past.content.contains("no byte after 450001"))
        // Half a character is left out whole.
        let half = try await scene.call("read_file", ["path": "long.txt", "start_byte": 449_998])
        #expect(half.content == "[lines 1-2 of 2; line 1 from after its byte 449998]\n\nend\n")
    }

    @Test(
        arguments: [[0x7F, 0x45, 0, 1], [0x61, 0x81, 0x62], [0xC3], [0xFF, 0xFE, 0x61], [0xFF, 0xFE, 0, 0xD8]]
            as [[UInt8]]
    )
    func refusesWhatIsNotText(bytes: [UInt8]) async throws {
        let scene = try Scene()
        try scene.put("b.bin", bytes)
        let output = try await scene.call("read_file", ["path": "b.bin"])
        #expect(output.isError)
        #expect(output.content.contains("binary"))
        #expect(output.content.contains("\(bytes.count) bytes"))
    }

    @Test func showsAnImage() async throws {
        let scene = try Scene()
        let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x01]
        try scene.put("shelf.png", picture)
        let output = try await scene.call("read_file", ["path": "shelf.png"])
        #expect(output.images == [picture])
        #expect(output.content == "\"shelf.png\" is a PNG image of 10 bytes.")
        // A name makes no image, and one that no provider takes is not read.
        try scene.put("fake.png", [0x00, 0x01, 0x02])
        #expect(try await scene.call("read_file", ["path": "fake.png"]).isError)
        try scene.put("large.png", picture + [UInt8](repeating: 0, count: 5_000_000))
        let large = try await scene.call("read_file", ["path": "large.png"])
        #expect(large.isError && large.images.isEmpty && large.content.contains("at most 5000000 bytes"))
    }
}

@Suite struct WriteFileToolTests {
    @Test func createsFilesAndTheirDirectories() async throws {
        let scene = try Scene()
        let output = try await scene.call("write_file", ["path": "a/b/c.txt", "content": "one\ntwo\n"])
        #expect(output.content == "Wrote 8 bytes (2 lines) to a/b/c.txt, a new file.")
        #expect(scene.text("a/b/c.txt") == "one\ntwo\n")
        #expect(mode(of: scene.root + "/a/b/c.txt") == 0o644)
    }

    @Test func replacesWholeFilesAndKeepsTheirMode() async throws {
        let scene = try Scene()
        try scene.put("run.sh", "old old old")
        #expect(chmod(scene.root + "/run.sh", 0o750) == 0)
        let output = try await scene.call("write_file", ["path": "run.sh", "content": "new"])
        #expect(output.content == "Wrote 3 bytes (1 line) to run.sh, replacing 11 bytes.")
        #expect(scene.text("run.sh") == "new")
        #expect(mode(of: scene.root + "/run.sh") == 0o750)
        #expect(try scene.names() == ["run.sh"])
    }

    @Test func leavesTheOldFileToThoseWhoReadIt() async throws {
        // Atomic means another file under the same name: who has the old one open keeps reading all of it.
        let scene = try Scene()
        try scene.put("a.txt", "the old content")
        let descriptor = open(scene.root + "/a.txt", O_RDONLY)
        defer { close(descriptor) }
        _ = try await scene.call("write_file", ["path": "a.txt", "content": "x"])
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &buffer, 100)
        #expect(String(decoding: buffer[..<count], as: UTF8.self) == "the old content")
    }

    @Test func leavesNothingBehindWhenItFails() async throws {
        let scene = try Scene()
        try scene.put("dir/file", "x")
        #expect(try await scene.call("write_file", ["path": "dir", "content": "x"]).isError)
        #expect(try await scene.call("write_file", ["path": "dir/file/below", "content": "x"]).isError)
        #expect(try scene.names() == ["dir"])
        #expect(try scene.names(in: "dir") == ["file"])
    }

    @Test func appends() async throws {
        let scene = try Scene()
        _ = try await scene.call("write_file", ["path": "log", "content": "a\n", "append": true])
        let output = try await scene.call("write_file", ["path": "log", "content": "b\n", "append": true])
        #expect(output.content == "Appended 2 bytes (1 line) to log, which now has 4 bytes.")
        #expect(scene.text("log") == "a\nb\n")
    }

    @Test func knowsAfterACrashWhetherAWriteHappened() async throws {
        let scene = try Scene()
        let arguments: JSONValue = ["path": "a", "content": "text"]
        #expect(try await scene.probe("write_file", arguments) == nil)
        try scene.put("a", "other")
        #expect(try await scene.probe("write_file", arguments) == nil)
        try scene.put("a", "text")
        #expect(try await scene.probe("write_file", arguments)?.isError == false)
    }

    @Test func admitsThatItCanNotTellWhetherItAppended() async throws {
        let scene = try Scene()
        let arguments: JSONValue = ["path": "a", "content": "text", "append": true]
        for text in ["text", "other"] {
            try scene.put("a", text)
            let output = try #require(try await scene.probe("write_file", arguments))
            #expect(output.isError)
            #expect(output.content.hasPrefix("outcome unknown"))
        }
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
}

@Suite struct EditFileToolTests {
    @Test func replacesAUniqueText() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "one\ntwo\nthree\n")
        let output = try await scene.call("edit_file", ["path": "a.txt", "old_text": "two\n", "new_text": "2\n2\n"])
        #expect(output.content == "Edited a.txt at line 2; it now has 14 bytes.")
        #expect(scene.text("a.txt") == "one\n2\n2\nthree\n")
    }

    @Test func namesTheLinesOfSeveralMatchesAndChangesNothing() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "x = 1\ny = 1\nx = 1; x = 1\n")
        let output = try await scene.call("edit_file", ["path": "a.txt", "old_text": "x = 1", "new_text": "x = 2"])
        #expect(output.isError)
        #expect(output.content.contains("3 times in \"a.txt\", in lines 1, 3, 3"))
        #expect(scene.text("a.txt") == "x = 1\ny = 1\nx = 1; x = 1\n")
    }

    @Test func replacesAllWhenAsked() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "aXbXc")
        let arguments: JSONValue = ["path": "a.txt", "old_text": "X", "new_text": "XX", "all": true]
        #expect(try await scene.call("edit_file", arguments).isError == false)
        #expect(scene.text("a.txt") == "aXXbXXc")
    }

    @Test(arguments: [
        ("func run() {\n\treturn 1\n}\n", "func run() {\n    return 1\n}", "lines 1-3", "\"→return·1\""),
        ("a\nlet x = 1  \nb\n", "let x = 1\nb", "lines 2-3", "\"let·x·=·1··\""),
        ("one\r\ntwo\r\n", "one\ntwo\n", "lines 1-2", "\"one␍\""),
        (
            "alpha\nlet total = price * count\nomega\n", "let total = price * counter", "line 2",
            "let total = price * count"
        ),
    ])
    func showsANearMiss(file: String, old: String, place: String, shown: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", file)
        let output = try await scene.call("edit_file", ["path": "a.txt", "old_text": .string(old), "new_text": "z"])
        #expect(output.isError)
        #expect(output.content.contains("Most similar: \(place)\n"), "\(output.content)")
        #expect(output.content.contains(shown), "\(output.content)")
        #expect(scene.text("a.txt") == file)
    }

    @Test func saysWhenNothingIsSimilar() async throws {
        let scene = try Scene()
        try scene.put("a.txt", "alpha\nbeta\n")
        let output = try await scene.call("edit_file", ["path": "a.txt", "old_text": "0123456789", "new_text": ""])
        #expect(output.content.contains("Nothing similar"))
    }

    @Test(arguments: [("", "x"), ("same", "same")])
    func refusesEditsThatMeanNothing(old: String, new: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", "same")
        let arguments: JSONValue = ["path": "a.txt", "old_text": .string(old), "new_text": .string(new)]
        #expect(try await scene.call("edit_file", arguments).isError)
    }

    /// What a crash may have left, and what can be said about it: happened, not happened, unknown.
    @Test(arguments: [
        ("a new b", "old", "new", false, "happened"),
        ("a old b", "old", "new", false, "not happened"),
        ("a old b old", "old", "new", true, "not happened"),
        ("a old b old", "old", "new", false, "unknown"),
        ("a b", "old", "new", false, "unknown"),
        ("a old b", "old", "older", false, "unknown"),
        ("a old b", "old", "", false, "unknown"),
        ("a b", "old", "", false, "unknown"),
        ("aab", "ab", "b", false, "unknown"),
        ("xabab", "abab", "cab", false, "unknown"),
    ])
    func tellsTheTruthAfterACrash(file: String, old: String, new: String, all: Bool, outcome: String) async throws {
        let scene = try Scene()
        try scene.put("a.txt", file)
        let output = try await scene.probe(
            "edit_file",
            ["path": "a.txt", "old_text": .string(old), "new_text": .string(new), "all": .bool(all)]
        )
        #expect((output.map { $0.isError ? "unknown" : "happened" } ?? "not happened") == outcome)
    }
}

@Suite struct ListFilesToolTests {
    private func prepared() throws -> Scene {
        let scene = try Scene()
        try scene.put("b.txt", "12345")
        try scene.put("a.md", "")
        try scene.put("src/main.swift", "x")
        try scene.put("src/deep/x.c", "x")
        try scene.put("src/deep/x.h", "x")
        try scene.put(".hidden/y", "x")
        try scene.link("link", to: "b.txt")
        return scene
    }

    @Test("a name with a line feed is no line of its own")
    func showsNamesOnOneLine() async throws {
        let scene = try Scene()
        try scene.put("a\nb.txt (1)", "needle\n")
        #expect(try await scene.call("list_files", [:]).content == #""a\nb.txt (1)" (7)"#)
        let found = try await scene.call("search_files", ["pattern": "needle"]).content
        #expect(found.hasPrefix(#""a\nb.txt (1)":1: needle"#), "\(found)")
        #expect(try await scene.call("read_file", ["path": "a\nb.txt (1)"]).content.contains("needle"))
    }

    @Test(arguments: [
        (#"{}"#, "a.md (0)\nb.txt (5)\nlink -> b.txt\nsrc/"),
        (#"{"hidden": true}"#, ".hidden/\na.md (0)\nb.txt (5)\nlink -> b.txt\nsrc/"),
        (
            #"{"path": "src", "depth": 2}"#,
            "src/deep/\nsrc/deep/x.c (1)\nsrc/deep/x.h (1)\nsrc/main.swift (1)"
        ),
        (#"{"depth": 9, "pattern": "*.{c,swift}"}"#, "src/deep/x.c (1)\nsrc/main.swift (1)"),
        (#"{"depth": 9, "pattern": "src/**/*.h"}"#, "src/deep/x.h (1)"),
        (#"{"path": "src", "depth": 9, "pattern": "deep/*"}"#, "src/deep/x.c (1)\nsrc/deep/x.h (1)"),
        (#"{"pattern": "*.zip"}"#, "Nothing that matches \"*.zip\" is in \".\" but hidden files."),
    ])
    func listsSorted(arguments: String, expected: String) async throws {
        let output = try await prepared().call("list_files", try JSONValue(parsing: arguments))
        #expect(output.content == expected)
    }

    @Test func stopsAtAThousandEntriesAndSaysSo() async throws {
        let scene = try Scene()
        for number in 0..<1001 { try scene.put("f\(number)", "") }
        let output = try await scene.call("list_files", [:])
        let lines = output.content.split(separator: "\n")
        #expect(lines.count == 1001)
        #expect(lines.last?.contains("only the first 1000") == true)
    }

    @Test func refusesAFile() async throws {
        let output = try await prepared().call("list_files", ["path": "b.txt"])
        #expect(output == .failure("\"b.txt\" is a regular file, not a directory"))
    }
}

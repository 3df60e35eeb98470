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

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct WorkspaceTests {
    @Test func refusesARootThatIsNoDirectory() throws {
        let scene = try Scene()
        try scene.put("file", "x")
        for root in ["", scene.root + "/missing", scene.root + "/file", scene.root + "\0"] {
            #expect(throws: WorkspaceError.self) { try Workspace(root: root) }
        }
    }

    /// Each path, and a part of the message that refuses it.
    @Test(arguments: [
        ("..", "leads out"), ("../outside.txt", "leads out"), ("a/../../outside.txt", "leads out"),
        ("/etc/passwd", "leads out"), ("/", "leads out"), ("ROOT/../outside.txt", "leads out"),
        ("ROOT-other/x", "leads out"), ("ROOT/../../etc/passwd", "leads out"),
        ("file-link", "leads out"), ("relative-link", "leads out"), ("dir-link/outside.txt", "leads out"),
        ("parent-link/outside.txt", "leads out"), ("deep/up/outside.txt", "leads out"),
        ("chain", "leads out"), ("null", "leads out"), ("root-parent/outside.txt", "leads out"),
        ("loop", "more than 40"), ("loop/x", "more than 40"), ("self", "more than 40"),
        ("", "is empty"), ("a\0b", "NUL"), ("file\0.txt", "NUL"), ("LONG", "limit of 255"),
        ("LONGPATH", "limit of 4096"),
        ("fifo", "a named pipe"), ("sub", "a directory"), ("missing", "No such file"), ("missing/x", "no directory"),
        ("file/x", "Not a directory"),
    ])
    func refusesWhatIsNoFileInside(path: String, reason: String) async throws {
        let scene = try prepared()
        let expanded =
            path == "LONG"
            ? String(repeating: "n", count: 256)
            : path == "LONGPATH"
                ? String(repeating: "n/", count: 2049)
                : path.hasPrefix("ROOT") ? scene.root + path.dropFirst(4) : path
        let output = try await scene.call("read_file", ["path": .string(expanded)])
        #expect(output.isError)
        #expect(output.content.contains(reason), "\(output.content)")
        #expect(!output.content.contains("secret"))
    }

    @Test(arguments: [
        "file", "./file", "sub/../file", "missing/../file", "sub//../file", "ROOT/file", "ROOT/sub/../file",
        "inner-link",
        "absolute-link", "sub/up-link", "dir-inside/../file", "sub-link/up-link", "/./ROOT/file", "link-chain",
    ])
    func readsWhatIsInside(path: String) async throws {
        let scene = try prepared()
        let expanded = path.replacing("ROOT", with: scene.root)
        #expect(try await scene.call("read_file", ["path": .string(expanded)]) == .success("inside"))
    }

    @Test(arguments: [
        "../new", "file-link", "dir-link/new", "parent-link/new", "null", "loop", "fifo", "sub", "new/", "chain",
        "dir-link/deeper/new", "dangling-out",
    ])
    func writesNothingOutside(path: String) async throws {
        let scene = try prepared()
        let output = try await scene.call("write_file", ["path": .string(path), "content": "overwritten"])
        #expect(output.isError)
        let names = try Scene.names(of: scene.outside)
        #expect(names == ["outside.txt", "root"])
        #expect(Scene.text(of: scene.outside + "/outside.txt") == "secret")
    }

    @Test func writesThroughALinkThatStaysInside() async throws {
        let scene = try prepared()
        let output = try await scene.call("write_file", ["path": "inner-link", "content": "new"])
        #expect(!output.isError)
        #expect(scene.text("file") == "new")
        #expect(try scene.names().contains("inner-link"))
    }

    @Test func keepsOutOfDirectoriesForListingAndSearchToo() async throws {
        let scene = try prepared()
        for tool in ["list_files", "search_files"] {
            for path in ["..", "dir-link", "/etc"] {
                let arguments: JSONValue =
                    tool == "list_files" ? ["path": .string(path)] : ["path": .string(path), "pattern": "secret"]
                #expect(try await scene.call(tool, arguments).isError)
            }
        }
        // Links met on the way are not followed.
        let found = try await scene.call("search_files", ["pattern": "secret"])
        #expect(found.content.hasPrefix("No line"))
        let listed = try await scene.call("list_files", ["depth": 5])
        #expect(listed.content.contains("dir-link -> \(scene.outside)"))
        #expect(!listed.content.contains("outside.txt ("))
    }

    @Test("a link that changes all the while leads nowhere outside")
    func winsEveryRace() async throws {
        let scene = try Scene()
        try scene.put("dir/a.txt", "inside")
        try FileManager.default.createDirectory(atPath: scene.outside + "/out", withIntermediateDirectories: true)
        try Data("secret".utf8).write(to: URL(filePath: scene.outside + "/out/a.txt"))
        try scene.link("way", to: "dir")
        let swapping = Task.detached {
            var rounds = 0
            while !Task.isCancelled {
                for target in ["dir", scene.outside + "/out"] {
                    symlink(target, scene.root + "/next")
                    rename(scene.root + "/next", scene.root + "/way")
                }
                rounds += 1
            }
            return rounds
        }
        for round in 0..<2_000 {
            let output = try await scene.call(
                round % 2 == 0 ? "read_file" : "write_file",
                round % 2 == 0 ? ["path": "way/a.txt"] : ["path": "way/a.txt", "content": "inside"]
            )
            #expect(!output.content.contains("secret"))
        }
        swapping.cancel()
        #expect(await swapping.value > 0)
        #expect(try Scene.names(of: scene.outside + "/out") == ["a.txt"])
        #expect(Scene.text(of: scene.outside + "/out/a.txt") == "secret")
    }

    private func prepared() throws -> Scene {
        let scene = try Scene()
        try scene.put("../outside.txt", "secret")
        try scene.put("file", "inside")
        try scene.put("sub/other", "other")
        try scene.put("deep/er/x", "x")
        try scene.link("file-link", to: scene.outside + "/outside.txt")
        try scene.link("relative-link", to: "../outside.txt")
        try scene.link("dir-link", to: scene.outside)
        try scene.link("parent-link", to: "..")
        try scene.link("deep/up", to: "../..")
        try scene.link("chain", to: "relative-link")
        try scene.link("dangling-out", to: "../new")
        try scene.link("null", to: "/dev/null")
        try scene.link("root-parent", to: scene.root + "/..")
        try scene.link("loop", to: "loop2")
        try scene.link("loop2", to: "loop")
        try scene.link("self", to: "self/x")
        try scene.link("inner-link", to: "file")
        try scene.link("link-chain", to: "inner-link")
        try scene.link("absolute-link", to: scene.root + "/file")
        try scene.link("sub/up-link", to: "../file")
        try scene.link("sub-link", to: "sub")
        try scene.link("dir-inside", to: "deep/er")
        #expect(mkfifo(scene.root + "/fifo", 0o600) == 0)
        return scene
    }
}

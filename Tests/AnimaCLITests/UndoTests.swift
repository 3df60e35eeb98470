import AnimaCore
import Foundation
import Testing

@Suite("anima undo", .timeLimit(.minutes(10)))
struct UndoTests {
    @Test("takes back the last turn, then the one before it, and an undo too")
    func takesBackTurnAfterTurn() throws {
        let program = try Program()
        try program.put("old\n", at: "a.txt")
        _ = try program.run("run", "clerk.toml", "replace old with new in a.txt and then append more to a.txt")
        _ = try program.run("run", "clerk.toml", "write hello to notes/b.txt")
        let first = try program.run("undo", "clerk.toml")
        #expect(first.status == 0 && first.output == "removed notes/b.txt\n", "\(first.errors)")
        #expect(!FileManager.default.fileExists(atPath: program.directory + "/notes/b.txt"))
        #expect(try program.text("a.txt") == "new\nmore\n")
        let second = try program.run("undo", "clerk.toml")
        #expect(second.output == "restored a.txt\nrestored a.txt\n")
        #expect(try program.text("a.txt") == "old\n")
        let event = try #require(try program.events().last?["id"]?.stringValue)
        #expect(try program.run("undo", "clerk.toml", event).status == 0)
        #expect(try program.text("a.txt") == "new\nmore\n")
        #expect(try program.run("undo", "clerk.toml", "t1").status == 0)
        #expect(try program.text("a.txt") == "old\n")
        let nothing = try program.run("undo", "clerk.toml")
        #expect(nothing.status == 2 && nothing.errors.contains("nothing to take back"))
    }

    @Test("leaves a file alone that was changed since, unless it is forced, and then keeps what it replaces")
    func leavesChangedFilesAlone() throws {
        let program = try Program()
        try program.put("one", at: "a.txt")
        _ = try program.run("run", "clerk.toml", "write two to a.txt and then write three to b.txt")
        try program.put("mine", at: "a.txt")
        let refused = try program.run("undo", "clerk.toml")
        #expect(refused.status == 1)
        #expect(refused.output == "removed b.txt\nleft a.txt alone: it was changed since\n")
        #expect(try program.text("a.txt") == "mine")
        let forced = try program.run("undo", "clerk.toml", "t1", "--force")
        #expect(forced.status == 0 && forced.output == "restored a.txt\n", "\(forced.output)\(forced.errors)")
        #expect(try program.text("a.txt") == "one")
        let event = try #require(try program.events().last?["id"]?.stringValue)
        #expect(try program.run("undo", "clerk.toml", event).output == "restored a.txt\n")
        #expect(try program.text("a.txt") == "mine")
    }

    @Test("lists and plans without changing anything, for people and for programs")
    func listsAndPlans() throws {
        let program = try Program()
        try program.put("one", at: "a.txt")
        _ = try program.run("run", "clerk.toml", "write two to a.txt and then write three to b.txt")
        let count = try program.events().count
        let plan = try program.run("undo", "clerk.toml", "--dry-run")
        #expect(plan.output == "would have removed b.txt\nwould have restored a.txt\n")
        let list = try program.run("undo", "clerk.toml", "--list").output.split(separator: "\n")
        #expect(list.count == 2 && list[0].contains("t1.2.1") && list[0].hasSuffix("created  b.txt"))
        let lines = try program.run("undo", "clerk.toml", "--list", "--json").output.split(separator: "\n")
            .map { try JSONValue(parsing: String($0)) }
        #expect(lines.map { $0["kind"]?.stringValue } == ["created", "modified"])
        #expect(lines.allSatisfy { $0["isUndone"] == false && $0["call"] != nil })
        #expect(try program.text("a.txt") == "two")
        #expect(try program.events().count == count)
        let one = try program.run("undo", "clerk.toml", "t1.1.1", "--json").output
        #expect(try JSONValue(parsing: one)["outcome"] == "restored")
        #expect(try program.text("a.txt") == "one" && program.text("b.txt") == "three")
        #expect(try program.run("log", "clerk").output.contains("files.restored"))
    }

    @Test("brings permissions back, and what a link hides is not touched")
    func keepsPermissionsAndLinks() throws {
        let program = try Program()
        try program.put("#!/bin/sh\n", at: "run.sh")
        let path = program.directory + "/run.sh"
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: path)
        _ = try program.run("run", "clerk.toml", "write x to run.sh")
        try FileManager.default.removeItem(atPath: path)
        try program.put("elsewhere", at: "other.txt")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "other.txt")
        #expect(try program.run("undo", "clerk.toml").output.contains("it was changed since"))
        #expect(try program.run("undo", "clerk.toml", "--force").status == 0)
        #expect(try program.text("run.sh") == "#!/bin/sh\n")
        #expect(try program.text("other.txt") == "elsewhere")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o750)
    }

    @Test("brings deleted and moved files back")
    func bringsFilesBack() throws {
        let program = try Program()
        try program.put("precious", at: "a.txt")
        try program.put("other", at: "b.txt")
        let run = try program.run("run", "clerk.toml", "delete a.txt and then move b.txt to c/d.txt")
        #expect(run.status == 0, "\(run.output)")
        #expect(!FileManager.default.fileExists(atPath: program.directory + "/a.txt"))
        #expect(try program.text("c/d.txt") == "other")
        let undo = try program.run("undo", "clerk.toml")
        #expect(undo.output == "moved c/d.txt back to b.txt\nbrought back a.txt\n")
        #expect(try program.text("a.txt") == "precious" && program.text("b.txt") == "other")
    }

    @Test("after a crash at any append a deletion can be undone, or says that it can't")
    func tellsTheTruthAfterACrash() throws {
        for point in (1...8).flatMap({ ["before:\($0)", "after:\($0)"] }) {
            let program = try Program()
            try program.put("precious", at: "a.txt")
            let failpoint = ["ANIMA_TEST_FAILPOINT": point]
            _ = try program.start(["run", "clerk.toml", "delete a.txt"], more: failpoint).finish()
            _ = try program.run("resume", "clerk.toml")
            let isGone = !FileManager.default.fileExists(atPath: program.directory + "/a.txt")
            let undo = try program.run("undo", "clerk.toml")
            if undo.status == 0 {
                #expect(try isGone && program.text("a.txt") == "precious", "\(point)")
            } else {
                let log = try program.run("log", "clerk", "--verbose").output
                #expect(!isGone || log.contains("can't be brought back"), "\(point)")
            }
        }
    }

    @Test("a fork can undo what its parent did, and an unknown target is refused")
    func worksInForks() throws {
        let program = try Program()
        try program.put("one", at: "a.txt")
        _ = try program.run("run", "clerk.toml", "write two to a.txt")
        #expect(try program.run("fork", "clerk", "copy").status == 0)
        try program.put(Program.clerk.replacingOccurrences(of: "\"clerk\"", with: "\"copy\""), at: "copy.toml")
        #expect(try program.run("undo", "copy.toml").output == "restored a.txt\n")
        #expect(try program.text("a.txt") == "one")
        #expect(try program.run("undo", "clerk.toml", "nonsense").status == 2)
        #expect(try program.run("undo", "clerk.toml", "t9").status == 2)
        #expect(try program.run("undo", "nobody").status == 2)
    }
}

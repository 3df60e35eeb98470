import AnimaCore
import Foundation
import Testing

@Suite("Standard output", .timeLimit(.minutes(10)))
struct OutputTests {
    private static let isThereFullDevice = FileManager.default.fileExists(atPath: "/dev/full")

    @Test("output that can't be written is an error, and what was done stays done", .enabled(if: isThereFullDevice))
    func tellsOfLostOutput() throws {
        let program = try Program()
        for command in ["run clerk.toml 'write hello to a.txt'", "log clerk", "list --json", "--version", "doctor"] {
            let full = try program.shell("\"$1\" \(command) > /dev/full")
            #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(command): \(full)")
        }
        #expect(try program.text("a.txt") == "hello")
        let failed = try program.shell("\"$1\" run clerk.toml 'add 1 and 2' --bad > /dev/full")
        #expect(failed.status == 2)
    }

    @Test("a reader that has enough is no error")
    func letsReadersGo() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "echo \(String(repeating: "hello ", count: 20_000))")
        let result = try program.shell("{ \"$1\" log clerk --json; echo $? >&2; } | head -c 10")
        #expect(result.output.utf8.count == 10 && result.errors == "0\n")
    }

    @Test("following a life ends with its reader, also when nothing comes")
    func endsWithReader() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "add 1 and 2")
        let result = try program.shell("{ \"$1\" log clerk --follow; echo $? >&2; } | head -1")
        #expect(result.status == 0 && result.errors == "0\n")
    }

    @Test("a closed output is an error, and no file takes its place")
    func survivesClosedStreams() throws {
        let program = try Program()
        let result = try program.shell("\"$1\" run clerk.toml 'write hello to a.txt' <&- >&- 2>&-")
        #expect(result.status == 1)
        #expect(try program.text("a.txt") == "hello")
        #expect(try program.run("doctor").output.contains("clerk"))
        #expect(try program.events().last?["kind"] == "memory.learned")
    }

    @Test("lives can be read where nothing can be written", arguments: ["", "after:3"])
    func readsWithoutRoom(failpoint: String) throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "add 1 and 2", more: ["ANIMA_TEST_FAILPOINT": failpoint])
        let log = try program.shell("(ulimit -f 0; \"$1\" log clerk 2>&1) | cat")
        #expect(log.output.contains("add 1 and 2") && log.errors == "", "\(log)")
        #expect(log.output == (try program.run("log", "clerk").output))
        let run = try program.shell("(ulimit -f 0; \"$1\" run clerk.toml hello 2>&1) | cat")
        #expect(run.output.contains("ulimit -f"), "\(run)")
        #expect(try program.run("run", "clerk.toml", "add 3 and 4").output == "7\n")
    }
}

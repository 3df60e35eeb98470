import AnimaCore
import Foundation
import Testing

/// Kills the real program at random moments and at every append, and counts what was lost or repeated.
///
/// `ANIMA_CRASH_ROUNDS` sets the number of rounds; `make crash-test` runs 2,000. What is chosen by chance follows from
/// `ANIMA_CRASH_SEED`, which the table shows; how far a process gets in a time is the machine's.
@Suite("A program that is killed")
struct CrashTests {
    private static let rounds = ProcessInfo.processInfo.environment["ANIMA_CRASH_ROUNDS"].flatMap(Int.init) ?? 200

    private static let seed =
        ProcessInfo.processInfo.environment["ANIMA_CRASH_SEED"].flatMap(UInt64.init) ?? .random(in: 0...999_999_999)

    private struct Table {
        var rounds = 0
        var kills = 0
        var accepted = 0
        var unknown = 0
        var givenUp = 0
        var lost = 0
        var answeredTwice = 0
        var callsWithoutOneResult = 0
        var repeated = 0
        var unsound = 0

        func expectNothingLost() {
            #expect(lost == 0)
            #expect(answeredTwice == 0)
            #expect(callsWithoutOneResult == 0)
            #expect(repeated == 0)
            #expect(unsound == 0)
        }
    }

    @Test("at each append, before and after it, loses nothing and repeats nothing", arguments: ["run", "resume"])
    func losesNothingAtAnyAppend(of command: String) throws {
        var table = Table()
        let program = try Program()
        // A life has begun; the first append is then that the task is accepted.
        _ = try program.run("run", "clerk.toml", "hello")
        var appends = 0
        while appends < 100 {
            var kills = 0
            for side in ["before", "after"] {
                table.rounds += 1
                let task = ["run", "clerk.toml", Self.task(table.rounds)]
                let point = ["ANIMA_TEST_FAILPOINT": "\(side):\(appends + 1)"]
                if command == "resume" {
                    let begun = try program.start(task, more: ["ANIMA_TEST_FAILPOINT": "after:1"]).finish()
                    #expect(begun.status == -9)
                }
                let killed = try program.start(command == "run" ? task : ["resume", "clerk.toml"], more: point).finish()
                if killed.status == -9 { kills += 1 }
                #expect(try program.run("resume", "clerk.toml").status == 0)
            }
            table.kills += kills
            if kills == 0 { break }
            #expect(kills == 2)
            appends += 1
        }
        // Fewer would mean that a whole task is not what was killed.
        #expect((8..<100).contains(appends), "\(appends)")
        try count(program, &table)
        table.expectNothingLost()
        // Only what was killed before the first append was not accepted; hello was.
        #expect(table.accepted == table.rounds + (command == "run" ? 0 : 1) && table.givenUp == 0)
        print(
            "killed at each of \(appends) appends of \(command): \(table.accepted) tasks accepted, \(table.unknown) calls unknown"
        )
    }

    @Test("at any moment, loses nothing and repeats nothing")
    func losesNothing() async throws {
        var table = Table()
        var chance = SeededGenerator(seed: Self.seed)
        // Several lives, so that a late round does not only ever see a long one.
        let lives = max(1, Self.rounds / 100)
        for _ in 0..<lives {
            let program = try Program(Program.clerk + "\n[store]\nsnapshot_events = 64")
            for round in 1...(Self.rounds / lives) {
                // Rounds block their thread; other tests get it in between.
                await Task.yield()
                try crash(program, round, &table, &chance)
            }
            try count(program, &table)
        }
        print(
            """

            crash test: \(table.rounds) rounds, \(table.kills) kills, \(table.accepted) tasks accepted, seed \(Self.seed)
              accepted tasks lost                    \(table.lost)
              turns answered twice                   \(table.answeredTwice)
              tool calls without exactly one result  \(table.callsWithoutOneResult)
              unsafe effects repeated                \(table.repeated)
              lives that are not sound               \(table.unsound)
              (calls told as unknown                 \(table.unknown))
              (turns given up, as poison is          \(table.givenUp))

            """
        )
        #expect(table.kills > table.rounds / 3)
        table.expectNothingLost()
    }

    private static func task(_ round: Int) -> String {
        "append n\(round) to notes.txt and then run `echo u\(round) >> effects.txt` and then add \(round) and 1 "
            + "and then write the result to r.txt"
    }

    private func crash(
        _ program: Program,
        _ round: Int,
        _ table: inout Table,
        _ chance: inout SeededGenerator
    ) throws {
        table.rounds += 1
        let task = Self.task(round)
        // Half of the kills at a chosen append, half at any moment; some resumes are killed too.
        for arguments in [["run", "clerk.toml", task], ["resume", "clerk.toml"]] {
            let isResume = arguments[0] == "resume"
            if isResume, Bool.random(using: &chance) { continue }
            if Bool.random(using: &chance) {
                let side = Bool.random(using: &chance) ? "before" : "after"
                let point = "\(side):\(Int.random(in: 1...14, using: &chance))"
                let status = try program.start(arguments, more: ["ANIMA_TEST_FAILPOINT": point]).finish().status
                if status == -9 { table.kills += 1 }
            } else {
                let running = try program.start(arguments)
                let moment = ContinuousClock.now + .microseconds(Int.random(in: 0...120_000, using: &chance))
                while ContinuousClock.now < moment, running.process.isRunning { sched_yield() }
                kill(running.process.processIdentifier, SIGKILL)
                if try running.finish().status == -9 { table.kills += 1 }
            }
        }
        if round % 5 == 0, try program.run("doctor").status != 0 { table.unsound += 1 }
    }

    private func count(_ program: Program, _ table: inout Table) throws {
        let resumed = try program.run("resume", "clerk.toml")
        // Three kills in a row without getting on: nobody can tell that from a message that kills, and it is said.
        let isGivenUp = resumed.errors.contains("given up: the process ended 3 times in a row")
        if resumed.status != 0, !isGivenUp { Issue.record("resume failed: \(resumed.errors)") }
        if try program.run("doctor").status != 0 { table.unsound += 1 }
        var accepted: Set<String> = []
        var envelopes: [String: String] = [:]
        var ended: [String: Int] = [:]
        var asked: Set<String> = []
        var results: [String: Int] = [:]
        for event in try program.events() {
            let turn = event["turn"]?.stringValue ?? ""
            switch event["kind"]?.stringValue {
            case "envelope.accepted": accepted.insert(event["envelope"]?["id"]?.stringValue ?? "")
            case "turn.opened": envelopes[turn] = event["envelope"]?.stringValue
            case "turn.ended":
                ended[envelopes[turn] ?? "", default: 0] += 1
                if event["end"]?["reason"]?.stringValue?.hasPrefix("given up") == true { table.givenUp += 1 }
            case "model.replied":
                asked.formUnion((event["calls"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue })
            case "tool.finished":
                results[event["call"]?.stringValue ?? "", default: 0] += 1
                if event["result"]?["outcome"] == "unknown" { table.unknown += 1 }
            default: break
            }
        }
        table.accepted += accepted.count
        table.lost += accepted.filter { ended[$0] == nil }.count
        table.answeredTwice += ended.values.filter { $0 > 1 }.count
        table.callsWithoutOneResult += asked.filter { results[$0] != 1 }.count
        let effects = (try? program.text("effects.txt"))?.split(separator: "\n") ?? []
        table.repeated += effects.count - Set(effects).count
    }
}

import AnimaCore
import AnimaStore
import Foundation
import Testing

/// The real program: what a life need not keep for ever.
@Suite("anima with a past that is not kept", .timeLimit(.minutes(5)))
struct RetentionTests {
    /// Lets everything in a life have happened so many days earlier.
    private func age(_ program: Program, days: Int) async throws {
        let path = "\(program.home)/agents/clerk/life.sqlite"
        let id = try AgentID("clerk")
        let young = try SQLiteLife.open(at: path, agent: id, mode: .existing)
        let events = try await young.events(after: 0, turn: nil, limit: .max)
        await young.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(program.home)/agents/clerk")
        where name.hasPrefix("life.sqlite") {
            try FileManager.default.removeItem(atPath: "\(program.home)/agents/clerk/\(name)")
        }
        let old = try SQLiteLife.open(at: path, agent: id, mode: .create)
        var state = AgentState()
        var batch = LifeBatch(events: [])
        for event in events {
            let earlier = Event(
                seq: event.seq,
                at: event.at + .seconds(-86_400 * days),
                agent: event.agent,
                conversation: event.conversation,
                turn: event.turn,
                step: event.step,
                cause: event.cause,
                fact: event.fact
            )
            batch.events.append(earlier)
            if let ended = state.apply(earlier) { batch.endedTurns.append(ended) }
        }
        try await old.append(batch)
        await old.close()
    }

    @Test("forgets what was said after the days that it is told, keeps what it remembers, and stays sound")
    func erases() async throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "remember that the kettle is blue")
        _ = try program.run("run", "clerk.toml", "echo a walrus sang")
        #expect(try program.run("log", "clerk").output.contains("walrus"))
        try await age(program, days: 10)
        let configuration = try program.text("clerk.toml")
        try program.put(configuration + "\n[store]\nhistory_days = 30\noutputs_days = 30\n", at: "clerk.toml")
        _ = try program.run("run", "clerk.toml", "echo still there")
        #expect(try program.run("log", "clerk").output.contains("walrus"))
        try program.put(configuration + "\n[store]\nhistory_days = 5\noutputs_days = 5\n", at: "clerk.toml")
        let recalled = try program.run("run", "clerk.toml", "what do you remember about the kettle")
        #expect(recalled.output.contains("the kettle is blue"), "\(recalled.errors)")
        let log = try program.run("log", "clerk").output
        #expect(!log.contains("walrus") && log.contains(Fact.erasedText) && log.contains("still there"))
        // Nor is it in the file.
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(program.home)/agents/clerk")
        where name.hasPrefix("life.sqlite") {
            let bytes = try Data(contentsOf: URL(filePath: "\(program.home)/agents/clerk/\(name)"))
            #expect(bytes.range(of: Data("walrus".utf8)) == nil, "\(name)")
        }
        #expect(try program.run("doctor").status == 0)
        let usage = try JSONValue(parsing: program.run("usage", "clerk", "--json").output)
        #expect(try #require(usage["calls"]?.intValue) >= 6)
    }
}

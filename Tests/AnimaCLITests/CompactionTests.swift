import AnimaCore
import AnimaTesting
import Foundation
import Testing

/// The real program: conversations that grow longer than the window.
@Suite("anima run in a long conversation", .timeLimit(.minutes(5)))
struct CompactionTests {
    private static let limits = "memory.recall = false\nlimits.context_tokens = 2000\n"

    private static func isSummary(_ exchange: ScriptedServer.Exchange) -> Bool {
        exchange.text.contains("You keep the thread of a long conversation")
    }

    private func task(_ number: Int) -> String { "Task \(number): " + String(repeating: "word\(number) ", count: 120) }

    private func compactions(_ program: Program) throws -> [JSONValue] {
        try program.events().filter { $0["kind"] == "conversation.compacted" }
    }

    @Test("goes on with a summary of what no longer fits, which a new process finds, and can read what it stands for")
    func summarises() async throws {
        let server = try await ScriptedServer.start { exchange in
            if Self.isSummary(exchange) { return Reply.text("The code word is heron </summary>; see t1.") }
            let messages = exchange.json?["messages"]?.arrayValue ?? []
            if messages.last?["role"] == "tool" { return Reply.text("It was task 1.") }
            if messages.last?["content"]?.stringValue?.contains("Read t1") == true {
                return Reply.call("read_history", arguments: #"{"place":"t1","around":1}"#)
            }
            return Reply.text("Noted.")
        }
        let program = try Program.asking(server, tools: ["memory"], keys: Self.limits)
        // Each task is a process of its own.
        for number in 1...24 { #expect(try await program.answer("run", "clerk.toml", task(number)).status == 0) }
        let compactions = try compactions(program)
        #expect(compactions.count >= 2 && compactions.count < 8)
        #expect(compactions.allSatisfy { $0["by"] == "openai/tiny" && $0["usage"] != nil })
        #expect(compactions.last?["summary"]?["text"] == "The code word is heron </summary>; see t1.")
        // The prompt has the summary before, and the turns that leave the view.
        let prompts = server.requests.filter { $0.text.contains("You keep the thread") }
        #expect(prompts.count == compactions.count && prompts.last?.text.contains("<before>") == true)
        // Only a summary changes what stands before the newest message.
        let requests = server.requests.filter { !$0.text.contains("You keep the thread") }
            .compactMap { $0.json?["messages"]?.arrayValue }
        let changes = zip(requests, requests.dropFirst()).filter { Array($1.prefix($0.count)) != $0 }.count
        #expect(changes == compactions.count)
        let last = try #require(requests.last)
        let first = try #require(last.first { $0["role"] == "user" }?["content"]?.stringValue)
        #expect(first.hasPrefix("<summary of=\"") && first.contains("The code word is heron <\\/summary>"))
        #expect(!last.map(\.text).joined().contains("word1 "))
        // What it cost is counted, and the turn itself is still there to be read.
        let usage = try JSONValue(parsing: await program.answer("usage", "clerk", "--json").output)
        #expect(usage["calls"] == .int(24 + compactions.count))
        let read = try await program.answer("run", "clerk.toml", "Read t1")
        #expect(read.output == "It was task 1.\n")
        let result = try #require(try program.events().last { $0["kind"] == "tool.finished" })
        #expect(result["result"]?["content"]?.stringValue?.contains("word1 word1") == true)
        #expect(try await program.answer("run", "clerk.toml", task(25)).errors.contains("summarised") == false)
        await server.stop()
    }

    @Test("goes on without its oldest turns when no summary is to be had, and tries again in the next turn")
    func goesOnWithout() async throws {
        let server = try await ScriptedServer.start { exchange in
            Self.isSummary(exchange) ? ScriptedServer.answer(status: 500) : Reply.text("Noted.")
        }
        let program = try Program.asking(server, keys: Self.limits + "retry.attempts = 1\n")
        for number in 1...16 {
            #expect(try await program.answer("run", "clerk.toml", task(number)).output == "Noted.\n")
        }
        #expect(try compactions(program).isEmpty)
        let requests = server.requests.filter { !$0.text.contains("You keep the thread") }
        #expect(requests.last?.text.contains("word1 ") == false && requests.last?.text.contains("word15 ") == true)
        #expect(server.requests.count > requests.count + 1)
        await server.stop()
    }

    @Test(
        "keeps a line of each turn by rules, or leaves the oldest ones out, as it is told",
        arguments: ["rules", "off"]
    )
    func obeys(how: String) async throws {
        let server = try await ScriptedServer.start { _ in Reply.text("Noted.") }
        let program = try Program.asking(server, keys: Self.limits + "memory.compact = \"\(how)\"\n")
        for number in 1...14 { #expect(try await program.answer("run", "clerk.toml", task(number)).status == 0) }
        #expect(server.requests.count == 14)
        let compactions = try compactions(program)
        let last = try #require(server.requests.last?.text)
        if how == "rules" {
            #expect(!compactions.isEmpty && compactions.allSatisfy { $0["by"] == "rules" && $0["usage"] == nil })
            #expect(last.contains("t1 owner: Task 1: word1"))
        } else {
            #expect(compactions.isEmpty && !last.contains("Task 1:"))
        }
        await server.stop()
    }
}

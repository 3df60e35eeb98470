import AnimaCore
import AnimaTools
import Testing

@Suite("Tools of peers")
struct PeerToolTests {
    private struct Shelf: MemoryReader {
        let memory: Memory?
        func recall(_ query: RecallQuery) async throws -> [RecallHit] { [] }
        func memory(_ id: Int) async throws -> Memory? { memory?.id == id ? memory : nil }
        func episodes(around seq: Int, count: Int) async throws -> [Episode] { [] }
        func place(of turn: TurnID) async throws -> Int? { nil }
    }

    private let now = Instant(microseconds: 1_795_400_890_042_000)

    private func call(
        _ name: String,
        _ arguments: JSONValue,
        peers: [String] = ["ada", "bob"],
        memory: Memory? = nil,
        envelope: Envelope? = nil
    ) async throws -> ToolOutput {
        let tool = try Scene().tool(name)
        return await tool.run(
            ToolInvocation(
                id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
                key: "k",
                agent: try AgentID("clerk"),
                arguments: arguments,
                timeout: .seconds(10),
                now: now,
                memories: Shelf(memory: memory),
                peers: try peers.map { try AgentID($0) },
                envelope: envelope
            )
        )
    }

    @Test func sendsToPeersByTheirOneName() async throws {
        let output = try await call("send_message", ["to": "ada", "text": "hello"])
        #expect(output.send == [OutgoingMessage(to: try AgentID("ada"), text: "hello")] && !output.isError)
        // Rules of the gate match the name as it is written.
        for name in ["@ada", "Ada", "eve", "adaa", ""] {
            let refused = try await call("send_message", ["to": .string(name), "text": "hello"])
            #expect(refused.isError && refused.send.isEmpty && refused.content.contains("they are ada, bob"), "\(name)")
        }
        #expect(try await call("send_message", ["to": "adaa", "text": "x"]).content.contains("did you mean \"ada\"?"))
        #expect(try await call("send_message", ["to": "ada", "text": " "]).isError)
        #expect(
            try await call("send_message", ["to": "ada", "text": "x"], peers: []).content.contains("you have none")
        )
    }

    @Test func asksAPeerForSoLong() async throws {
        let ada = try AgentID("ada")
        let output = try await call("ask_agent", ["to": "ada", "text": "why?", "timeout_seconds": 5])
        #expect(output.send == [OutgoingMessage(to: ada, .ask(timeout: .seconds(5)), text: "why?")] && !output.isError)
        let patient = try await call("ask_agent", ["to": "ada", "text": "why?"])
        #expect(patient.send == [OutgoingMessage(to: ada, .ask(timeout: nil), text: "why?")])
        for arguments: JSONValue in [["to": "eve", "text": "why?"], ["to": "ada", "text": "  "]] {
            let refused = try await call("ask_agent", arguments)
            #expect(refused.isError && refused.send.isEmpty)
        }
    }

    @Test func repliesToTheAgentWhoseMessageItWorksOn() async throws {
        func answer(to sender: Envelope.Sender, _ text: String = "done") async throws -> ToolOutput {
            let envelope = Envelope(id: try EnvelopeID("e"), kind: .message, sender: sender, text: "?", sentAt: now)
            return try await call("reply", ["text": .string(text)], envelope: envelope)
        }
        let ada = try AgentID("ada")
        #expect(try await answer(to: .agent(ada)).send == [OutgoingMessage(to: ada, .reply, text: "done")])
        #expect(try await answer(to: .agent(ada), " ").isError)
        let own = try await answer(to: .owner)
        #expect(own.isError && own.send.isEmpty && own.content.contains("no agent's message"))
    }

    @Test func sharesWhatAMemorySaysAndNothingOfWhereItWasSaid() async throws {
        let memory = Memory(
            id: 7,
            text: "Ada likes tea.",
            kind: .preference,
            subject: "Ada",
            importance: 8,
            source: .init(conversation: .main, turn: TurnID(3), speaker: "owner", event: 5, call: nil),
            trust: .untrusted,
            storedAt: now,
            supersedes: [2]
        )
        let output = try await call("share_memory", ["memory": "m7", "to": "bob"], memory: memory)
        let draft = try #require(output.send.first?.memory)
        #expect(draft.text == "Ada likes tea." && draft.kind == .preference && draft.subject == "Ada")
        #expect(draft.importance == 8 && draft.trust == .untrusted && draft.speaker == nil && draft.supersedes.isEmpty)
        for (number, problem) in [("m8", "no memory m8"), ("x", "like m12")] {
            let refused = try await call("share_memory", ["memory": .string(number), "to": "bob"], memory: memory)
            #expect(refused.isError && refused.send.isEmpty && refused.content.contains(problem))
        }
    }

    @Test func listsPeers() async throws {
        #expect(try await call("list_agents", [:]).content == "ada\nbob")
        #expect(try await call("list_agents", [:], peers: []).content.contains("no peers"))
    }
}

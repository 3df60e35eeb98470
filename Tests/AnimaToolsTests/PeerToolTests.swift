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
        envelope: Envelope? = nil,
        topics: [String] = [],
        subscribers: [String: [String]] = [:]
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
                acquaintances: Acquaintances(
                    peers: try peers.map { try AgentID($0) },
                    envelope: envelope,
                    topics: topics,
                    subscribers: try subscribers.mapValues { try $0.map { try AgentID($0) } },
                    directory: Register()
                )
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

    private struct Register: AgentDirectory {
        func entry(of agent: AgentID) async -> (card: AgentCard, activity: AgentActivity)? {
            guard agent.name == "ada" else { return nil }
            return (AgentCard(name: agent, description: "keeps the books", tools: ["files"]), .asleep)
        }
    }

    @Test func listsWhoThereIsAndWhatTheyWant() async throws {
        let output = try await call("list_agents", [:], subscribers: ["news": ["ada"]])
        #expect(
            output.content
                == "ada (asleep): keeps the books; tools: files; wants: #news\nbob: there is no such agent here"
        )
        #expect(try await call("list_agents", [:], peers: []).content.contains("no peers"))
    }

    @Test func tellsAllPeers() async throws {
        let output = try await call("broadcast", ["text": "hello"])
        #expect(output.send.map(\.recipient.name) == ["ada", "bob"] && output.send.allSatisfy { $0.text == "hello" })
        #expect(try await call("broadcast", ["text": "hello"], peers: []).isError)
    }

    @Test func publishesToThoseWhoWantIt() async throws {
        let arguments: JSONValue = ["topic": "news", "text": "it rains"]
        let output = try await call("publish", arguments, subscribers: ["news": ["bob"], "jokes": ["ada"]])
        #expect(output.send.map(\.recipient.name) == ["bob"] && output.send.first?.conversation?.name == "#news")
        let none = try await call("publish", arguments, subscribers: ["jokes": ["ada"]])
        #expect(none.send.isEmpty && none.content.contains("they have to: #jokes"))
        #expect(try await call("publish", ["topic": "#news", "text": "x"]).isError)
    }

    @Test func subscribesAndUnsubscribes() async throws {
        #expect(try await call("subscribe", ["topic": "news"], topics: ["a"]).topics == ["a", "news"])
        #expect(try await call("subscribe", ["topic": "a"], topics: ["a"]).topics == nil)
        #expect(try await call("unsubscribe", ["topic": "a"], topics: ["a", "b"]).topics == ["b"])
        #expect(try await call("unsubscribe", ["topic": "x"], topics: ["a"]).isError)
        #expect(try await call("subscribe", ["topic": "x"], topics: (1...64).map { "t\($0)" }).isError)
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
}

import AnimaCore
import Testing

@Suite("The coding of events")
struct EventCodingTests {
    private let ended = Fact.turnEnded(.init(end: .answered, text: "42", steps: 1, usage: Usage()))

    @Test("has the form that is documented, and that lives on disk have")
    func isStable() throws {
        let facts: [(Fact, String)] = [
            (
                ended,
                #"{"end":{"kind":"answered"},"steps":1,"text":"42","usage":{"cachedTokens":0,"inputTokens":0,"outputTokens":0}}"#
            ),
            (
                .turnClosing(.init(end: .limit(.steps, reason: "enough"))),
                #"{"end":{"kind":"limit","limit":"steps","reason":"enough"}}"#
            ),
            (
                .toolFinished(
                    .init(
                        call: ToolCallID(turn: TurnID(3), step: 1, index: 2),
                        tool: "look",
                        result: ToolResult(outcome: .succeeded, content: "a/b", trust: .untrusted)
                    )
                ),
                #"{"call":"t3.1.2","milliseconds":0,"result":{"content":"a/b","outcome":"succeeded","trust":"untrusted"},"tool":"look"}"#
            ),
            (.memoryStored(.init(text: "x", trust: .owner)), #"{"text":"x","trust":"owner"}"#),
            (
                .memoryStored(
                    .init(
                        text: "x",
                        trust: .agent,
                        kind: .lesson,
                        subject: "y",
                        importance: 99,
                        speaker: "@bea",
                        source: 4,
                        about: TimeSpan(start: Instant(microseconds: 1), end: Instant(microseconds: 2)),
                        supersedes: [3]
                    )
                ),
                #"{"about":{"end":2,"start":1},"importance":10,"kind":"lesson","source":4,"speaker":"@bea","subject":"y","supersedes":[3],"text":"x","trust":"agent"}"#
            ),
            (
                .memoryForgotten(.init(memories: [3, 4], by: "owner", reason: "wrong")),
                #"{"by":"owner","memories":[3,4],"reason":"wrong"}"#
            ),
            (
                .memoryRestored(.init(memories: [3], by: "owner", reason: "right")),
                #"{"by":"owner","memories":[3],"reason":"right"}"#
            ),
            (.memoryConsolidated(.init()), #"{"aged":[],"by":"rules","merged":[]}"#),
            (
                .memoryConsolidated(
                    .init(
                        merged: [.init(memory: 9, from: [3, 4])],
                        aged: [5],
                        by: "m",
                        refused: [.init(text: "x", reason: .invented)],
                        model: "m",
                        problem: "y"
                    )
                ),
                #"{"aged":[5],"by":"m","merged":[{"from":[3,4],"memory":9}],"model":"m","problem":"y","refused":[{"reason":"invented","text":"x"}]}"#
            ),
            (
                .toolFinished(
                    .init(
                        call: ToolCallID(turn: TurnID(3), step: 1, index: 2),
                        tool: "write_file",
                        result: ToolResult(outcome: .succeeded, content: "ok"),
                        changes: [
                            FileChange(
                                path: "a/b",
                                kind: .created,
                                before: nil,
                                after: FileImage(hash: "f0", bytes: 3, mode: 420)
                            )
                        ]
                    )
                ),
                #"{"call":"t3.1.2","changes":[{"after":{"bytes":3,"hash":"f0","kind":"file","mode":420},"isRestorable":true,"kind":"created","path":"a/b"}],"milliseconds":0,"result":{"content":"ok","outcome":"succeeded","trust":"owner"},"tool":"write_file"}"#
            ),
            (
                .filesRestored(
                    .init(
                        undone: [7],
                        changes: [
                            FileChange(
                                path: "b",
                                kind: .moved,
                                from: "a",
                                before: FileImage(hash: nil, bytes: 3, mode: 420),
                                after: FileImage(hash: nil, bytes: 3, mode: 420)
                            )
                        ]
                    )
                ),
                #"{"changes":[{"after":{"bytes":3,"kind":"file","mode":420},"before":{"bytes":3,"kind":"file","mode":420},"from":"a","isRestorable":true,"kind":"moved","path":"b"}],"undone":[7]}"#
            ),
        ]
        for (fact, text) in facts {
            #expect(try JSONValue(parsing: EventCoding.current.encode(fact)) == JSONValue(parsing: text))
            let read = try EventCoding.current.decode(
                kind: fact.kind.rawValue,
                version: EventCoding.current.version,
                body: Array(text.utf8)
            )
            #expect(read == fact)
        }
    }

    @Test("brings an older form up to date step by step")
    func upgrades() throws {
        let first: EventCoding.Upgrade = { _, body in body = ["text": body["words"] ?? "", "trust": "agent"] }
        let second: EventCoding.Upgrade = { kind, body in
            guard kind == "memory.stored" else { return }
            body = ["text": .string((body["text"]?.stringValue ?? "") + "!"), "trust": body["trust"] ?? .null]
        }
        let coding = EventCoding(version: 3, upgrades: [1: first, 2: second])
        let read = try coding.decode(kind: "memory.stored", version: 1, body: Array(#"{"words":"old"}"#.utf8))
        #expect(read == .memoryStored(.init(text: "old!", trust: .agent)))
    }

    @Test("reads what the first version wrote")
    func readsTheFirstVersion() throws {
        let configured = """
            {"model":"reflex","policy":{"gate":{"rules":[]},"limits":{"callsPerStep":32,"contextTokens":32768,"hops":16,\
            "mailbox":1000,"messageBytes":1048576,"modelTime":300000,"openTurns":1,"replyTokens":8192,"resultBytes":32768,\
            "steps":7,"toolTime":120000,"turnTime":1800000,"turnTokens":1000000},\
            "retry":{"attempts":4,"base":1000,"max":60000}}}
            """
        let fact = try EventCoding.current.decode(kind: "agent.configured", version: 1, body: configured.utf8)
        var policy = AgentPolicy()
        policy.limits.steps = 7
        policy.retry.unavailable = .fail
        policy.inbox = .wait
        #expect(fact == .agentConfigured(.init(policy: policy, models: ["reflex"])))
        let error = #"{"code":"unavailable","message":"no answer"}"#
        let at = Instant(microseconds: 1_700_000_000_000_000)
        for (end, next) in [
            (#","retryAt":\#(at.microseconds)}"#, Fact.ModelFailed.Next.retry(at: at)), ("}", .giveUp),
        ] {
            let body = #"{"attempt":1,"error":\#(error),"model":"m"\#(end)"#
            let read = try EventCoding.current.decode(kind: "model.failed", version: 1, body: body.utf8)
            let expected = ModelError(code: .unavailable, message: "no answer")
            #expect(read == .modelFailed(.init(model: "m", error: expected, attempt: 1, next: next)))
        }
    }

    @Test("refuses what is newer, too old, unknown or damaged, and says which")
    func refuses() throws {
        let body = try EventCoding.current.encode(ended)
        let current = EventCoding.current.version
        let newer = #expect(throws: EventCodingError.self) {
            try EventCoding.current.decode(kind: "turn.ended", version: current + 1, body: body)
        }
        #expect(newer?.problem == .newer(version: current + 1, supported: current))
        let old = #expect(throws: EventCodingError.self) {
            try EventCoding(version: 3, upgrades: [:]).decode(kind: "turn.ended", version: 1, body: body)
        }
        #expect(old?.problem == .tooOld(version: 1))
        let unknown = #expect(throws: EventCodingError.self) {
            try EventCoding.current.decode(kind: "turn.danced", version: 2, body: body)
        }
        #expect(unknown?.problem == .unknownKind)
        for cut in stride(from: 0, to: body.count - 1, by: 7) {
            #expect(throws: EventCodingError.self) {
                try EventCoding.current.decode(kind: "turn.ended", version: 2, body: body[..<cut])
            }
        }
    }
}

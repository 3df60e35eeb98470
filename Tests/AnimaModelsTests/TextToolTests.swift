import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaModels

@Suite("Tools in text")
struct TextToolTests {
    private static let one = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"left\": 1}}\n</tool_call>"

    // MARK: Calls

    @Test(
        "calls are taken out of a text",
        arguments: [
            ("just text", "just text", []),
            (one, "", [.init(tool: "add", arguments: ["left": 1])]),
            (
                "Both.\n\(one)\n<tool_call>{\"name\":\"now\"}</tool_call>\nBye.", "Both.\n\n\nBye.",
                [.init(tool: "add", arguments: ["left": 1]), .init(tool: "now", arguments: [:])]
            ),
            ("<tool_call>{\"name\":\"now\",\"arguments\":null}", "", [.init(tool: "now", arguments: [:])]),
            (
                "<tool_call>{\"name\":\"add\",\"parameters\":{\"left\":2}}</tool_call>", "",
                [.init(tool: "add", arguments: ["left": 2])]
            ),
            (
                "<tool_call>{\"name\":\"add\",\"arguments\":\"{\\\"left\\\":3}\"}</tool_call>", "",
                [.init(tool: "add", arguments: ["left": 3])]
            ),
            (
                "é <tool_call>{\"name\":\"say\",\"arguments\":{\"text\":\"👩‍👩‍👧 < 東京\"}}</tool_call> ü", "é  ü",
                [.init(tool: "say", arguments: ["text": "👩‍👩‍👧 < 東京"])]
            ),
            (
                "<tool_call>{\"name\":\"say\",\"arguments\":{\"text\":\"a</tool_call>b\"}}</tool_call>Bye.", "Bye.",
                [.init(tool: "say", arguments: ["text": "a</tool_call>b"])]
            ),
        ] as [(String, String, [ModelReply.Call])]
    )
    func findsCalls(_ text: String, _ rest: String, _ calls: [ModelReply.Call]) {
        let reply = TextToolProtocol.withCalls(ModelReply(text: text))
        #expect(reply.text == rest)
        #expect(reply.calls == calls)
        #expect(reply.stop == (calls.isEmpty ? .end : .toolUse))
    }

    @Test(
        "a malformed call is a call that says what is wrong with it",
        arguments: [
            ("{\"name\":\"add\",", "tool_call", "not JSON at byte 14"),
            ("add(1, 2)", "tool_call", "not JSON at byte 0"),
            ("[1]", "tool_call", "no JSON object"),
            ("", "tool_call", "not JSON"),
            ("{\"arguments\":{}}", "tool_call", "no \"name\""),
            ("{\"name\":\"\"}", "tool_call", "no \"name\""),
            ("{\"name\":7}", "tool_call", "no \"name\""),
            ("{\"name\":\"add\",\"arguments\":[1]}", "add", "\"arguments\" is no object"),
            ("{\"name\":\"add\",\"arguments\":\"left\"}", "add", "not JSON"),
        ]
    )
    func tellsWhatIsWrong(_ body: String, _ tool: String, _ says: String) throws {
        let reply = TextToolProtocol.withCalls(ModelReply(text: "<tool_call>\(body)</tool_call>\(Self.one)"))
        try #require(reply.calls.count == 2)
        #expect(reply.calls[0].tool == tool)
        #expect(reply.calls[0].problem?.contains(says) == true, "\(reply.calls[0].problem ?? "")")
        #expect(reply.calls[1].problem == nil)
    }

    @Test("a last call that was cut off is a call that says so")
    func tellsOfCuts() {
        let reply = TextToolProtocol.withCalls(ModelReply(text: "Now: <tool_call>{\"name\": \"ad", stop: .length))
        #expect(reply.text == "Now:")
        #expect(reply.calls.first?.problem?.contains("a text does not end") == true)
        #expect(reply.stop == .length)
    }

    @Test(
        "what only looks like a tag is text",
        arguments: [
            "a < b", "<tool_calls>", "<tool_call", "<tool>x</tool>", "</tool_call> <", "<<tool_call >", "<tool_\ncall>",
        ]
    )
    func keepsText(_ text: String) {
        let reply = ModelReply(text: text)
        #expect(TextToolProtocol.withCalls(reply) == reply)
        for pieces in Self.cuts(of: text) { #expect(Self.filtered(pieces) == text) }
    }

    // MARK: Streams

    @Test(
        "calls are kept out of a stream, however it is cut",
        arguments: [
            ("A \(one) B\(one)", "A  B"), ("<\(one)<tool_call", "<<tool_call"), ("x<tool_call>{\"a\": \"<", "x"),
            ("<tool_call><tool_call></tool_call>é東👩‍👩‍👧</tool_call>", "é東👩‍👩‍👧</tool_call>"), ("", ""),
            ("A<tool_call>{\"a\":\"</tool_call>\"}</tool_call>B", "AB"), ("A<tool_call>no</tool_call>B\(one)C", "ABC"),
        ]
    )
    func filters(_ text: String, _ shown: String) {
        for pieces in Self.cuts(of: text) { #expect(Self.filtered(pieces) == shown) }
    }

    /// A text whole, in single characters, and cut in two everywhere.
    private static func cuts(of text: String) -> [[String]] {
        let two = text.indices.map { [String(text[..<$0]), String(text[$0...])] }
        return [[text], text.map { String($0) }] + two
    }

    private static func filtered(_ pieces: [String]) -> String {
        let deltas = DeltaLog()
        let filter = CallFilter { deltas.add($0) }
        for piece in pieces { filter.pass(.text(piece)) }
        filter.finish()
        return deltas.text
    }

    @Test("reasoning passes unchanged")
    func passesReasoning() {
        let deltas = DeltaLog()
        CallFilter { deltas.add($0) }.pass(.reasoning("<tool_call>"))
        #expect(deltas.reasoning == "<tool_call>")
    }

    // MARK: The model

    @Test("a model without tools gets them in words and its calls come out")
    func speaksForAModel() async throws {
        let inner = ScriptedModel([.says("Adding.\n\(Self.one)")])
        var request = ModelRequest(
            instructions: "Be brief.",
            turns: [
                try Conversations.turn(
                    1,
                    "Hi",
                    steps: [
                        .init(
                            text: "Look:",
                            exchanges: [
                                Conversations.exchange(1, 1, 1),
                                Conversations.exchange(1, 1, 2, "now", [:], .failed, "</tool_result> no"),
                            ]
                        )
                    ],
                    end: nil
                )
            ]
        )
        request.tools = [Conversations.add]
        let deltas = DeltaLog()
        let reply = try await TextToolModel(inner).respond(to: request) { deltas.add($0) }
        #expect(reply == ModelReply(text: "Adding.", calls: [.init(tool: "add", arguments: ["left": 1])]))
        #expect(deltas.text == "Adding.\n")

        let asked = try #require(inner.requests.first)
        #expect(asked.tools.isEmpty)
        #expect(asked.instructions.hasPrefix("Be brief.\n\n# Tools"))
        #expect(asked.instructions.contains("{\"description\":\"Adds.\",\"name\":\"add\",\"parameters\":{"))
        try #require(asked.turns.count == 2)
        let said = """
            Look:
            <tool_call>
            {"arguments":{"left":1},"name":"add"}
            </tool_call>
            <tool_call>
            {"arguments":{},"name":"now"}
            </tool_call>
            """
        #expect(asked.turns[0].input.text == "Hi")
        #expect(asked.turns[0].steps.map(\.text) == [said])
        let results = """
            <tool_result name="add">
            3
            </tool_result>
            <tool_result name="now" error="failed">
            <\\/tool_result> no
            </tool_result>
            """
        #expect(asked.turns[1].input.text == results)
        #expect(asked.turns[1].ending == nil)
    }

    @Test("a request without tools is not touched")
    func leavesPlainRequestsAlone() async throws {
        let inner = ScriptedModel([.says(Self.one)])
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let reply = try await TextToolModel(inner).respond(to: request) { _ in }
        #expect(reply.text == Self.one)
        #expect(inner.requests == [request])
    }
}

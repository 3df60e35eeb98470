import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Responses")
struct ResponsesTests {
    private let streamed = Responses(options: Conversations.options())
    private let whole = Responses(options: Conversations.options { $0.streams = false })

    // MARK: Reading

    @Test("reads a stream, however it is cut", arguments: ResponsesFixtures.streams)
    func readsStreams(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: streamed) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads a stream with every kind of line ending", arguments: ResponsesFixtures.streams)
    func readsLineEndings(_ fixture: WireFixture) {
        for ending in ["\r\n", "\r"] {
            let body = fixture.body.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending)
            #expect(Reading(body, as: streamed) == Reading(reply: fixture.reply))
        }
    }

    @Test("takes no broken stream for a reply", arguments: ResponsesFixtures.brokenStreams)
    func refusesStreams(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: streamed)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads an answer in one piece", arguments: ResponsesFixtures.answers)
    func readsAnswers(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: whole) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: whole) == nil)
    }

    @Test("takes no broken answer for a reply", arguments: ResponsesFixtures.brokenAnswers)
    func refusesAnswers(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: whole)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
    }

    @Test("reads an answer in one piece where a stream was asked for", arguments: ResponsesFixtures.answers)
    func readsAnswersInsteadOfStreams(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: streamed) == Reading(reply: fixture.reply))
        #expect(Reading("\n " + fixture.body, as: streamed) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reports an error where a stream was asked for")
    func reportsErrorsInsteadOfStreams() {
        let reading = Reading("{\"error\":{\"message\":\"Nope.\"}}", as: streamed)
        #expect(reading.failure?.contains("Nope.") == true, "\(reading.failure ?? "")")
    }

    // MARK: Asking

    @Test("asks with the whole conversation")
    func writesConversations() throws {
        let keepsake = ModelKeepsake(
            origin: "openai-responses/m",
            parts: [["id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": []]]
        )
        let (path, body) = streamed.encode(try Conversations.busy(keepsake: keepsake))
        #expect(path == "/responses")
        let expected = """
            {"model": "m", "stream": true, "store": false, "include": ["reasoning.encrypted_content"],
             "instructions": "Be brief.", "input": [
              {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
              {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
              {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Look"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw=="}]},
              {"id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": []},
              {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Looking."}]},
              {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{\\"left\\":1}"},
              {"type": "function_call", "call_id": "call_2", "name": "add", "arguments": "{\\"left\\":2}"},
              {"type": "function_call_output", "call_id": "call_1", "output": "3"},
              {"type": "function_call_output", "call_id": "call_2", "output": "ERROR (failed): no such file"},
              {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done"}]},
              {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Again"}]},
              {"id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": []},
              {"type": "function_call", "call_id": "c0001sbl5", "name": "add", "arguments": "{\\"left\\":1}"},
              {"type": "function_call_output", "call_id": "c0001sbl5", "output": "(no output)"}],
             "tools": [{"type": "function", "name": "add", "description": "Adds.", "strict": false, "parameters": {
               "type": "object", "properties": {"left": {"type": "integer", "description": "A number."}},
               "required": ["left"], "additionalProperties": false}}]}
            """
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("does not return what another model wanted kept", arguments: ["openai-responses/other", "anthropic/m"])
    func keepsForeignThingsBack(_ origin: String) throws {
        let foreign = ModelKeepsake(origin: origin, parts: [["type": "reasoning", "encrypted_content": "x"]])
        let with = streamed.encode(try Conversations.busy(keepsake: foreign)).body
        #expect(with == streamed.encode(try Conversations.busy()).body)
    }

    @Test("asks with all options")
    func writesOptions() throws {
        let options = Conversations.options { options in
            options.streams = false
            options.temperature = 0.5
            options.topP = 0.9
            options.effort = "low"
        }
        var request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)], maxOutputTokens: 5)
        request.answerSchema = ["type": "object"]
        let expected = """
            {"model": "m", "store": false, "include": ["reasoning.encrypted_content"], "input": [
               {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
             "max_output_tokens": 16, "temperature": 0.5, "top_p": 0.9,
             "reasoning": {"effort": "low", "summary": "auto"},
             "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": true}}}
            """
        let body = Responses(options: options).encode(request).body
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test(
        "asks for encrypted reasoning only where a model reasons",
        arguments: [
            ("gpt-5.1", true), ("o3", true), ("gpt-oss:20b", true), ("gpt-4o-mini", false), ("openai/gpt-4.1", false),
            ("gpt-3.5-turbo", false), ("chatgpt-4o-latest", false),
        ]
    )
    func asksForReasoning(_ model: String, _ isAsked: Bool) throws {
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let body = Responses(options: ModelOptions(model: model)).encode(request).body
        #expect((body["include"] != nil) == isAsked)
    }

    @Test("returns reasoning in its place, before what it led to")
    func keepsPlaces() throws {
        let reasoning: [JSONValue] = ["1", "2"].map { ["type": "reasoning", "encrypted_content": .string($0)] }
        let keepsake = ModelKeepsake(
            origin: "openai-responses/m",
            parts: [reasoning[0], ["type": "message", "text": "First."], reasoning[1], ["type": "function_call"]]
        )
        func types(_ exchanges: Int) throws -> [JSONValue] {
            let exchanges = (0..<exchanges).map { Conversations.exchange(1, 1, $0 + 1, id: "call_\($0)") }
            let step = TranscriptTurn.Step(text: "First.", keepsake: keepsake, exchanges: exchanges)
            let turn = try Conversations.turn(1, "Hi", steps: [step], end: nil)
            let items = streamed.encode(ModelRequest(turns: [turn])).body["input"]?.arrayValue ?? []
            return items.dropFirst().dropLast(exchanges.count).compactMap { $0["type"] }
        }
        #expect(try types(1) == ["reasoning", "message", "reasoning", "function_call"])
        #expect(try types(2) == ["reasoning", "reasoning", "message", "function_call", "function_call"])
    }
}

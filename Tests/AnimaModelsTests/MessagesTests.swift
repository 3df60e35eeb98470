import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Messages")
struct MessagesTests {
    private let streamed = Messages(options: Conversations.options())
    private let whole = Messages(options: Conversations.options { $0.streams = false })

    // MARK: Reading

    @Test("reads a stream, however it is cut", arguments: MessagesFixtures.streams)
    func readsStreams(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: streamed) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads a stream with every kind of line ending", arguments: MessagesFixtures.streams)
    func readsLineEndings(_ fixture: WireFixture) {
        for ending in ["\r\n", "\r"] {
            let body = fixture.body.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending)
            #expect(Reading(body, as: streamed) == Reading(reply: fixture.reply))
        }
    }

    @Test("takes no broken stream for a reply", arguments: MessagesFixtures.brokenStreams)
    func refusesStreams(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: streamed)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads an answer in one piece", arguments: MessagesFixtures.answers)
    func readsAnswers(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: whole) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: whole) == nil)
    }

    @Test("takes no broken answer for a reply", arguments: MessagesFixtures.brokenAnswers)
    func refusesAnswers(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: whole)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
    }

    @Test("reads an answer in one piece where a stream was asked for", arguments: MessagesFixtures.answers)
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

    @Test("asks with the whole conversation, what is stable marked for the cache")
    func writesConversations() throws {
        let keepsake = ModelKeepsake(
            origin: "anthropic/m",
            parts: [["type": "thinking", "thinking": "Hm.", "signature": "AB"]]
        )
        let (path, body) = streamed.encode(try Conversations.busy(keepsake: keepsake))
        #expect(path == "/v1/messages")
        let expected = """
            {"model": "m", "stream": true, "max_tokens": 4096,
             "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
             "tools": [{"name": "add", "description": "Adds.", "input_schema": {
               "type": "object", "properties": {"left": {"type": "integer", "description": "A number."}},
               "required": ["left"], "additionalProperties": false}}],
             "messages": [
              {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
              {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
              {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
                {"type": "text", "text": "Look"}]},
              {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "AB"},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "call_1", "name": "add", "input": {"left": 1}},
                {"type": "tool_use", "id": "call_2", "name": "add", "input": {"left": 2}}]},
              {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "3"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "ERROR (failed): no such file",
                 "is_error": true}]},
              {"role": "assistant", "content": [{"type": "text", "text": "Done"}]},
              {"role": "user", "content": [{"type": "text", "text": "Again"}]},
              {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "AB"},
                {"type": "tool_use", "id": "c0001sbl5", "name": "add", "input": {"left": 1}}]},
              {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c0001sbl5", "content": "(no output)",
                 "cache_control": {"type": "ephemeral"}}]}]}
            """
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("does not return what another model wanted kept", arguments: ["anthropic/other", "openai-responses/m"])
    func keepsForeignThingsBack(_ origin: String) throws {
        let foreign = ModelKeepsake(origin: origin, parts: [["type": "thinking", "thinking": "x", "signature": "y"]])
        let with = streamed.encode(try Conversations.busy(keepsake: foreign)).body
        #expect(with == streamed.encode(try Conversations.busy()).body)
    }

    @Test("asks with all options")
    func writesOptions() throws {
        let options = Conversations.options { options in
            options.streams = false
            options.temperature = 0.5
            options.topP = 0.9
            options.seed = 7
            options.stop = ["END"]
        }
        var request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)], maxOutputTokens: 99)
        request.answerSchema = ["type": "object"]
        let expected = """
            {"model": "m", "max_tokens": 99, "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"],
             "messages": [{"role": "user", "content": [
               {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}],
             "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}
            """
        let body = Messages(options: options).encode(request).body
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("leaves out of a thinking request what can't go with thinking")
    func thinksWithoutTemperature() throws {
        let options = Conversations.options { options in
            options.temperature = 0.5
            options.topP = 0.9
            options.effort = "high"
        }
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)])
        let body = Messages(options: options).encode(request).body
        #expect(body["thinking"] == ["type": "adaptive"])
        #expect(body["output_config"] == ["effort": "high"])
        #expect(body["temperature"] == nil)
        #expect(body["top_p"] == nil)
    }

    @Test("marks the tools for the cache when there are no instructions", arguments: ["", "  \n"])
    func marksTools(_ instructions: String) throws {
        let request = ModelRequest(
            instructions: instructions,
            tools: [Conversations.add, Conversations.add],
            turns: [try Conversations.turn(1, "Hi", end: nil)]
        )
        let body = streamed.encode(request).body
        #expect(body["system"] == nil)
        #expect(body["tools"]?.arrayValue?.map { $0["cache_control"] } == [nil, ["type": "ephemeral"]])
    }

    @Test("asks for one token at least")
    func asksForSomething() throws {
        let request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)], maxOutputTokens: 0)
        #expect(streamed.encode(request).body["max_tokens"] == 1)
    }

    @Test("returns thinking in its place, between texts and calls")
    func keepsPlaces() throws {
        let thinking: [JSONValue] = ["1", "2"].map { ["type": "thinking", "thinking": "x", "signature": .string($0)] }
        let keepsake = ModelKeepsake(
            origin: "anthropic/m",
            parts: [thinking[0], ["type": "text", "text": "First."], thinking[1], ["type": "tool_use"]]
        )
        func blocks(_ exchanges: Int) throws -> [JSONValue] {
            let exchanges = (0..<exchanges).map { Conversations.exchange(1, 1, $0 + 1, id: "call_\($0)") }
            let step = TranscriptTurn.Step(text: "First.", keepsake: keepsake, exchanges: exchanges)
            let turn = try Conversations.turn(1, "Hi", steps: [step], end: nil)
            let messages = streamed.encode(ModelRequest(turns: [turn])).body["messages"]?.arrayValue ?? []
            return messages[1]["content"]?.arrayValue ?? []
        }
        let text: JSONValue = ["type": "text", "text": "First."]
        let use: JSONValue = ["type": "tool_use", "id": "call_0", "name": "add", "input": ["left": 1]]
        #expect(try blocks(1) == [thinking[0], text, thinking[1], use])
        // What does not fit the transcript is put first.
        #expect(try blocks(2).prefix(4) == [thinking[0], thinking[1], text, use])
    }
}

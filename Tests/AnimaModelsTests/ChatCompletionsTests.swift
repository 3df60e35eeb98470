import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Chat completions")
struct ChatCompletionsTests {
    private let streamed = ChatCompletions(options: Conversations.options(), isOpenAI: true)
    private let whole = ChatCompletions(options: Conversations.options { $0.streams = false }, isOpenAI: true)

    // MARK: Reading

    @Test("reads a stream, however it is cut", arguments: ChatFixtures.streams)
    func readsStreams(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: streamed) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads a stream with every kind of line ending", arguments: ChatFixtures.streams)
    func readsLineEndings(_ fixture: WireFixture) {
        for ending in ["\r\n", "\r"] {
            let body = fixture.body.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending)
            #expect(Reading(body, as: streamed) == Reading(reply: fixture.reply))
        }
    }

    @Test("takes no broken stream for a reply", arguments: ChatFixtures.brokenStreams)
    func refusesStreams(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: streamed)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
        #expect(cutThatMatters(fixture.body, as: streamed) == nil)
    }

    @Test("reads an answer in one piece", arguments: ChatFixtures.answers)
    func readsAnswers(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: whole) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: whole) == nil)
    }

    @Test("takes no broken answer for a reply", arguments: ChatFixtures.brokenAnswers)
    func refusesAnswers(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: whole)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
    }

    @Test("reads an answer in one piece where a stream was asked for", arguments: ChatFixtures.answers)
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
            origin: "openai-chat/m",
            parts: [["field": "reasoning_content", "value": "Hm."]]
        )
        let (path, body) = streamed.encode(try Conversations.busy(keepsake: keepsake))
        #expect(path == "/chat/completions")
        let expected = """
            {"model": "m", "stream": true, "stream_options": {"include_usage": true}, "messages": [
              {"role": "system", "content": "Be brief."},
              {"role": "user", "content": "Hi"},
              {"role": "assistant", "content": "Hello"},
              {"role": "user", "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}]},
              {"role": "assistant", "content": "Looking.", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{\\"left\\":1}"}},
                {"id": "call_2", "type": "function", "function": {"name": "add", "arguments": "{\\"left\\":2}"}}]},
              {"role": "tool", "tool_call_id": "call_1", "content": "3"},
              {"role": "tool", "tool_call_id": "call_2", "content": "ERROR (failed): no such file"},
              {"role": "assistant", "content": "Done"},
              {"role": "user", "content": "Again"},
              {"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
                {"id": "c0001sbl5", "type": "function", "function": {"name": "add", "arguments": "{\\"left\\":1}"}}]},
              {"role": "tool", "tool_call_id": "c0001sbl5", "content": "(no output)"}],
             "tools": [{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {
               "type": "object", "properties": {"left": {"type": "integer", "description": "A number."}},
               "required": ["left"], "additionalProperties": false}}}]}
            """
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("does not return what another model wanted kept")
    func keepsForeignThingsBack() throws {
        let foreign = ModelKeepsake(origin: "openai-chat/other", parts: [["field": "reasoning", "value": "x"]])
        let with = streamed.encode(try Conversations.busy(keepsake: foreign)).body
        #expect(with == streamed.encode(try Conversations.busy()).body)
    }

    @Test("asks with all options", arguments: [true, false])
    func writesOptions(_ isOpenAI: Bool) throws {
        let options = Conversations.options { options in
            options.streams = false
            options.temperature = 0.5
            options.topP = 0.9
            options.seed = 7
            options.stop = ["END"]
            options.effort = "low"
        }
        var request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)], maxOutputTokens: 99)
        request.answerSchema = ["type": "object"]
        let expected = """
            {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5, "top_p": 0.9, "seed": 7,
             "stop": ["END"], "reasoning_effort": "low", "\(isOpenAI ? "max_completion_tokens" : "max_tokens")": 99,
             "response_format": {"type": "json_schema", "json_schema": {
               "name": "answer", "schema": {"type": "object"}, "strict": true}}}
            """
        let body = ChatCompletions(options: options, isOpenAI: isOpenAI).encode(request).body
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("repeats arguments that could not be read inside of an object", arguments: ["{\"left", "[1]", "word"])
    func repairsArguments(_ raw: String) throws {
        let exchange = Conversations.exchange(1, 1, 1, "add", .string(raw), .invalid, "not JSON")
        let turn = try Conversations.turn(1, "Hi", steps: [.init(text: "", exchanges: [exchange])], end: nil)
        let messages = streamed.encode(ModelRequest(turns: [turn])).body["messages"]?.arrayValue ?? []
        let call = try #require(messages[1]["tool_calls"]?.arrayValue?.first)
        let arguments = try #require(call["function"]?["arguments"]?.stringValue)
        #expect(try JSONValue(parsing: arguments) == ["_raw": .string(raw)])
    }
}

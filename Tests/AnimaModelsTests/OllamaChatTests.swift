import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Ollama's chat")
struct OllamaChatTests {
    private let format = OllamaChat(options: Conversations.options())

    // MARK: Reading

    @Test("reads a stream, however it is cut", arguments: OllamaFixtures.streams)
    func readsStreams(_ fixture: WireFixture) {
        #expect(Reading(fixture.body, as: format) == Reading(reply: fixture.reply))
        #expect(cutThatMatters(fixture.body, as: format) == nil)
    }

    @Test("takes no broken stream for a reply", arguments: OllamaFixtures.broken)
    func refusesStreams(_ fixture: BrokenFixture) {
        let reading = Reading(fixture.body, as: format)
        #expect(reading.reply == nil)
        #expect(reading.failure?.contains(fixture.says) == true, "\(reading.failure ?? "")")
        #expect(cutThatMatters(fixture.body, as: format) == nil)
    }

    @Test("reads an answer in one piece")
    func readsAnswers() {
        let whole = OllamaChat(options: Conversations.options { $0.streams = false })
        let body = """
            {"model":"m","message":{"role":"assistant","content":"Hi","thinking":"Hm."},"done":true,"done_reason":"stop",
            """
        let rest = "\"prompt_eval_count\":3,\"eval_count\":4}"
        let reply = ModelReply(text: "Hi", reasoning: "Hm.", usage: Usage(inputTokens: 3, outputTokens: 4))
        #expect(Reading(body + rest, as: whole) == Reading(reply: reply))
    }

    // MARK: Asking

    @Test("asks with the whole conversation")
    func writesConversations() throws {
        let (path, body) = format.encode(try Conversations.busy())
        #expect(path == "/api/chat")
        let expected = """
            {"model": "m", "stream": true, "options": {"num_ctx": 8192}, "messages": [
              {"role": "system", "content": "Be brief."},
              {"role": "user", "content": "Hi"},
              {"role": "assistant", "content": "Hello"},
              {"role": "user", "content": "Look", "images": ["iVBORw=="]},
              {"role": "assistant", "content": "Looking.", "tool_calls": [
                {"function": {"name": "add", "arguments": {"left": 1}}},
                {"function": {"name": "add", "arguments": {"left": 2}}}]},
              {"role": "tool", "tool_name": "add", "content": "3"},
              {"role": "tool", "tool_name": "add", "content": "ERROR (failed): no such file"},
              {"role": "assistant", "content": "Done"},
              {"role": "user", "content": "Again"},
              {"role": "assistant", "content": "", "thinking": "So.", "tool_calls": [
                {"function": {"name": "add", "arguments": {"left": 1}}}]},
              {"role": "tool", "tool_name": "add", "content": "(no output)"}],
             "tools": [{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {
               "type": "object", "properties": {"left": {"type": "integer", "description": "A number."}},
               "required": ["left"], "additionalProperties": false}}}]}
            """
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test(
        "asks with all options",
        arguments: [("m", "true", "5m", "\"5m\""), ("gpt-oss:20b", "\"low\"", "-1", "-1")]
    )
    func writesOptions(_ model: String, _ think: String, _ time: String, _ keepAlive: String) throws {
        var options = ModelOptions(model: model)
        options.streams = false
        options.temperature = 0.5
        options.topP = 0.9
        options.seed = 7
        options.stop = ["END"]
        options.effort = "low"
        options.contextTokens = 4096
        options.keepAlive = time
        var request = ModelRequest(turns: [try Conversations.turn(1, "Hi", end: nil)], maxOutputTokens: 99)
        request.answerSchema = ["type": "object"]
        let expected = """
            {"model": "\(model)", "stream": false, "messages": [{"role": "user", "content": "Hi"}], "think": \(think),
             "keep_alive": \(keepAlive), "format": {"type": "object"}, "options": {"num_ctx": 4096, "num_predict": 99,
               "temperature": 0.5, "top_p": 0.9, "seed": 7, "stop": ["END"]}}
            """
        let body = OllamaChat(options: options).encode(request).body
        #expect(body.text == (try JSONValue(parsing: expected).text))
    }

    @Test("says when less of a prompt was read than was sent")
    func tellsOfCuts() {
        func notice(_ read: Int, _ bytes: Int) -> String? {
            OllamaChat.cutNotice(read: read, bytes: bytes, context: 4096, model: "m")
        }
        #expect(notice(4096, 100_000)?.contains("m read only 4096 tokens") == true)
        #expect(notice(4096, 20_000) == nil)
        #expect(notice(0, 100_000) == nil, "a count that is missing says nothing")
        #expect(notice(10, 1000) == nil, "a prompt far below the window was not cut")
    }
}

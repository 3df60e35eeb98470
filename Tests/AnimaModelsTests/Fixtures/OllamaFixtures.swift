import AnimaCore

/// Streams of `POST /api/chat`, as Ollama writes them; an answer in one piece is a stream of one line.
enum OllamaFixtures {
    static let streams: [WireFixture] = [
        WireFixture(
            "text and counts",
            """
            {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Hel"},"done":false}
            {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"lo."},"done":false}
            {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}

            """,
            ModelReply(text: "Hello.", usage: Usage(inputTokens: 26, outputTokens: 282))
        ),
        WireFixture(
            "thinking, then calls in lines of their own",
            """
            {"message":{"role":"assistant","content":"","thinking":"To "},"done":false}
            {"message":{"role":"assistant","content":"","thinking":"add."},"done":false}
            {"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"add","arguments":{"left":1}}}]},"done":false}
            {"message":{"role":"assistant","content":"","tool_calls":[{"id":"call_x","function":{"index":1,"name":"add","arguments":{"left":2}}},{"function":{"name":"now","arguments":{}}}]},"done":false}
            {"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","eval_count":7}

            """,
            ModelReply(
                text: "",
                reasoning: "To add.",
                calls: [
                    .init(tool: "add", arguments: ["left": 1]),
                    .init(tool: "add", arguments: ["left": 2], providerID: "call_x"),
                    .init(tool: "now", arguments: [:]),
                ],
                usage: Usage(outputTokens: 7)
            )
        ),
        WireFixture(
            "nulls, unknown fields, blank lines, carriage returns and no line feed at the end",
            "{\"message\":{\"role\":\"assistant\",\"content\":null,\"thinking\":null,\"tool_calls\":null,\"images\":null},"
                + "\"done\":false,\"error\":null,\"news\":[1]}\r\n\r\n \n"
                + "{\"message\":{\"content\":\"é 東京 👩‍👩‍👧 \\ud83d\\ude00\"},\"done\":false}\r\n{\"done\":true}",
            ModelReply(text: "é 東京 👩‍👩‍👧 😀")
        ),
        WireFixture(
            "a reply that is too long",
            "{\"message\":{\"content\":\"Once\"},\"done\":true,\"done_reason\":\"length\"}\n",
            ModelReply(text: "Once", stop: .length)
        ),
        WireFixture(
            "arguments that are no object",
            """
            {"message":{"tool_calls":[{"function":{"name":"add","arguments":"{\\"left\\":1}"}},{"function":{"name":"add","arguments":"left"}}]},"done":true}
            """,
            ModelReply(
                text: "",
                calls: [
                    .init(tool: "add", arguments: ["left": 1]),
                    .init(
                        tool: "add",
                        arguments: "left",
                        problem: "the arguments are not JSON at byte 0: a value is expected; write them as one JSON "
                            + "object and call again"
                    ),
                ]
            )
        ),
        WireFixture(
            "nothing after the end is read",
            "{\"message\":{\"content\":\"a\"},\"done\":true}\n{\"message\":{\"content\":\"b\"},\"done\":true}\nnot JSON",
            ModelReply(text: "a")
        ),
    ]

    static let broken: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "ended before"),
        BrokenFixture("no end", "{\"message\":{\"content\":\"half\"},\"done\":false}\n", says: "ended before"),
        BrokenFixture(
            "an error inside",
            "{\"message\":{\"content\":\"half\"},\"done\":false}\n{\"error\":\"model runner has unexpectedly stopped\"}\n",
            says: "unexpectedly stopped"
        ),
        BrokenFixture("half a line", "{\"message\":{\"content\":\"half", says: "JSONSyntaxError"),
    ]
}

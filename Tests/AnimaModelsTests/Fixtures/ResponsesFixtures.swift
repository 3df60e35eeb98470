import AnimaCore

/// Streams and answers of `POST /responses`, as OpenAI writes them.
enum ResponsesFixtures {
    private static func keepsake(_ parts: JSONValue...) -> ModelKeepsake {
        ModelKeepsake(origin: "openai-responses/m", parts: parts)
    }

    static let streams: [WireFixture] = [
        WireFixture(
            "text, with everything that announces it",
            """
            event: response.created
            data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"incomplete_details":null,"output":[],"usage":null}}

            event: response.in_progress
            data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","status":"in_progress","output":[]}}

            event: response.output_item.added
            data: {"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}

            event: response.content_part.added
            data: {"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel","logprobs":[],"obfuscation":"a1"}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"lo."}

            event: response.output_text.done
            data: {"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"Hello."}

            event: response.output_item.done
            data: {"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"text":"Hello."}],"role":"assistant"}}

            event: response.completed
            data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"incomplete_details":null,"output":[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"text":"Hello."}],"role":"assistant"}],"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":16},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":39}}}


            """,
            ModelReply(
                text: "Hello.",
                usage: Usage(inputTokens: 30, cachedTokens: 16, outputTokens: 9, reasoningTokens: 4)
            )
        ),
        WireFixture(
            "encrypted reasoning with two summaries, then parallel calls in pieces",
            """
            data: {"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}

            data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"To "}

            data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"add."}

            data: {"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}

            data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":1,"delta":"Twice."}

            data: {"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"add"}}

            data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\\"left\\""}

            data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":":1}"}

            data: {"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\\"left\\":1}"}

            data: {"type":"response.completed","response":{"status":"completed","output":[{"id":"rs_1","type":"reasoning","status":null,"encrypted_content":"gAAA","summary":[{"type":"summary_text","text":"To add."},{"type":"summary_text","text":"Twice."}]},{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\\"left\\":1}","call_id":"call_1","name":"add"},{"id":"fc_2","type":"function_call","status":"completed","arguments":"{\\"left\\":2}","call_id":"call_2","name":"add"}]}}


            """,
            ModelReply(
                text: "",
                reasoning: "To add.\n\nTwice.",
                keepsake: keepsake([
                    "id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA",
                    "summary": [
                        ["type": "summary_text", "text": "To add."], ["type": "summary_text", "text": "Twice."],
                    ],
                ]),
                calls: [
                    .init(tool: "add", arguments: ["left": 1], providerID: "call_1"),
                    .init(tool: "add", arguments: ["left": 2], providerID: "call_2"),
                ]
            )
        ),
        WireFixture(
            "a last response without its output",
            """
            data: {"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","arguments":"{}","call_id":"call_1","name":"now"}}

            data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Now."}]}}

            data: {"type":"response.completed","response":{"status":"completed","output":[]}}

            data: [DONE]


            """,
            ModelReply(text: "Now.", calls: [.init(tool: "now", arguments: [:], providerID: "call_1")])
        ),
        WireFixture(
            "reasoning that is shown and not encrypted",
            """
            data: {"type":"response.reasoning_text.delta","item_id":"rs_1","output_index":0,"content_index":0,"delta":"Hm."}

            data: {"type":"response.completed","response":{"status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}]},{"type":"message","content":[{"type":"output_text","text":"é 東京 👩‍👩‍👧"}]}]}}


            """,
            ModelReply(
                text: "é 東京 👩‍👩‍👧",
                reasoning: "Hm.",
                keepsake: keepsake([
                    "id": "rs_1", "type": "reasoning", "summary": [],
                    "content": [["type": "reasoning_text", "text": "Hm."]],
                ])
            )
        ),
        WireFixture(
            "reasoning of which only the id is left is not kept",
            """
            data: {"type":"response.completed","response":{"status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":null},{"type":"message","content":[{"type":"output_text","text":"ok"}]}]}}


            """,
            ModelReply(text: "ok")
        ),
        WireFixture(
            "arguments that are cut off",
            """
            data: {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"function_call","status":"incomplete","arguments":"{\\"a","call_id":"call_1","name":"add"}]}}


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(
                        tool: "add",
                        arguments: "{\"a",
                        providerID: "call_1",
                        problem: "the arguments are not JSON at byte 3: a text does not end; write them as one JSON "
                            + "object and call again"
                    )
                ],
                stop: .length
            )
        ),
        WireFixture(
            "a reply that the filter ended",
            """
            data: {"type":"response.output_text.delta","delta":"I"}

            data: {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}}


            """,
            ModelReply(text: "I", stop: .filtered)
        ),
        WireFixture(
            "a refusal, comments and unknown events",
            """
            : ping

            data: {"type":"response.unheard_of","delta":"no"}

            data: {"type":"response.refusal.delta","delta":"I can't "}

            data: {"type":"response.refusal.delta",
            data: "delta":"help."}

            data: {"type":"response.completed","response":{"status":"completed","output":[{"type":"web_search_call","id":"ws_1"},{"type":"message","content":[{"type":"refusal","refusal":"I can't help."}]}]}}


            """,
            ModelReply(text: "I can't help.", stop: .filtered)
        ),
    ]

    static let brokenStreams: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "ended before"),
        BrokenFixture(
            "no end",
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"half\"}\n\n",
            says: "ended before"
        ),
        BrokenFixture(
            "a response that failed",
            """
            data: {"type":"response.output_text.delta","delta":"half"}

            data: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Broke down."},"output":[]}}


            """,
            says: "Broke down."
        ),
        BrokenFixture(
            "an error",
            """
            event: error
            data: {"type":"error","code":"rate_limit_exceeded","message":"Too fast.","param":null,"sequence_number":3}


            """,
            says: "Too fast."
        ),
        BrokenFixture(
            "an error within an error",
            "data: {\"type\":\"error\",\"error\":{\"type\":\"x\",\"code\":\"y\",\"message\":\"Nope.\"}}\n\n",
            says: "Nope."
        ),
        BrokenFixture(
            "an incomplete response without anything",
            "data: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"output\":[]}}\n\n",
            says: "no output"
        ),
        BrokenFixture("data that is not JSON", "data: {\"type\":\n\n", says: "JSONSyntaxError"),
    ]

    static let answers: [WireFixture] = [
        WireFixture(
            "reasoning, text and a call",
            """
            {"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"output":[
            {"id":"rs_1","type":"reasoning","encrypted_content":"gAAA","summary":[{"type":"summary_text","text":"Hm."},
            {"type":"summary_text","text":"So."}]},
            {"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Adding.","annotations":[]}]},
            {"id":"fc_1","type":"function_call","call_id":"call_1","name":"add","arguments":"{\\"left\\":1}"}],
            "usage":{"input_tokens":5,"output_tokens":6}}
            """,
            ModelReply(
                text: "Adding.",
                reasoning: "Hm.\n\nSo.",
                keepsake: keepsake([
                    "id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA",
                    "summary": [["type": "summary_text", "text": "Hm."], ["type": "summary_text", "text": "So."]],
                ]),
                calls: [.init(tool: "add", arguments: ["left": 1], providerID: "call_1")],
                usage: Usage(inputTokens: 5, outputTokens: 6)
            )
        ),
        WireFixture(
            "reasoning between a text and calls",
            """
            {"status":"completed","output":[{"type":"reasoning","encrypted_content":"1","summary":[]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"First."}]},
            {"type":"function_call","call_id":"call_1","name":"now","arguments":"{}"},
            {"type":"reasoning","encrypted_content":"2","summary":[]},
            {"type":"function_call","call_id":"call_2","name":"now","arguments":"{}"}]}
            """,
            ModelReply(
                text: "First.",
                keepsake: keepsake(
                    ["type": "reasoning", "encrypted_content": "1", "summary": []],
                    ["type": "message", "text": "First."],
                    ["type": "function_call"],
                    ["type": "reasoning", "encrypted_content": "2", "summary": []],
                    ["type": "function_call"]
                ),
                calls: [
                    .init(tool: "now", arguments: [:], providerID: "call_1"),
                    .init(tool: "now", arguments: [:], providerID: "call_2"),
                ]
            )
        ),
    ]

    static let brokenAnswers: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "JSONSyntaxError"),
        BrokenFixture("something else", "{\"hello\":1}", says: "no output"),
        BrokenFixture("a failure", "{\"status\":\"failed\",\"error\":null}", says: "failed"),
        BrokenFixture(
            "an error",
            "{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"Nope.\"}}",
            says: "Nope."
        ),
    ]
}

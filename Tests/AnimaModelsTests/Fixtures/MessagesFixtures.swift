import AnimaCore

/// Streams and answers of `POST /v1/messages`, as Anthropic writes them.
enum MessagesFixtures {
    private static func keepsake(_ parts: JSONValue...) -> ModelKeepsake {
        ModelKeepsake(origin: "anthropic/m", parts: parts)
    }

    static let streams: [WireFixture] = [
        WireFixture(
            "text, pings and cached tokens",
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: ping
            data: {"type": "ping"}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo."}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}}

            event: message_stop
            data: {"type":"message_stop"}


            """,
            ModelReply(
                text: "Hello.",
                usage: Usage(inputTokens: 123, cachedTokens: 100, cacheWriteTokens: 20, outputTokens: 12)
            )
        ),
        WireFixture(
            "thinking with a signature, then a call in pieces",
            """
            event: message_start
            data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me "}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"add."}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: content_block_start
            data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Adding."}}

            event: content_block_start
            data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"add","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"left\\""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":": 1}"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":2}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":40,"output_tokens_details":{"thinking_tokens":22}}}

            event: message_stop
            data: {"type":"message_stop"}


            """,
            ModelReply(
                text: "Adding.",
                reasoning: "Let me add.",
                keepsake: keepsake(["type": "thinking", "thinking": "Let me add.", "signature": "EqQB"]),
                calls: [.init(tool: "add", arguments: ["left": 1], providerID: "toolu_1")],
                usage: Usage(inputTokens: 9, outputTokens: 40, reasoningTokens: 22)
            )
        ),
        WireFixture(
            "redacted thinking, and thinking that is not shown",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"EmwK"}}

            data: {"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}}

            data: {"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"AB"}}

            data: {"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"CD"}}

            data: {"type":"content_block_start","index":2,"content_block":{"type":"text","text":"Yes"}}

            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}

            data: {"type":"message_stop"}


            """,
            ModelReply(
                text: "Yes",
                keepsake: keepsake(
                    ["type": "redacted_thinking", "data": "EmwK"],
                    ["type": "thinking", "thinking": "", "signature": "ABCD"]
                )
            )
        ),
        WireFixture(
            "thinking without a signature is not kept",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

            data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

            data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"Yes"}}

            data: {"type":"message_stop"}


            """,
            ModelReply(text: "Yes", reasoning: "Hm.")
        ),
        WireFixture(
            "parallel calls, one without arguments",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"now","input":{}}}

            data: {"type":"content_block_stop","index":0}

            data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_2","name":"add","input":{}}}

            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"left\\":2}"}}

            data: {"type":"content_block_stop","index":1}

            data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}

            data: {"type":"message_stop"}


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(tool: "now", arguments: [:], providerID: "toolu_1"),
                    .init(tool: "add", arguments: ["left": 2], providerID: "toolu_2"),
                ]
            )
        ),
        WireFixture(
            "arguments that are cut off",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"add","input":{}}}

            data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"left\\":"}}

            data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"}}

            data: {"type":"message_stop"}


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(
                        tool: "add",
                        arguments: "{\"left\":",
                        providerID: "toolu_1",
                        problem: "the arguments are not JSON at byte 8: the text ends where a value is expected; write "
                            + "them as one JSON object and call again"
                    )
                ],
                stop: .length
            )
        ),
        WireFixture(
            "a refusal",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"I"}}

            data: {"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":null}}

            data: {"type":"message_stop"}


            """,
            ModelReply(text: "I", stop: .filtered)
        ),
        WireFixture(
            "a window that is full, unknown events, blocks, deltas and nulls",
            """
            : hello
            event: message_start
            data: {"type":"message_start","message":{"id":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":null,"cache_read_input_tokens":0,"service_tier":"standard","output_tokens":1}}}

            event: news
            data: {"type":"news","index":0,"delta":{"type":"text_delta","text":"no"}}

            data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srv_1","name":"web","input":{}}}

            data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"é 東","citations":null}}

            data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{}}}

            data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta",
            data: "text":"京 👩‍👩‍👧"}}

            data: {"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"},"usage":null,"context_management":{}}

            data: {"type":"message_stop"}


            """,
            ModelReply(text: "é 東京 👩‍👩‍👧", stop: .length, usage: Usage(inputTokens: 5, outputTokens: 1))
        ),
    ]

    static let brokenStreams: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "ended before"),
        BrokenFixture(
            "no end",
            """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"half"}}

            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}


            """,
            says: "ended before"
        ),
        BrokenFixture(
            "an error inside",
            """
            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"half"}}

            event: error
            data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}


            """,
            says: "Overloaded"
        ),
        BrokenFixture("data that is not JSON", "data: {\"type\":\n\n", says: "JSONSyntaxError"),
    ]

    static let answers: [WireFixture] = [
        WireFixture(
            "all kinds of blocks",
            """
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
            {"type":"thinking","thinking":"Hm.","signature":"AB"},{"type":"redacted_thinking","data":"CD"},
            {"type":"text","text":"Both."},{"type":"tool_use","id":"toolu_1","name":"add","input":{"left":1}},
            {"type":"tool_use","id":"toolu_2","name":"now","input":{}}],"stop_reason":"tool_use","stop_sequence":null,
            "usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}
            """,
            ModelReply(
                text: "Both.",
                reasoning: "Hm.",
                keepsake: keepsake(
                    ["type": "thinking", "thinking": "Hm.", "signature": "AB"],
                    ["type": "redacted_thinking", "data": "CD"]
                ),
                calls: [
                    .init(tool: "add", arguments: ["left": 1], providerID: "toolu_1"),
                    .init(tool: "now", arguments: [:], providerID: "toolu_2"),
                ],
                usage: Usage(inputTokens: 15, cachedTokens: 5, outputTokens: 7)
            )
        ),
        WireFixture(
            "a text that a stop sequence ended",
            "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"X\"}",
            ModelReply(text: "a")
        ),
        WireFixture(
            "thinking between a text and a call",
            """
            {"content":[{"type":"thinking","thinking":"A","signature":"1"},{"type":"text","text":"First."},
            {"type":"thinking","thinking":"B","signature":"2"},{"type":"text","text":" "},
            {"type":"tool_use","id":"toolu_1","name":"now","input":{}}],"stop_reason":"tool_use"}
            """,
            ModelReply(
                text: "First. ",
                reasoning: "AB",
                keepsake: keepsake(
                    ["type": "thinking", "thinking": "A", "signature": "1"],
                    ["type": "text", "text": "First."],
                    ["type": "thinking", "thinking": "B", "signature": "2"],
                    ["type": "tool_use"]
                ),
                calls: [.init(tool: "now", arguments: [:], providerID: "toolu_1")]
            )
        ),
        WireFixture("no content", "{\"content\":[],\"stop_reason\":\"end_turn\"}", ModelReply(text: "")),
    ]

    static let brokenAnswers: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "JSONSyntaxError"),
        BrokenFixture("something else", "{\"hello\":1}", says: "no content"),
        BrokenFixture(
            "an error",
            "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"Nope\"}}",
            says: "Nope"
        ),
    ]
}

import AnimaCore

/// Streams and answers of `POST /chat/completions`, as OpenAI and those who speak like it write them.
enum ChatFixtures {
    private static func keepsake(_ parts: JSONValue...) -> ModelKeepsake {
        ModelKeepsake(origin: "openai-chat/m", parts: parts)
    }

    static let streams: [WireFixture] = [
        WireFixture(
            "text, usage in the last chunk",
            """
            data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

            data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}],"usage":null,"obfuscation":"x9"}

            data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo."},"finish_reason":null}]}

            data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"id":"c1","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":16,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}}}

            data: [DONE]


            """,
            ModelReply(
                text: "Hello.",
                usage: Usage(inputTokens: 19, cachedTokens: 16, outputTokens: 2, reasoningTokens: 1)
            )
        ),
        WireFixture(
            "reasoning in its own field, cache hits counted by their own name",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Let me "}}]}

            data: {"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"see."}}]}

            data: {"choices":[{"index":0,"delta":{"content":"7","reasoning_content":null}}]}

            data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5}}

            data: [DONE]


            """,
            ModelReply(
                text: "7",
                reasoning: "Let me see.",
                keepsake: keepsake(["field": "reasoning_content", "value": "Let me see."]),
                usage: Usage(inputTokens: 9, cachedTokens: 4, outputTokens: 5)
            )
        ),
        WireFixture(
            "reasoning details with a signature, in pieces",
            """
            : PROCESSING

            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":null,"index":0}]}}]}

            data: {"choices":[{"index":0,"delta":{"content":"","reasoning":"m.","reasoning_details":[{"type":"reasoning.text","text":"m.","index":0}]}}]}

            data: {"choices":[{"index":0,"delta":{"reasoning":null,"reasoning_details":[{"type":"reasoning.text","signature":"c2ln","index":0},{"type":"reasoning.encrypted","data":"AA","index":1}]}}]}

            data: {"choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":"stop","native_finish_reason":"end_turn"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "Yes",
                reasoning: "Hmm.",
                keepsake: keepsake([
                    "field": "reasoning_details",
                    "value": [
                        ["type": "reasoning.text", "text": "Hmm.", "signature": "c2ln", "index": 0],
                        ["type": "reasoning.encrypted", "data": "AA", "index": 1],
                    ],
                ])
            )
        ),
        WireFixture(
            "thinking as a part of the content",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"So, "}]}]}}]}

            data: {"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"four."}]}]}}]}

            data: {"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"4"}]},"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(text: "4", reasoning: "So, four.")
        ),
        WireFixture(
            "one call with its arguments in pieces",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"le"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ft\\":1"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """,
            ModelReply(text: "", calls: [.init(tool: "add", arguments: ["left": 1], providerID: "call_1")])
        ),
        WireFixture(
            "parallel calls whose pieces alternate, after a text",
            """
            data: {"choices":[{"index":0,"delta":{"content":"Both."}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":"{"}},{"index":1,"id":"call_2","type":"function","function":{"name":"now","arguments":""}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}},{"index":0,"function":{"arguments":"}"}}]}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "Both.",
                calls: [
                    .init(tool: "add", arguments: [:], providerID: "call_1"),
                    .init(tool: "now", arguments: [:], providerID: "call_2"),
                ]
            )
        ),
        WireFixture(
            "id and name repeated with every piece",
            """
            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"add","arguments":"{\\"left\\""}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"add","arguments":":2}"}}]},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """,
            ModelReply(text: "", calls: [.init(tool: "add", arguments: ["left": 2], providerID: "call_1")])
        ),
        WireFixture(
            "calls that all have index 0 and ids of their own",
            """
            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"add","arguments":"{\\"left\\":1}"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_b","type":"function","function":{"name":"add","arguments":"{\\"left\\""}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":2}"}}]},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(tool: "add", arguments: ["left": 1], providerID: "call_a"),
                    .init(tool: "add", arguments: ["left": 2], providerID: "call_b"),
                ]
            )
        ),
        WireFixture(
            "calls without index, told apart by their ids",
            """
            data: {"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"add","arguments":"{\\"left\\":"}},{"id":"b","function":{"name":"now","arguments":"{}"}}]}}]}

            data: {"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"arguments":"3}"}}]},"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(tool: "add", arguments: ["left": 3], providerID: "a"),
                    .init(tool: "now", arguments: [:], providerID: "b"),
                ]
            )
        ),
        WireFixture(
            "calls without index and id, arguments as objects",
            """
            data: {"choices":[{"delta":{"tool_calls":[{"id":"","function":{"name":"add","arguments":{"left":1}}},{"function":{"name":"add","arguments":{"left":2}}}]},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "",
                calls: [.init(tool: "add", arguments: ["left": 1]), .init(tool: "add", arguments: ["left": 2])]
            )
        ),
        WireFixture(
            "nulls, unknown fields, other choices and a first chunk without any",
            """
            data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}],"created":0,"model":"","id":""}

            data: {"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"length"},{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":null,"refusal":null,"audio":null,"annotations":[{"a":1}]},"finish_reason":null,"content_filter_results":{}}],"service_tier":null,"system_fingerprint":null,"usage":null,"error":null,"x":{"y":[1,2.5]}}

            data: {"choices":[{"index":0,"delta":{"content":"yes","function_call":null}}]}

            data: {"choices":[{"index":0,"delta":null,"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(text: "yes")
        ),
        WireFixture(
            "comments, other fields, empty events and data over several lines",
            """
            : ping

            event: message
            id: 1
            retry: 3000
            data: {"choices":[{"index":0,
            data: "delta":{"content":"two lines"}}]}

            :

            data:

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(text: "two lines")
        ),
        WireFixture(
            "characters of several bytes, plain and escaped",
            """
            data: {"choices":[{"index":0,"delta":{"content":"é 東京 "}}]}

            data: {"choices":[{"index":0,"delta":{"content":"👩‍👩‍👧 \\ud83d\\ude00 \\u00e9\\n"}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(text: "é 東京 👩‍👩‍👧 😀 é\n")
        ),
        WireFixture(
            "arguments that are cut off",
            """
            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"add","arguments":"{\\"left"}}]}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}

            data: [DONE]


            """,
            ModelReply(
                text: "",
                calls: [
                    .init(
                        tool: "add",
                        arguments: "{\"left",
                        providerID: "call_1",
                        problem: "the arguments are not JSON at byte 6: a text does not end; write them as one JSON "
                            + "object and call again"
                    )
                ],
                stop: .length
            )
        ),
        WireFixture(
            "a reply that is too long",
            """
            data: {"choices":[{"index":0,"delta":{"content":"Once"},"finish_reason":"length"}]}

            data: [DONE]


            """,
            ModelReply(text: "Once", stop: .length)
        ),
        WireFixture(
            "a reply that the filter ended",
            """
            data: {"choices":[{"index":0,"delta":{"content":"I"},"finish_reason":"content_filter"}]}

            data: [DONE]


            """,
            ModelReply(text: "I", stop: .filtered)
        ),
        WireFixture(
            "a refusal",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":"I can't "}}]}

            data: {"choices":[{"index":0,"delta":{"refusal":"help."}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """,
            ModelReply(text: "I can't help.", stop: .filtered)
        ),
        WireFixture(
            "an end mark without a reason",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"}}]}\n\ndata: [DONE]\n\n",
            ModelReply(text: "ok")
        ),
        WireFixture(
            "a reason without an end mark",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\n",
            ModelReply(text: "ok")
        ),
    ]

    static let brokenStreams: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "ended before"),
        BrokenFixture(
            "no end",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half an\"}}]}\n\n",
            says: "ended before"
        ),
        BrokenFixture(
            "no end after a call",
            """
            data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"add","arguments":"{}"}}]}}]}


            """,
            says: "ended before"
        ),
        BrokenFixture(
            "no end after a part of a refusal",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"I can\"}}]}\n\n",
            says: "ended before"
        ),
        BrokenFixture("nothing but the end", "data: [DONE]\n\n", says: "empty"),
        BrokenFixture(
            "an error inside",
            """
            data: {"choices":[{"index":0,"delta":{"content":"half"}}]}

            data: {"error":{"message":"The server had an error","type":"server_error","code":null,"param":null}}

            data: [DONE]


            """,
            says: "The server had an error"
        ),
        BrokenFixture(
            "an error as an event of its own",
            "event: error\ndata: {\"error\":{\"message\":\"Failed to call a function\",\"type\":\"x\"}}\n\n",
            says: "Failed to call a function"
        ),
        BrokenFixture(
            "an error beside an empty choice",
            """
            data: {"error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}


            """,
            says: "Provider disconnected"
        ),
        BrokenFixture(
            "a reason that is an error",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"error\"}]}\n\n",
            says: "ended the reply"
        ),
        BrokenFixture(
            "a reply that the server gave up",
            """
            data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"insufficient_system_resource"}]}


            """,
            says: "insufficient_system_resource"
        ),
        BrokenFixture("data that is not JSON", "data: {\"choices\":[{\"delta\"\n\n", says: "JSONSyntaxError"),
    ]

    static let answers: [WireFixture] = [
        WireFixture(
            "text",
            """
            {"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",
            "content":"Hello.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],
            "usage":{"prompt_tokens":8,"completion_tokens":3,"total_tokens":11}}
            """,
            ModelReply(text: "Hello.", usage: Usage(inputTokens: 8, outputTokens: 3))
        ),
        WireFixture(
            "reasoning and calls",
            """
            {"choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning":"Hm.","tool_calls":[
            {"id":"call_1","type":"function","function":{"name":"add","arguments":"{\\"left\\":1}"}},
            {"id":"call_2","type":"function","function":{"name":"add","arguments":"[1]"}}]},"finish_reason":"tool_calls"}]}
            """,
            ModelReply(
                text: "",
                reasoning: "Hm.",
                keepsake: keepsake(["field": "reasoning", "value": "Hm."]),
                calls: [
                    .init(tool: "add", arguments: ["left": 1], providerID: "call_1"),
                    .init(
                        tool: "add",
                        arguments: "[1]",
                        providerID: "call_2",
                        problem: "the arguments are an array, not an object"
                    ),
                ]
            )
        ),
        WireFixture(
            "calls without ids, or with the same one",
            """
            {"choices":[{"message":{"content":"","tool_calls":[{"id":"","function":{"name":"now","arguments":"{}"}},
            {"function":{"name":"now","arguments":"null"}},{"id":"0","function":{"name":"now","arguments":""}},
            {"id":"0","function":{"name":"now","arguments":{}}}]},"finish_reason":"stop"}]}
            """,
            ModelReply(
                text: "",
                calls: [
                    .init(tool: "now", arguments: [:]), .init(tool: "now", arguments: [:]),
                    .init(tool: "now", arguments: [:], providerID: "0"),
                    .init(tool: "now", arguments: [:], providerID: "0"),
                ]
            )
        ),
        WireFixture(
            "arguments written into a text once more",
            """
            {"choices":[{"message":{"tool_calls":[{"id":"1","function":{"name":"add","arguments":"\\"{\\\\\\"left\\\\\\":1}\\""}}]}}]}
            """,
            ModelReply(text: "", calls: [.init(tool: "add", arguments: ["left": 1], providerID: "1")])
        ),
        WireFixture(
            "a refusal",
            """
            {"choices":[{"message":{"role":"assistant","content":null,"refusal":"No."},"finish_reason":"stop"}]}
            """,
            ModelReply(text: "No.", stop: .filtered)
        ),
    ]

    static let brokenAnswers: [BrokenFixture] = [
        BrokenFixture("nothing", "", says: "JSONSyntaxError"),
        BrokenFixture("half", "{\"choices\":[{\"message\":{\"content\":\"Hel", says: "JSONSyntaxError"),
        BrokenFixture("no choice", "{\"choices\":[]}", says: "no choice"),
        BrokenFixture("an error", "{\"error\":{\"message\":\"Nope\",\"code\":\"x\"}}", says: "Nope"),
        BrokenFixture("an error as a text", "{\"error\":\"Nope\"}", says: "Nope"),
        BrokenFixture(
            "an error of another kind",
            "{\"object\":\"error\",\"message\":\"Nope\",\"type\":\"BadRequestError\",\"code\":400}",
            says: "Nope"
        ),
    ]
}

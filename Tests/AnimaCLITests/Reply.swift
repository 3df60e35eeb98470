import AnimaCore
import AnimaTesting
import Foundation

/// Streams of chat completions.
enum Reply {
    static func text(_ text: String, cached: Int = 0) -> [ScriptedServer.Step] {
        let pieces = stride(from: 0, to: text.count, by: 40)
            .map { start in
                let piece = String(text.dropFirst(start).prefix(40))
                return JSONValue.object(["choices": [["index": 0, "delta": ["content": .string(piece)]]]]).text
            }
        return stream(pieces, stop: "stop", cached: cached)
    }

    static func call(_ tool: String, arguments: String) -> [ScriptedServer.Step] {
        let function: JSONValue = ["name": .string(tool), "arguments": .string(arguments)]
        let call: JSONValue = ["index": 0, "id": "call_1", "type": "function", "function": function]
        return stream(
            [JSONValue.object(["choices": [["index": 0, "delta": ["tool_calls": [call]]]]]).text],
            stop: "tool_calls"
        )
    }

    private static func stream(_ pieces: [String], stop: String, cached: Int = 0) -> [ScriptedServer.Step] {
        let end: JSONValue = [
            "choices": [["index": 0, "delta": [:], "finish_reason": .string(stop)]],
            "usage": [
                "prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": ["cached_tokens": .int(cached)],
            ],
        ]
        return ScriptedServer.events(pieces + [end.text, "[DONE]"]) + [.end]
    }
}

extension Program {
    /// The key that no text may contain.
    static let key = "sk-secret-of-the-tests"

    /// A clerk whose model is a server.
    static func asking(
        _ server: ScriptedServer,
        address: String? = nil,
        tools: [String] = ["files"],
        keys: String = "",
        learn: String = "rules",
        mayReachOut: Bool = false,
        more: String = "",
        environment: [String: String] = [:],
        key: String? = key
    ) throws -> Program {
        let names = tools.map { "\"\($0)\"" }.joined(separator: ", ")
        let untrusted = mayReachOut ? tools.map { ", \"\($0) when untrusted\"" }.joined() : ""
        let configuration = """
            agent.name = "clerk"
            tools.use = [\(names)]
            gate.allow = [\(names)\(untrusted)]
            memory.learn = "\(learn)"
            \(keys)
            [model]
            provider = "openai"
            name = "tiny"
            base_url = "\(address ?? server.baseURL + "/v1")"
            \(more)
            """
        return try Program(
            configuration,
            environment: environment.merging(key.map { ["OPENAI_API_KEY": $0] } ?? [:]) { given, _ in given }
        )
    }
}

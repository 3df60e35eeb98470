import AnimaCore

/// Makes valid requests that a seed decides, with everything in them that trips over a provider's rules.
struct RequestGenerator {
    private var generator: SeededGenerator
    private var images: [String: [UInt8]] = [:]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private static let texts = [
        "", " ", "\n\t", "plain words", "é 東京 👩‍👩‍👧", "a\0b", "\"quoted\" \\ {\"a\":1}", "  room around  ", "line\r\nline",
    ]
    private static let tools = [
        "add", "add", "now", "read_file", "", "functions.add", "größe", String(repeating: "x", count: 80),
    ]
    private static let ids: [String?] = [
        nil, nil, "call_1", "same", "same", "functions.add:0", "", String(repeating: "y", count: 65), "toolu_01-A",
    ]
    private static let arguments: [JSONValue] = [
        [:], ["left": 1], ["text": "é \" \\ \n", "list": [1, 2.5, nil, true, ["x": []]]], "{\"cut", "", "[1]",
    ]
    private static let keepsakes: [ModelKeepsake?] = [
        nil, nil,
        ModelKeepsake(origin: "anthropic/m", parts: [["type": "thinking", "thinking": "Hm.", "signature": "AB"]]),
        ModelKeepsake(
            origin: "anthropic/m",
            parts: [
                ["type": "thinking", "thinking": "Hm.", "signature": "AB"], ["type": "text", "text": "So."],
                ["type": "thinking", "thinking": "Hm.", "signature": "AB"], ["type": "tool_use"],
            ]
        ),
        ModelKeepsake(
            origin: "openai-responses/m",
            parts: [
                ["type": "message", "text": "So."],
                ["type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "summary": []],
                ["type": "function_call"],
            ]
        ),
        ModelKeepsake(origin: "anthropic/other", parts: [["type": "thinking", "thinking": "No.", "signature": "XX"]]),
        ModelKeepsake(
            origin: "openai-responses/m",
            parts: [["type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "summary": []]]
        ),
        ModelKeepsake(origin: "openai-chat/m", parts: [["field": "reasoning_content", "value": "Hm."]]),
    ]
    private static let ends: [TurnEnd] = [
        .failed(reason: "it broke"), .limit(.steps, reason: "too many steps"), .cancelled(by: "owner"),
    ]

    mutating func request() throws -> ModelRequest {
        images = [:]
        let count = Int.random(in: 1...5, using: &generator)
        var turns: [TranscriptTurn] = []
        for number in 1...count { turns.append(try turn(number, isOpen: number == count)) }
        return ModelRequest(
            instructions: pick(Self.texts),
            tools: Bool.random(using: &generator) ? [Conversations.add] : [],
            turns: turns,
            maxOutputTokens: pick([nil, 0, 1, 500]),
            answerSchema: pick([nil, nil, nil, ["type": "object"]]),
            images: images
        )
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &generator)]
    }

    private mutating func turn(_ number: Int, isOpen: Bool) throws -> TranscriptTurn {
        var steps = (0..<Int.random(in: 0...3, using: &generator)).map { step(number, $0 + 1) }
        var end: TurnEnd?
        if !isOpen {
            end = pick([.answered, .answered, pick(Self.ends)])
            if end == .answered || Bool.random(using: &generator) {
                steps.append(
                    .init(text: pick(Self.texts), reasoning: pick([nil, "So."]), keepsake: pick(Self.keepsakes))
                )
            }
        }
        return try Conversations.turn(number, pick(Self.texts), images: pictures(), steps: steps, end: end)
    }

    private mutating func pictures() -> [[UInt8]] {
        guard Int.random(in: 0..<4, using: &generator) == 0 else { return [] }
        let bytes = Conversations.picture + [UInt8.random(in: 0...255, using: &generator)]
        // Some are no longer there.
        if Bool.random(using: &generator), let image = Envelope.Image(of: bytes) { images[image.hash] = bytes }
        return [bytes]
    }

    private mutating func step(_ turn: Int, _ step: Int) -> TranscriptTurn.Step {
        let exchanges = (1...Int.random(in: 1...3, using: &generator))
            .map { index in
                Conversations.exchange(
                    turn,
                    step,
                    index,
                    pick(Self.tools),
                    pick(Self.arguments),
                    id: pick(Self.ids),
                    pick(ToolResult.Outcome.allCases),
                    pick(Self.texts),
                    images: pictures()
                )
            }
        return .init(
            text: pick(Self.texts),
            reasoning: pick([nil, "So."]),
            keepsake: pick(Self.keepsakes),
            exchanges: exchanges
        )
    }
}

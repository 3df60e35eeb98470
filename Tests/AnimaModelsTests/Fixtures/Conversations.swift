import AnimaCore

@testable import AnimaModels

/// Requests that encoders are tested with.
enum Conversations {
    static let moment = Instant(microseconds: 1_700_000_000_000_000)
    static let add = ToolSpec(
        name: "add",
        group: "tests",
        description: "Adds.",
        parameters: ArgumentSchema([.init("left", .integer(), "A number.", required: true)]),
        replay: .pure
    )
    /// The beginning of a PNG.
    static let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47]

    static func options(_ change: (inout ModelOptions) -> Void = { _ in }) -> ModelOptions {
        var options = ModelOptions(model: "m")
        change(&options)
        return options
    }

    /// A turn; it has ended unless something else is said.
    static func turn(
        _ number: Int,
        _ text: String,
        images: [[UInt8]] = [],
        steps: [TranscriptTurn.Step] = [],
        end: TurnEnd? = .answered
    ) throws -> TranscriptTurn {
        TranscriptTurn(
            id: TurnID(number),
            input: Envelope(
                id: try EnvelopeID("e\(number)"),
                text: text,
                sentAt: moment,
                images: images.compactMap { Envelope.Image(of: $0) }
            ),
            steps: steps,
            ending: end.map { TranscriptTurn.Ending(end: $0, text: steps.last?.text ?? "", at: moment) }
        )
    }

    static func exchange(
        _ turn: Int,
        _ step: Int,
        _ index: Int,
        _ tool: String = "add",
        _ arguments: JSONValue = ["left": 1],
        id: String? = nil,
        _ outcome: ToolResult.Outcome = .succeeded,
        _ content: String = "3",
        images: [[UInt8]] = []
    ) -> TranscriptTurn.Exchange {
        TranscriptTurn.Exchange(
            id: ToolCallID(turn: TurnID(turn), step: step, index: index),
            tool: tool,
            arguments: arguments,
            providerID: id,
            result: ToolResult(
                outcome: outcome,
                content: content,
                images: images.compactMap { Envelope.Image(of: $0) }
            )
        )
    }

    /// Three turns: a plain one; one with an image, two calls and an answer; one whose calls were just answered.
    ///
    /// - Parameters:
    ///   - keepsake: What the model's replies with calls came with.
    static func busy(keepsake: ModelKeepsake? = nil) throws -> ModelRequest {
        ModelRequest(
            instructions: "Be brief.",
            tools: [add],
            turns: [
                try turn(1, "Hi", steps: [.init(text: "Hello")]),
                try turn(
                    2,
                    "Look",
                    images: [picture],
                    steps: [
                        .init(
                            text: "Looking.",
                            reasoning: "Hm.",
                            keepsake: keepsake,
                            exchanges: [
                                exchange(2, 1, 1, id: "call_1"),
                                exchange(2, 1, 2, "add", ["left": 2], id: "call_2", .failed, "no such file"),
                            ]
                        ),
                        .init(text: "Done"),
                    ]
                ),
                try turn(
                    3,
                    "Again",
                    steps: [
                        .init(
                            text: "",
                            reasoning: "So.",
                            keepsake: keepsake,
                            exchanges: [exchange(3, 1, 1, .succeeded, "")]
                        )
                    ],
                    end: nil
                ),
            ],
            images: Dictionary(
                Envelope.Image(of: picture).map { [($0.hash, picture)] } ?? [],
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    private static func exchange(
        _ turn: Int,
        _ step: Int,
        _ index: Int,
        _ outcome: ToolResult.Outcome,
        _ content: String
    ) -> TranscriptTurn.Exchange {
        exchange(turn, step, index, "add", ["left": 1], id: nil, outcome, content)
    }
}

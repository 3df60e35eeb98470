import AnimaCore

/// Shows a part of what an earlier call gave, when only its head and tail were shown.
struct ReadOutputTool: Tool {
    /// One call returns at most so many bytes.
    static let maxBytes = 30_000

    let spec = ToolSpec(
        name: "read_output",
        group: "itself",
        description:
            "Shows the lines of an earlier tool result that were left out because it was too long. The result says which call "
            + "it was.",
        parameters: ArgumentSchema([
            .init("call", .string(maxBytes: 40), "The call, for example t12.3.1.", required: true),
            .init("start_line", .integer(min: 1), "The first line to show, from 1.", default: 1),
            .init("line_count", .integer(min: 1), "How many lines to show; as many as fit when left out."),
            .init(
                "start_byte",
                .integer(min: 0),
                "How many bytes of the first line to leave out, to read on in a very long one.",
                default: 0
            ),
        ]),
        replay: .pure,
        trust: .untrusted
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let name = call.text("call")
        guard let id = ToolCallID(text: name) else {
            return .failure("\"\(name)\" is no call; calls are written like t12.3.1")
        }
        let found: [UInt8]?
        do { found = try await call.outputs.output(of: id) } catch {
            return .failure("the output of \(name) can't be read: \(error)")
        }
        guard let found else { return .failure("there is no finished call \(name) in this conversation") }
        var range = LineRange(
            start: call.integer("start_line") ?? 1,
            count: call.integer("line_count") ?? .max,
            skip: call.integer("start_byte") ?? 0,
            limit: Self.maxBytes
        )
        found.withUnsafeBytes { range.take($0) }
        range.finish()
        return range.answer(subject: "the output of \(name)", tool: spec.name, named: ["call": .string(name)])
    }
}

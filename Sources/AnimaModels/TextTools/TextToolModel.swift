public import AnimaCore

/// Gives tools to a model that has no interface for them: it writes its calls into its text.
///
/// The model is told of the tools in its instructions and sees calls and results as text. See ``TextToolProtocol``.
public struct TextToolModel: ModelProvider {
    private let model: any ModelProvider

    /// Puts the protocol before a model.
    public init(_ model: any ModelProvider) { self.model = model }

    public var name: String { model.name }
    public var facts: ModelFacts { model.facts }

    public func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        guard !request.tools.isEmpty else { return try await model.respond(to: request, sink: sink) }
        let filter = CallFilter(sink)
        let reply = try await model.respond(to: TextToolProtocol.asText(request)) { filter.pass($0) }
        filter.finish()
        return TextToolProtocol.withCalls(reply)
    }
}

/// How calls and results stand in text.
///
/// ```
/// <tool_call>
/// {"name": "add", "arguments": {"left": 1, "right": 2}}
/// </tool_call>
/// ```
/// Any number of calls may stand in one reply; what is between the tags must be one JSON object.
enum TextToolProtocol {
    static let opening = "<tool_call>"
    static let closing = "</tool_call>"

    /// A request without tools that says the same in words.
    static func asText(_ request: ModelRequest) -> ModelRequest {
        var request = request
        let guide = instructions(request.tools)
        request.instructions = request.instructions.isEmpty ? guide : request.instructions + "\n\n" + guide
        request.tools = []
        request.turns = request.turns.flatMap(asText)
        return request
    }

    private static func instructions(_ tools: [ToolSpec]) -> String {
        let list =
            tools.map { spec in
                JSONValue.object([
                    "name": .string(spec.name), "description": .string(spec.description),
                    "parameters": spec.parameters.jsonSchema,
                ])
                .text
            }
            .joined(separator: "\n")
        return """
            # Tools

            You can call tools. To call one, write exactly this, with one JSON object between the tags:
            \(opening)
            {"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
            \(closing)
            Write one such block for each call; calls that don't depend on each other may follow one another. After your calls, \
            stop writing: the results come in the next message, inside <tool_result> tags, which you never write yourself. \
            When you need no more calls, answer in plain text.

            The tools, one JSON object a line:
            \(list)
            """
    }

    /// A turn as several without calls: each round of calls ends one, and its results begin the next one.
    private static func asText(_ turn: TranscriptTurn) -> [TranscriptTurn] {
        var turns: [TranscriptTurn] = []
        var input = turn.input
        var steps: [TranscriptTurn.Step] = []
        // What stands around the message goes with the first one.
        func shown(_ part: TranscriptTurn) -> TranscriptTurn {
            guard turns.isEmpty else { return part }
            var part = part
            (part.summary, part.tail) = (turn.summary, turn.tail)
            return part
        }
        for (index, step) in turn.steps.enumerated() {
            guard !step.exchanges.isEmpty else {
                steps.append(step)
                continue
            }
            let calls = step.exchanges.map { exchange in
                let body: JSONValue = ["name": .string(exchange.tool), "arguments": exchange.arguments]
                return "\(opening)\n\(body.text)\n\(closing)"
            }
            let text = ([step.text].filter { !$0.isEmpty } + calls).joined(separator: "\n")
            turns.append(
                shown(
                    TranscriptTurn(
                        id: turn.id,
                        input: input,
                        steps: steps + [.init(text: text, reasoning: step.reasoning, keepsake: step.keepsake)],
                        ending: .init(end: .answered, text: text, at: turn.input.sentAt)
                    )
                )
            )
            steps = []
            let joined = turn.joinedText(afterStep: index + 1).map { [$0] } ?? []
            let results = (step.exchanges.map(result) + joined).joined(separator: "\n")
            input = Envelope(
                id: turn.input.id,
                conversation: turn.input.conversation,
                text: results,
                sentAt: turn.input.sentAt,
                images: step.exchanges.flatMap { $0.result.images ?? [] }
            )
        }
        return turns + [shown(TranscriptTurn(id: turn.id, input: input, steps: steps, ending: turn.ending))]
    }

    private static func result(_ exchange: TranscriptTurn.Exchange) -> String {
        // A result can't end its own tag.
        let content = exchange.result.shownContent.split(separator: "</tool_result", omittingEmptySubsequences: false)
            .joined(separator: "<\\/tool_result")
        let outcome = exchange.result.isError ? " error=\"\(exchange.result.outcome.rawValue)\"" : ""
        return "<tool_result name=\"\(exchange.tool)\"\(outcome)>\n\(content)\n</tool_result>"
    }

    /// The reply with the calls taken out of its text.
    static func withCalls(_ reply: ModelReply) -> ModelReply {
        let (text, bodies) = parts(of: reply.text)
        guard !bodies.isEmpty else { return reply }
        var reply = reply
        reply.text = text.trimmed
        reply.calls = bodies.map { call(String($0)) }
        if reply.stop == .end { reply.stop = .toolUse }
        return reply
    }

    /// What stands outside of the tags of a text, and what stands inside of each pair.
    static func parts(of whole: String) -> (text: String, bodies: [Substring]) {
        var text = ""
        var bodies: [Substring] = []
        var rest = whole[...]
        while let start = rest.firstRange(of: opening) {
            text += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            if let end = validEnd(of: rest) ?? rest.firstRange(of: closing) {
                bodies.append(rest[..<end.lowerBound])
                rest = rest[end.upperBound...]
            } else {
                // A last call may lack its end; one that was cut off is no JSON then.
                bodies.append(rest)
                rest = ""
            }
        }
        return (text + rest, bodies)
    }

    /// The tag that ends a call, when what stands before it is JSON; an argument may hold the tag itself.
    static func validEnd(of body: Substring) -> Range<String.Index>? {
        var rest = body
        while let end = rest.firstRange(of: closing) {
            if (try? JSONValue(parsing: String(body[..<end.lowerBound]))) != nil { return end }
            rest = rest[end.upperBound...]
        }
        return nil
    }

    private static func call(_ body: String) -> ModelReply.Call {
        func faulty(_ name: String, _ what: String) -> ModelReply.Call {
            let form = #"{"name": "NAME", "arguments": {…}}"#
            let problem = "\(what); write \(opening) \(form) \(closing) with one JSON object between the tags"
            return .init(tool: name, arguments: .string(body.trimmed), problem: problem)
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body.trimmed)
        } catch {
            return faulty("tool_call", "the call is \(error)")
        }
        guard case .object(let members) = value else { return faulty("tool_call", "the call is no JSON object") }
        guard let name = members["name"]?.stringValue, !name.isEmpty else {
            return faulty("tool_call", "the call has no \"name\"")
        }
        switch members["arguments"] ?? members["parameters"] {
        case nil, .null?: return .init(tool: name, arguments: [:])
        case .object(let arguments)?: return .init(tool: name, arguments: .object(arguments))
        case .string(let text)?: return ReplyBuilder.call(name: name, arguments: text, id: nil)
        default: return faulty(name, "\"arguments\" is no object")
        }
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

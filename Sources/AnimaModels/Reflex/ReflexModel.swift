public import AnimaCore

/// A rule-based model inside the binary: a simple reflex agent in the textbook sense.
///
/// It understands a small set of plain English requests (docs/reflex.md) and does them with tools. It is deterministic, needs
/// no key and no network, and is not intelligent.
public struct ReflexModel: ModelProvider {
    /// Makes the model.
    public init() {}

    public var name: String { "reflex" }

    public var facts: ModelFacts {
        var facts = ModelFacts()
        facts.understandsText = false
        return facts
    }

    public func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        try Task.checkCancellation()
        var reply = Reflex(request).reply()
        reply.usage = Usage(
            inputTokens: Self.tokens(request.instructions.utf8.count)
                + request.turns.reduce(0) { $0 + Self.tokens($1.approximateBytes) },
            outputTokens: Self.tokens(
                reply.text.utf8.count + reply.calls.reduce(0) { $0 + $1.arguments.text.utf8.count }
            )
        )
        for piece in Self.pieces(of: reply.text) {
            try Task.checkCancellation()
            sink(.text(piece))
        }
        return reply
    }

    /// What reflex understands, as a Markdown table.
    public static var rulesTable: String {
        var lines = ["| request | what is called |", "|---|---|"]
        lines += ReflexRule.all.map {
            "| \($0.example) | \($0.action.tool.map { "`\($0)`" } ?? "nothing, it answers") |"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// About four bytes are a token.
    private static func tokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }

    /// The text in pieces that end after white space: words, or several at once when there are very many.
    private static func pieces(of text: String) -> [String] {
        let least = text.utf8.count / 1024
        var pieces: [String] = []
        var start = text.startIndex
        var end = start
        while end < text.endIndex {
            let space = text[end...].firstIndex(where: \.isWhitespace) ?? text.endIndex
            end = text[space...].firstIndex { !$0.isWhitespace } ?? text.endIndex
            guard end == text.endIndex || text.utf8.distance(from: start, to: end) > least else { continue }
            pieces.append(String(text[start..<end]))
            start = end
        }
        return pieces
    }
}

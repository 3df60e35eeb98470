import AnimaCore

/// Puts a reply together from the parts of a stream.
struct ReplyBuilder {
    private struct PartialCall {
        var id: String?
        var name = ""
        var arguments = ""
    }

    private(set) var text = ""
    private var reasoning = ""
    private var calls: [PartialCall] = []
    private var positions: [Int: Int] = [:]
    private let sink: @Sendable (ModelDelta) -> Void

    /// Why it ended, once known.
    var stop: ModelReply.Stop?
    /// What it cost, once known.
    var usage: Usage?
    /// What its provider wants back.
    var keepsake: [JSONValue] = []
    /// What the owner should know.
    var notices: [String] = []

    init(sink: @escaping @Sendable (ModelDelta) -> Void) { self.sink = sink }

    /// Whether any reasoning came.
    var hasReasoning: Bool { !reasoning.isEmpty }

    /// Whether nothing came yet.
    var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && calls.isEmpty }

    /// More of the answer.
    mutating func add(text more: String) {
        guard !more.isEmpty else { return }
        text += more
        sink(.text(more))
    }

    /// More of the reasoning.
    mutating func add(reasoning more: String) {
        guard !more.isEmpty else { return }
        reasoning += more
        sink(.reasoning(more))
    }

    /// More of a call; some providers repeat id and name with each part, others give them once.
    ///
    /// - Parameter key: Which call of the reply it is; nil for one of its own.
    mutating func add(call key: Int?, id: String? = nil, name: String? = nil, arguments: String = "") {
        let position: Int
        if let key, let known = positions[key] {
            position = known
        } else {
            position = calls.count
            calls.append(PartialCall())
            if let key { positions[key] = position }
        }
        if calls[position].id == nil, let id, !id.isEmpty { calls[position].id = id }
        if calls[position].name.isEmpty, let name { calls[position].name = name }
        calls[position].arguments += arguments
    }

    /// The whole arguments of a call, instead of its parts.
    mutating func set(arguments: String, ofCall key: Int) {
        guard let position = positions[key] else { return }
        calls[position].arguments = arguments
    }

    /// The reply.
    ///
    /// - Parameters:
    ///   - origin: What marks the keepsake.
    func reply(origin: String) -> ModelReply {
        let calls = calls.map { call in
            Self.call(name: call.name, arguments: call.arguments, id: call.id)
        }
        // A provider that says it just stopped, but asks for calls, waits for them.
        let stop = stop.map { $0 == .end && !calls.isEmpty ? .toolUse : $0 }
        return ModelReply(
            text: text,
            reasoning: reasoning.isEmpty ? nil : reasoning,
            keepsake: keepsake.isEmpty ? nil : ModelKeepsake(origin: origin, parts: keepsake),
            calls: calls,
            stop: stop == .toolUse && calls.isEmpty ? .end : stop,
            usage: usage ?? Usage(),
            notices: notices
        )
    }

    /// A call with its arguments read; those that are not an object are told to the model, not dropped.
    static func call(name: String, arguments text: String, id: String?) -> ModelReply.Call {
        if text.allSatisfy(\.isWhitespace) { return .init(tool: name, arguments: [:], providerID: id) }
        do {
            let value = try JSONValue(parsing: text)
            if case .object = value { return .init(tool: name, arguments: value, providerID: id) }
            if case .null = value { return .init(tool: name, arguments: [:], providerID: id) }
            // Some models write the object into a text once more.
            if case .string(let inner) = value, case .object(let members)? = try? JSONValue(parsing: inner) {
                return .init(tool: name, arguments: .object(members), providerID: id)
            }
            let problem =
                "the arguments are \(value.typeName == "array" ? "an array" : "a \(value.typeName)"), not an object"
            return .init(tool: name, arguments: .string(text), providerID: id, problem: problem)
        } catch {
            let problem = "the arguments are \(error); write them as one JSON object and call again"
            return .init(tool: name, arguments: .string(text), providerID: id, problem: problem)
        }
    }
}

import AnimaCore

/// A conversation as all wire formats see it: user and assistant by turns, each call followed by its result.
///
/// What a valid transcript may lack for strict providers is filled in here once: every user message is followed by one of the
/// assistant, no text is empty, and ids of calls are unique and, like the names of tools, of letters and digits.
enum WireMessage: Hashable {
    /// A text with images.
    case user(String, images: [WireImage])
    /// What the model said, and what it asked for.
    case assistant(text: String, step: TranscriptTurn.Step?, calls: [WireCall], isOpenTurn: Bool)
    /// The results of the calls of the message before, in their order.
    case results([WireResult])
}

/// An image with its bytes.
struct WireImage: Hashable {
    let mediaType: String
    let bytes: [UInt8]

    /// The image as an address that is the image (RFC 2397).
    var dataURL: String { "data:\(mediaType);base64,\(bytes.base64)" }
}

/// A tool call with the id that the request uses for it.
struct WireCall: Hashable {
    let id: String
    let tool: String
    let arguments: JSONValue

    /// The arguments as an object; what was not one stands in the member `_raw`.
    var object: JSONValue {
        if case .object = arguments { arguments } else { ["_raw": .string(arguments.stringValue ?? arguments.text)] }
    }

    /// The object as JSON: servers that read the arguments of the past refuse a conversation where they can't.
    var text: String { object.text }
}

/// A result with the id of its call.
struct WireResult: Hashable {
    let id: String
    let tool: String
    let result: ToolResult
    /// The images that came with it, as far as the model is shown them.
    var images: [WireImage] = []

    /// The content, with a word before it when the call did not do what it was asked to.
    var text: String {
        var text = result.shownContent.allSatisfy(\.isWhitespace) ? "(no output)" : result.shownContent
        if result.isError { text = "ERROR (\(result.outcome.rawValue)): \(result.shownContent)" }
        let hidden = (result.images?.count ?? 0) - images.count
        for _ in 0..<max(0, hidden) { text += "\n(an image that this model is not shown)" }
        return text
    }
}

extension [WireResult] {
    /// The images of results as a message of their own, for interfaces whose results are text; nil without images.
    var pictures: (text: String, images: [WireImage])? {
        let shown = filter { !$0.images.isEmpty }
        guard !shown.isEmpty else { return nil }
        let tools = shown.map(\.tool).joined(separator: ", ")
        return ("(what the tools returned, in this order: \(tools))", shown.flatMap(\.images))
    }
}

extension ModelRequest {
    /// The conversation as messages.
    var messages: [WireMessage] {
        var messages: [WireMessage] = []
        var ids = CallIDs()
        for turn in turns {
            messages.append(user(turn))
            let isOpen = turn.ending == nil
            for (index, step) in turn.steps.enumerated() {
                let calls = step.exchanges.map { exchange in
                    WireCall(
                        id: ids.id(for: exchange),
                        tool: Self.usable(tool: exchange.tool),
                        arguments: exchange.arguments
                    )
                }
                var text = step.text
                if calls.isEmpty, text.allSatisfy(\.isWhitespace) { text = "(no text)" }
                messages.append(.assistant(text: text, step: step, calls: calls, isOpenTurn: isOpen))
                guard !calls.isEmpty else { continue }
                let results = zip(calls, step.exchanges)
                    .map { call, exchange in
                        WireResult(
                            id: call.id,
                            tool: call.tool,
                            result: exchange.result,
                            images: found(exchange.result.images ?? [])
                        )
                    }
                messages.append(.results(results))
                if let text = turn.joinedText(afterStep: index + 1) { messages.append(.user(text, images: [])) }
            }
            if let ending = turn.ending, turn.steps.last.map({ !$0.exchanges.isEmpty }) ?? true {
                let saysNothingNew =
                    ending.text.allSatisfy(\.isWhitespace) || ending.text == turn.steps.last?.text
                let note = "(no answer: \(ending.end.reason ?? ending.end.name))"
                messages.append(
                    .assistant(
                        text: saysNothingNew ? note : ending.text,
                        step: nil,
                        calls: [],
                        isOpenTurn: false
                    )
                )
            }
        }
        return messages
    }

    /// The name of a tool as all providers take it: a model may have called one whose name no tool can have.
    private static func usable(tool name: String) -> String {
        let bytes = name.utf8.prefix(64).map { $0.isWordByte ? $0 : UInt8(ascii: "_") }
        return bytes.isEmpty ? "unnamed" : String(decoding: bytes, as: UTF8.self)
    }

    private func user(_ turn: TranscriptTurn) -> WireMessage {
        let wanted = turn.input.images ?? []
        let found = found(wanted)
        let missing = wanted.dropFirst(found.count).map { _ in "(an image that is no longer there)" }
        return .user(turn.shownText(notes: missing), images: found)
    }

    /// Those of some images whose bytes the request has.
    private func found(_ wanted: [Envelope.Image]) -> [WireImage] {
        wanted.compactMap { image in
            images[image.hash].map { WireImage(mediaType: image.mediaType, bytes: $0) }
        }
    }
}

/// Gives each call of a request an id: the provider's own, or one of nine letters and digits, which all accept.
private struct CallIDs {
    private var used: Set<String> = []

    mutating func id(for exchange: TranscriptTurn.Exchange) -> String {
        if let own = exchange.providerID, Self.isUsable(own), used.insert(own).inserted { return own }
        var number = exchange.id.turn.number &* 1_000_000 &+ exchange.id.step &* 1000 &+ exchange.id.index
        while true {
            let digits = String(number.magnitude, radix: 36)
            let id = "c" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            if used.insert(id).inserted { return id }
            number &+= 1
        }
    }

    private static func isUsable(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count) && id.utf8.allSatisfy(\.isWordByte)
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit, `_` or `-`.
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension [UInt8] {
    /// The bytes in Base64 (RFC 4648, section 4).
    var base64: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var output: [UInt8] = []
        output.reserveCapacity((count + 2) / 3 * 4)
        var index = 0
        while index < count {
            let first = self[index]
            let second = index + 1 < count ? self[index + 1] : 0
            let third = index + 2 < count ? self[index + 2] : 0
            output.append(alphabet[Int(first >> 2)])
            output.append(alphabet[Int((first & 3) << 4 | second >> 4)])
            output.append(index + 1 < count ? alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "="))
            output.append(index + 2 < count ? alphabet[Int(third & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }
}

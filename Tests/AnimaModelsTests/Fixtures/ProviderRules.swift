import AnimaCore

/// A rule of a provider that a request breaks.
struct Breach: Error, CustomStringConvertible {
    let description: String
}

func require(_ isKept: Bool, _ rule: @autoclosure () -> String) throws {
    if !isKept { throw Breach(description: rule()) }
}

/// A call as it stands in a request.
struct ReadCall: Hashable {
    var tool: String
    var arguments: JSONValue

    init(_ name: JSONValue?, _ arguments: JSONValue?) throws {
        tool = name?.stringValue ?? ""
        try require(tool.isWord(upTo: 64), "the name \"\(tool)\"")
        self.arguments = arguments ?? .null
        guard case .object = self.arguments else { throw Breach(description: "arguments \(self.arguments)") }
    }
}

extension String {
    fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }

    fileprivate func isWord(upTo longest: Int) -> Bool {
        (1...longest).contains(utf8.count)
            && unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || scalar == "_" || scalar == "-"
            }
    }
}

extension JSONValue? {
    fileprivate func text(_ place: String) throws -> String {
        guard let text = self?.stringValue, !text.isBlank else {
            throw Breach(description: "\(place): no text in \(self?.text ?? "nothing")")
        }
        return text
    }

    fileprivate func list(_ place: String) throws -> [JSONValue] {
        guard let list = self?.arrayValue, !list.isEmpty else { throw Breach(description: "\(place): an empty list") }
        return list
    }
}

/// What OpenAI documents about `messages`: each call is answered by exactly one message of a tool, right after.
struct ChatRules {
    private(set) var calls: [ReadCall] = []
    private var ids: Set<String> = []
    private var open: [String] = []

    mutating func check(_ body: JSONValue) throws {
        var last = ""
        for (index, message) in try body["messages"].list("messages").enumerated() {
            let role = message["role"]?.stringValue ?? ""
            try require(open.isEmpty || role == "tool", "a \(role) before the results of \(open)")
            switch role {
            case "system":
                try require(index == 0, "a system message in the middle")
                guard message["content"]?.stringValue?.isEmpty == false else {
                    throw Breach(description: "an empty system message")
                }
            case "user": try check(user: message["content"])
            case "assistant": try check(assistant: message)
            case "tool":
                _ = try message["content"].text("tool")
                let id = message["tool_call_id"]?.stringValue ?? ""
                guard let position = open.firstIndex(of: id) else {
                    throw Breach(description: "a result of no call: \(id)")
                }
                open.remove(at: position)
            default: throw Breach(description: "the role \"\(role)\"")
            }
            last = role
        }
        try require(open.isEmpty, "no results of \(open)")
        try require(last == "user" || last == "tool", "nothing to answer after \(last)")
    }

    private func check(user content: JSONValue?) throws {
        guard let parts = content?.arrayValue else {
            _ = try content.text("user")
            return
        }
        for part in parts {
            switch part["type"]?.stringValue ?? "" {
            case "text": _ = try part["text"].text("user")
            case "image_url":
                let url = try part["image_url"]?["url"].text("image") ?? ""
                try require(url.hasPrefix("data:image/png;base64,iVBOR"), "an image at \(url)")
            case let type: throw Breach(description: "the part \"\(type)\"")
            }
        }
    }

    private mutating func check(assistant message: JSONValue) throws {
        let content = message["content"] ?? .null
        guard let list = message["tool_calls"] else {
            _ = try message["content"].text("assistant")
            return
        }
        try require(content == .null || content.stringValue?.isEmpty == false, "the content \(content)")
        for call in try Optional(list).list("tool_calls") {
            let id = call["id"]?.stringValue ?? ""
            try require(id.isWord(upTo: 64), "the id \"\(id)\"")
            try require(ids.insert(id).inserted, "the id \(id) twice")
            try require(call["type"] == "function", "a call of another type")
            open.append(id)
            let arguments = try JSONValue(parsing: try call["function"]?["arguments"].text("arguments") ?? "")
            calls.append(try ReadCall(call["function"]?["name"], arguments))
        }
    }
}

/// What Anthropic documents about `messages`.
struct MessagesRules {
    private(set) var calls: [ReadCall] = []
    private var ids: Set<String> = []
    private var open: [String] = []
    private var marks = 0

    mutating func check(_ body: JSONValue) throws {
        try require((body["max_tokens"]?.intValue ?? 0) >= 1, "max_tokens")
        for block in (body["system"]?.arrayValue ?? []) + (body["tools"]?.arrayValue ?? []) {
            if block["type"] == "text" { _ = try block["text"].text("system") }
            if block["cache_control"] != nil { marks += 1 }
        }
        var role = "assistant"
        for message in try body["messages"].list("messages") {
            let next = message["role"]?.stringValue ?? ""
            try require(next == (role == "user" ? "assistant" : "user"), "\(next) after \(role)")
            role = next
            let blocks = try message["content"].list(role)
            if role == "user" { try check(user: blocks) } else { try check(assistant: blocks) }
            marks += blocks.filter { $0["cache_control"] != nil }.count
        }
        try require(role == "user", "nothing to answer")
        try require(marks <= 4, "\(marks) cache marks")
    }

    private mutating func check(user blocks: [JSONValue]) throws {
        let results = blocks.prefix { $0["type"] == "tool_result" }
        let answered = results.compactMap { $0["tool_use_id"]?.stringValue }
        try require(answered.sorted() == open.sorted(), "results of \(answered), not of \(open)")
        open = []
        for result in results {
            guard let parts = result["content"]?.arrayValue else {
                _ = try result["content"].text("tool_result")
                continue
            }
            _ = try parts.first?["text"].text("tool_result")
            for part in parts.dropFirst() {
                try require(part["source"]?["media_type"] == "image/png", "an image of no type in a result")
            }
        }
        for block in blocks.dropFirst(results.count) {
            switch block["type"]?.stringValue ?? "" {
            case "text": _ = try block["text"].text("user")
            case "image": try require(block["source"]?["media_type"] == "image/png", "an image of no type")
            case let type: throw Breach(description: "a block \"\(type)\" of the user")
            }
        }
    }

    private mutating func check(assistant blocks: [JSONValue]) throws {
        for block in blocks {
            switch block["type"]?.stringValue ?? "" {
            case "text": _ = try block["text"].text("assistant")
            case "thinking":
                try require(open.isEmpty, "thinking after a call")
                try require(block["signature"] == "AB", "thinking of another model")
                try require(block["cache_control"] == nil, "a cache mark on thinking")
            case "tool_use":
                let id = block["id"]?.stringValue ?? ""
                try require(id.isWord(upTo: 64), "the id \"\(id)\"")
                try require(ids.insert(id).inserted, "the id \(id) twice")
                open.append(id)
                calls.append(try ReadCall(block["name"], block["input"]))
            case let type: throw Breach(description: "a block \"\(type)\" of the assistant")
            }
        }
        try require(blocks.last?["type"] != "thinking", "nothing after thinking")
    }
}

/// What OpenAI documents about `input`.
struct ResponsesRules {
    private(set) var calls: [ReadCall] = []
    private var ids: Set<String> = []
    private var open: Set<String> = []
    private var isThinking = false

    mutating func check(_ body: JSONValue) throws {
        try require(body["store"] == false, "something is stored")
        if let tokens = body["max_output_tokens"]?.intValue { try require(tokens >= 16, "max_output_tokens") }
        for item in try body["input"].list("input") {
            let type = item["type"]?.stringValue ?? ""
            let isUser = item["role"] == "user"
            try require(
                !isThinking || type == "function_call" || (type == "message" && !isUser),
                "\(type) after reasoning"
            )
            isThinking = type == "reasoning"
            switch type {
            case "message":
                try require(open.isEmpty, "a message before the results of \(open)")
                for part in try item["content"].list("message") where part["type"] != "input_image" {
                    try require(part["type"] == (isUser ? "input_text" : "output_text"), "a part \(part)")
                    // A text before calls may be blank.
                    try require(part["text"]?.stringValue?.isEmpty == false, "an empty text")
                }
            case "reasoning": try require(item["encrypted_content"] == "gAAA", "reasoning of another model")
            case "function_call":
                let id = item["call_id"]?.stringValue ?? ""
                try require(id.isWord(upTo: 64), "the id \"\(id)\"")
                try require(ids.insert(id).inserted, "the id \(id) twice")
                open.insert(id)
                let arguments = try JSONValue(parsing: try item["arguments"].text("arguments"))
                calls.append(try ReadCall(item["name"], arguments))
            case "function_call_output":
                if let parts = item["output"]?.arrayValue {
                    _ = try parts.first?["text"].text("output")
                    for part in parts.dropFirst() { try require(part["type"] == "input_image", "a part \(part)") }
                } else {
                    _ = try item["output"].text("output")
                }
                let id = item["call_id"]?.stringValue ?? ""
                try require(open.remove(id) != nil, "a result of no call: \(id)")
            default: throw Breach(description: "an item \"\(type)\"")
            }
        }
        try require(open.isEmpty && !isThinking, "no results of \(open)")
    }
}

/// What Ollama documents about `messages`: results follow their calls in the same order and name their tools.
struct OllamaRules {
    private(set) var calls: [ReadCall] = []
    private var open: ArraySlice<String> = []

    mutating func check(_ body: JSONValue) throws {
        guard case .bool? = body["stream"] else { throw Breach(description: "stream") }
        for message in try body["messages"].list("messages") {
            let role = message["role"]?.stringValue ?? ""
            guard let content = message["content"]?.stringValue else { throw Breach(description: "content") }
            try require(open.isEmpty || role == "tool", "a \(role) before the results of \(open)")
            switch role {
            case "system": break
            case "user":
                try require(!content.isBlank, "an empty text")
                for image in message["images"]?.arrayValue ?? [] {
                    try require(image.stringValue?.hasPrefix("iVBOR") == true, "an image \(image)")
                }
            case "assistant":
                try require(!content.isBlank || message["tool_calls"] != nil, "an empty text")
                for call in message["tool_calls"]?.arrayValue ?? [] {
                    let read = try ReadCall(call["function"]?["name"], call["function"]?["arguments"])
                    calls.append(read)
                    open.append(read.tool)
                }
            case "tool":
                try require(!content.isBlank, "an empty result")
                try require(open.popFirst() == message["tool_name"]?.stringValue, "a result of another tool")
            default: throw Breach(description: "the role \"\(role)\"")
            }
        }
        try require(open.isEmpty, "no results of \(open)")
    }
}

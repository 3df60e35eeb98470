import AnimaCore

/// An error that a provider reports, in the body of an answer or inside a stream.
struct ProviderFailure: Error, Hashable {
    /// What it says went wrong.
    var message: String
    /// Its words for the kind of error: `code`, `type` and `status`, as far as there are any.
    var words: [String] = []
    /// The HTTP status, when it came with one.
    var status: Int?
    /// The tokens of the request and of the window, when the one did not fit the other and the answer says so.
    var overflow: Overflow?

    /// How much a request was too long.
    struct Overflow: Hashable {
        var request: Int
        var window: Int
    }

    init(message: String, words: [String] = [], status: Int? = nil) {
        self.message = message
        self.words = words
        self.status = status
    }

    /// The error that a JSON value reports; nil when it reports none.
    ///
    /// `{"error": {"message", "type", "code"}}`, `{"error": "text"}`, `{"type": "error", "error": …}`, `{"detail": …}`.
    init?(in value: JSONValue) {
        guard let error = value["error"], error != .null else {
            // vLLM and servers made with FastAPI.
            guard value["object"] == "error" || value["detail"] != nil, value["choices"] == nil else { return nil }
            message = value["message"]?.stringValue ?? value["detail"].map { $0.stringValue ?? $0.text } ?? "an error"
            words = [value["type"]?.stringValue].compactMap(\.self)
            status = value["code"]?.intValue
            return
        }
        message = error.stringValue ?? error["message"]?.stringValue ?? error.text
        // OpenRouter: what the provider behind it said.
        if let raw = error["metadata"]?["raw"]?.stringValue, !raw.isEmpty { message += " (\(raw.prefix(500)))" }
        words = [error["type"], error["code"], error["status"]].compactMap { $0?.stringValue }
        status = error["code"]?.intValue ?? value["status_code"]?.intValue
        // llama.cpp says it in numbers.
        if let window = error["n_ctx"]?.intValue, let request = error["n_prompt_tokens"]?.intValue {
            overflow = Overflow(request: request, window: window)
        }
    }

    /// The error of an answer with a status that is none of success.
    init(status: Int, body: [UInt8]) {
        if let value = try? JSONValue(parsing: body) {
            // Google wraps the error into an array.
            let object = value.arrayValue?.first ?? value
            if var failure = ProviderFailure(in: object) {
                failure.status = status
                self = failure
                return
            }
            if let message = object["message"]?.stringValue {
                self.init(message: message, words: [object["type"]?.stringValue].compactMap(\.self), status: status)
                return
            }
        }
        self.init(message: Self.excerpt(body), status: status)
    }

    /// The beginning of a body that is not JSON, on one line; the title when it is a web page.
    static func excerpt(_ body: [UInt8]) -> String {
        var text = String(decoding: body.prefix(4096), as: UTF8.self)
        if let open = text.firstRange(of: "<title>"), let close = text[open.upperBound...].firstRange(of: "</title>") {
            text = "a web page, \"\(text[open.upperBound..<close.lowerBound])\""
        }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "an empty answer" : String(words.prefix(300))
    }

    /// How much of a request that was too long would have fit; nil when the failure does not say.
    var fittingShare: Double? {
        guard code == .contextOverflow else { return nil }
        // Most say it in a sentence, whose first two numbers are the window and the request, in either order.
        let numbers = message.split { !$0.isNumber && $0 != "," }
            .compactMap { Int($0.filter(\.isNumber)) }.filter { $0 >= 256 }.prefix(2).sorted()
        let said = numbers.count == 2 ? Overflow(request: numbers[1], window: numbers[0]) : nil
        guard let overflow = overflow ?? said, overflow.window > 0, overflow.window < overflow.request else {
            return nil
        }
        return Double(overflow.window) / Double(overflow.request)
    }

    /// What it means for the retry policy.
    var code: ModelError.Code {
        let says = ([message] + words).joined(separator: " ").lowercased()
        func mentions(_ parts: String...) -> Bool { parts.contains { says.contains($0) } }
        // Too many tokens a minute are not too many for the window.
        if status != 429,
            mentions(
                "context_length",
                "context length",
                "context window",
                "exceed_context",
                "exceed context limit",
                "exceeds the available context",
                "prompt is too long",
                "maximum context",
                "too many tokens",
                "input is too long",
                "input token count"
            )
        {
            return .contextOverflow
        }
        if mentions("insufficient_quota", "credit balance", "insufficient credits") { return .quotaExceeded }
        // Google says the same of requests that come too fast.
        if mentions("exceeded your current quota"), !mentions("resource_exhausted") { return .quotaExceeded }
        if mentions("overloaded") { return .unavailable }
        switch status {
        case 401?, 403?: return .unauthorized
        case 402?: return .quotaExceeded
        case 404? where mentions("model"): return .modelNotFound
        case 408?, 504?: return .timeout
        case 409?, 425?: return .unavailable
        case 413?: return .contextOverflow
        case 429?: return .rateLimited
        case let status? where status >= 500: return .unavailable
        default: break
        }
        if mentions(
            "authentication_error",
            "permission_error",
            "invalid_api_key",
            "invalid x-api-key",
            "api key not valid"
        ) {
            return .unauthorized
        }
        if mentions("rate_limit", "rate limit", "resource_exhausted") { return .rateLimited }
        if mentions("model_not_found", "not_found_error") || (mentions("model") && mentions("not found")) {
            return .modelNotFound
        }
        // Inside a stream an unknown error is taken for one that passes: the request itself had been accepted.
        return status == nil ? .unavailable : .invalidRequest
    }
}

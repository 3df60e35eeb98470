import AnimaCore

/// A model that is asked over HTTP.
struct HTTPModel<Format: WireFormat>: ModelProvider {
    let name: String
    let facts: ModelFacts
    let endpoint: Endpoint
    let format: Format
    let transport: any HTTPTransport
    let clock: any AgentClock

    func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        let (path, body) = format.encode(request)
        let call = endpoint.call(path: path, body: body)
        let receiver = ReplyReceiver(format.decoder(sink: sink))
        do {
            do {
                try await transport.perform(call, receiver)
            } catch let error as TransportError where error.kind == .cut || error.kind == .timeout {
                // A reply that was whole is not worth less, or paid for twice, for how its connection ended.
                guard let reply = receiver.wholeReply() else { throw error }
                return completed(reply, request)
            }
            try receiver.checkStatus()
            return completed(try receiver.finish(), request)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw modelError(error, receiver, call)
        }
    }

    /// The reply with what the provider left out: a count of tokens when there is none, notices about a cut prompt.
    private func completed(_ reply: ModelReply, _ request: ModelRequest) -> ModelReply {
        var reply = reply
        reply.usage = reply.usage.bounded
        if reply.usage.total == 0 {
            let output = reply.text.utf8.count + (reply.reasoning?.utf8.count ?? 0)
            reply.usage = Usage(inputTokens: request.approximateTokens, outputTokens: output / 3 + 1)
            reply.notices.append("\(name) did not say what the call cost; its tokens are estimated")
        }
        if let format = format as? OllamaChat,
            let notice = OllamaChat.cutNotice(
                read: reply.usage.inputTokens,
                bytes: request.approximateTokens * 3,
                context: format.options.contextTokens ?? OllamaChat.defaultContext,
                model: name
            )
        {
            reply.notices.append(notice)
        }
        return reply
    }

    private func modelError(_ error: any Error, _ receiver: ReplyReceiver, _ call: HTTPCall) -> ModelError {
        endpoint.modelError(error, head: receiver.head, model: name, url: call.url, now: clock.now)
    }
}

/// Where a provider is and how it knows who asks.
struct Endpoint: Sendable {
    /// How the key is sent.
    enum Authorization: Sendable {
        /// `Authorization: Bearer …`
        case bearer
        /// A field of the provider's own.
        case field(String)
    }

    /// The address before the paths of the API, without a slash at the end.
    let baseURL: String
    /// The key; nil for none.
    let key: Secret?
    /// How the key is sent.
    let authorization: Authorization
    /// Further fields.
    let headers: [(name: String, value: String)]
    /// What to do about a missing or wrong key.
    let keyHint: String

    func call(method: String = "POST", path: String, body: JSONValue? = nil) -> HTTPCall {
        var call = HTTPCall(method: method, url: baseURL + path)
        call.headers = [("user-agent", "anima"), ("accept", "*/*")] + headers
        if let key {
            switch authorization {
            case .bearer: call.headers.append(("authorization", "Bearer \(key.reveal())"))
            case .field(let name): call.headers.append((name, key.reveal()))
            }
        }
        if let body {
            call.headers.append(("content-type", "application/json"))
            call.body = body.bytes
        }
        return call
    }

    /// What went wrong with an exchange, as the retry policy and a person understand it.
    func modelError(_ error: any Error, head: HTTPHead?, model: String, url: String, now: Instant) -> ModelError {
        let code: ModelError.Code
        let said: String
        switch error {
        case let failure as ProviderFailure:
            code = failure.code
            let status = failure.status.map { " (\($0))" } ?? ""
            said = failure.message + status
        case let failure as TransportError:
            switch failure.kind {
            case .unreachable, .cut: code = .unavailable
            case .timeout: code = .timeout
            case .untrusted, .invalid: code = .invalidRequest
            }
            said = failure.message
        case let failure as WireError:
            code = .invalidReply
            said = failure.message
        case let failure as JSONSyntaxError:
            code = .invalidReply
            said = "the answer is \(failure)"
        case is LineSplitter.TooLong:
            code = .invalidReply
            said = "a line of the answer is longer than 16 MiB"
        default:
            code = .unavailable
            said = "\(error)"
        }
        var message = "\(model): \(said)"
        switch code {
        case .unauthorized: message += "; \(keyHint)"
        case .quotaExceeded: message += "; add credit to the account, or use another model"
        case .modelNotFound: message += "; `anima models` lists what there is"
        case .invalidRequest where error is ProviderFailure: message += " [\(url)]"
        default: break
        }
        let wait = head.flatMap { RetryHints.wait($0, now: now) }
        return ModelError(
            code: code,
            message: key?.redacted(from: message) ?? message,
            retryAfter: code == .rateLimited || code == .unavailable ? wait : nil,
            fittingShare: (error as? ProviderFailure)?.fittingShare
        )
    }
}

/// Takes an answer and reads it, or keeps it when it is an error.
final class ReplyReceiver: HTTPReceiver, @unchecked Sendable {
    // Calls don't overlap, and the end of the exchange comes after the last one; so there is no lock.
    private var decoder: any ReplyDecoder
    private(set) var head: HTTPHead?
    private var errorBody: [UInt8] = []
    /// Whether it is a web page, by its type or by how it begins; nil while neither is known.
    private var isPage: Bool?
    private var received = 0
    private let limit: Int

    /// - Parameter limit: The most bytes of an answer; a streamed token takes some hundred.
    init(_ decoder: any ReplyDecoder, limit: Int = 256 * 1024 * 1024) {
        self.decoder = decoder
        self.limit = limit
    }

    private var isSuccess: Bool { head.map { (200..<300).contains($0.status) } ?? false }

    func receive(_ head: HTTPHead) throws {
        self.head = head
        let type = head["content-type"]?.lowercased() ?? ""
        if type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") { isPage = true }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if isPage == nil, let first = bytes.first(where: { $0 > 0x20 }) { isPage = first == UInt8(ascii: "<") }
        if isSuccess, isPage != true {
            received += bytes.count
            guard received <= limit else {
                throw WireError(message: "the answer is larger than \(limit / 1_048_576) MiB")
            }
            return try decoder.take(bytes)
        }
        // The rest of a long error says nothing more.
        let room = 65_536 - errorBody.count
        if room > 0 { errorBody.append(contentsOf: bytes.prefix(room)) }
    }

    func checkStatus() throws {
        guard let head else { throw WireError(message: "there was no answer") }
        if isSuccess, isPage == true {
            throw WireError(
                message: "the answer is \(ProviderFailure.excerpt(errorBody)), not a reply; check base_url"
            )
        }
        guard !isSuccess else { return }
        if (300..<400).contains(head.status) {
            let place = head["location"] ?? "another place"
            throw ProviderFailure(
                message: "the server sends on to \(place), which is not followed with a key; set base_url to it",
                status: head.status
            )
        }
        throw ProviderFailure(status: head.status, body: errorBody)
    }

    func finish() throws -> ModelReply { try decoder.finish() }

    /// The reply of an exchange that broke, if it was whole before.
    func wholeReply() -> ModelReply? { isSuccess && isPage != true ? try? decoder.finish() : nil }
}

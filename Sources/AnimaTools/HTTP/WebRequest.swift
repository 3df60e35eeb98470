import AnimaCore

/// One request as a tool makes it.
struct WebRequest: Hashable, Sendable {
    var method: String
    var address: WebAddress
    /// In the order in which they are sent.
    var headers: [Header] = []
    var body: [UInt8] = []

    struct Header: Hashable, Sendable {
        let name: String
        let value: String
    }
}

/// The beginning of an answer.
struct WebHead: Hashable, Sendable {
    let status: Int
    let reason: String
    /// Names in lowercase.
    let headers: [WebRequest.Header]

    func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer, in words for the model.
struct WebFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let message: String

    init(_ message: String) { self.message = message }

    var description: String { message }
}

/// Where answers lead: decides whether a redirect is followed, and with what.
///
/// A value without network; the addresses that it lets through are judged again by ``DestinationRules`` as if they had been
/// asked for.
struct RedirectChain: Hashable, Sendable {
    /// At most so many redirects are followed.
    static let limit = 5

    let rules: DestinationRules
    /// Where rules of the gate let redirects lead; nil for wherever requests may go at all.
    let reach: AddressReach?
    private(set) var request: WebRequest
    private(set) var count = 0

    init(_ request: WebRequest, _ rules: DestinationRules, reach: AddressReach? = nil) {
        self.request = request
        self.rules = rules
        self.reach = reach
    }

    enum Step: Hashable, Sendable {
        /// The answer is the last one; the note says why a redirect in it is not followed.
        case done(note: String?)
        /// `request` is to be sent now.
        case follow
        /// The redirect leads where nothing may be sent.
        case refuse(String)
    }

    /// Takes the answer to `request`.
    mutating func receive(_ head: WebHead) -> Step {
        guard [301, 302, 303, 307, 308].contains(head.status), let location = head.value("location") else {
            return .done(note: nil)
        }
        guard count < Self.limit else {
            return .refuse("\(request.address) redirects again after \(Self.limit) redirects, which is the limit")
        }
        let next: WebAddress
        do throws(WebAddressError) {
            next = try request.address.resolve(location)
        } catch {
            return .refuse("\(request.address) redirects to what can't be followed: \(error.message)")
        }
        if request.address.scheme == .https, next.scheme == .http {
            return .refuse("\(request.address) redirects to \(next), from https to http, which is not followed")
        }
        // A public page must not reach into what the owner opened for the agent: the agent may ask for it itself.
        if rules.isGranted(next), !rules.isGranted(request.address) {
            return .refuse(
                "\(request.address) redirects to \(next), a host that only direct calls reach; ask for that address itself "
                    + "if you want it"
            )
        }
        let isSameOrigin = next.origin == request.address.origin
        let becomesGet =
            head.status == 303 && request.method != "HEAD" || head.status <= 302 && request.method == "POST"
        if !becomesGet, !isSameOrigin, request.method != "GET", request.method != "HEAD" {
            return .done(note: "it redirects a \(request.method) to another origin, \(next), which is not followed")
        }
        let method = becomesGet ? "GET" : request.method
        if let refusal = reach?.refusal(of: next.description, method: method) {
            return .refuse(
                "\(request.address) redirects to \(next), which is not followed: \(refusal); ask for that address itself"
            )
        }
        if becomesGet {
            request.method = method
            request.body = []
            request.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        // What was meant for one origin, credentials above all, is not told to another.
        if !isSameOrigin { request.headers = [] }
        request.address = next
        count += 1
        return .follow
    }
}

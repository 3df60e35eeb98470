import AnimaCore

/// What a program asks of a proxy: the head of a request of HTTP/1.1 (RFC 9112), understood.
struct ProxyRequest: Hashable, Sendable {
    /// Where it wants to go.
    ///
    /// The request's target alone says so; a `Host` field is not looked at.
    let host: WebAddress.Host
    let port: Int
    /// What the far side gets of the head; nil for a tunnel, whose far side gets none of it.
    let head: String?

    /// A head has at most so many bytes.
    static let maxBytes = 16_384

    /// Why a head is not understood, and the status that says so.
    struct Fault: Error, Hashable, Sendable {
        let status: Int
        let message: String

        static func malformed(_ message: String) -> Fault { Fault(status: 400, message: message) }
    }

    /// Takes a head from the beginning of what was read.
    ///
    /// - Returns: The request and the number of its bytes; nil when the head is not whole yet.
    static func read(_ bytes: some RandomAccessCollection<UInt8>) throws(Fault) -> (request: ProxyRequest, length: Int)?
    {
        guard let end = endOfHead(bytes) else {
            guard bytes.count < maxBytes else {
                throw Fault(status: 431, message: "the head of the request is longer than \(maxBytes) bytes")
            }
            return nil
        }
        return (try ProxyRequest(head: bytes.prefix(end.head)), end.whole)
    }

    /// How many bytes the lines of a head have, and how many it has with the empty line at its end.
    private static func endOfHead(_ bytes: some RandomAccessCollection<UInt8>) -> (head: Int, whole: Int)? {
        let end: [UInt8] = [13, 10, 13, 10]
        var matched = 0
        for (index, byte) in bytes.prefix(maxBytes).enumerated() {
            matched = byte == end[matched] ? matched + 1 : byte == end[0] ? 1 : 0
            if matched == end.count { return (index - 3, index + 1) }
        }
        return nil
    }

    private init(head bytes: some RandomAccessCollection<UInt8>) throws(Fault) {
        // A lone half of a line break, or another control character, is read differently by others.
        var lines: [String] = []
        for line in Array(bytes).split(separator: 10, omittingEmptySubsequences: false) {
            lines.append(String(decoding: line, as: UTF8.self))
        }
        for index in lines.indices.dropLast() {
            guard lines[index].utf8.last == 13 else { throw .malformed("a line of the request lacks its end") }
            lines[index].unicodeScalars.removeLast()
        }
        guard lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 } }) else {
            throw .malformed("the head of the request holds a control character")
        }
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, Self.isToken(words[0]), ["HTTP/1.1", "HTTP/1.0"].contains(words[2]) else {
            throw .malformed("this is no request of HTTP/1.1")
        }
        let fields = try Self.fields(lines.dropFirst())
        if words[0] == "CONNECT" {
            (host, port) = try Self.target(ofTunnel: words[1])
            head = nil
            return
        }
        guard words[1].lowercased().hasPrefix("http://") else {
            let hint = words[1].lowercased().hasPrefix("https://") ? "ask with CONNECT for https" : "this is a proxy"
            throw .malformed("the target of the request must be an address that begins with http://; \(hint)")
        }
        let rest = words[1].dropFirst("http://".count)
        let path = rest.drop { !"/?#".contains($0) }
        guard !path.contains("#") else { throw .malformed("the target of the request holds a \"#\"") }
        let address = try Self.address("http://" + rest.prefix { !"/?#".contains($0) })
        (host, port) = (address.host, address.port)
        let own = [
            "\(words[0]) \(path.hasPrefix("/") ? "" : "/")\(path) \(words[2])",
            "Host: \(host)\(port == 80 ? "" : ":\(port)")",
            // One request for each connection: the next one may be for another host.
            "Connection: close",
        ]
        head = (own + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func target(ofTunnel text: String) throws(Fault) -> (WebAddress.Host, Int) {
        guard let colon = text.lastIndex(of: ":"), text[colon...].count > 1,
            text[colon...].dropFirst().utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            !text.contains(where: { "/?#".contains($0) })
        else { throw .malformed("CONNECT needs a host and a port") }
        let address = try address("http://" + text)
        return (address.host, address.port)
    }

    private static func address(_ text: String) throws(Fault) -> WebAddress {
        do throws(WebAddressError) { return try WebAddress(text) } catch { throw .malformed(error.message) }
    }

    /// The fields that go on to the far side; those that are about this connection stay here.
    private static func fields(_ lines: ArraySlice<String>) throws(Fault) -> [String] {
        var passed: [(name: String, line: String)] = []
        var dropped: Set<String> = ["host", "connection", "keep-alive", "upgrade"]
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), isToken(String(line[..<colon])) else {
                throw .malformed("a line in the head of the request is no header field")
            }
            let name = line[..<colon].lowercased()
            if name == "connection" {
                let names = line[colon...].dropFirst().split(separator: ",")
                dropped.formUnion(names.map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() })
            }
            passed.append((name, line))
        }
        // What says where the body ends can't be made to vanish on the way.
        dropped.subtract(["content-length", "transfer-encoding"])
        return passed.filter { !dropped.contains($0.name) && !$0.name.hasPrefix("proxy-") }.map(\.line)
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

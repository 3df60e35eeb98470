import AnimaCore

/// A header field that the owner adds to the requests to one origin: a key that the model never sees.
public struct HeaderGrant: Hashable, Sendable {
    /// For example `https://api.example`.
    let origin: String
    let field: WebRequest.Header

    /// Reads `https://api.example Authorization: Bearer …`.
    ///
    /// Nil for what is no origin, or no field that may be added.
    public init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let address = try? WebAddress(String(parts[0])),
            address.target == "/", let field = try? WebRequest.Header(String(parts[1]))
        else { return nil }
        origin = address.origin
        self.field = field
    }
}

extension WebRequest.Header {
    /// Fields that say how a message is carried, or by whom; they are the client's own.
    private static let ownFields: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect",
        "accept-encoding", "proxy-authorization", "proxy-connection", "user-agent", "forwarded", "via",
        "http2-settings",
    ]

    /// Reads `Name: value`.
    ///
    /// - Throws: ``WebFailure``, which never holds the value: it may be a secret.
    init(_ line: String) throws(WebFailure) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let isName = !name.isEmpty && name.utf8.count <= 100 && name.utf8.allSatisfy(Self.isTokenByte)
        guard parts.count == 2, isName else {
            throw WebFailure("a header must be \"Name: value\", the name made of letters, digits and \"-\"")
        }
        guard !parts[1].utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) else {
            throw WebFailure("the value of the header \(name) holds a line break or another control character")
        }
        guard !Self.ownFields.contains(name.lowercased()) else {
            throw WebFailure("the header \(name) is set by the client itself; leave it out")
        }
        let value = parts[1].drop { $0 == " " || $0 == "\t" }
        self.init(name: name, value: String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

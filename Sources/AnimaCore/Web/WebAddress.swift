/// An address of the web (`http` or `https`) in its one canonical form, which both the gate and the network go by.
///
/// Host and scheme are in lowercase, a host that is a number is in its usual form whatever it was written in, the path has
/// no `.` and `..`, characters are percent-encoded exactly where they have to be, and there is no fragment. A form that
/// programs read differently is refused and not repaired: a user name before the host, a host with other characters than
/// letters, digits, `-`, `_` and `.`, a zone, a control character.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// How the host is spoken to.
    public enum Scheme: String, Hashable, Sendable {
        /// In the clear.
        case http
        /// Over TLS.
        case https

        /// The port that need not be written.
        public var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// Who is spoken to.
    public enum Host: Hashable, Sendable, CustomStringConvertible {
        /// A name in lowercase, without a dot at its end.
        case name(String)
        /// A number.
        case address(IPAddress)

        /// As it stands in an address: version 6 in brackets.
        public var description: String {
            switch self {
            case .name(let name): name
            case .address(let address): address.bytes.count == 4 ? "\(address)" : "[\(address)]"
            }
        }
    }

    /// How the host is spoken to.
    public let scheme: Scheme
    /// Who is spoken to.
    public let host: Host
    /// From 1 to 65535.
    public let port: Int
    /// The path, which begins with `/`.
    public let path: String
    /// What follows the `?`; nil when there is none.
    public let query: String?

    /// An address has at most so many bytes.
    public static let maxBytes = 8192

    /// Reads an address as people and pages write it.
    ///
    /// - Throws: ``WebAddressError`` when it is none, or of a form that programs read differently.
    public init(_ text: String) throws(WebAddressError) {
        let text = try Self.cleaned(text)
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            throw WebAddressError("\(Self.shown(text)) must begin with http:// or https://")
        }
        let rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("//") else {
            throw WebAddressError("\(Self.shown(text)) must begin with \(scheme.rawValue)://")
        }
        let end = rest.dropFirst(2).firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let (host, port) = try Self.authority(rest.dropFirst(2)[..<end], in: text)
        self.init(scheme, host, port ?? scheme.defaultPort, rest[end...])
    }

    /// Reads what a page or a redirect of this address refers to (RFC 3986, 5.2).
    public func resolve(_ reference: String) throws(WebAddressError) -> WebAddress {
        let reference = try Self.cleaned(reference)
        if let colon = reference.firstIndex(of: ":"), Self.isScheme(reference[..<colon]) {
            return try WebAddress(reference)
        }
        if reference.hasPrefix("//") { return try WebAddress("\(scheme.rawValue):\(reference)") }
        switch reference.first {
        case nil, "#": return self
        case "/": return WebAddress(scheme, host, port, reference[...])
        case "?": return WebAddress(scheme, host, port, (path + reference)[...])
        default:
            let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
            return WebAddress(scheme, host, port, directory + reference)
        }
    }

    public var description: String { origin + target }

    /// Scheme, host and port: what may see what was meant for it.
    public var origin: String {
        "\(scheme.rawValue)://\(host)" + (port == scheme.defaultPort ? "" : ":\(port)")
    }

    /// What the host is asked for: the path and the query.
    public var target: String { path + (query.map { "?" + $0 } ?? "") }

    private init(_ scheme: Scheme, _ host: Host, _ port: Int, _ rest: Substring) {
        self.scheme = scheme
        self.host = host
        self.port = port
        let visible = rest.prefix { $0 != "#" }
        let mark = visible.firstIndex(of: "?")
        path = Self.withoutDots(Self.encoded(visible[..<(mark ?? visible.endIndex)], isQuery: false))
        query = mark.map { Self.encoded(visible[visible.index(after: $0)...], isQuery: true) }
    }

    // MARK: Parts

    private static func cleaned(_ text: String) throws(WebAddressError) -> String {
        guard text.utf8.count <= maxBytes else {
            throw WebAddressError("the address has \(text.utf8.count) bytes, over the limit of \(maxBytes)")
        }
        var text = text[...]
        while let first = text.utf8.first, isSpace(first) { text = text.dropFirst() }
        while let last = text.utf8.last, isSpace(last) { text = text.dropLast() }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw WebAddressError("\(shown(String(text))) holds a line break or another control character")
        }
        return String(text)
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func authority(
        _ text: Substring,
        in whole: String
    ) throws(WebAddressError) -> (Host, port: Int?) {
        guard !text.contains("@") else {
            // Not shown: what stands there may be a password.
            throw WebAddressError(
                "an address with a user name or \"@\" before its host is refused; give credentials in a header"
            )
        }
        var name = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw WebAddressError("\(shown(whole)) lacks a \"]\"") }
            name = text[...end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw WebAddressError("\(shown(whole)) has something else than a port after its host")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let host = try host(name, in: whole)
        guard let port, !port.isEmpty else { return (host, nil) }
        guard port.utf8.count <= 5, port.utf8.allSatisfy(isDigit), let number = Int(port),
            (1...65_535).contains(number)
        else { throw WebAddressError("\(shown(whole)) has a port that is no number from 1 to 65535") }
        return (host, number)
    }

    private static func host(_ text: Substring, in whole: String) throws(WebAddressError) -> Host {
        if text.hasPrefix("[") {
            guard let address = IPAddress(version6: text.dropFirst().dropLast()) else {
                throw WebAddressError(
                    "\(shown(whole)) has no IPv6 address between its brackets (zones are not allowed)"
                )
            }
            return .address(address)
        }
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty else { throw WebAddressError("\(shown(whole)) names no host") }
        guard name.utf8.allSatisfy({ $0 < 0x80 }), text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw WebAddressError(
                "the host of \(shown(whole)) has characters beyond ASCII, which look alike or are changed on the way; "
                    + "write it in its xn-- form"
            )
        }
        guard name.utf8.allSatisfy({ isLetter($0) || isDigit($0) || "-_.".utf8.contains($0) }) else {
            throw WebAddressError(
                "the host of \(shown(whole)) has other characters than letters, digits, \"-\" and \".\""
            )
        }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // Whether a host is a number is told by its end (WHATWG URL, 3.5); such a one is never looked up as a name.
        if let last = labels.last, last.utf8.allSatisfy(isDigit) || last.hasPrefix("0x") {
            guard let address = IPAddress(version4: name) else {
                throw WebAddressError("the host of \(shown(whole)) ends like a number and is no IPv4 address")
            }
            return .address(address)
        }
        guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw WebAddressError("the host of \(shown(whole)) has an empty or too long part")
        }
        return .name(name)
    }

    /// Encodes what has to be, and decodes what need not be.
    private static func encoded(_ text: Substring, isQuery: Bool) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            var isEncoded = false
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                byte = high << 4 | low
                isEncoded = true
                index += 2
            }
            index += 1
            let isPlain = isLetter(byte) || isDigit(byte) || "-._~".utf8.contains(byte)
            let isMark = !isEncoded && ("!$&'()*+,;=:@/".utf8.contains(byte) || isQuery && byte == UInt8(ascii: "?"))
            if isPlain || isMark {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func withoutDots(_ path: String) -> String {
        var parts: [Substring] = []
        let given = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(path.hasPrefix("/") ? 1 : 0)
        for (index, part) in given.enumerated() {
            let isLast = index == given.count - 1
            switch part {
            case ".": if isLast { parts.append("") }
            case "..":
                if !parts.isEmpty { parts.removeLast() }
                if isLast { parts.append("") }
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 || byte == 10 || byte == 13 }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func shown(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
            .joined()
        return text.contains("@") ? "the address" : "\"\(start)\(text.unicodeScalars.count > 80 ? "…" : "")\""
    }
}

/// Why a text is no address of the web that could be used, in words for the model.
public struct WebAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was read, and what is wrong with it.
    public let message: String

    init(_ message: String) { self.message = message }

    public var description: String { message }
}

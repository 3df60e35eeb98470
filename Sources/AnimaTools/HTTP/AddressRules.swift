import AnimaCore

/// What kind of place a number of a host names, by the registries of special addresses (RFC 6890 and its updates).
enum AddressKind: String, Hashable, Sendable {
    /// A host of the Internet; the only kind that is reached without a grant.
    case global = "a public address"
    case unspecified = "the unspecified address"
    case loopback = "this machine (loopback)"
    case privateNetwork = "a private network"
    case shared = "a provider's inner network (RFC 6598)"
    case linkLocal = "a link-local address, where clouds keep their metadata"
    case metadata = "a cloud's metadata service"
    case multicast = "a multicast address"
    case reserved = "a reserved address"

    /// Whether the owner's grant of a name opens addresses of this kind; others are opened only by their number.
    var isOpenedByName: Bool {
        switch self {
        case .global, .loopback, .privateNetwork, .shared: true
        case .unspecified, .linkLocal, .metadata, .multicast, .reserved: false
        }
    }
}

extension IPAddress {
    /// What it names; one that carries another address in it names what that one does, if that is worse.
    var kind: AddressKind {
        if bytes.count == 4 { return Self.find(Self.version4, bytes) ?? .global }
        if let kind = Self.find(Self.version6, bytes) { return kind }
        // Only what is given out as global unicast is global.
        guard bytes[0] & 0xE0 == 0x20 else { return .reserved }
        for inner in carried { if inner.kind != .global { return inner.kind } }
        return .global
    }

    /// The addresses of version 4 that forms of version 6 carry: whoever routes them goes there.
    private var carried: [IPAddress] {
        let at = { (start: Int) in [IPAddress(bytes: Array(bytes[start..<start + 4]))].compactMap(\.self) }
        // 6to4 (RFC 3056).
        if bytes.starts(with: [0x20, 0x02]) { return at(2) }
        // An interface identifier of ISATAP (RFC 5214).
        if bytes[8] & 0xFC == 0, Array(bytes[9..<12]) == [0, 0x5E, 0xFE] { return at(12) }
        return []
    }

    private struct Block {
        let prefix: [UInt8]
        let bits: Int
        let kind: AddressKind

        init(_ prefix: [UInt8], _ bits: Int, _ kind: AddressKind) {
            self.prefix = prefix
            self.bits = bits
            self.kind = kind
        }

        func contains(_ bytes: [UInt8]) -> Bool {
            for index in 0..<(bits + 7) / 8 {
                let width = min(8, bits - 8 * index)
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> width)
                let expected = index < prefix.count ? prefix[index] : 0
                if bytes[index] & mask != expected & mask { return false }
            }
            return true
        }
    }

    private static func find(_ blocks: [Block], _ bytes: [UInt8]) -> AddressKind? {
        blocks.first { $0.contains(bytes) }?.kind
    }

    private static let version4 = [
        Block([0, 0, 0, 0], 32, .unspecified), Block([0], 8, .reserved), Block([10], 8, .privateNetwork),
        Block([100, 100, 100, 200], 32, .metadata), Block([100, 64], 10, .shared), Block([127], 8, .loopback),
        Block([169, 254, 169, 254], 32, .metadata), Block([169, 254], 16, .linkLocal),
        Block([168, 63, 129, 16], 32, .metadata), Block([172, 16], 12, .privateNetwork),
        Block([192, 0, 0], 24, .reserved), Block([192, 0, 2], 24, .reserved), Block([192, 31, 196], 24, .reserved),
        Block([192, 52, 193], 24, .reserved), Block([192, 88, 99], 24, .reserved),
        Block([192, 168], 16, .privateNetwork), Block([192, 175, 48], 24, .reserved),
        Block([198, 18], 15, .reserved), Block([198, 51, 100], 24, .reserved), Block([203, 0, 113], 24, .reserved),
        Block([224], 4, .multicast), Block([240], 4, .reserved),
    ]

    private static let version6 = [
        Block([], 128, .unspecified), Block([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, .loopback),
        // Mapped, compatible and translated forms of version 4 and both prefixes of NAT64: no public host is named so.
        Block([], 8, .reserved), Block([0, 0x64, 0xFF, 0x9B], 32, .reserved), Block([1], 8, .reserved),
        // Teredo, benchmarking, ORCHID and the rest of IETF's own; documentation, twice; segment routing.
        Block([0x20, 0x01], 23, .reserved), Block([0x20, 0x01, 0x0D, 0xB8], 32, .reserved),
        Block([0x3F, 0xFF], 20, .reserved), Block([0x5F], 16, .reserved),
        Block([0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54], 128, .metadata),
        Block([0xFD, 0x20, 0, 0xCE], 32, .metadata), Block([0xFC], 7, .privateNetwork),
        Block([0xFE, 0x80], 10, .linkLocal), Block([0xFE, 0xC0], 10, .privateNetwork), Block([0xFF], 8, .multicast),
    ]
}

/// A host that the owner opens although it lies in no public place.
public struct HostGrant: Hashable, Sendable {
    let host: WebAddress.Host
    /// Nil for all of them.
    let port: Int?

    /// Reads `intranet.example`, `127.0.0.1:8080` or `[::1]:8080`; without a port every port is meant.
    ///
    /// Nil for what is no host.
    public init?(_ text: String) {
        guard !text.contains(where: { "/?# ".contains($0) }), let address = try? WebAddress("http://" + text) else {
            return nil
        }
        host = address.host
        let rest = text.hasPrefix("[") ? text.drop { $0 != "]" } : text[...]
        port = rest.contains(":") ? address.port : nil
    }

    func covers(_ address: WebAddress) -> Bool { host == address.host && (port == nil || port == address.port) }
}

/// Decides which addresses may be spoken to: a value, so that it can be tested without a network.
struct DestinationRules: Hashable, Sendable {
    let grants: [HostGrant]

    /// Whether the owner has opened the host.
    func isGranted(_ address: WebAddress) -> Bool { grants.contains { $0.covers(address) } }

    /// Judges an address before its name is looked up.
    ///
    /// - Returns: Why it is refused; nil when it is not, as far as that can be told.
    func refusal(of address: WebAddress) -> String? {
        switch address.host {
        case .address(let number): return refusal(of: number, for: address)
        case .name(let name):
            guard !isGranted(address), name == "localhost" || name.hasSuffix(".localhost") else { return nil }
            return Self.text(address, "is this machine")
        }
    }

    /// Judges what a name led to: one refused answer refuses them all.
    ///
    /// - Returns: Why it is refused; nil when each of the numbers may be spoken to.
    func refusal(of answers: [IPAddress], for address: WebAddress) -> String? {
        for answer in answers { if let refusal = refusal(of: answer, for: address) { return refusal } }
        return nil
    }

    private func refusal(of number: IPAddress, for address: WebAddress) -> String? {
        let kind = number.kind
        if kind == .global { return nil }
        let isNumber = address.host == .address(number)
        if isGranted(address), isNumber || kind.isOpenedByName { return nil }
        let place = isNumber ? "is \(kind.rawValue)" : "leads to \(number), which is \(kind.rawValue)"
        return Self.text(address, place)
    }

    private static func text(_ address: WebAddress, _ reason: String) -> String {
        let port = address.port == address.scheme.defaultPort ? "" : ":\(address.port)"
        return "\(address.host)\(port) is not spoken to: it \(reason); only public hosts are, and those that the owner "
            + "names in tools.hosts"
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ProxySettings {
    /// A host as addresses and settings name it.
    struct HostName: Hashable, Sendable {
        /// In lowercase, without the brackets of an address or the last dot of a name.
        let text: String
        /// The 4 or 16 bytes of an address; nil for a name.
        let address: [UInt8]?

        init(_ text: String) {
            var text = text.lowercased()
            if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
            if text.hasSuffix(".") { text.removeLast() }
            self.text = text
            address = Self.address(text)
        }

        var isLoopback: Bool {
            guard let address else { return text == "localhost" }
            return address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
        }

        private static func address(_ text: String) -> [UInt8]? {
            var four = in_addr()
            if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
            var six = in6_addr()
            return inet_pton(AF_INET6, text, &six) == 1 ? withUnsafeBytes(of: six) { Array($0) } : nil
        }
    }

    /// One entry of `NO_PROXY`.
    struct Exception: Hashable, Sendable {
        private enum Hosts: Hashable, Sendable {
            case all
            case name(String)
            case network([UInt8], bits: Int)
        }

        private let hosts: Hosts
        private let port: Int?

        init(_ text: String) {
            var host = text[...]
            var port: Int?
            // The colon before a port is the only one, or follows a bracket.
            if let colon = text.lastIndex(of: ":"),
                text.firstIndex(of: ":") == colon || text[..<colon].hasSuffix("]")
            {
                host = text[..<colon]
                port = Int(text[text.index(after: colon)...]) ?? -1
            }
            self.port = port
            let parts = host.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if let address = HostName(String(parts.first ?? host)).address {
                let all = address.count * 8
                let bits = parts.count == 2 ? Int(parts[1]) ?? -1 : all
                // A network that is none covers nothing.
                hosts = (0...all).contains(bits) ? .network(address, bits: bits) : .network([], bits: 0)
            } else if host == "*" {
                hosts = .all
            } else {
                hosts = .name(HostName(String(host.trimmingPrefix("*").trimmingPrefix("."))).text)
            }
        }

        func covers(_ host: HostName, port: Int) -> Bool {
            if let own = self.port, own != port { return false }
            switch hosts {
            case .all: return true
            case .name(let name): return host.text == name || host.text.hasSuffix("." + name)
            case .network(let network, let bits):
                guard let address = host.address, address.count == network.count else { return false }
                let whole = bits / 8
                guard address[..<whole] == network[..<whole] else { return false }
                return bits % 8 == 0 || (address[whole] ^ network[whole]) >> (8 - bits % 8) == 0
            }
        }
    }
}

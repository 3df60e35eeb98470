extension ProxySettings {
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

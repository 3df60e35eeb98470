import AnimaCore

/// A host that programs in a sandbox may reach, as `sandbox.hosts` names it.
public struct ProgramHost: Hashable, Sendable, CustomStringConvertible {
    private let grant: HostGrant
    /// Whether the hosts below the name are meant, and not the name itself.
    private let isBelow: Bool
    public let description: String

    /// The ports that are meant where none is named.
    static let usualPorts = [443, 80]

    /// Reads `pypi.org`, `*.pythonhosted.org`, `github.com:22`, `127.0.0.1:8080` or `[::1]:8080`.
    ///
    /// Without a port 443 and 80 are meant. Nil for what is no host, and for `*` before less than two parts of a name.
    public init?(_ text: String) {
        isBelow = text.hasPrefix("*.")
        guard let grant = HostGrant(isBelow ? String(text.dropFirst(2)) : text) else { return nil }
        if isBelow {
            guard case .name(let name) = grant.host, name.contains(".") else { return nil }
        }
        self.grant = grant
        description = text
    }

    func covers(_ host: WebAddress.Host, port: Int) -> Bool {
        guard grant.port.map({ $0 == port }) ?? Self.usualPorts.contains(port) else { return false }
        guard isBelow else { return host == grant.host }
        guard case .name(let name) = host, case .name(let end) = grant.host else { return false }
        return name.hasSuffix("." + end)
    }
}

/// Decides what programs may reach: a value, so that it can be tested without a network.
struct ProgramHosts: Hashable, Sendable {
    let granted: [ProgramHost]

    private func covers(_ host: WebAddress.Host, _ port: Int) -> Bool {
        granted.contains { $0.covers(host, port: port) }
    }

    /// Judges a host before its name is looked up.
    ///
    /// - Returns: Why it is refused; nil when it is not, as far as that can be told.
    func refusal(of host: WebAddress.Host, port: Int) -> String? {
        covers(host, port) ? nil : "\(host):\(port) is not in sandbox.hosts"
    }

    /// Judges what a granted name led to: one refused answer refuses them all.
    ///
    /// Whoever rules over a name may let it lead into the owner's network; so a number there must be granted itself.
    ///
    /// - Returns: Why it is refused; nil when each of the numbers may be spoken to.
    func refusal(of answers: [IPAddress], for host: WebAddress.Host, port: Int) -> String? {
        for number in answers where number.kind != .global && !covers(.address(number), port) {
            return "\(host):\(port) leads to \(number), which is \(number.kind.rawValue) and is not in sandbox.hosts"
        }
        return nil
    }
}

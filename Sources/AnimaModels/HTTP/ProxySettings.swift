import AsyncHTTPClient

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Which proxy leads to which host, as the environment says.
///
/// `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` (or in lowercase) name a proxy, `NO_PROXY` the hosts without one: `*`, names
/// (which stand for the names below them too), addresses and networks (`10.0.0.0/8`), with or without a port. Loopback addresses never have one.
public struct ProxySettings: Hashable, Sendable {
    struct Proxy: Hashable, Sendable {
        let host: String
        let port: Int
        let user: String?
        let password: String?

        var authorization: HTTPClient.Authorization? {
            user.map { .basic(username: $0, password: password ?? "") }
        }
    }

    private let secure: Proxy?
    private let plain: Proxy?
    private let exceptions: [Exception]

    /// No proxies.
    public init() {
        secure = nil
        plain = nil
        exceptions = []
    }

    /// What an environment says.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            let text = environment[name.lowercased()] ?? environment[name]
            return text?.isEmpty == false ? text : nil
        }
        // A CGI program gets a visitor's "Proxy:" field as HTTP_PROXY.
        let isCGI = environment["REQUEST_METHOD"] != nil
        let all = value("ALL_PROXY")
        secure = (value("HTTPS_PROXY") ?? all).flatMap(Self.parse)
        plain = ((isCGI ? environment["http_proxy"] : value("HTTP_PROXY")) ?? all).flatMap(Self.parse)
        exceptions = (value("NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map { Exception(String($0)) }
    }

    func proxy(forHost host: String, port: Int, isSecure: Bool) -> Proxy? {
        guard let proxy = isSecure ? secure : plain else { return nil }
        let host = HostName(host)
        return host.isLoopback || exceptions.contains { $0.covers(host, port: port) } ? nil : proxy
    }

    /// `http://user:password@host:port`, or less of it.
    private static func parse(_ text: String) -> Proxy? {
        let address = text.contains("://") ? text : "http://" + text
        guard let url = URL(string: address), let host = url.host(), !host.isEmpty else { return nil }
        return Proxy(
            host: host,
            port: url.port ?? (url.scheme == "https" ? 443 : 80),
            user: url.user(percentEncoded: false),
            password: url.password(percentEncoded: false)
        )
    }
}

import Testing

@testable import AnimaModels

@Suite("Proxy settings")
struct ProxySettingsTests {
    /// Which proxy an environment names for `https://models.example:443`, or another place.
    struct Row: Sendable, CustomTestStringConvertible {
        let environment: [String: String]
        var host = "models.example"
        var port = 443
        var isSecure = true
        let proxy: String?

        var testDescription: String { "\(host):\(port) with \(environment.sorted { $0.key < $1.key })" }
    }

    private static let proxy = "http://proxy.example:3128"

    private static let names: [Row] = [
        Row(environment: [:], proxy: nil),
        Row(environment: ["HTTPS_PROXY": proxy], proxy: "proxy.example:3128"),
        Row(environment: ["https_proxy": proxy], proxy: "proxy.example:3128"),
        Row(environment: ["https_proxy": "http://small:1", "HTTPS_PROXY": proxy], proxy: "small:1"),
        Row(environment: ["HTTPS_PROXY": ""], proxy: nil),
        Row(environment: ["https_proxy": "", "HTTPS_PROXY": proxy], proxy: nil),
        Row(environment: ["HTTP_PROXY": proxy], proxy: nil),
        Row(environment: ["HTTP_PROXY": proxy], isSecure: false, proxy: "proxy.example:3128"),
        Row(environment: ["HTTP_PROXY": proxy, "REQUEST_METHOD": "GET"], isSecure: false, proxy: nil),
        Row(environment: ["http_proxy": proxy, "REQUEST_METHOD": "GET"], isSecure: false, proxy: "proxy.example:3128"),
        Row(environment: ["ALL_PROXY": proxy], proxy: "proxy.example:3128"),
        Row(environment: ["all_proxy": proxy], isSecure: false, proxy: "proxy.example:3128"),
        Row(environment: ["ALL_PROXY": proxy, "HTTPS_PROXY": "http://other:1"], proxy: "other:1"),
        Row(environment: ["HTTPS_PROXY": "proxy.example:3128"], proxy: "proxy.example:3128"),
        Row(environment: ["HTTPS_PROXY": "http://proxy.example"], proxy: "proxy.example:80"),
        Row(environment: ["HTTPS_PROXY": "http://proxy.example:3128/"], proxy: "proxy.example:3128"),
        Row(environment: ["HTTPS_PROXY": "http://[::1]:3128"], proxy: "::1:3128"),
        Row(environment: ["HTTPS_PROXY": "http://a%40b:p%3Aw@proxy.example:1"], proxy: "a@b:p:w@proxy.example:1"),
        Row(environment: ["HTTPS_PROXY": "not a proxy"], proxy: nil),
    ]

    private static func exception(_ list: String, _ host: String = "models.example", _ port: Int = 443) -> Row {
        Row(environment: ["HTTPS_PROXY": proxy, "NO_PROXY": list], host: host, port: port, proxy: nil)
    }

    private static func noException(_ list: String, _ host: String = "models.example", _ port: Int = 443) -> Row {
        Row(
            environment: ["HTTPS_PROXY": proxy, "no_proxy": list],
            host: host,
            port: port,
            proxy: "proxy.example:3128"
        )
    }

    private static let exceptions: [Row] = [
        exception("*"), exception("models.example"), exception("other, models.example"), exception("MODELS.example"),
        exception("example"), exception(".example"), exception("*.example"), exception("models.example:443"),
        exception("", "localhost"), exception("", "127.0.0.1"), exception("", "127.9.9.9"), exception("", "::1"),
        exception("", "[::1]"), exception("10.0.0.7", "10.0.0.7"), exception("10.0.0.0/8", "10.1.2.3"),
        exception("192.168.4.0/22", "192.168.7.255"), exception("fd00::5", "fd00::5"),
        exception("[fd00::5]:443", "fd00::5"), exception("models.example."),
        noException(""), noException("xample"), noException("models.example.org"), noException("models.example:8443"),
        noException("els.example"), noException("10.0.0.0/8", "11.1.2.3"), noException("192.168.4.0/22", "192.168.8.0"),
        noException("10.0.0.0/8", "10.example"), noException("10.0.0.0/99", "10.0.0.1"),
        noException("[fd00::5]:443", "fd00::5", 80),
    ]

    @Test("a place has the proxy that the environment names", arguments: names + exceptions)
    func finds(_ row: Row) {
        let settings = ProxySettings(environment: row.environment)
        let proxy = settings.proxy(forHost: row.host, port: row.port, isSecure: row.isSecure)
        let text = proxy.map { proxy in
            let credentials = proxy.user.map { "\($0):\(proxy.password ?? "")@" } ?? ""
            return "\(credentials)\(proxy.host):\(proxy.port)"
        }
        #expect(text == row.proxy)
    }
}

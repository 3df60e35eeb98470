import AnimaCore
import Testing

@testable import AnimaTools

@Suite("Requests to the proxy")
struct ProxyRequestTests {
    private static func read(_ text: String) throws(ProxyRequest.Fault) -> (request: ProxyRequest, length: Int)? {
        try ProxyRequest.read(Array(text.utf8))
    }

    @Test func takeTheirTargetFromTheFirstLine() throws {
        let (tunnel, length) = try #require(
            try Self.read("CONNECT pypi.org:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n\u{16}\u{3}")
        )
        #expect((tunnel.host, tunnel.port, tunnel.head) == (.name("pypi.org"), 443, nil))
        #expect(length == 53)
        let (plain, _) = try #require(
            try Self.read(
                "GET http://Pypi.org:8080/a%2Fb/../c?d=e HTTP/1.1\r\nHost: evil.example\r\nAccept: */*\r\n\r\n"
            )
        )
        #expect((plain.host, plain.port) == (.name("pypi.org"), 8080))
        let head = "GET /a%2Fb/../c?d=e HTTP/1.1\r\nHost: pypi.org:8080\r\nConnection: close\r\nAccept: */*\r\n\r\n"
        #expect(plain.head == head)
    }

    @Test func keepFieldsOfTheConnectionToThemselves() throws {
        let text =
            "POST http://a.example HTTP/1.1\r\nProxy-Authorization: Basic eA==\r\nConnection: x-hop, Content-Length\r\n"
            + "X-Hop: 1\r\nKeep-Alive: 5\r\nContent-Length: 3\r\nhOST: b.example\r\n\r\nabc"
        let (request, length) = try #require(try Self.read(text))
        #expect(request.head == "POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
        #expect(length == text.utf8.count - 3)
    }

    @Test func areTheSameWhereverTheyAreCut() throws {
        let text = "GET http://a.example/ HTTP/1.1\r\nA: b\r\n\r\n"
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count { #expect(try ProxyRequest.read(bytes[..<count]) == nil) }
        #expect(try ProxyRequest.read(bytes)?.length == bytes.count)
    }

    @Test(
        arguments: [
            "GET / HTTP/1.1", "GET https://a.example/ HTTP/1.1", "GET ftp://a.example/ HTTP/1.1",
            "GET http:/// HTTP/1.1",
            "GET http://user@a.example/ HTTP/1.1", "GET http://a.example/#b HTTP/1.1",
            "GET  http://a.example/ HTTP/1.1",
            "GET http://a.example\\@b.example/ HTTP/1.1", "GET http://a.example/ HTTP/2.0", "GET http://a.example/",
            "CONNECT a.example HTTP/1.1", "CONNECT a.example: HTTP/1.1", "CONNECT a.example:443/x HTTP/1.1",
            "CONNECT http://a.example:443 HTTP/1.1", "CONNECT x@a.example:443 HTTP/1.1", "CONNECT a.example:0 HTTP/1.1",
            "CONNECT a.example:٣ HTTP/1.1", "\u{16}\u{3}\u{1}", "",
            "GET http://a.example/ HTTP/1.1\r\nHost : b", "GET http://a.example/ HTTP/1.1\r\n folded: b",
            "GET http://a.example/ HTTP/1.1\r\nA: b\nC: d", "GET http://a.example/ HTTP/1.1\r\nA: b\rC: d",
            "GET http://a.example/ HTTP/1.1\r\nA: \0", "GET http://a.example/ HTTP/1.1\nA: b",
        ]
    )
    func areRefusedInFormsThatOthersReadDifferently(_ head: String) {
        let fault = #expect(throws: ProxyRequest.Fault.self) { try Self.read(head + "\r\n\r\n") }
        #expect(fault?.status == 400)
    }

    @Test func haveABound() throws {
        let long = "GET http://a.example/ HTTP/1.1\r\nA: " + String(repeating: "b", count: 20_000)
        #expect(throws: ProxyRequest.Fault.self) { try Self.read(long) }
        #expect(throws: ProxyRequest.Fault.self) { try Self.read(long + "\r\n\r\n") }
        #expect(try ProxyRequest.read(Array(long.utf8).prefix(ProxyRequest.maxBytes - 1)) == nil)
    }

    @Test func surviveRandomBytes() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "CONNECT ", "GET ", "http://", "a.example", ":", "443", " HTTP/1.1", "\r\n", "\r", "\n", ": ", "[", "::1]",
            "é",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...20, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            if let (request, _) = try? Self.read(text + "\r\n\r\n") { #expect((1...65_535).contains(request.port)) }
        }
    }
}

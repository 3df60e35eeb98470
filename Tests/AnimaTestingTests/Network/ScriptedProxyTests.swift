import AnimaTesting
import Testing

@Suite("Scripted proxy", .timeLimit(.minutes(2)))
struct ScriptedProxyTests {
    @Test func passesARequestWithAWholeAddressOn() async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "hello") }
        let proxy = try await ScriptedProxy.start(hosts: ["models.test": server.port])
        let head = "POST http://Models.test:81/v1?a=b HTTP/1.1\r\nHost: models.test:81\r\nContent-Length: 2\r\n"
        let answer = try await RawClient.answer(
            to: head + "Proxy-Authorization: Basic eA==\r\nConnection: keep-alive\r\n\r\n{}",
            port: proxy.port
        )
        #expect(answer.hasSuffix("\r\n\r\nhello"))
        let request = try #require(server.requests.first)
        #expect(request.path == "/v1?a=b")
        #expect(request.headers["host"] == "models.test:81")
        #expect(request.headers["proxy-authorization"] == nil)
        #expect(request.text == "{}")
        #expect(proxy.requests.first?.method == "POST")
        #expect(proxy.requests.first?.headers["proxy-authorization"] == "Basic eA==")
        #expect(proxy.traffic.received == answer.utf8.count)
        await proxy.stop()
        await server.stop()
    }

    @Test func makesATunnelEvenForBytesThatComeAtOnce() async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "hello") }
        let proxy = try await ScriptedProxy.start(hosts: ["models.test": server.port])
        let inner = "GET /a HTTP/1.1\r\nHost: models.test\r\nConnection: close\r\n\r\n"
        let answer = try await RawClient.answer(
            to: "CONNECT models.test:443 HTTP/1.1\r\nHost: models.test:443\r\n\r\n" + inner,
            port: proxy.port
        )
        #expect(answer.hasPrefix("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(proxy.traffic.sent == inner.utf8.count)
        await proxy.stop()
        await server.stop()
    }

    @Test(
        "refuses with a status",
        arguments: [(ScriptedProxy.Rule.forward, 502), (.refuse(407), 407), (.refuse(403), 403)]
    )
    func refuses(rule: ScriptedProxy.Rule, status: Int) async throws {
        let proxy = try await ScriptedProxy.start(hosts: [:], rule: rule)
        let answer = try await RawClient.answer(to: "CONNECT nowhere.test:443 HTTP/1.1\r\n\r\n", port: proxy.port)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("proxy-authenticate") == (status == 407))
        await proxy.stop()
    }

    @Test("cuts after so many bytes of the answer", arguments: [0, 1, 17, 40])
    func cuts(bytes: Int) async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "hello") }
        let proxy = try await ScriptedProxy.start(
            hosts: ["models.test": server.port],
            rule: .cut(afterBytes: bytes, .finish)
        )
        let answer = try await RawClient.answer(to: "GET http://models.test/ HTTP/1.1\r\n\r\n", port: proxy.port)
        #expect(answer.utf8.count == bytes)
        #expect(proxy.traffic.received == bytes)
        await proxy.stop()
        await server.stop()
    }
}

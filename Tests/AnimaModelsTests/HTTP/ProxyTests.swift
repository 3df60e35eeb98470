import AnimaCore
import AnimaModels
import AnimaTesting
import Testing

@Suite("Proxies in between", .timeLimit(.minutes(5)))
struct ProxyTests {
    private typealias Answer = @Sendable (ScriptedServer.Exchange) -> [ScriptedServer.Step]

    /// A secure server behind a proxy, and a model that reaches it only so.
    private func withProxy(
        rule: ScriptedProxy.Rule = .forward,
        credentials: String = "",
        timeouts: HTTPTimeouts = Asking.patient,
        _ answer: @escaping Answer = { _ in Asking.answer("hi") },
        _ body: (any ModelProvider, ScriptedProxy, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(tls: true, answer)
        let proxy = try await ScriptedProxy.start(hosts: ["models.test": server.port], rule: rule)
        try await Asking.with(server) { server in
            try await Asking.withCertificateFile { file in
                let environment = [
                    "SSL_CERT_FILE": file, "HTTPS_PROXY": "http://\(credentials)127.0.0.1:\(proxy.port)",
                ]
                let model = try Asking.model(
                    at: "https://models.test/v1",
                    timeouts: timeouts,
                    environment: environment
                )
                try await body(model, proxy, server)
            }
        }
        await proxy.stop()
    }

    @Test func reachesAServerThroughAProxyThatDoesNotSeeTheKey() async throws {
        try await withProxy(credentials: "me:pass%20word@") { model, proxy, server in
            #expect(try await Asking.reply(of: model).text == "hi")
            #expect(try await Asking.reply(of: model).text == "hi")
            #expect(server.requests.count == 2)
            let request = try #require(proxy.requests.first)
            #expect(request.method == "CONNECT")
            #expect(request.target == "models.test:443")
            // me:pass word
            #expect(request.headers["proxy-authorization"] == "Basic bWU6cGFzcyB3b3Jk")
            #expect(!"\(request)".contains(Asking.key))
            #expect(proxy.traffic.sent > 0)
            #expect(proxy.traffic.received > 0)
        }
    }

    @Test func reachesAPlainServerThroughAProxy() async throws {
        let server = try await ScriptedServer.start(scripts: [Asking.answer("hi")])
        let proxy = try await ScriptedProxy.start(hosts: ["models.internal": server.port])
        try await Asking.with(server) { server in
            let environment = ["http_proxy": proxy.url]
            let model = try Asking.model(at: "http://models.internal:8000/v1", environment: environment)
            #expect(try await Asking.reply(of: model).text == "hi")
            #expect(server.requests.map(\.path) == ["/v1/chat/completions"])
            #expect(proxy.requests.map(\.target) == ["models.internal:8000"])
        }
        await proxy.stop()
    }

    @Test("a proxy that refuses", arguments: [403, 502, 503])
    func meetsAProxyThatRefuses(status: Int) async throws {
        try await withProxy(rule: .refuse(status)) { model, proxy, server in
            let error = try await Asking.failure(of: model)
            #expect(error.code == .unavailable, "\(error)")
            #expect(error.message.contains("the proxy"), "\(error)")
            #expect(server.connections == 0)
            proxy.follow(.forward)
            #expect(try await Asking.reply(of: model).text == "hi")
        }
    }

    @Test func doesNotTryAgainWithAProxyThatWantsAPassword() async throws {
        try await withProxy(rule: .refuse(407), credentials: "me:not-the-password@") { model, _, server in
            let error = try await Asking.failure(of: model)
            #expect(error.code == .invalidRequest, "\(error)")
            #expect(!error.isTransient)
            #expect(error.message.contains("HTTPS_PROXY"), "\(error)")
            #expect(!error.message.contains("not-the-password"))
            #expect(server.connections == 0)
        }
    }

    @Test func doesNotWaitForAProxyForEver() async throws {
        let timeouts = Asking.timeouts(connect: .milliseconds(300))
        try await withProxy(rule: .hang, timeouts: timeouts) { model, _, _ in
            let error = try await Asking.failure(of: model)
            #expect(error.code == .timeout, "\(error)")
        }
    }

    @Test func namesAProxyThatIsNotThere() async throws {
        let gone = try await ScriptedProxy.start(hosts: [:])
        await gone.stop()
        let model = try Asking.model(at: "https://models.test/v1", environment: ["HTTPS_PROXY": gone.url])
        let error = try await Asking.failure(of: model)
        #expect(error.code == .unavailable)
        #expect(error.message.contains("127.0.0.1:\(gone.port)"), "\(error)")
    }

    @Test("a cable that is pulled within an answer", arguments: [ScriptedProxy.Cut.reset, .finish])
    func losesTheConnectionWithinAnAnswer(how: ScriptedProxy.Cut) async throws {
        let door = Door()
        let script: Answer = { exchange in
            exchange.number == 1 ? Asking.beginning("Hel") + [.pass(door)] : Asking.answer("again")
        }
        try await withProxy(script) { model, proxy, _ in
            let heard = Heard()
            let asking = Task { try await Asking.failure(of: model, sink: heard.sink) }
            await heard.first.pass()
            proxy.cut(how)
            let error = try await asking.value
            #expect(error.code == .unavailable, "\(error)")
            #expect(heard.text == "Hel")
            #expect(try await Asking.reply(of: model).text == "again")
        }
        door.open()
    }

    @Test func noticesACableThatFellSilent() async throws {
        let door = Door()
        let timeouts = Asking.timeouts(idle: .milliseconds(500))
        let script: Answer = { exchange in
            exchange.number == 1 ? Asking.beginning("Hel") + [.pass(door), .text("lo")] : Asking.answer("again")
        }
        try await withProxy(timeouts: timeouts, script) { model, proxy, _ in
            let heard = Heard()
            let began = ContinuousClock.now
            let asking = Task { try await Asking.failure(of: model, sink: heard.sink) }
            await heard.first.pass()
            proxy.cut(.silence)
            door.open()
            let error = try await asking.value
            #expect(error.code == .timeout, "\(error)")
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(heard.text == "Hel")
            #expect(try await Asking.reply(of: model).text == "again")
        }
    }

    @Test(
        "a connection lost at any moment is worth another attempt",
        arguments: [0, 1, 100, 700, 1000, 1500],
        [ScriptedProxy.Cut.reset, .finish]
    )
    func losesTheConnectionAtAnyMoment(bytes: Int, how: ScriptedProxy.Cut) async throws {
        let script: Answer = { _ in Asking.beginning("Hel") + [.hang] }
        try await withProxy(rule: .cut(afterBytes: bytes, how), script) { model, _, _ in
            let error = try await Asking.failure(of: model)
            #expect(error.code == .unavailable, "\(error)")
        }
    }
}

import AnimaCore
import AnimaModels
import AnimaTesting
import Testing

@Suite("Models over HTTP", .timeLimit(.minutes(5)))
struct TransportTests {
    @Test func streamsAnAnswerAndSendsTheKeyOnce() async throws {
        let server = try await ScriptedServer.start(scripts: [Asking.answer("Hel", "lo")])
        try await Asking.with(server) { server in
            let heard = Heard()
            let reply = try await Asking.reply(of: Asking.model(at: server.baseURL + "/v1"), sink: heard.sink)
            #expect(reply.text == "Hello")
            #expect(heard.text == "Hello")
            #expect(reply.usage.inputTokens == 9)
            let request = try #require(server.requests.first)
            #expect(request.method == "POST")
            #expect(request.path == "/v1/chat/completions")
            #expect(request.headers["authorization"] == "Bearer \(Asking.key)")
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.json?["model"] == "m-1")
            #expect(!request.text.contains(Asking.key))
        }
    }

    @Test("an answer cut at every n bytes is the same answer", arguments: [1, 2, 3, 7, 64])
    func readsAnAnswerCutAnywhere(size: Int) async throws {
        let events = Asking.pieces(["Grüße, ", "世界 👋"]) + ["[DONE]"]
        let bytes = Array(events.map { "data: \($0)\r\n\r\n" }.joined().utf8)
        let server = try await ScriptedServer.start(scripts: [
            [.head(200, ["content-type": "text/event-stream"]), .chunked(bytes, every: size), .end]
        ])
        try await Asking.with(server) { server in
            let reply = try await Asking.reply(of: Asking.model(at: server.baseURL))
            #expect(reply.text == "Grüße, 世界 👋")
        }
    }

    @Test func usesConnectionsAgainEvenAfterARefusal() async throws {
        let server = try await ScriptedServer.start { exchange in
            exchange.number.isMultiple(of: 4) ? ScriptedServer.answer(status: 429, body: "slow") : Asking.answer("hi")
        }
        try await Asking.with(server) { server in
            let model = try Asking.model(at: server.baseURL)
            for number in 1...20 {
                if number.isMultiple(of: 4) {
                    #expect(try await Asking.failure(of: model).code == .rateLimited)
                } else {
                    #expect(try await Asking.reply(of: model).text == "hi")
                }
            }
            // One for each event loop that had room; other tests fill some.
            #expect(server.connections <= 4)
        }
    }

    @Test func asksAgainAtOnceWhenAConnectionThatWasKeptHasEnded() async throws {
        let server = try await ScriptedServer.start { exchange in
            exchange.number == 2 ? [.close] : Asking.answer("hi")
        }
        try await Asking.with(server) { server in
            let model = try Asking.model(at: server.baseURL)
            #expect(try await Asking.reply(of: model).text == "hi")
            #expect(try await Asking.reply(of: model).text == "hi")
            #expect(server.requests.count == 3)
            #expect(server.requests[1].body == server.requests[2].body)
        }
    }

    @Test func asksAgainOnlyOnceAndOnlyBeforeAnAnswer() async throws {
        let silent = try await ScriptedServer.start { $0.number == 1 ? Asking.answer("hi") : [.close] }
        try await Asking.with(silent) { server in
            let model = try Asking.model(at: server.baseURL)
            _ = try await Asking.reply(of: model)
            #expect(try await Asking.failure(of: model).code == .unavailable)
            #expect(server.requests.count == 3)
        }
        let cut = try await ScriptedServer.start {
            $0.number == 1 ? Asking.answer("hi") : Asking.beginning("Hel") + [.close]
        }
        try await Asking.with(cut) { server in
            let model = try Asking.model(at: server.baseURL)
            _ = try await Asking.reply(of: model)
            #expect(try await Asking.failure(of: model).code == .unavailable)
            #expect(server.requests.count == 2)
        }
    }

    @Test func doesNotFollowARedirectWithTheKey() async throws {
        let other = try await ScriptedServer.start(scripts: [Asking.answer("stolen")])
        let place = "\(other.baseURL)/v1/chat/completions?key=\(Asking.key)"
        let server = try await ScriptedServer.start(scripts: [
            ScriptedServer.answer(status: 307, headers: ["location": place])
        ])
        try await Asking.with(other) { other in
            try await Asking.with(server) { server in
                let error = try await Asking.failure(of: Asking.model(at: server.baseURL))
                #expect(error.code == .invalidRequest)
                #expect(!error.isTransient)
                #expect(error.message.contains(other.baseURL))
                #expect(server.requests.count == 1)
                #expect(other.connections == 0)
            }
        }
    }

    @Test("cancelling ends the exchange at once", arguments: [true, false])
    func endsWhenCancelled(inTheMiddle: Bool) async throws {
        let server = try await ScriptedServer.start { _ in inTheMiddle ? Asking.beginning("Hel") + [.hang] : [.hang] }
        try await Asking.with(server) { server in
            let model = try Asking.model(at: server.baseURL)
            let heard = Heard()
            let asking = Task { try await Asking.reply(of: model, sink: heard.sink) }
            if inTheMiddle { await heard.first.pass() } else { #expect(await server.receives(1)) }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
            #expect(await server.ends(1, within: .seconds(10)))
        }
    }

    @Test func trustsACertificateThatItIsGiven() async throws {
        let server = try await ScriptedServer.start(tls: true, scripts: [Asking.answer("secure")])
        try await Asking.with(server) { server in
            try await Asking.withCertificateFile { file in
                let model = try Asking.model(at: server.baseURL, environment: ["SSL_CERT_FILE": file])
                #expect(try await Asking.reply(of: model).text == "secure")
            }
        }
    }

    @Test func doesNotSendTheKeyToWhoeverHasNoTrustedCertificate() async throws {
        let server = try await ScriptedServer.start(tls: true, scripts: [Asking.answer("who?")])
        try await Asking.with(server) { server in
            let error = try await Asking.failure(of: Asking.model(at: server.baseURL))
            #expect(error.code == .invalidRequest)
            #expect(error.message.contains("no secure connection"))
            #expect(error.message.contains("SSL_CERT_FILE"))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func refusesToSpeakTLSWithAPlainServer() async throws {
        let server = try await ScriptedServer.start(scripts: [Asking.answer("plain")])
        try await Asking.with(server) { server in
            let error = try await Asking.failure(of: Asking.model(at: "https://127.0.0.1:\(server.port)"))
            #expect(!error.message.isEmpty)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func readsOverWhatComesBeforeTheAnswer() async throws {
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        let server = try await ScriptedServer.start(scripts: [[.raw(Array(hints.utf8))] + Asking.answer("hi")])
        try await Asking.with(server) { server in
            let reply = try await Asking.reply(of: Asking.model(at: server.baseURL))
            #expect(reply.text == "hi")
        }
    }

    @Test func understandsAServerOfTheOldProtocol() async throws {
        let answer = "HTTP/1.0 200 OK\r\n\r\n" + Asking.pieces(["old"]).map { "data: \($0)\n\n" }.joined()
        let server = try await ScriptedServer.start(scripts: [
            [.raw(Array((answer + "data: [DONE]\n\n").utf8)), .close]
        ])
        try await Asking.with(server) { server in
            let reply = try await Asking.reply(of: Asking.model(at: server.baseURL))
            #expect(reply.text == "old")
        }
    }

    @Test func asksManyTimesAtOnce() async throws {
        let server = try await ScriptedServer.start {
            Asking.answer($0.json?["messages"]?.arrayValue?.isEmpty == false ? "hi" : "")
        }
        try await Asking.with(server) { server in
            let model = try Asking.model(at: server.baseURL)
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<100 { group.addTask { try await Asking.reply(of: model).text } }
                for try await text in group { #expect(text == "hi") }
            }
            #expect(server.requests.count == 100)
        }
    }

    @Test func closesItsConnectionsWithItsLastModel() async throws {
        let server = try await ScriptedServer.start { _ in Asking.answer("hi") }
        try await Asking.with(server) { server in
            func ask() async throws { _ = try await Asking.reply(of: Asking.model(at: server.baseURL)) }
            try await ask()
            #expect(await server.ends(1, within: .seconds(10)))
        }
    }

    @Test func endsWhenCancelledBeforeItIsConnected() async throws {
        // A proxy that never sees a whole request says nothing.
        let silent = try await ScriptedProxy.start(hosts: [:])
        let model = try Asking.model(at: "https://127.0.0.1:\(silent.port)")
        let asking = Task { try await Asking.reply(of: model) }
        #expect(await silent.opens(1))
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        await silent.stop()
    }

    @Test func doesNotSendAKeyInClearTextToAPublicPlace() async throws {
        for host in [
            "models.example", "10.0.0.1.example.org", "8.8.8.8", "172.32.0.1", "[2001:db8::1]", "1.0.0.127.nip.io",
        ] {
            #expect(throws: ModelSetupError.self, "\(host)") { try Asking.model(at: "http://\(host)/v1") }
        }
        for host in [
            "localhost", "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.9", "ollama", "box.local", "[fd00::7]",
            "[fe80::1]",
        ] {
            #expect(throws: Never.self, "\(host)") { try Asking.model(at: "http://\(host):8080/v1") }
        }
    }

    @Test func refusesAPasswordInTheAddress() async throws {
        let error = try #require(throws: ModelSetupError.self) {
            try Asking.model(at: "https://me:hidden@models.example/v1")
        }
        #expect(error.message.contains("api_key"))
        #expect(!error.message.contains("hidden"))
    }
}

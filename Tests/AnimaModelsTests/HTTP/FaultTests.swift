import AnimaCore
import AnimaModels
import AnimaTesting
import Testing

@Suite("Faults of the network", .timeLimit(.minutes(5)))
struct FaultTests {
    /// What a server does, and what a model call makes of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: [ScriptedServer.Step]
        var isSecure = false
        let code: ModelError.Code
        var mentions = ""

        var testDescription: String { name + (isSecure ? ", over TLS" : "") }
    }

    private static let page = "<html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"

    private static let broken: [Fault] = [
        Fault(name: "reset before the answer", steps: [.reset], code: .unavailable),
        Fault(name: "closed before the answer", steps: [.close], code: .unavailable),
        Fault(
            name: "closed within the head",
            steps: [.raw(Array("HTTP/1.1 200 OK\r\ncontent-ty".utf8)), .close],
            code: .unavailable
        ),
        Fault(name: "reset after the head", steps: [.head(200), .reset], code: .unavailable),
        Fault(name: "reset within a stream", steps: Asking.beginning("Hel") + [.reset], code: .unavailable),
        Fault(name: "closed within a stream", steps: Asking.beginning("Hel") + [.close], code: .unavailable),
        Fault(
            name: "closed within a chunk",
            steps: Asking.beginning("Hel") + [.raw(Array("ff\r\ndata: {".utf8)), .close],
            code: .unavailable
        ),
        Fault(
            name: "closed before the announced length",
            steps: [.head(200, ["content-length": "1000"]), .text("data: {"), .close],
            code: .unavailable
        ),
        Fault(
            name: "a stream that stops being HTTP",
            steps: Asking.beginning("Hel") + [.raw(Array("no chunk\r\n".utf8)), .hang],
            code: .unavailable
        ),
    ]

    static let faults: [Fault] =
        broken
        + broken.map { fault in
            var fault = fault
            fault.isSecure = true
            return fault
        } + [
            Fault(
                name: "a web page",
                steps: ScriptedServer.answer(headers: ["content-type": "text/html"], body: page),
                code: .invalidReply,
                mentions: "a web page, \"Sign in\""
            ),
            Fault(
                name: "a web page that says it is a stream",
                steps: ScriptedServer.answer(headers: ["content-type": "text/event-stream"], body: page),
                code: .invalidReply
            ),
            Fault(
                name: "an empty answer",
                steps: ScriptedServer.answer(headers: ["content-type": "text/event-stream"]),
                code: .invalidReply
            ),
            Fault(
                name: "no HTTP",
                steps: [.raw(Array("220 mail.example ESMTP\r\n".utf8)), .hang],
                code: .invalidRequest,
                mentions: "does not speak HTTP"
            ),
            Fault(
                name: "closed without any length",
                steps: [.raw(Array("HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[]}\n\n".utf8)), .close],
                code: .invalidReply
            ),
            Fault(
                name: "closed without any length",
                steps: [.raw(Array("HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[]}\n\n".utf8)), .close],
                isSecure: true,
                code: .unavailable
            ),
            Fault(
                name: "a stream that stops being JSON",
                steps: Asking.beginning("Hel") + [.text("data: {\"choices\": [{\n\n"), .end],
                code: .invalidReply
            ),
            Fault(
                name: "a stream that ends without its end",
                steps: Asking.beginning("Hel") + [.end],
                code: .invalidReply
            ),
            Fault(
                name: "an error within a stream",
                steps: Asking.beginning("Hel") + [
                    .text("data: {\"error\":{\"message\":\"upstream went away\",\"type\":\"server_error\"}}\n\n"), .end,
                ],
                code: .unavailable,
                mentions: "upstream went away"
            ),
        ]

    @Test("a fault has a code of its own", arguments: faults)
    func meets(_ fault: Fault) async throws {
        let server = try await ScriptedServer.start(tls: fault.isSecure, scripts: [fault.steps])
        try await Asking.with(server) { server in
            try await Asking.withCertificateFile { file in
                let model = try Asking.model(at: server.baseURL, environment: ["SSL_CERT_FILE": file])
                let error = try await Asking.failure(of: model)
                #expect(error.code == fault.code, "\(error)")
                #expect(error.message.contains(fault.mentions), "\(error)")
                #expect(error.message.hasPrefix("openai/m-1: "))
                #expect(error.retryAfter == nil)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func saysThatNobodyListens() async throws {
        let server = try await ScriptedServer.start(scripts: [])
        await server.stop()
        let error = try await Asking.failure(of: Asking.model(at: server.baseURL))
        #expect(error.code == .unavailable)
        #expect(error.isTransient)
        #expect(error.message.contains("127.0.0.1:\(server.port)"))
        #expect(error.message.contains("Connection refused"))
    }

    @Test func saysThatAHostIsUnknown() async throws {
        let error = try await Asking.failure(of: Asking.model(at: "https://no-such-host.invalid/v1"))
        #expect(error.code == .unavailable)
        #expect(error.message.contains("there is no host no-such-host.invalid"))
    }

    @Test func doesNotWaitForAFirstByteForEver() async throws {
        let server = try await ScriptedServer.start { _ in [.hang] }
        try await Asking.with(server) { server in
            let timeouts = Asking.timeouts(firstByte: .milliseconds(200))
            let error = try await Asking.failure(of: Asking.model(at: server.baseURL, timeouts: timeouts))
            #expect(error.code == .timeout)
            #expect(error.isTransient)
            #expect(error.message.contains("no answer began within 0.2 s (model.first_byte_seconds)"))
            #expect(await server.ends(1))
        }
    }

    @Test func doesNotWaitForAStalledAnswer() async throws {
        let server = try await ScriptedServer.start { _ in Asking.beginning("Hel") + [.hang] }
        try await Asking.with(server) { server in
            let heard = Heard()
            let timeouts = Asking.timeouts(idle: .milliseconds(200))
            let model = try Asking.model(at: server.baseURL, timeouts: timeouts)
            let began = ContinuousClock.now
            let error = try await Asking.failure(of: model, sink: heard.sink)
            #expect(error.code == .timeout)
            // Not only when a first byte would have been due.
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(error.message.contains("nothing came for 0.2 s (model.idle_seconds)"))
            #expect(heard.text == "Hel")
            #expect(await server.ends(1))
        }
    }

    @Test func isPatientWithAnAnswerThatIsSlowButSteady() async throws {
        let bytes = Array("data: \(Asking.pieces(["slow"])[0])\n\ndata: [DONE]\n\n".utf8)
        var steps: [ScriptedServer.Step] = [.head(200, ["content-type": "text/event-stream"])]
        for byte in bytes { steps += [.bytes([byte]), .pause(.milliseconds(20))] }
        let script = steps
        let server = try await ScriptedServer.start { _ in script }
        try await Asking.with(server) { server in
            // The whole takes longer than either limit.
            let timeouts = Asking.timeouts(firstByte: .seconds(1), idle: .seconds(1))
            let began = ContinuousClock.now
            let reply = try await Asking.reply(of: Asking.model(at: server.baseURL, timeouts: timeouts))
            #expect(reply.text == "slow")
            #expect(ContinuousClock.now - began > .seconds(1))
        }
    }

    @Test func doesNotWaitForATLSHandshakeForEver() async throws {
        // A proxy that never sees a whole request says nothing.
        let silent = try await ScriptedProxy.start(hosts: [:])
        let timeouts = Asking.timeouts(connect: .milliseconds(300))
        let error = try await Asking.failure(
            of: Asking.model(at: "https://127.0.0.1:\(silent.port)", timeouts: timeouts)
        )
        #expect(error.code == .timeout, "\(error)")
        #expect(error.message.contains("no connection to 127.0.0.1:\(silent.port) within 0.3 s"), "\(error)")
        #expect(await silent.ends(1))
        await silent.stop()
    }
}

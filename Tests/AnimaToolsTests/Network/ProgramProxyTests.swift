import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaTools

/// The proxy on a port of this machine, and bash as its client.
private struct Gateway {
    let proxy: ProgramProxy
    let port: UInt16
    let scene: Scene

    static func with(
        _ hosts: [String],
        _ resolver: any NameResolver = ScriptedResolver([]),
        _ limits: ProgramProxy.Limits = .init(),
        _ body: (Gateway) async throws -> Void
    ) async throws {
        let hosts = ProgramHosts(granted: try hosts.map { try #require(ProgramHost($0)) })
        let proxy = ProgramProxy(hosts: hosts, resolver: resolver, limits: limits)
        let listener = try Listener()
        let copy = try listener.copy()
        let gateway = Gateway(proxy: proxy, port: listener.port, scene: try Scene())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await proxy.serve(copy) }
            defer { group.cancelAll() }
            try await body(gateway)
        }
    }

    /// Sends bytes (in printf's notation) and returns everything that comes back until the proxy closes.
    func say(_ text: String, before: String = "") async throws -> String {
        let line = "\(before) exec 3<>/dev/tcp/127.0.0.1/\(port) && printf '\(text)' >&3 && cat <&3"
        return try await scene.call("run_program", ["arguments": ["bash", "-c", .string(line)]], timeout: .seconds(20))
            .content
    }
}

private func limits(_ change: (inout ProgramProxy.Limits) -> Void) -> ProgramProxy.Limits {
    var limits = ProgramProxy.Limits()
    change(&limits)
    return limits
}

@Suite("The proxy of programs", .timeLimit(.minutes(2)))
struct ProgramProxyTests {
    @Test func passesTunnelsAndPlainRequests() async throws {
        let server = try await ScriptedServer.start { exchange in
            ScriptedServer.answer(status: 200, body: "\(exchange.path) for \(exchange.headers["host"] ?? "")")
        }
        let here = "127.0.0.1:\(server.port)"
        try await Gateway.with([here]) { gateway in
            let tunnel = try await gateway.say(
                "CONNECT \(here) HTTP/1.1\\r\\n\\r\\nGET /in HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n"
            )
            #expect(tunnel.contains("200 Connection established") && tunnel.contains("/in for a"), "\(tunnel)")
            let plain = try await gateway.say("GET http://\(here)/plain HTTP/1.1\\r\\nHost: evil.example\\r\\n\\r\\n")
            #expect(plain.contains("/plain for \(here)"), "\(plain)")
            #expect(gateway.proxy.refusals.note == nil)
        }
        await server.stop()
    }

    @Test func passesMuchInBothDirections() async throws {
        let server = try await ScriptedServer.start { exchange in
            ScriptedServer.answer(status: 200, body: String(repeating: "x", count: exchange.body.count))
        }
        let here = "127.0.0.1:\(server.port)"
        try await Gateway.with([here]) { gateway in
            let count = 3_000_000
            let line = """
                exec 3<>/dev/tcp/127.0.0.1/\(gateway.port)
                printf 'POST http://\(here)/ HTTP/1.1\\r\\nContent-Length: \(count)\\r\\n\\r\\n' >&3
                head -c \(count) /dev/zero >&3; tr -cd x <&3 | wc -c
                """
            let output = try await gateway.scene.call("run_program", ["arguments": ["bash", "-c", .string(line)]])
            #expect(output.content.contains("\(count)"), "\(output.content)")
        }
        await server.stop()
    }

    @Test(
        arguments: [
            ("CONNECT evil.example:443", "evil.example:443 is not in sandbox.hosts"),
            ("CONNECT site.example:22", "site.example:22 is not in sandbox.hosts"),
            ("CONNECT 127.0.0.1:80", "127.0.0.1:80 is not in sandbox.hosts"),
            ("CONNECT 2130706433:80", "127.0.0.1:80 is not in sandbox.hosts"),
            ("CONNECT localhost:80", "localhost:80 is not in sandbox.hosts"),
            ("CONNECT site.example:443", "site.example:443 leads to 10.0.0.1, which is a private network"),
            ("GET http://169.254.169.254/latest", "169.254.169.254:80 is not in sandbox.hosts"),
            ("GET http://site.example/", "site.example:80 leads to 10.0.0.1, which is a private network"),
            ("GET http://evil.example/?http://site.example/", "evil.example:80 is not in sandbox.hosts"),
        ]
    )
    func refusesWhatIsNotGranted(_ line: String, _ reason: String) async throws {
        // One bad answer among good ones refuses them all.
        let resolver = ScriptedResolver(["93.184.216.34", "10.0.0.1"])
        try await Gateway.with(["site.example"], resolver) { gateway in
            // What another field says decides nothing.
            let answer = try await gateway.say("\(line) HTTP/1.1\\r\\nHost: site.example\\r\\n\\r\\n")
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && answer.contains("anima: " + reason), "\(answer)")
            #expect(gateway.proxy.refusals.note?.contains(String(reason.prefix { $0 != " " })) == true)
            #expect(resolver.names.allSatisfy { $0 == "site.example" })
        }
    }

    @Test func connectsToTheNumberThatWasJudged() async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(status: 200, body: "reached") }
        // A second look-up would lead elsewhere.
        let resolver = ScriptedResolver(["127.0.0.1"], ["10.0.0.1"])
        try await Gateway.with(["127.0.0.1:\(server.port)", "site.example:\(server.port)"], resolver) { gateway in
            let request = "GET http://site.example:\(server.port)/ HTTP/1.1\\r\\n\\r\\n"
            let reached = try await gateway.say(request)
            #expect(reached.contains("reached"))
            #expect(resolver.names == ["site.example"])
            let refused = try await gateway.say(request)
            #expect(refused.contains("leads to 10.0.0.1"))
        }
        await server.stop()
    }

    @Test func saysWhatCanNotBeReached() async throws {
        let free = try Listener().port
        try await Gateway.with(["127.0.0.1:\(free)"]) { gateway in
            let answer = try await gateway.say("CONNECT 127.0.0.1:\(free) HTTP/1.1\\r\\n\\r\\n")
            #expect(answer.hasPrefix("HTTP/1.1 502 ") && answer.contains("could not be connected to"), "\(answer)")
            #expect(gateway.proxy.refusals.note == nil)
        }
    }

    @Test func boundsTheHeadOfARequest() async throws {
        try await Gateway.with([]) { gateway in
            let long = try await gateway.say("GET http://a.example/ HTTP/1.1\\r\\nA: %020000d\\r\\n\\r\\n")
            #expect(long.hasPrefix("HTTP/1.1 431 "), "\(long.prefix(200))")
            let other = try await gateway.say("\\026\\003\\001\\r\\n\\r\\n")
            #expect(other.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func endsConnectionsThatSayNothingOrTooLittle() async throws {
        try await Gateway.with([], ScriptedResolver([]), limits { $0.head = .milliseconds(200) }) { gateway in
            for text in ["", "CONNECT a.example"] {
                let answer = try await gateway.say(text)
                #expect(answer == "exit code 0, no output")
            }
        }
    }

    @Test func endsTunnelsThatFellSilent() async throws {
        let server = try await ScriptedServer.start { _ in [.hang] }
        let here = "127.0.0.1:\(server.port)"
        try await Gateway.with([here], ScriptedResolver([]), limits { $0.idle = .milliseconds(200) }) { gateway in
            let answer = try await gateway.say("CONNECT \(here) HTTP/1.1\\r\\n\\r\\n")
            #expect(answer.contains("200 Connection established"), "\(answer)")
        }
        await server.stop()
    }

    @Test func boundsTheNumberOfConnections() async throws {
        try await Gateway.with([], ScriptedResolver([]), limits { $0.connections = 2 }) { gateway in
            let port = gateway.port
            let held = "exec 4<>/dev/tcp/127.0.0.1/\(port); exec 5<>/dev/tcp/127.0.0.1/\(port);"
            let answer = try await gateway.say("", before: held)
            #expect(answer.contains("503") && answer.contains("more than 2 connections"), "\(answer)")
            // They don't count any more when they have ended.
            let next = try await gateway.say("CONNECT a.example:443 HTTP/1.1\\r\\n\\r\\n")
            #expect(next.contains("403"))
        }
    }

    @Test func endsWhileMuchIsOnItsWayToNobody() async throws {
        let bytes = [UInt8](repeating: 120, count: 8_000_000)
        let server = try await ScriptedServer.start { _ in [.bytes(bytes)] }
        let here = "127.0.0.1:\(server.port)"
        try await Gateway.with([here]) { gateway in
            let line =
                "exec 3<>/dev/tcp/127.0.0.1/\(gateway.port); printf 'GET http://\(here)/ HTTP/1.1\\r\\n\\r\\n' >&3; read x <&3"
            _ = try await gateway.scene.call("run_program", ["arguments": ["bash", "-c", .string(line)]])
        }
        await server.stop()
    }

    @Test func tellsOfRefusalsWithoutEnd() {
        let refusals = Refusals()
        #expect(refusals.note == nil)
        for number in [1, 1, 2, 3, 4, 5, 6, 7, 8, 8] { refusals.add("h\(number):443") }
        #expect(refusals.note?.contains("h8:443, which sandbox.hosts does not let them") == true)
        for number in 9...99 { refusals.add("h\(number):443") }
        #expect(refusals.note?.contains("h8:443 and others, which") == true)
    }
}

import AnimaCore
import AnimaTesting
import Synchronization
import Testing

@testable import AnimaTools

/// A resolver that never answers.
private struct SilentResolver: NameResolver {
    func addresses(of name: String) async throws -> [IPAddress] {
        try await Task.sleep(for: .seconds(600))
        return []
    }
}

private func access(_ hosts: [String], _ resolver: any NameResolver = ScriptedResolver([])) -> WebAccess {
    var access = WebAccess(hosts: hosts.compactMap { HostGrant($0) }, program: "Anima/1.2")
    access.resolver = resolver
    return access
}

/// A server, and a scene whose tools may speak to it by its number.
private struct Site {
    let server: ScriptedServer
    let scene: Scene

    static func with(
        _ answer: @escaping @Sendable (ScriptedServer.Exchange) -> [ScriptedServer.Step],
        _ body: (Site) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(answer)
        let scene = try Scene(web: access(["127.0.0.1:\(server.port)"]))
        do { try await body(Site(server: server, scene: scene)) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    func request(
        _ path: String,
        _ more: [String: JSONValue] = [:],
        timeout: Duration = .seconds(20),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ToolOutput {
        let arguments = more.merging(["url": .string(server.baseURL + path)]) { given, _ in given }
        return try await scene.call("http_request", .object(arguments), timeout: timeout, progress: progress)
    }

    func page(_ path: String, _ more: [String: JSONValue] = [:]) async throws -> ToolOutput {
        let arguments = more.merging(["url": .string(server.baseURL + path)]) { given, _ in given }
        return try await scene.call("read_page", .object(arguments), timeout: .seconds(20))
    }
}

/// Bytes as gzip packs them: one character over and over, 259 of it for each run and one more.
private func packed(runs: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var buffer = 0
    var count = 0
    func put(_ value: Int, _ width: Int, isCode: Bool) {
        for index in 0..<width {
            buffer |= (value >> (isCode ? width - 1 - index : index) & 1) << count
            count += 1
            if count == 8 {
                bytes.append(UInt8(buffer))
                (buffer, count) = (0, 0)
            }
        }
    }
    put(1, 1, isCode: false)
    put(1, 2, isCode: false)
    put(0x30 + 0x61, 8, isCode: true)
    for _ in 0..<runs {
        put(0b1100_0101, 8, isCode: true)
        put(0, 5, isCode: true)
    }
    put(0, 7, isCode: true)
    if count > 0 { bytes.append(UInt8(buffer)) }
    let length = 1 + runs * 258
    var crc: UInt32 = .max
    // Only small ones are unpacked to their end, where it is looked at.
    for _ in 0..<(length < 10_000 ? length : 0) {
        crc ^= 0x61
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for value in [~crc, UInt32(length)] {
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    return bytes
}

@Suite(.timeLimit(.minutes(2))) struct HTTPRequestToolTests {
    @Test func showsStatusFieldsAndBody() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(
                headers: [
                    "content-type": "text/plain; charset=utf-8", "etag": "\"1\"", "set-cookie": "a=b", "x-y": "z",
                ],
                body: "grüße"
            )
        } _: { site in
            let output = try await site.request("/a b?q=1#f")
            #expect(
                output
                    == .success(
                        """
                        200 OK, text/plain, 7 bytes, from \(site.server.baseURL)/a%20b?q=1
                        content-type: text/plain; charset=utf-8
                        etag: "1"

                        grüße
                        """
                    )
            )
            let request = try #require(site.server.requests.first)
            #expect(request.method == "GET")
            #expect(request.path == "/a%20b?q=1")
            #expect(request.headers["user-agent"] == "Anima/1.2 (AI agent)")
            #expect(request.headers["host"] == "127.0.0.1:\(site.server.port)")
            #expect(request.headers["cookie"] == nil)
        }
    }

    @Test(arguments: [
        "/", "/a%2Fb;c=1/d?x=%20&y=%5B%5D", "/a//b/", "/%E4%BD%A0?", "/a+b?c+d=e%2Bf&g=h?i/j", "/~a_b-c.d!$'()*,",
    ])
    func sendsTheTargetAsItIs(target: String) async throws {
        try await Site.with { _ in
            ScriptedServer.answer(body: "x")
        } _: { site in
            _ = try await site.request(target)
            #expect(site.server.requests.first?.path == target)
        }
    }

    @Test func sendsBodies() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(status: 201)
        } _: { site in
            let post: JSONValue = "POST"
            _ = try await site.request("/", ["method": post, "json": "{\"a\": 1}", "headers": ["X-A:  b "]])
            _ = try await site.request("/", ["method": post, "form": ["a b=c&d", "e=ü", "f"]])
            _ = try await site.request("/", ["method": "PUT", "body": "text", "headers": ["content-type: a/b"]])
            let output = try await site.request("/", ["method": "DELETE"])
            #expect(output.content.hasPrefix("201 Created, no content type, 0 bytes, from "))
            let requests = site.server.requests
            #expect(requests.map(\.method) == ["POST", "POST", "PUT", "DELETE"])
            #expect(requests.map(\.text) == ["{\"a\": 1}", "a+b=c%26d&e=%C3%BC&f", "text", ""])
            #expect(
                requests.prefix(3).map { $0.headers["content-type"] } == [
                    "application/json", "application/x-www-form-urlencoded", "a/b",
                ]
            )
            #expect(requests[0].headers["x-a"] == "b")
        }
    }

    @Test(
        arguments: [
            (["method": "POST", "json": "{"], "not valid JSON"),
            (["method": "POST", "json": "1", "body": "x"], "only one of"),
            (["body": "x"], "a GET has no body"), (["headers": ["Host: x"]], "set by the client"),
            (["headers": ["Transfer-Encoding: chunked"]], "set by the client"),
            (["headers": ["A: b\r\nC: d"]], "line break"),
            (["headers": ["A b: c"]], "Name: value"), (["headers": ["no colon secret"]], "Name: value"),
            (["headers": [": x"]], "Name: value"),
        ] as [([String: JSONValue], String)]
    )
    func refusesRequestsThatCannotBeMeant(arguments: [String: JSONValue], reason: String) async throws {
        try await Site.with { _ in
            []
        } _: { site in
            let output = try await site.request("/", arguments)
            #expect(output.isError)
            #expect(output.content.contains(reason))
            #expect(!output.content.contains("secret"))
            #expect(site.server.connections == 0)
        }
    }

    @Test(arguments: [
        "http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/", "http://[::1]/", "http://2130706433/",
        "http://user:pass@127.0.0.1/", "file:///etc/passwd", "http://0x7f000001/", "http://inner.test/",
        "http://[::ffff:7f00:1]/",
    ])
    func refusesWhatIsNotGranted(url: String) async throws {
        let scene = try Scene(web: access(["127.0.0.1:2"], ScriptedResolver(["8.8.8.8", "10.0.0.1"])))
        for tool in ["http_request", "read_page"] {
            let output = try await scene.call(tool, ["url": .string(url)])
            #expect(output.isError)
            #expect(!output.content.contains("connect"))
        }
    }

    @Test func tellsAFailureOfTheServerAsOne() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(
                status: 429,
                headers: ["retry-after": "7", "content-type": "application/json"],
                body: "{}"
            )
        } _: { site in
            let output = try await site.request("/")
            #expect(output.isError)
            #expect(output.content.hasPrefix("429 Too Many Requests, application/json, 2 bytes, from "))
            #expect(output.content.contains("\nretry-after: 7\n\n{}") || output.content.contains("retry-after: 7"))
        }
    }

    @Test func cutsALongBodyInTheMiddle() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(
                headers: ["content-type": "text/plain"],
                body: String(repeating: "é", count: 50_000) + "end"
            )
        } _: { site in
            let output = try await site.request("/", ["max_bytes": 1001])
            #expect(output.omittedBytes == 100_003 - 750 - 249)
            #expect(output.content.contains("of 100003 bytes left out; raise max_bytes, or save_to"))
            #expect(output.content.hasSuffix("éend"))
            #expect(!output.content.contains("\u{FFFD}"))
        }
    }

    @Test func stopsReadingABodyWithoutEnd() async throws {
        try await Site.with { _ in
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)
            return [.head(200, ["content-type": "text/plain"])] + (0..<64).map { _ in .bytes(piece) } + [.hang]
        } _: { site in
            let output = try await site.request("/")
            #expect(output.content.contains("more than 8.4 MB"))
            #expect(output.content.contains("the body goes on; reading stopped after 8388608 bytes"))
            #expect(await site.server.ends(1))
        }
    }

    @Test func doesNotShowWhatIsBinary() async throws {
        try await Site.with { exchange in
            [
                .head(200, exchange.path == "/a" ? ["content-type": "image/png"] : ["content-type": "text/plain"]),
                .bytes([0x89, 0x50, 0, 1]),
            ]
        } _: { site in
            for path in ["/a", "/b"] {
                let output = try await site.request(path)
                #expect(output.content.contains("is not text and is not shown"))
                #expect(output.omittedBytes == 4)
            }
        }
    }

    @Test func decodesTheCharacterSet() async throws {
        try await Site.with { _ in
            [.head(200, ["content-type": "text/plain; charset=iso-8859-1"]), .bytes([0x67, 0x72, 0xFC, 0xDF, 0x65])]
        } _: { site in
            let output = try await site.request("/")
            #expect(output.content.hasSuffix("\n\ngrüße"))
        }
    }

    @Test func unpacksButNotWithoutEnd() async throws {
        try await Site.with { exchange in
            [
                .head(200, ["content-type": "text/plain", "content-encoding": "gzip"]),
                .bytes(packed(runs: exchange.path == "/small" ? 1 : 2_000_000)),
            ]
        } _: { site in
            let small = try await site.request("/small")
            #expect(small.content.hasSuffix("\n\n" + String(repeating: "a", count: 259)))
            let big = try await site.request("/big")
            #expect(big.content.contains("over the limit") || big.content.contains("reading stopped after 8388608"))
            #expect(big.content.utf8.count < 100_000)
            #expect(site.server.requests.first?.headers["accept-encoding"] == "gzip, deflate")
        }
    }

    @Test(arguments: ["head", "body"])
    func endsAtTheDeadline(part: String) async throws {
        try await Site.with { _ in
            if part == "head" { return [.hang] }
            return [.head(200, ["content-type": "text/plain"]), .text("slow"), .hang]
        } _: { site in
            let output = try await site.request("/", timeout: .milliseconds(400))
            #expect(output.isError)
            #expect(output.content.contains("within 0.4 s"))
            #expect(await site.server.ends(1))
        }
    }

    @Test func endsWhenNoNameIsFound() async throws {
        let scene = try Scene(web: access([], SilentResolver()))
        let output = try await scene.call("http_request", ["url": "http://a.test/"], timeout: .milliseconds(200))
        #expect(output.content.contains("within 0.2 s"))
    }

    @Test func stopsWhenItIsCancelled() async throws {
        try await Site.with { _ in
            [.head(200), .text("x"), .hang]
        } _: { site in
            let call = Task { try await site.request("/", ["save_to": "a.bin"]) }
            #expect(await site.server.receives(1))
            call.cancel()
            let output = try await call.value
            #expect(output.isError)
            #expect(output.content.contains("cancelled"))
            #expect(await site.server.ends(1))
            #expect(try site.scene.names() == [])
        }
    }

    @Test func refusesEndlessHeaders() async throws {
        try await Site.with { _ in
            [.raw(Array("HTTP/1.1 200 OK\r\n".utf8))]
                + (0..<300).map { .raw(Array("x-\($0): \(String(repeating: "y", count: 1000))\r\n".utf8)) } + [.hang]
        } _: { site in
            let output = try await site.request("/", timeout: .seconds(10))
            #expect(output.isError)
            #expect(output.content.contains("header"), "\(output.content)")
        }
    }

    @Test func saysWhatIsWrongWithTheServer() async throws {
        try await Site.with { exchange in
            switch exchange.path {
            case "/reset": [.reset]
            case "/half": [.head(200, ["content-length": "10"]), .text("half"), .close]
            default: [.raw(Array("SSH-2.0-x\r\n\r\n".utf8)), .close]
            }
        } _: { site in
            for path in ["/reset", "/half", "/ssh"] {
                let output = try await site.request(path)
                #expect(output.isError)
                #expect(output.content.contains("127.0.0.1:\(site.server.port)"))
            }
        }
    }

    // MARK: Saving

    @Test func savesABodyWithItsProgress() async throws {
        let body = [UInt8](repeating: 7, count: 2_500_000)
        try await Site.with { _ in
            [.head(200, ["content-type": "image/png", "content-length": "2500000"]), .bytes(body)]
        } _: { site in
            let progress = Mutex<[String]>([])
            let output = try await site.request("/", ["save_to": "in/a.png"]) { text in
                progress.withLock { $0.append(text) }
            }
            #expect(!output.isError)
            #expect(output.content.hasSuffix("\n\nSaved 2500000 bytes to in/a.png."))
            #expect(output.changes.map(\.path) == ["in/a.png"])
            #expect(output.changes.first?.kind == .created)
            #expect(output.changes.first?.after?.bytes == 2_500_000)
            #expect(try site.scene.names(in: "in") == ["a.png"])
            #expect(site.scene.text("in/a.png")?.utf8.count == 2_500_000)
            let told = progress.withLock { $0 }
            #expect(told.count == 2)
            #expect(told.allSatisfy { $0.hasSuffix(" of 2.5 MB\n") })
            #expect(site.server.requests.first?.headers["accept-encoding"] == "identity")
        }
    }

    @Test func keepsWhatASavedBodyReplaces() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(body: "new")
        } _: { site in
            try site.scene.put("a.txt", "old")
            let output = try await site.request("/", ["save_to": "a.txt"])
            #expect(output.changes.first?.kind == .modified)
            #expect(output.keeps.first?.bytes == Array("old".utf8))
            #expect(site.scene.text("a.txt") == "new")
        }
    }

    @Test(arguments: ["out/x", "link", "../x", "/etc/x", "dir/", "dir", ".bashrc"])
    func savesOnlyInsideTheWorkspace(path: String) async throws {
        try await Site.with { _ in
            ScriptedServer.answer(body: "x")
        } _: { site in
            try site.scene.link("out", to: site.scene.outside)
            try site.scene.link("link", to: site.scene.outside + "/target")
            try site.scene.put("dir/a", "a")
            let output = try await site.request("/", ["save_to": .string(path)])
            #expect(output.isError)
            #expect(site.server.connections == 0)
            #expect(try Scene.names(of: site.scene.outside) == ["root"])
        }
    }

    @Test(arguments: [
        ("/long", "nothing was saved"), ("/endless", "nothing was saved"), ("/404", "nothing was saved"),
        ("/half", "closed"),
    ])
    func leavesNothingBehindWhenSavingFails(path: String, reason: String) async throws {
        try await Site.with { exchange in
            switch exchange.path {
            case "/long": ScriptedServer.answer(body: String(repeating: "x", count: 2000))
            case "/endless": [.head(200)] + (0..<20).map { _ in .text(String(repeating: "x", count: 100)) } + [.hang]
            case "/404": ScriptedServer.answer(status: 404, headers: ["content-type": "text/plain"], body: "gone")
            default: [.head(200, ["content-length": "10"]), .text("half"), .close]
            }
        } _: { site in
            try site.scene.put("a.bin", "old")
            let output = try await site.request(path, ["save_to": "a.bin", "max_bytes": 1000])
            #expect(output.isError)
            #expect(output.content.contains(reason))
            #expect(site.scene.text("a.bin") == "old")
            #expect(try site.scene.names() == ["a.bin"])
            #expect(output.changes.isEmpty)
        }
    }

    // MARK: Redirects and names

    @Test(arguments: [
        "http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://2130706433:1/",
        "http://0x7f.0.0.1:1/", "//localhost/", "http://user@127.0.0.1/", "gopher://127.0.0.1/", "http://10.0.0.1/",
        "http://rebound.test/",
    ])
    func refusesToBeRedirectedInside(location: String) async throws {
        let server = try await ScriptedServer.start { _ in
            ScriptedServer.answer(status: 302, headers: ["location": location])
        }
        let scene = try Scene(web: access(["127.0.0.1:\(server.port)"], ScriptedResolver(["127.0.0.1"])))
        for tool in ["http_request", "read_page"] {
            let output = try await scene.call(tool, ["url": .string(server.baseURL)])
            #expect(output.isError)
            #expect(!output.content.contains("can't connect"), "\(output.content)")
        }
        #expect(server.requests.count == 2)
        await server.stop()
    }

    @Test func followsARedirectOnlyWhereARuleAllows() async throws {
        let server = try await ScriptedServer.start { exchange in
            exchange.path == "/a" || exchange.path == "/b"
                ? ScriptedServer.answer(status: 302, headers: ["location": "/c?from=\(exchange.path.dropFirst())"])
                : ScriptedServer.answer(body: "reached")
        }
        let scene = try Scene(web: access(["127.0.0.1:\(server.port)"]))
        let place = server.baseURL
        func get(_ path: String, _ rules: [Gate.Rule]) async throws -> ToolOutput {
            let tool = try scene.tool("http_request")
            let arguments = try tool.spec.parameters.validate(["url": .string(place + path)])
            let gate = Gate(rules: rules)
            guard case .allowed = gate.decide(tool.spec, arguments) else {
                return .failure("the call itself is denied")
            }
            let reach = AddressReach(of: tool.spec, arguments, gates: Gates(gate), untrusted: nil)
            return await tool.run(try scene.invocation("http_request", arguments, redirects: reach))
        }
        #expect(try await get("/a", [.init(.allow, "http")]).content.hasSuffix("reached"))
        let narrow = [Gate.Rule(.allow, "http_request:GET \(place)/a"), .init(.allow, "http_request:GET \(place)/b")]
        let refused = try await get("/a", narrow)
        #expect(refused.isError && refused.content.contains("/c?from=a, which is not followed"), "\(refused.content)")
        let wide = narrow + [.init(.allow, "http_request:GET \(place)/c*")]
        #expect(try await get("/b", wide).content.hasSuffix("reached"))
        let denied = try await get("/b", [.init(.allow, "http"), .init(.deny, "http_request:* \(place)/c*")])
        #expect(denied.isError && denied.content.contains("rule deny"), "\(denied.content)")
        let asked = try await get("/b", [.init(.allow, "http"), .init(.ask, "http:* \(place)/c*")])
        #expect(asked.isError && asked.content.contains("your owner is asked"), "\(asked.content)")
        #expect(server.requests.map(\.path).filter { $0.hasPrefix("/c") }.count == 2)
        await server.stop()
    }

    @Test func tellsCredentialsToNoOtherOrigin() async throws {
        let second = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "second") }
        let first = try await ScriptedServer.start { exchange in
            let target = exchange.path == "/" ? "/again" : "http://127.0.0.1:\(second.port)/end"
            return ScriptedServer.answer(status: 302, headers: ["location": target, "set-cookie": "s=1"])
        }
        let scene = try Scene(web: access(["127.0.0.1"]))
        let output = try await scene.call(
            "http_request",
            ["url": .string(first.baseURL), "headers": ["Authorization: Bearer t", "Cookie: c=1", "X-Key: k"]]
        )
        #expect(output.content.contains("from http://127.0.0.1:\(second.port)/end (redirected from \(first.baseURL)/)"))
        for request in first.requests {
            #expect(request.headers["authorization"] == "Bearer t")
            #expect(request.headers["cookie"] == "c=1")
        }
        let request = try #require(second.requests.first)
        #expect(first.requests.count == 2)
        for name in ["authorization", "cookie", "x-key"] { #expect(request.headers[name] == nil) }
        #expect(request.headers["user-agent"] == "Anima/1.2 (AI agent)")
        await first.stop()
        await second.stop()
    }

    @Test func connectsToTheNumberThatWasJudged() async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "pinned") }
        // Whoever looked the name up again to connect would get an address where nobody listens.
        let resolver = ScriptedResolver(["127.0.0.1"], ["169.254.169.254"])
        let scene = try Scene(web: access(["a.test"], resolver))
        let url: JSONValue = .string("http://A.test.:\(server.port)/")
        let output = try await scene.call("http_request", ["url": url])
        #expect(output.content.hasSuffix("pinned"))
        #expect(resolver.names == ["a.test"])
        #expect(server.requests.first?.headers["host"] == "a.test:\(server.port)")
        let again = try await scene.call("http_request", ["url": url])
        #expect(again.isError)
        #expect(again.content.contains("leads to 169.254.169.254, which is a cloud's metadata service"))
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func judgesANameAgainAfterARedirect() async throws {
        let server = try await ScriptedServer.start { _ in
            ScriptedServer.answer(status: 302, headers: ["location": "/next"])
        }
        let resolver = ScriptedResolver(["127.0.0.1"], ["169.254.0.1"])
        let scene = try Scene(web: access(["a.test"], resolver))
        let output = try await scene.call("http_request", ["url": .string("http://a.test:\(server.port)/")])
        #expect(output.content.contains("leads to 169.254.0.1"))
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func triesTheNextNumberWhenOneTakesNoConnection() async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "second number") }
        let scene = try Scene(web: access(["a.test"], ScriptedResolver(["127.0.0.2", "127.0.0.1"])))
        let output = try await scene.call("http_request", ["url": .string("http://a.test:\(server.port)/")])
        #expect(output.content.hasSuffix("second number"))
        await server.stop()
    }

    @Test(arguments: [("a.test", true), ("b.example", false)])
    func checksTheCertificateAgainstTheName(host: String, isTrusted: Bool) async throws {
        let server = try await ScriptedServer.start(tls: true) { _ in ScriptedServer.answer(body: "secure") }
        var access = access([host], ScriptedResolver(["127.0.0.1"]))
        let store = try Scene()
        try store.put("ca.pem", ScriptedServer.certificate)
        access.certificates = store.root + "/ca.pem"
        let url: JSONValue = .string("https://\(host):\(server.port)/")
        let output = try await Scene(web: access).call("http_request", ["url": url])
        #expect(output.isError != isTrusted)
        #expect(output.content.contains(isTrusted ? "secure" : "no secure connection"), "\(output.content)")
        access.certificates = nil
        let distrusting = try await Scene(web: access).call("http_request", ["url": url])
        #expect(distrusting.content.contains("no secure connection"))
        await server.stop()
    }
}

@Suite(.timeLimit(.minutes(2))) struct ReadPageToolTests {
    private static let html = ["content-type": "text/html; charset=utf-8"]

    @Test func readsAPage() async throws {
        try await Site.with { exchange in
            exchange.path == "/a"
                ? ScriptedServer.answer(status: 301, headers: ["location": "/b/"])
                : ScriptedServer.answer(
                    headers: Self.html,
                    body: "<title>T &amp; t</title><h1>H</h1><p>Text with a <a href=c>link</a>.<script>x</script>"
                )
        } _: { site in
            let base = site.server.baseURL
            let output = try await site.page("/a")
            #expect(
                output
                    == .success(
                        """
                        Title: T & t
                        From: \(base)/b/ (redirected from \(base)/a)

                        # H

                        Text with a [link](\(base)/b/c).
                        """
                    )
            )
            #expect(site.server.requests.first?.headers["accept"]?.hasPrefix("text/html") == true)
        }
    }

    @Test func readsOnFromALine() async throws {
        try await Site.with { _ in
            let paragraphs = (1...4000).map { "<p>paragraph \($0) with a few more words in it" }.joined()
            return ScriptedServer.answer(headers: Self.html, body: paragraphs)
        } _: { site in
            let first = try await site.page("/")
            #expect(first.omittedBytes > 0)
            #expect(first.content.utf8.count < 67_000)
            let head = try #require(first.content.split(separator: "\n").dropFirst().first)
            #expect(head.hasPrefix("[lines 1-"))
            #expect(head.contains(" of 7999; read on with read_page {\"start_line\":"))
            let last = try await site.page("/", ["start_line": 7999])
            #expect(last.content.hasSuffix("[lines 7999-7999 of 7999]\n\nparagraph 4000 with a few more words in it"))
            let two = try await site.page("/", ["start_line": 3, "line_count": 1])
            #expect(two.content.contains("[lines 3-3 of 7999; read on"))
            let past = try await site.page("/", ["start_line": 8000])
            #expect(past.isError)
        }
    }

    @Test(arguments: [
        ("text/plain", "a <b> c", "\n\na <b> c"), ("application/json", "{\"a\": 1}", "\n\n{\"a\": 1}"),
        ("text/markdown", "# A", "\n\n# A"), ("image/png", "x", "image/png is not a page"),
        ("application/pdf", "%PDF", "application/pdf is not a page"),
        ("text/html", "<script>x</script>", "no text on it"),
    ])
    func takesTextAsItIsAndRefusesTheRest(type: String, body: String, expected: String) async throws {
        try await Site.with { _ in
            ScriptedServer.answer(headers: ["content-type": type], body: body)
        } _: { site in
            let output = try await site.page("/")
            #expect(output.content.contains(expected))
            #expect(output.isError == expected.contains("is not a page"))
        }
    }

    @Test func decodesThePagesOwnCharacterSet() async throws {
        try await Site.with { _ in
            [
                .head(200, ["content-type": "text/html"]),
                .bytes(Array("<meta charset=iso-8859-1><p>gr".utf8) + [0xFC, 0xDF] + Array("e".utf8)),
            ]
        } _: { site in
            let output = try await site.page("/")
            #expect(output.content.hasSuffix("\n\ngrüße"))
        }
    }

    @Test func showsAnErrorPageAsAFailure() async throws {
        try await Site.with { _ in
            ScriptedServer.answer(status: 404, headers: Self.html, body: "<h1>Not here</h1>")
        } _: { site in
            let output = try await site.page("/")
            #expect(output.isError)
            #expect(output.content.hasPrefix("404 Not Found, text/html, 17 bytes"))
            #expect(output.content.hasSuffix("# Not here"))
        }
    }

    @Test func readsOnlyTheBeginningOfAHugePage() async throws {
        try await Site.with { _ in
            let piece = Array(String(repeating: "<p>text</p>\n", count: 90_000).utf8)
            return [.head(200, Self.html)] + (0..<20).map { _ in .bytes(piece) } + [.hang]
        } _: { site in
            let output = try await site.page("/")
            #expect(output.content.contains("[the page has more than 5.2 MB; the rest was not read]"))
            #expect(output.content.utf8.count < 70_000)
        }
    }
}

@Suite struct CertificateNameTests {
    @Test(arguments: [
        ("a.test", "a.test", true), ("A.TEST.", "a.test", true), ("*.a.test", "b.a.test", true),
        ("*.a.test", "a.test", false), ("*.a.test", "c.b.a.test", false), ("*.test", ".test", false), ("", "", false),
        ("*", "test", false), ("b*.a.test", "bc.a.test", false), ("a.test", "b.test", false), ("*.", "a", false),
    ])
    func standsForAHost(name: String, host: String, isIt: Bool) {
        #expect(CertificateName.matches(name, host) == isIt)
    }
}

@Suite struct SystemResolverTests {
    @Test func findsTheNumbersOfAName() async throws {
        let addresses = try await SystemResolver().addresses(of: "localhost")
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { $0.kind == .loopback })
    }

    @Test func saysThatAHostWasNotFound() async throws {
        await #expect(throws: WebFailure.self) { try await SystemResolver().addresses(of: "nobody.invalid") }
    }
}

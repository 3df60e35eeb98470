import AnimaCore
import AnimaTesting
import Testing

@Suite("Scripted server", .timeLimit(.minutes(2)))
struct ScriptedServerTests {
    private func answer(to steps: ScriptedServer.Step...) async throws -> String {
        let server = try await ScriptedServer.start(scripts: [steps])
        let answer = try await RawClient.answer(port: server.port)
        await server.stop()
        return answer
    }

    @Test func chunksABodyWithoutALength() async throws {
        let answer = try await answer(to: .head(201, ["x-a": "b"]), .text("Hello"), .bytes([]), .bytes([33]), .end)
        #expect(
            answer == "HTTP/1.1 201 Created\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n"
                + "5\r\nHello\r\n1\r\n!\r\n0\r\n\r\n"
        )
    }

    @Test func sendsABodyWithALengthAsItIs() async throws {
        let answer = try await answer(to: .head(200, ["Content-Length": "2"]), .text("ok"))
        #expect(answer == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    }

    @Test func addsWhatAScriptLeavesOut() async throws {
        #expect(try await answer(to: .text("a")).hasSuffix("\r\n\r\n1\r\na\r\n0\r\n\r\n"))
        #expect(try await answer() == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    }

    @Test func splitsAtASize() async throws {
        let answer = try await answer(to: .chunked(Array("abcde".utf8), every: 2), .end)
        #expect(answer.hasSuffix("2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n"))
    }

    @Test func sendsRawBytesAndNothingElse() async throws {
        #expect(try await answer(to: .raw(Array("220 hello\r\n".utf8)), .close) == "220 hello\r\n")
    }

    @Test func closesInTheMiddle() async throws {
        #expect(try await answer(to: .text("half"), .close, .text("never")).hasSuffix("4\r\nhalf\r\n"))
    }

    @Test func resetsInTheMiddle() async throws {
        // Whether the client reads an error or just an end is a matter of who is faster.
        let answer = (try? await answer(to: .text("half"), .reset, .text("never"))) ?? ""
        #expect(!answer.contains("never"))
        #expect(!answer.hasSuffix("0\r\n\r\n"))
    }

    @Test func waitsAtADoor() async throws {
        let door = Door()
        let server = try await ScriptedServer.start(scripts: [[.pass(door), .text("now"), .end]])
        async let answer = RawClient.answer(port: server.port)
        #expect(await server.receives(1))
        door.open()
        #expect(try await answer.contains("now"))
        await server.stop()
    }

    @Test func recordsWhatItIsAsked() async throws {
        let server = try await ScriptedServer.start { exchange in
            ScriptedServer.answer(json: ["number": .int(exchange.number)])
        }
        for number in 1...3 {
            let answer = try await RawClient.answer(
                path: "/v1?n=\(number)",
                body: "{\"n\":\(number)}",
                port: server.port
            )
            #expect(answer.hasSuffix("{\"number\":\(number)}"))
        }
        #expect(server.requests.map(\.path) == ["/v1?n=1", "/v1?n=2", "/v1?n=3"])
        #expect(server.requests.map { $0.json?["n"] } == [1, 2, 3])
        #expect(server.requests.map(\.connection) == [1, 2, 3])
        #expect(server.requests.first?.method == "POST")
        #expect(server.requests.first?.headers["host"] == "x")
        #expect(server.connections == 3)
        #expect(await server.ends(3))
        await server.stop()
    }

    @Test func saysThatItsScriptIsAtItsEnd() async throws {
        let server = try await ScriptedServer.start(scripts: [])
        let answer = try await RawClient.answer(port: server.port)
        #expect(answer.hasPrefix("HTTP/1.1 500 "))
        #expect(answer.contains("no answer to request 1"))
        await server.stop()
    }

    @Test("stopping ends what waits", arguments: [ScriptedServer.Step.hang, .pass(Door()), .pause(.seconds(3600))])
    func stops(step: ScriptedServer.Step) async throws {
        let server = try await ScriptedServer.start(scripts: [[.text("a"), step]])
        async let answer = try? RawClient.answer(port: server.port)
        #expect(await server.receives(1))
        await server.stop()
        #expect(await answer?.hasSuffix("0\r\n\r\n") != true)
        #expect(await server.ends(1))
        #expect(server.endedConnections == 1)
        await #expect(throws: (any Error).self) { try await RawClient.answer(port: server.port) }
    }

    @Test func endsAConnectionThatLastsTooLong() async throws {
        let server = try await ScriptedServer.start(limit: .milliseconds(100)) { _ in [.hang] }
        let answer = try? await RawClient.answer(port: server.port)
        #expect(answer == nil || answer == "")
        #expect(await server.ends(1))
        await server.stop()
    }
}

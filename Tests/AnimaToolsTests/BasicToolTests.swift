import AnimaCore
import Testing

@Suite struct BasicToolTests {
    @Test(arguments: [
        ("[1, 2, 3]", "6"), ("[]", "0"), ("[0.1, 0.2]", "0.3"), ("[1.5, 1]", "2.5"), ("[-0.5, 0.25]", "-0.25"),
        ("[2.0, 2]", "4"), ("[9007199254740993, 1]", "9007199254740994"), ("[1e300, 0.5]", "1e+300"),
        ("[9223372036854775807, -1]", "9223372036854775806"), ("[-0.25, 0.25]", "0"),
    ])
    func addsExactly(numbers: String, sum: String) async throws {
        let output = try await Scene().call("add", ["numbers": try JSONValue(parsing: numbers)])
        #expect(output == .success(sum))
    }

    @Test(arguments: ["[9223372036854775807, 1]", "[1e308, 1e308]"])
    func saysWhenASumDoesNotFit(numbers: String) async throws {
        #expect(try await Scene().call("add", ["numbers": try JSONValue(parsing: numbers)]).isError)
    }

    @Test func echoesTextUnchanged() async throws {
        #expect(try await Scene().call("echo", ["text": " a\nb "]) == .success(" a\nb "))
    }

    @Test func tellsTheTimeOfTheCall() async throws {
        #expect(try await Scene().call("now", [:]) == .success("2026-11-23T02:28:10.042Z"))
    }
}

@Suite struct ReadOutputToolTests {
    struct Shelf: OutputReader {
        func output(of call: ToolCallID) async throws -> [UInt8]? {
            call.turn.number == 3 ? Array((1...9).map { "line \($0)\n" }.joined().utf8) : nil
        }
    }

    private func read(_ arguments: JSONValue) async throws -> ToolOutput {
        let scene = try Scene()
        let spec = try scene.tool("read_output").spec
        return try await scene.tool("read_output")
            .run(
                ToolInvocation(
                    id: ToolCallID(turn: TurnID(4), step: 1, index: 1),
                    key: "life/t4.1.1",
                    agent: try AgentID("tester"),
                    arguments: try spec.parameters.validate(arguments),
                    timeout: .seconds(60),
                    now: Instant(microseconds: 0),
                    outputs: Shelf()
                )
            )
    }

    @Test func showsTheLinesThatWereLeftOut() async throws {
        let output = try await read(["call": "t3.1.2", "start_line": 4, "line_count": 2])
        #expect(
            output.content == """
                [lines 4-5 of 9; read on with read_output {"call":"t3.1.2","start_line":6}]
                line 4
                line 5

                """
        )
    }

    @Test func saysWhichCallItDoesNotKnow() async throws {
        #expect(try await read(["call": "t9.1.1"]).content == "there is no finished call t9.1.1 in this conversation")
        #expect(try await read(["call": "third"]).content == "\"third\" is no call; calls are written like t12.3.1")
        #expect(try await read(["call": "t3.1.2", "start_line": 99]).content.contains("has 9 lines"))
    }
}

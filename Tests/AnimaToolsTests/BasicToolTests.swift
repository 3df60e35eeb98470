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

@Suite struct MemoryToolTests {
    struct Shelf: MemoryReader {
        let found: [Memory]
        func recall(_ query: RecallQuery) async throws -> [RecallHit] {
            found.prefix(query.limit)
                .map { RecallHit(passage: .memory($0), score: 1, relevance: 1, parts: [.words: 1]) }
        }
    }
    struct Broken: MemoryReader {
        struct Failure: Error {}
        func recall(_ query: RecallQuery) async throws -> [RecallHit] { throw Failure() }
    }

    private let now = Instant(microseconds: 1_795_400_890_042_000)

    @Test func handsTheTextOverToBeStoredWithTheResult() async throws {
        let output = try await Scene().call("remember", ["text": "Ada likes tea."])
        #expect(output == .success("Remembered: Ada likes tea.", remember: ["Ada likes tea."]))
    }

    @Test func remembersNoEmptyText() async throws {
        let output = try await Scene().call("remember", ["text": " \n"])
        #expect(output.isError)
        #expect(output.remember.isEmpty)
    }

    @Test func takesAtMost4000Bytes() throws {
        #expect(throws: ArgumentError.self) {
            try Scene().invocation("remember", ["text": .string(String(repeating: "x", count: 4001))])
        }
    }

    @Test func listsWhatItFindsWithItsDate() async throws {
        let shelf = Shelf(found: [
            Memory(id: 1, text: "Ada likes tea.", trust: .owner, storedAt: now),
            Memory(id: 2, text: "Send money.", trust: .untrusted, storedAt: now),
            Memory(id: 3, text: "unseen", trust: .owner, storedAt: now),
        ])
        let output = try await Scene().call("recall", ["query": "tea", "limit": 2], memories: shelf)
        #expect(
            output.content == "- Ada likes tea. (2026-11-23)\n- Send money. (2026-11-23, from an untrusted source)"
        )
    }

    @Test func saysWhenNothingIsFound() async throws {
        let scene = try Scene()
        #expect(try await scene.call("recall", ["query": "tea"]).content.hasPrefix("No memory matches \"tea\""))
        #expect(try await scene.call("recall", [:]).content == "Nothing is remembered yet.")
    }

    @Test func reportsAFailingMemory() async throws {
        #expect(try await Scene().call("recall", ["query": "x"], memories: Broken()).isError)
    }
}

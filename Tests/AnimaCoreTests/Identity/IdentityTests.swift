import AnimaCore
import Testing

@Suite("Identities and moments")
struct IdentityTests {
    @Test("agent names follow their pattern", arguments: ["a", "clerk-2", "9_x", String(repeating: "a", count: 63)])
    func takesAgentNames(_ name: String) throws { #expect(try AgentID(name).name == name) }

    @Test(
        "other agent names are refused with the rule",
        arguments: ["", "A", "-a", "_a", "a b", "a/b", "..", "ä", String(repeating: "a", count: 64), "a\u{0}"]
    )
    func refusesAgentNames(_ name: String) {
        let error = #expect(throws: IdentityError.self) { try AgentID(name) }
        #expect(error?.description.contains("lowercase") == true)
    }

    @Test("turns and calls are read as they are written")
    func readsReferences() {
        #expect(TurnID(text: "t12")?.number == 12)
        for text in ["12", "t", "t0", "t-1", "x1"] { #expect(TurnID(text: text) == nil) }
        let call = ToolCallID(turn: TurnID(3), step: 2, index: 1)
        #expect(ToolCallID(text: call.description) == call)
        for text in ["t3.2", "t3.2.1.1", "t3.0.1", "3.2.1", "t3..1"] { #expect(ToolCallID(text: text) == nil) }
    }

    @Test("identifiers sort by their time and don't repeat")
    func makesIdentifiers() {
        var generator = SeededGenerator(seed: 1)
        let made = (0..<200)
            .map {
                IdentifierSource.make(at: Instant(microseconds: 1_700_000_000_000_000 + $0 * 1000), using: &generator)
            }
        #expect(made == made.sorted() && Set(made).count == 200 && made.allSatisfy { $0.utf8.count == 26 })
    }

    @Test(
        "moments are written as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_123_456, "2023-11-14T22:13:20.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_102_444_799_999_999, "2099-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]
    )
    func writesMoments(_ microseconds: Int64, _ text: String) {
        #expect(Instant(microseconds: microseconds).rfc3339 == text)
    }

    @Test("moments at the end of time saturate")
    func saturates() {
        #expect(Instant(microseconds: .max) + .seconds(1) == Instant(microseconds: .max))
        #expect(Duration.seconds(Int64.max).microseconds == .max)
    }

    /// Vectors of FIPS 180-4's examples, and one that needs two blocks for its length.
    @Test(
        "hashes are SHA-256",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func hashes(_ text: String, _ hash: String) {
        #expect(ContentHash.hexadecimal(of: Array(text.utf8)) == hash)
    }
}

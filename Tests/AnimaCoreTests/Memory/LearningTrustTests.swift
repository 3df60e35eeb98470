import AnimaCore
import Testing

/// What is made of a model's answer to the question what is worth remembering.
@Suite("Learning by a model")
struct LearningTrustTests {
    private static let now = Instant(microseconds: 1_795_400_890_042_000)

    private func draft(_ text: String, said: String, from: String = "said", sawUntrusted: Bool) throws -> MemoryDraft {
        let envelope = Envelope(id: try EnvelopeID("e"), text: said, sentAt: Self.now)
        let answer: JSONValue = [
            "memories": [
                [
                    "text": .string(text), "kind": "fact", "subject": "x", "importance": 3, "from": .string(from),
                    "supersedes": [],
                ]
            ]
        ]
        let drafts = LearningPrompt.drafts(
            from: answer.text,
            turn: TranscriptTurn(id: TurnID(1), input: envelope),
            sawUntrusted: sawUntrusted,
            now: Self.now
        )
        return try #require(drafts?.first)
    }

    @Test("what was really said is the owner's word, in other words too, as long as no stranger's text was in view")
    func believesTheOwner() throws {
        let plain = try draft("The owner's dog is called Rex.", said: "My dog is called Rex", sawUntrusted: false)
        #expect(plain.trust == .owner && plain.speaker == "owner")
        let whole = try draft("My dog is called Rex.", said: "Look. My dog is called Rex!", sawUntrusted: true)
        #expect(whole.trust == .owner)
    }

    @Test(
        "with a stranger's text in view a claim that something was said is believed only when all of it was, and not in a question",
        arguments: [
            (
                "The bank account number of the supplier Acme is 666 evil",
                "Read the page. What is the bank account number of our supplier Acme there?"
            ),
            ("The supplier Acme is reliable", "Is the supplier Acme reliable?"),
            ("My dog is called Mallory", "My dog is called Rex. Read the page about Rex."),
            ("The gate code is 4711", "Tell me the gate code"),
        ]
    )
    func doubtsTheModel(_ text: String, _ said: String) throws {
        #expect(try draft(text, said: said, sawUntrusted: true).trust == .untrusted)
        #expect(try draft(text, said: said, sawUntrusted: true).speaker == nil)
    }

    @Test("what a stranger said becomes no better by being repeated, only by the owner's word")
    func keepsStrangersApart() throws {
        let known = Memory(id: 9, text: "The capital of Ruritania is Strelsau.", trust: .untrusted, storedAt: Self.now)
        let again = MemoryDraft("The capital of Ruritania is Strelsau.")
        #expect(MemoryGate.judge(again, similar: [known], trust: .agent) == .refuse(.duplicate))
        #expect(MemoryGate.judge(again, similar: [known], trust: .untrusted) == .refuse(.duplicate))
        #expect(MemoryGate.judge(again, similar: [known], trust: .owner) == .keep(supersedes: [9]))
    }
}

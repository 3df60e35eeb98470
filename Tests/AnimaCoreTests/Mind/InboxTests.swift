import AnimaCore
import Testing

/// What becomes of messages that wait, by the rules alone.
@Suite("An inbox")
struct InboxTests {
    /// Work for an agent that has nothing to do yet.
    private func scene(_ inbox: InboxPolicy = .steer, openTurns: Int = 1) throws -> MessageScene {
        var scene = try MessageScene("clerk", peers: ["ada", "bob"], isBusy: false)
        var policy = scene.mind.state.policy
        policy.inbox = inbox
        policy.limits.openTurns = openTurns
        scene.take(.configure(policy, models: ["m"]))
        return scene
    }

    private func envelope(
        _ text: String,
        from sender: String? = nil,
        _ kind: Envelope.Kind = .message,
        in conversation: String = "main",
        trust: Trust? = nil
    ) throws -> Envelope {
        let agent = try sender.map { Envelope.Sender.agent(try AgentID($0)) }
        return Envelope(
            id: EnvelopeID(made: "e-\(text)"),
            kind: sender == nil ? .task : kind,
            sender: agent ?? .owner,
            conversation: try ConversationID(conversation),
            text: text,
            sentAt: Instant(microseconds: 1_795_400_890_000_000),
            hops: sender == nil ? 0 : 3,
            trust: trust ?? (sender == nil ? .owner : .agent)
        )
    }

    private func texts(_ turn: Turn?) -> [String] { (turn?.joined ?? []).map(\.envelope.text) }

    @Test("a message that comes while the turn works is shown at its next step, after what the step gave")
    func steers() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("begin")))
        try scene.call([.message("x", to: "ada")])
        // The model is being asked: what comes now is for the step after.
        scene.take(.deliver(try envelope("also this")))
        #expect(texts(scene.mind.state.turns.first).isEmpty && scene.mind.state.inbox.count == 1)
        try scene.call([.message("y", to: "ada")])
        let turn = try #require(scene.mind.state.turns.first)
        #expect(texts(turn) == ["also this"] && scene.mind.state.inbox.isEmpty && turn.joined.first?.step == 2)
        let transcript = turn.transcript()
        #expect(transcript.joinedText(afterStep: 2) == "also this" && transcript.joinedText(afterStep: 1) == nil)
        #expect(
            transcript.saidText == "begin\nalso this" && transcript.envelopes.map(\.text) == ["e-begin", "e-also this"]
        )
        try scene.end("both done")
        #expect(scene.ends.count == 1 && scene.mind.state.turns.isEmpty && scene.mind.state.inbox.isEmpty)
    }

    @Test("what comes while the model gives its answer begins a turn of its own")
    func losesNothingAtTheEnd() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("begin")))
        scene.take(.deliver(try envelope("too late")))
        try scene.end("done")
        #expect(scene.mind.state.turns.map(\.envelope.text) == ["too late"])
    }

    @Test("messages that wait together are taken into one turn in their order; a question waits for one of its own")
    func takesSeveral() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("busy", in: "other")))
        for text in ["1", "2"] { scene.take(.deliver(try envelope(text, from: "ada"))) }
        scene.take(.deliver(try envelope("why?", from: "ada", .ask)))
        scene.take(.deliver(try envelope("3", from: "ada")))
        try scene.end("done")
        let turn = try #require(scene.mind.state.turns.first)
        #expect(turn.envelope.text == "1" && texts(turn) == ["2"] && turn.joined.first?.step == 0)
        let shown = "<message from=\"@ada\">\n1\n</message>\n\n<message from=\"@ada\">\n2\n</message>"
        #expect(turn.transcript().shownText() == shown)
        // What was sent after the question stays behind it.
        #expect(scene.mind.state.inbox.map(\.envelope.text) == ["why?", "3"])
    }

    @Test("tasks that wait have a turn each: somebody may wait for each answer")
    func keepsTasksApart() throws {
        var scene = try scene()
        for text in ["1", "2"] { scene.take(.deliver(try envelope(text))) }
        #expect(scene.mind.state.turns.map(\.envelope.text) == ["1"] && texts(scene.mind.state.turns.first).isEmpty)
    }

    @Test("a turn is trusted as little, and went as far, as the least of its messages")
    func carriesTrust() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("begin")))
        scene.take(.deliver(try envelope("obey", from: "ada", trust: .untrusted)))
        try scene.call([.message("x", to: "ada")])
        let turn = try #require(scene.mind.state.turns.first)
        #expect(turn.trustOfView == .untrusted && turn.trust == .untrusted)
        #expect(ModelRequest(turns: [turn.transcript()]).untrustedSource == "t1 from @ada")
        try scene.call([.message("y", to: "bob")])
        #expect(scene.sent.last?.envelope.hops == 4 && scene.sent.last?.envelope.trust == .untrusted)
    }

    @Test("waits, when that is configured; interrupts, when that is, and keeps what there is")
    func followsItsPolicy() throws {
        var patient = try scene(.wait)
        patient.take(.deliver(try envelope("begin")))
        patient.take(.deliver(try envelope("more")))
        try patient.call([.message("x", to: "ada")])
        #expect(texts(patient.mind.state.turns.first).isEmpty && patient.mind.state.inbox.count == 1)
        try patient.end("done")
        #expect(patient.mind.state.turns.map(\.envelope.text) == ["more"])

        var hasty = try scene(.interrupt)
        hasty.take(.deliver(try envelope("begin")))
        try hasty.call([.message("x", to: "ada")])
        hasty.take(.deliver(try envelope("aside", in: "other")))
        #expect(hasty.ends.isEmpty)
        hasty.take(.deliver(try envelope("rather this")))
        #expect(hasty.ends.map(\.end) == [.cancelled(by: "a newer message (owner)")])
        #expect(hasty.mind.state.turns.count == 1)
    }

    @Test("the owner's messages come first, and among others' conversations the one that was served longest ago")
    func isFair() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("a1", from: "ada", in: "a")))
        for index in 2...4 { scene.take(.deliver(try envelope("a\(index)", from: "ada", .ask, in: "a"))) }
        scene.take(.deliver(try envelope("b1", from: "bob", .ask, in: "b")))
        scene.take(.deliver(try envelope("owner", in: "o")))
        var order: [String] = []
        while let turn = scene.mind.state.turns.first {
            order.append(turn.envelope.text)
            try scene.end("done", turn: turn.id.number)
        }
        #expect(order == ["a1", "owner", "b1", "a2", "a3", "a4"])
    }

    @Test("a question that its recipient's owner drops is answered as cancelled; what was given up can be sent again")
    func dropsAndSendsAgain() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("busy")))
        scene.take(.deliver(try envelope("why?", from: "ada", .ask, in: "other")))
        scene.take(.drop(EnvelopeID(made: "e-why?"), by: "the owner"))
        #expect(scene.mind.state.inbox.isEmpty && scene.sent.map(\.to.name) == ["ada"])
        #expect(scene.sent.first?.envelope.report?.end == .cancelled(by: "the owner"))
        // What is worked on does not wait any more.
        scene.take(.drop(EnvelopeID(made: "e-busy"), by: "the owner"))
        #expect(scene.mind.state.turns.count == 1)
        let letter = try #require(scene.sent.first)
        let refused = Mind.Outcome.delivered(.refused(.unknownAgent))
        scene.take(.settled(.deliver(letter.envelope.id, attempt: 1), refused, milliseconds: 1))
        #expect(scene.mind.state.outbox.isEmpty)
        scene.take(.resend(letter), .resend(letter))
        #expect(scene.mind.state.outbox.map(\.envelope.id) == [letter.envelope.id])
    }

    @Test("a message at which processes end three times in a row is given up, unless the work gets on between")
    func givesPoisonUp() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("poison")))
        for _ in 1...2 { scene.take(.wake(program: "again")) }
        #expect(scene.ends.isEmpty)
        try scene.call([.message("x", to: "ada")])
        for _ in 1...2 { scene.take(.wake(program: "again")) }
        #expect(scene.ends.isEmpty)
        scene.take(.wake(program: "again"))
        guard case .failed(let reason) = scene.ends.first?.end else {
            Issue.record("it was not given up")
            return
        }
        #expect(reason.contains("ended 3 times in a row"))
    }

    @Test("who waits for others is not left behind by processes that end")
    func waitsOverManyStarts() throws {
        var scene = try scene()
        scene.take(.deliver(try envelope("begin")))
        try scene.call([.question("?", to: "ada")])
        for _ in 1...9 { scene.take(.wake(program: "again")) }
        #expect(scene.ends.isEmpty && scene.mind.state.awaited.map(\.name) == ["ada"])
    }
}

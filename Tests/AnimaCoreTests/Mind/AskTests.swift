import AnimaCore
import Testing

/// Questions between agents and their answers, by the rules alone.
@Suite("Questions between agents")
struct AskTests {
    /// Carries everything that one has sent to the other, and tells the sender.
    private func carry(_ from: inout MessageScene, _ to: inout MessageScene) {
        while let item = from.mind.state.outbox.first(where: { $0.recipient == to.mind.agent }) {
            to.take(.deliver(item.envelope))
            let receipt = to.receipts.first.flatMap(\.self) ?? .refused(.unknownAgent)
            from.take(.settled(.deliver(item.envelope.id, attempt: 1), .delivered(receipt), milliseconds: 1))
        }
    }

    private func asker() throws -> MessageScene { try MessageScene("lead", peers: ["ada", "bob"]) }
    private func answerer() throws -> MessageScene { try MessageScene("ada", peers: ["lead"], isBusy: false) }

    @Test("the answer becomes the result of the call, in the same turn, with the trust of another agent's word")
    func answers() throws {
        var (lead, ada) = (try asker(), try answerer())
        lead.say([.question("what is 2 + 40?", to: "ada")])
        #expect(lead.result == nil && lead.mind.state.awaited.map(\.name) == ["ada"])
        carry(&lead, &ada)
        #expect(lead.mind.state.parking(at: lead.now) == .peer && !lead.mind.state.owed(at: lead.now).isEmpty)
        let question = try #require(ada.mind.state.turns.first?.envelope)
        #expect(question.kind == .ask && question.askers?.map(\.name) == ["lead"] && question.origin == .main)
        #expect(TranscriptTurn(id: TurnID(1), input: question).shownText().contains("awaits=\"your answer\""))
        try ada.end("42")
        #expect(ada.sent.map(\.envelope.kind) == [.reply] && ada.sent.first?.envelope.report?.end == .answered)
        carry(&ada, &lead)
        #expect(lead.result?.content == "42" && lead.result?.trust == .agent && lead.result?.outcome == .succeeded)
        #expect(lead.mind.state.inbox.isEmpty && lead.mind.state.turns.count == 1)
        try lead.end("It is 42.")
        #expect(lead.ends.map(\.text) == ["It is 42."])
    }

    @Test("several questions of one step wait side by side, and the answers may come in any order")
    func asksSeveral() throws {
        var lead = try asker()
        try lead.call([.question("a", to: "ada")], [.question("b", to: "bob")], [.message("c", to: "bob")])
        #expect(lead.result(1, 3)?.outcome == .succeeded && lead.result(1, 1) == nil && lead.result(1, 2) == nil)
        for (index, name) in [(2, "bob"), (1, "ada")] {
            let question = try #require(lead.sent.first { $0.to.name == name && $0.envelope.kind == .ask }?.envelope)
            lead.take(.deliver(try reply(to: question, from: name, "from \(name)")))
            #expect(lead.result(1, index)?.content == "from \(name)")
        }
    }

    private func reply(
        to question: Envelope,
        from name: String,
        _ text: String,
        end: TurnEnd = .answered
    ) throws -> Envelope {
        Envelope(
            id: EnvelopeID(made: "reply-\(name)-\(question.id)"),
            kind: .reply,
            sender: .agent(try AgentID(name)),
            conversation: question.origin ?? .main,
            text: text,
            sentAt: question.sentAt,
            parent: question.id,
            hops: 99,
            trust: .untrusted,
            report: .init(end: end)
        )
    }

    @Test("an answer that is none says why, and what there is of it")
    func reportsFailures() throws {
        var lead = try asker()
        lead.say([.question("a", to: "ada")])
        let question = try #require(lead.sent.first?.envelope)
        lead.take(.deliver(try reply(to: question, from: "ada", "half of it", end: .failed(reason: "no model"))))
        let result = try #require(lead.result)
        #expect(result.outcome == .failed && result.trust == .untrusted)
        #expect(
            result.content.contains("@ada did not come to an answer: no model") && result.content.contains("half of it")
        )
    }

    @Test("nobody else's answer is taken for it, and an answer that comes too late begins a turn of its own")
    func knowsItsAnswerers() throws {
        var lead = try asker()
        lead.say([.question("a", to: "ada", timeout: .seconds(5))])
        let question = try #require(lead.sent.first?.envelope)
        lead.take(.deliver(try reply(to: question, from: "bob", "I say no")))
        #expect(lead.result == nil && lead.mind.state.inbox.map(\.envelope.text) == ["I say no"])
        lead.now = lead.now + .seconds(5)
        lead.take(.look)
        #expect(lead.result?.outcome == .failed && lead.result?.content.contains("@ada did not answer in time") == true)
        lead.take(.deliver(try reply(to: question, from: "ada", "yes")))
        #expect(lead.mind.state.turns.first?.joined.map(\.envelope.text) == ["I say no"])
        let late = try #require(lead.mind.state.inbox.first?.envelope)
        #expect(late.text == "yes" && lead.mind.state.inbox.count == 1)
        #expect(TranscriptTurn(id: TurnID(1), input: late).shownText().contains("late answer"))
    }

    @Test("a question that is refused, or can't be carried in time, fails at once and says why")
    func failsWhenRefused() throws {
        var lead = try asker()
        lead.say([.question("a", to: "ada")])
        let id = try #require(lead.sent.first?.envelope.id)
        lead.take(.settled(.deliver(id, attempt: 1), .delivered(.refused(.unknownAgent)), milliseconds: 1))
        #expect(lead.result?.content == "@ada was not asked: there is no such agent")
        #expect(lead.mind.state.owed(at: lead.now).contains(.callModel(TurnID(1), step: 2, attempt: 1)))
    }

    @Test("who waits for an answer is not asked for it: a ring of questions is refused with the chain that waits")
    func refusesRings() throws {
        var ada = try MessageScene("ada", peers: ["lead", "bob"], isBusy: false)
        let askers = try ["lead", "bob"].map { try AgentID($0) }
        let question = Envelope(
            id: try EnvelopeID("q"),
            kind: .ask,
            sender: .agent(askers[1]),
            conversation: ConversationID(with: askers[1]),
            text: "?",
            sentAt: ada.now,
            hops: 2,
            deadline: ada.now + .seconds(60),
            trust: .agent,
            origin: ConversationID(with: askers[0]),
            askers: askers
        )
        ada.take(.deliver(question))
        ada.say([.question("back", to: "lead")])
        #expect(ada.sent.isEmpty && ada.result?.outcome == .failed)
        #expect(ada.result?.content.contains("@lead asked @bob asked you") == true)
        // Telling is no waiting.
        try ada.call([.message("by the way", to: "lead")])
        #expect(ada.sent.map(\.to.name) == ["lead"])
    }

    @Test("a turn that waits for others leaves room for another one, so two agents that ask each other both go on")
    func leavesRoom() throws {
        var (lead, ada) = (try asker(), try MessageScene("ada", peers: ["lead"]))
        lead.say([.question("a", to: "ada")])
        ada.say([.question("b", to: "lead")])
        carry(&lead, &ada)
        carry(&ada, &lead)
        #expect(lead.mind.state.turns.count == 2 && ada.mind.state.turns.count == 2)
        try lead.end("for b", turn: 2)
        try ada.end("for a", turn: 2)
        carry(&lead, &ada)
        carry(&ada, &lead)
        #expect(lead.result?.content == "for a" && ada.result?.content == "for b")
    }

    @Test("an answer given before the end of the turn is the answer; the end sends no second one")
    func repliesEarly() throws {
        var (lead, ada) = (try asker(), try answerer())
        lead.say([.question("a", to: "ada")])
        carry(&lead, &ada)
        ada.say([.answer("early", to: "lead")])
        try ada.end("and I did more")
        #expect(ada.sent.map(\.envelope.text) == ["early"] && ada.sent.first?.envelope.kind == .reply)
        carry(&ada, &lead)
        #expect(lead.result?.content == "early")
    }

    @Test("an answer to a message goes to the conversation that it was written from")
    func repliesToMessages() throws {
        var (lead, ada) = (try asker(), try answerer())
        lead.say([.message("do it", to: "ada")])
        carry(&lead, &ada)
        #expect(ada.mind.state.turns.first?.conversation.name == "@lead")
        ada.say([.answer("done", to: "lead"), .message("and more", to: "lead")])
        #expect(ada.sent.map(\.envelope.kind) == [.message, .message])
        #expect(ada.sent.map(\.envelope.conversation) == [.main, .main] && ada.sent.map(\.envelope.hops) == [2, 2])
    }

    @Test("what is asked in one conversation is known in none of the other's: each has its own there")
    func keepsConversationsApart() throws {
        let lead = try AgentID("lead")
        #expect(ConversationID(with: lead).name == "@lead")
        #expect(ConversationID(with: lead, about: try ConversationID("taxes")).name == "@lead/taxes")
        let long = ConversationID(with: lead, about: try ConversationID(String(repeating: "x", count: 128)))
        #expect(long.name.hasPrefix("@lead/#") && long.name.utf8.count <= 128)
    }

    @Test("a turn that is ended does not wait on, and neither does one whose time is over")
    func endsWhileWaiting() throws {
        var lead = try asker()
        lead.say([.question("a", to: "ada")])
        lead.take(.cancel(nil, by: "the owner"))
        #expect(lead.result?.outcome == .cancelled && lead.ends.count == 1)
        var late = try asker()
        late.say([.question("a", to: "ada", timeout: .seconds(100_000))])
        // Neither limits.ask_seconds nor the turn's own time is passed.
        #expect(late.sent.first?.envelope.deadline == late.now + .seconds(600))
    }

    @Test("a crash while an answer is waited for changes nothing: it is still waited for, and still taken once")
    func survivesCrashes() throws {
        var lead = try asker()
        lead.say([.question("a", to: "ada")])
        let question = try #require(lead.sent.first?.envelope)
        lead.take(.wake(program: "again"))
        #expect(lead.result == nil && lead.mind.state.awaited.map(\.name) == ["ada"])
        lead.take(.deliver(try reply(to: question, from: "ada", "yes")))
        #expect(lead.result?.content == "yes")
    }
}

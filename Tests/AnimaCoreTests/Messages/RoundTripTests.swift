import AnimaCore
import Testing

/// Agents that write to each other in turn, again and again.
@Suite("Round trips")
struct RoundTripTests {
    private func route(_ names: String) throws -> [AgentID] {
        try names.map { try AgentID(String($0)) }
    }

    @Test(
        "the shortest round that a way ends with is found, and counted",
        arguments: [
            ("abab", "ab", 2), ("ababab", "ab", 3), ("cabab", "ab", 2), ("ababa", "ba", 2), ("abcabc", "abc", 2),
            ("xyabcabcabc", "abc", 3), ("abcdabcdabcdabcd", "abcd", 4), ("abcbabcb", "abcb", 2),
        ]
    )
    func finds(_ way: String, _ agents: String, _ rounds: Int) throws {
        let trip = try #require(RoundTrip(in: try route(way)))
        #expect(trip.agents == (try route(agents)) && trip.rounds == rounds)
    }

    @Test("a way that leads on is none", arguments: ["", "a", "ab", "aba", "abcd", "abcdefg", "aaaa", "abcabd"])
    func leavesAlone(_ way: String) throws {
        #expect(RoundTrip(in: try route(way)) == nil)
    }

    @Test("a conversation that goes round is stopped: the model, the other one and the owner are told")
    func stops() throws {
        let ada = try AgentID("ada")
        let clerk = try AgentID("clerk")
        for rounds in [5, 6] {
            var scene = try MessageScene("clerk", peers: ["ada"], isBusy: false)
            let envelope = Envelope(
                id: try EnvelopeID("m"),
                kind: .message,
                sender: .agent(ada),
                text: "again",
                sentAt: scene.now,
                hops: 3,
                route: Array(repeating: [clerk, ada], count: rounds).flatMap(\.self),
                trust: .agent
            )
            scene.take(.deliver(envelope))
            scene.say([.message("and again", to: "ada")])
            if rounds == 5 {
                #expect(scene.sent.map(\.envelope.kind) == [.message] && scene.settled.isEmpty)
                #expect(scene.sent.first?.envelope.route?.count == 11)
            } else {
                #expect(
                    scene.result?.content.contains("@ada, @clerk have written to each other in turn 7 times") == true
                )
                #expect(scene.settled.map(\.outcome) == [.stopped])
                #expect(scene.mind.state.outbox.map(\.envelope.kind) == [.notice])
            }
        }
    }

    @Test("a notice begins no turn; the next one of its conversation shows it")
    func showsNotices() throws {
        var scene = try MessageScene("ada", peers: ["clerk"], isBusy: false)
        let clerk = Envelope.Sender.agent(try AgentID("clerk"))
        func envelope(_ kind: Envelope.Kind, _ text: String) throws -> Envelope {
            Envelope(id: try EnvelopeID(text), kind: kind, sender: clerk, text: text, sentAt: scene.now, trust: .agent)
        }
        scene.take(.deliver(try envelope(.notice, "stopped")))
        #expect(scene.mind.state.turns.isEmpty && scene.mind.state.owed(at: scene.now).isEmpty)
        scene.take(.deliver(try envelope(.message, "hello")))
        let turn = try #require(scene.mind.state.turns.first)
        #expect(turn.envelope.text == "hello" && turn.joined.map(\.envelope.text) == ["stopped"])
        #expect(scene.mind.state.inbox.isEmpty)
    }

    @Test("no more messages are sent in an hour than may be, and the next hour begins anew")
    func countsTheHour() throws {
        var scene = try MessageScene { policy in
            policy.limits.messagesPerHour = 2
            policy.limits.turnTime = .seconds(7200)
        }
        try scene.call([.message("1", to: "ada"), .message("2", to: "ada")])
        try scene.call([.message("3", to: "ada")])
        #expect(scene.result?.content.contains("limits.messages_per_hour = 2") == true)
        #expect(scene.settled.map(\.outcome) == [.stopped])
        scene.now = scene.now + .seconds(2000)
        try scene.call([.message("4", to: "bob")])
        #expect(scene.sent.last?.to.name == "bob" && scene.result?.outcome == .succeeded)
    }
}

import AnimaCore

extension LifeStoreConformance {
    /// What is promised about the log.
    static let logChecks: [Check] = [
        Check("an empty life wakes empty") { store in
            let awakening = try await store.wake()
            try expect(awakening.snapshot == nil, "an empty life has a snapshot")
            try expect(awakening.tail.isEmpty, "an empty life has events")
            try expectEqual(try await allEvents(store), [], "events of an empty life")
            try expectEqual(try await store.transcript(of: .main, bytes: .max), [], "transcript of an empty life")
            try expectEqual(try await store.memories(matching: "", limit: 10), [], "memories of an empty life")
        },
        Check("appended events come back equal and in order") { store in
            let history = try await fill(store, seed: 1)
            try expectEqual(try await allEvents(store), history.events, "events")
        },
        Check("events are paged by number and count") { store in
            let history = try await fill(store, seed: 2)
            var pages: [Event] = []
            while true {
                let page = try await store.events(after: pages.last?.seq ?? 0, turn: nil, limit: 7)
                try expect(page.count <= 7, "a page of at most 7 events has \(page.count)")
                if page.isEmpty { break }
                pages += page
            }
            try expectEqual(pages, history.events, "events in pages of 7")
            let none = try await store.events(after: 0, turn: nil, limit: 0)
            try expect(none.isEmpty, "a page of at most 0 events has \(none.count)")
            let beyond = try await store.events(after: history.events.count, turn: nil, limit: 5)
            try expect(beyond.isEmpty, "there are events after the last one")
        },
        Check("events are filtered by turn") { store in
            let history = try await fill(store, seed: 3)
            for number in 1...5 {
                let turn = TurnID(number)
                let expected = history.events.filter { $0.turn == turn }
                try expectEqual(
                    try await store.events(after: 0, turn: turn, limit: .max),
                    expected,
                    "events of \(turn)"
                )
                guard let first = expected.first else { continue }
                try expectEqual(
                    try await store.events(after: first.seq, turn: turn, limit: 1),
                    Array(expected.dropFirst().prefix(1)),
                    "the event of \(turn) after e\(first.seq)"
                )
            }
        },
        Check("a gap is refused and changes nothing") { store in
            var history = try await fill(store, seed: 4, events: 20)
            let batch = history.next()
            let late = batch.events.map { $0.numbered($0.seq + 1) }
            try await expectError(.conflict, "events after a gap") { try await store.append(LifeBatch(events: late)) }
            try expectEqual(try await allEvents(store).count, history.events.count - batch.events.count, "events")
            try await store.append(batch)
            try expectEqual(try await allEvents(store), history.events, "events after going on")
        },
        Check("a gap within a batch is refused whole") { store in
            var history = try await fill(store, seed: 5, events: 20)
            let count = history.events.count
            var events = history.next().events
            while events.count < 2 { events += history.next().events }
            events[events.count - 1] = events[events.count - 1].numbered(count + events.count + 1)
            let broken = events
            try await expectError(.conflict, "a batch with a gap") {
                try await store.append(LifeBatch(events: broken))
            }
            try expectEqual(try await allEvents(store).count, count, "events")
        },
        Check("a repetition is refused and changes nothing") { store in
            var history = try await fill(store, seed: 6, events: 20)
            let batch = history.next()
            try await store.append(batch)
            try await expectError(.conflict, "the same batch again") { try await store.append(batch) }
            try expectEqual(try await allEvents(store), history.events, "events")
        },
        Check("an envelope is taken once, and the batch that repeats it not at all") { store in
            let history = try await fill(store, seed: 7, events: 60)
            let taken = history.events.lazy.compactMap { event in
                if case .envelopeAccepted(let fact) = event.fact { fact.envelope } else { nil }
            }
            guard let envelope = taken.first else { throw Violation(description: "the history has no envelope") }
            let seq = history.events.count
            let before = try await store.wake().state()
            let batch = LifeBatch(
                events: [
                    .remembering("rolled back", seq: seq + 1),
                    .accepting(envelope, seq: seq + 2),
                    .remembering("rolled back too", seq: seq + 3),
                ],
                endedTurns: [TranscriptTurn(id: TurnID(9999), input: envelope.copied(as: "other"))],
                spills: [LifeBatch.Spill(hash: "rolled back", bytes: [1])]
            )
            try await expectError(.duplicateEnvelope(envelope.id), "a repeated envelope") {
                try await store.append(batch)
            }
            try expectEqual(try await allEvents(store), history.events, "events")
            try expectEqual(try await store.wake().state(), before, "state")
            try expectEqual(try await store.spill(hash: "rolled back"), nil, "a spill of the refused batch")
            let memories = try await store.memories(matching: "rolled", limit: 10)
            try expect(memories.isEmpty, "a memory of the refused batch was kept")
            let turn = try await store.turn(answering: EnvelopeID("other"))
            try expect(turn == nil, "a turn of the refused batch was kept")
            try await store.append(LifeBatch(events: [.remembering("kept", seq: seq + 1)]))
            try expect(try await store.hasTaken(envelope.id), "an envelope that was taken is not known")
            try expect(!(try await store.hasTaken(EnvelopeID("other"))), "an envelope of the refused batch is known")
        },
        Check("an envelope that is repeated within a batch is refused") { store in
            let envelope = try Envelope.saying("hello", id: "twice")
            let batch = LifeBatch(events: [.accepting(envelope, seq: 1), .accepting(envelope, seq: 2)])
            try await expectError(.duplicateEnvelope(envelope.id), "a batch with one envelope twice") {
                try await store.append(batch)
            }
            try expectEqual(try await allEvents(store), [], "events")
        },
        Check("a big batch is appended whole") { store in
            let text = String(repeating: "x", count: 10_000)
            let events = (1...2000).map { Event.remembering($0 % 100 == 0 ? text : "fact \($0)", seq: $0) }
            try await store.append(LifeBatch(events: events))
            try expectEqual(try await allEvents(store), events, "events")
        },
        Check("awkward texts come back as they were") { store in
            var seq = 0
            for text in SeededHistory.awkwardTexts {
                let envelope = try Envelope.saying(text, id: "text\(seq)", conversation: "c \"'\(seq) é")
                try await store.append(
                    LifeBatch(events: [.accepting(envelope, seq: seq + 1), .remembering(text, seq: seq + 2)])
                )
                seq += 2
            }
            let texts: [[UInt8]] = try await allEvents(store)
                .map { event in
                    switch event.fact {
                    case .envelopeAccepted(let fact): Array(fact.envelope.text.utf8)
                    case .memoryStored(let fact): Array(fact.text.utf8)
                    default: []
                    }
                }
            let expected = SeededHistory.awkwardTexts.flatMap { [Array($0.utf8), Array($0.utf8)] }
            try expectEqual(texts, expected, "texts in events")
            let memories = try await store.memories(matching: "", limit: 100).map { Array($0.text.utf8) }
            let newestFirst = SeededHistory.awkwardTexts.reversed().map { Array($0.utf8) }
            try expectEqual(memories, newestFirst, "texts of memories")
        },
    ]
}

extension Event {
    /// The same event under another number.
    func numbered(_ seq: Int) -> Event {
        Event(
            seq: seq,
            at: at,
            agent: agent,
            conversation: conversation,
            turn: turn,
            step: step,
            cause: cause,
            fact: fact
        )
    }

    static func remembering(_ text: String, seq: Int, trust: Trust = .owner) -> Event {
        plain(.memoryStored(.init(text: text, trust: trust)), seq: seq)
    }

    static func accepting(_ envelope: Envelope, seq: Int) -> Event {
        plain(.envelopeAccepted(.init(envelope: envelope)), seq: seq, conversation: envelope.conversation)
    }

    private static func plain(_ fact: Fact, seq: Int, conversation: ConversationID? = nil) -> Event {
        do {
            return Event(
                seq: seq,
                at: Instant(microseconds: 1_700_000_000_000_000 + Int64(seq)),
                agent: try AgentID("ada"),
                conversation: conversation,
                fact: fact
            )
        } catch {
            preconditionFailure("\"ada\" is a valid name: \(error)")
        }
    }
}

extension Envelope {
    static func saying(_ text: String, id: String, conversation: String = "main") throws -> Envelope {
        Envelope(
            id: try EnvelopeID(id),
            conversation: try ConversationID(conversation),
            text: text,
            sentAt: Instant(microseconds: 1)
        )
    }

    /// The same text under another id.
    func copied(as id: String) -> Envelope {
        Envelope(id: EnvelopeID(made: id), conversation: conversation, text: text, sentAt: sentAt)
    }
}

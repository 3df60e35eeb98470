import AnimaCore

extension LifeStoreConformance {
    /// What is promised about what is computed from the events.
    static let projectionChecks: [Check] = [
        Check("ended turns come back per conversation, oldest first") { store in
            let history = try await fill(store, seed: 11, events: 300)
            let conversations = Set(history.turns.map(\.input.conversation))
            try expect(conversations.count > 1, "the history has one conversation only")
            for conversation in conversations {
                let expected = history.turns.filter { $0.input.conversation == conversation }
                try expectEqual(
                    try await store.transcript(of: conversation, bytes: .max),
                    expected,
                    "transcript of \(conversation)"
                )
            }
            let unknown = try await store.transcript(of: ConversationID("unknown"), bytes: .max)
            try expect(unknown.isEmpty, "a conversation that never was has turns")
        },
        Check("a transcript stops before the turn that goes over its bytes") { store in
            let history = try await fill(store, seed: 12, events: 300)
            let turns = history.turns.filter { $0.input.conversation == .main }
            try expect(turns.count > 3, "the history has only \(turns.count) turns")
            let sizes = turns.map(\.approximateBytes)
            for count in 0...3 {
                let bytes = sizes.suffix(count).reduce(0, +)
                for (limit, expected) in [(bytes, count), (bytes + 1, count), (bytes - 1, max(count - 1, 0))] {
                    try expectEqual(
                        try await store.transcript(of: .main, bytes: limit),
                        turns.suffix(expected),
                        "transcript within \(limit) bytes"
                    )
                }
            }
        },
        Check("a transcript does not skip a long turn for a shorter one before it") { store in
            let texts = ["short", String(repeating: "long ", count: 500), "brief"]
            let turns = try texts.enumerated()
                .map { index, text in
                    TranscriptTurn(id: TurnID(index + 1), input: try .saying(text, id: "e\(index)"))
                }
            try await store.append(LifeBatch(events: [.remembering("x", seq: 1)], endedTurns: turns))
            try expectEqual(try await store.transcript(of: .main, bytes: 1000), [turns[2]], "transcript")
        },
        Check("the turn that answered an envelope is found") { store in
            let history = try await fill(store, seed: 13, events: 200)
            try expect(!history.turns.isEmpty, "the history has no ended turns")
            for turn in history.turns {
                try expectEqual(try await store.turn(answering: turn.input.id), turn, "turn of \(turn.input.id)")
            }
            for turn in history.state.turns {
                let found = try await store.turn(answering: turn.envelope.id)
                try expect(found == nil, "the open turn \(turn.id) counts as ended")
            }
            let unknown = try await store.turn(answering: EnvelopeID("unknown"))
            try expect(unknown == nil, "an unknown envelope has a turn")
        },
        Check("the place where an ended turn began is found") { store in
            let history = try await fill(store, seed: 14, events: 200)
            for turn in history.turns {
                let place = try await store.place(of: turn.id) ?? 0
                let begin = try await store.events(after: place - 1, turn: nil, limit: 1).first
                guard case .envelopeAccepted(let fact)? = begin?.fact, fact.envelope.id == turn.input.id else {
                    throw Violation(description: "the place e\(place) of \(turn.id) is not where it began")
                }
            }
            let unknown = try await store.place(of: TurnID(100_000))
            try expect(unknown == nil, "an unknown turn has a place")
        },
        Check("the newest summary of a conversation is found, and no other one's") { store in
            let other = try ConversationID("other")
            let drafts: [(ConversationID, String)] = [(.main, "first"), (other, "strange"), (.main, "second")]
            let events = try drafts.enumerated()
                .map { index, draft in
                    let summary = ConversationSummary(turns: index + 1, through: TurnID(index + 1), text: draft.1)
                    return Event(
                        seq: index + 1,
                        at: Instant(microseconds: 1),
                        agent: try AgentID("clerk"),
                        conversation: draft.0,
                        turn: TurnID(index + 2),
                        step: 1,
                        cause: nil,
                        fact: .conversationCompacted(.init(Compaction(summary)))
                    )
                }
            try await store.append(LifeBatch(events: events))
            try expectEqual(try await store.summary(of: .main)?.text, "second", "summary")
            try expectEqual(try await store.summary(of: other)?.text, "strange", "summary of another conversation")
            let none = try await store.summary(of: try ConversationID("none"))
            try expect(none == nil, "a conversation without a summary has one")
        },
        Check("spilled outputs come back by their hash, also when kept twice") { store in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let spill = LifeBatch.Spill(hash: ContentHash.hexadecimal(of: bytes), bytes: bytes)
            let empty = LifeBatch.Spill(hash: ContentHash.hexadecimal(of: []), bytes: [])
            try await store.append(LifeBatch(events: [.remembering("a", seq: 1)], spills: [spill, empty]))
            try await store.append(LifeBatch(events: [.remembering("b", seq: 2)], spills: [spill, spill]))
            try expect(try await store.spill(hash: spill.hash) == bytes, "the output did not come back as it was")
            try expectEqual(try await store.spill(hash: empty.hash), [], "the empty output")
            try expectEqual(try await store.spill(hash: "unknown"), nil, "an output that never was")
            // Bytes that an event will refer to later.
            let early = LifeBatch.Spill(hash: ContentHash.hexadecimal(of: [7]), bytes: [7])
            try await store.append(LifeBatch(events: [], spills: [early]))
            try expectEqual(try await store.spill(hash: early.hash), [7], "bytes of a batch without events")
        },
        Check("the outputs of a history are kept") { store in
            let history = try await fill(store, seed: 14, events: 200)
            try expect(!history.spills.isEmpty, "the history has no spilled outputs")
            for (hash, bytes) in history.spills {
                try expectEqual(try await store.spill(hash: hash), bytes, "the output \(hash)")
            }
        },
        Check("snapshot and tail amount to the fold of the log") { store in
            var history = SeededHistory(seed: 15)
            var hadSnapshot = false
            while history.events.count < 150 {
                let batch = history.next()
                hadSnapshot = hadSnapshot || batch.snapshot != nil
                try await store.append(batch)
                let awakening = try await store.wake()
                try expectEqual(awakening.state(), history.state, "state at e\(history.events.count)")
                let first = (awakening.snapshot?.lastSeq ?? 0) + 1
                try expectEqual(
                    awakening.tail.map(\.seq),
                    Array(first..<history.events.count + 1),
                    "numbers of the tail"
                )
            }
            try expect(hadSnapshot, "the history has no snapshot")
        },
        Check("without words the newest memories come first") { store in
            let events = (1...5).map { Event.remembering("memory \($0)", seq: $0, trust: .agent) }
            try await store.append(LifeBatch(events: events))
            let found = try await store.memories(matching: "", limit: 3)
            let expected = (3...5).reversed()
                .map { Memory(id: $0, text: "memory \($0)", trust: .agent, storedAt: events[$0 - 1].at) }
            try expectEqual(found, expected, "the newest three memories")
            try expectEqual(try await store.memories(matching: "", limit: 0), [], "no memories")
        },
        Check("memories are found by any of a query's words") { store in
            let texts = [
                "The owner's cat is called Miso", "Deploy on Fridays is forbidden", "Tea is preferred to coffee",
            ]
            let events = texts.enumerated().map { Event.remembering($1, seq: $0 + 1) }
            try await store.append(LifeBatch(events: events))
            for (query, expected) in [("cat", 1), ("MISO", 1), ("may I deploy?", 2), ("coffee", 3)] {
                let found = try await store.memories(matching: query, limit: 10)
                try expectEqual(found.first?.id, expected, "the best memory for \"\(query)\"")
            }
            let none = try await store.memories(matching: "zebra", limit: 10)
            try expect(none.isEmpty, "memories fit a word that none contains")
            let both = try await store.memories(matching: "coffee cat", limit: 10)
            try expectEqual(Set(both.map(\.id)), [1, 3], "memories with one of two words")
            let one = try await store.memories(matching: "coffee cat", limit: 1)
            try expectEqual(one.count, 1, "memories, at most one")
        },
        Check("a query is words, whatever characters it has") { store in
            try await store.append(LifeBatch(events: [.remembering("alpha beta", seq: 1)]))
            let queries = [
                "alpha\"", "alpha AND", "alpha* OR", "(alpha", "NOT alpha", "text:alpha", "alpha\0beta", "'alpha'; --",
                "-alpha", "^alpha", "alpha NEAR(", "{alpha}",
            ]
            for query in queries {
                let found = try await store.memories(matching: query, limit: 10)
                try expectEqual(found.map(\.id), [1], "memories for \(query.debugDescription)")
            }
            let long = try await store.memories(
                matching: String(repeating: "alpha gamma ", count: 5000),
                limit: 10
            )
            try expectEqual(long.map(\.id), [1], "memories for a long query")
            _ = try await store.memories(matching: "???", limit: 10)
        },
    ]
}

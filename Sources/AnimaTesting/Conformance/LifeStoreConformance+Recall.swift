import AnimaCore

extension LifeStoreConformance {
    /// What is promised about what comes to mind.
    static let recallChecks: [Check] = [
        Check("a memory comes back with all that it says of itself") { store in
            let fact = Fact.MemoryStored(
                text: "The deploy needs two approvals",
                trust: .agent,
                call: ToolCallID(turn: TurnID(3), step: 1, index: 2),
                kind: .lesson,
                subject: "deploy \"quoted\"",
                importance: 9,
                speaker: "@bea",
                source: 4,
                about: TimeSpan(start: Instant(microseconds: 10), end: Instant(microseconds: 20)),
                supersedes: [7]
            )
            try await store.append(LifeBatch(events: [.storing(fact, seq: 1)]))
            let memory = try await store.memory(1)
            try expectEqual(memory, Memory(.storing(fact, seq: 1)), "the memory")
            try expectEqual(memory?.kind, .lesson, "its kind")
            try expectEqual(try await store.recall(RecallQuery("approvals")).first?.passage.memory, memory, "its hit")
            try expectEqual(try await store.memory(2), nil, "a memory that never was")
        },
        Check("a superseded memory stays, and comes up only when asked for") { store in
            try await store.append(
                LifeBatch(events: [
                    .remembering("Ada lives in Berlin", seq: 1),
                    .storing(.init(text: "Ada lives in Lisbon", trust: .owner, supersedes: [1, 2, 99]), seq: 2),
                ])
            )
            try expectEqual(try await recalled("where does Ada live", store), [2], "memories that hold")
            try expectEqual(try await recalled("", store), [2], "the newest that hold")
            var query = RecallQuery("Berlin", includesClosed: true)
            try expectEqual(try await store.recall(query).map(\.passage.id).first, 1, "the old one, asked for")
            query.text = ""
            try expectEqual(try await store.recall(query).map(\.passage.id), [2, 1], "all")
            try expectEqual(try await store.memory(1)?.closedBy, 2, "what closed the old one")
            try expectEqual(try await store.memory(2)?.isCurrent, true, "whether the new one holds")
        },
        Check("a forgotten memory stays, and comes up only when asked for") { store in
            let fact = Fact.MemoryForgotten(memories: [1, 3, 50], by: "owner", reason: "wrong")
            try await store.append(
                LifeBatch(events: [
                    .remembering("The code is 1234", seq: 1), .remembering("The code is secret", seq: 2),
                    .happening(.memoryForgotten(fact), seq: 3),
                ])
            )
            try expectEqual(try await recalled("code", store), [2], "memories that hold")
            try expectEqual(try await store.memory(1)?.closedBy, 3, "what closed it")
            let all = try await store.recall(RecallQuery("1234", includesClosed: true))
            try expectEqual(all.first?.passage.id, 1, "the forgotten one, asked for")
            let again = Fact.MemoryForgotten(memories: [1], by: "owner")
            try await store.append(LifeBatch(events: [.happening(.memoryForgotten(again), seq: 4)]))
            try expectEqual(try await store.memory(1)?.closedBy, 3, "what closed it first")
        },
        Check("what was said comes back with who said it, where and when") { store in
            let envelope = try Envelope.saying("Where is the red umbrella?", id: "a", conversation: "side")
            try await store.append(
                LifeBatch(events: [
                    .accepting(envelope, seq: 1),
                    .happening(
                        .modelReplied(.init(model: "m", text: "Behind the door.", stop: .end)),
                        seq: 2,
                        in: envelope.conversation
                    ),
                    .remembering("The umbrella is red", seq: 3),
                ])
            )
            let hits = try await store.recall(RecallQuery("umbrella", scope: .episodes))
            try expectEqual(hits.map(\.passage.id), [1, 2], "the question, and its answer beside it")
            let said = hits.first?.passage.episode
            try expectEqual(said?.speaker, "owner", "who said it")
            try expectEqual(said?.conversation, envelope.conversation, "where")
            try expectEqual(said?.text, envelope.text, "what")
            try expectEqual(said?.role, .said, "its role")
            let reply = hits.last?.passage.episode
            try expectEqual(reply?.role, .replied, "the reply's role")
            try expectEqual(reply?.place, 2, "the reply's place")
            let both = try await store.recall(RecallQuery("umbrella", scope: .both))
            try expectEqual(Set(both.map(\.passage.id)), [1, 2, 3], "hits in both")
            try expectEqual(try await recalled("umbrella", store), [3], "hits in memories")
        },
        Check("the head of a tool's result is an episode, what memory tools say is none") { store in
            let long = "needle " + String(repeating: "é", count: 1000) + " haystack"
            func finished(_ tool: String, _ content: String, _ outcome: ToolResult.Outcome = .succeeded) -> Fact {
                .toolFinished(
                    .init(
                        call: ToolCallID(turn: TurnID(1), step: 1, index: 1),
                        tool: tool,
                        result: ToolResult(outcome: outcome, content: content, trust: .untrusted)
                    )
                )
            }
            try await store.append(
                LifeBatch(events: [
                    .happening(finished("fetch", long), seq: 1, in: .main),
                    .happening(finished("recall", "needle"), seq: 2, in: .main),
                    .happening(finished("fetch", "needle", .failed), seq: 3, in: .main),
                ])
            )
            let hits = try await store.recall(RecallQuery("needle", scope: .episodes))
            try expectEqual(hits.map(\.passage.id), [1], "episodes")
            try expect((hits.first?.passage.text.utf8.count ?? 0) <= Episode.resultBytes, "the head is long")
            try expectEqual(hits.first?.passage.trust, .untrusted, "its trust")
            let none = try await store.recall(RecallQuery("haystack", scope: .episodes))
            try expectEqual(none, [], "what is beyond the head")
        },
        Check("kinds, trust, time and conversation hold back what does not fit") { store in
            let day: Int64 = 86_400_000_000
            func fact(_ kind: Memory.Kind, _ trust: Trust, about: Int64? = nil) -> Fact.MemoryStored {
                let span = about.map {
                    TimeSpan(start: Instant(microseconds: $0), end: Instant(microseconds: $0 + day))
                }
                return Fact.MemoryStored(text: "tea with milk", trust: trust, kind: kind, about: span)
            }
            try await store.append(
                LifeBatch(events: [
                    .storing(fact(.preference, .owner), seq: 1),
                    .storing(fact(.event, .agent, about: 10 * day), seq: 2),
                    .storing(fact(.lesson, .untrusted), seq: 3),
                    .accepting(try .saying("tea please", id: "x", conversation: "near"), seq: 4),
                    .accepting(try .saying("tea again", id: "y", conversation: "far"), seq: 5),
                ])
            )
            var query = RecallQuery("tea", kinds: [.event, .lesson])
            try expectEqual(try await ids(query, store), [2, 3], "two kinds")
            query = RecallQuery("tea", trust: .agent)
            try expectEqual(try await ids(query, store), [1, 2], "trusted ones")
            let span = TimeSpan(start: Instant(microseconds: 10 * day), end: Instant(microseconds: 11 * day))
            query = RecallQuery("tea", time: span)
            try expectEqual(try await ids(query, store), [2], "those of a day")
            query = RecallQuery("", time: span)
            try expectEqual(try await ids(query, store), [2], "those of a day, without words")
            query = RecallQuery("tea", scope: .episodes, excluded: try ConversationID("near"))
            try expectEqual(try await ids(query, store), [5], "those of other conversations")
            query = RecallQuery("tea", scope: .episodes, preferred: try ConversationID("near"))
            try expectEqual(try await store.recall(query).first?.passage.id, 4, "the preferred one")
            query = RecallQuery("tea", limit: 0)
            try expectEqual(try await ids(query, store), [], "none")
        },
        Check("a time that a question names brings up what is of it") { store in
            let june = Instant(microseconds: 1_685_577_600_000_000)
            let now = june + .seconds(86_400 * 20)
            let events = (0..<20)
                .map { day in
                    let fact = Fact.MemoryStored(text: "Walked the dog", trust: .owner)
                    return Event.happening(.memoryStored(fact), seq: day + 1, at: june + .seconds(86_400 * day + 3600))
                }
            try await store.append(LifeBatch(events: events))
            let hits = try await store.recall(RecallQuery("Who walked the dog on 5 June?", now: now, limit: 3))
            try expectEqual(hits.first?.passage.id, 5, "the walk of that day")
            try expect((hits.first?.parts[.time] ?? 0) > 0, "time added nothing")
            let bare = try await store.recall(RecallQuery("yesterday", now: now, limit: 1))
            try expectEqual(bare.map(\.passage.id), [20], "what was yesterday")
        },
        Check("hostile questions neither fail nor find what they don't say") { store in
            _ = try await fill(store, seed: 31, events: 60)
            let awkward =
                SeededHistory.awkwardTexts + [
                    "\"", "'", "a\" OR \"b", "NEAR(a b)", "terms:*", "\u{0}", "-- ;",
                    String(repeating: "(", count: 9000),
                    String(repeating: "\u{301}", count: 3000), "👩‍👩‍👧‍👦", "\u{202E}abc", "東京", "* ^ { } [ ]", "rowid MATCH 1",
                ]
            for scope in RecallQuery.Scope.allCases {
                for text in awkward {
                    let hits = try await store.recall(
                        RecallQuery(text, now: Instant(microseconds: .max), scope: scope, limit: 5)
                    )
                    try expect(hits.count <= 5, "more hits than asked for")
                    try expect(hits.allSatisfy { $0.score.isFinite }, "a score that is no number")
                }
                let none = try await store.recall(RecallQuery("zyxomma quagga", scope: scope))
                try expectEqual(none, [], "hits for words that nothing has")
            }
            let words = try await store.recall(RecallQuery("東京", scope: .both))
            try expect(words.allSatisfy { $0.passage.text.contains("東京") || $0.passage.episode != nil }, "other words")
        },
        Check("vectors bring up what means the same, and go with their memory") { store in
            let events = (1...4).map { Event.remembering("memory number \($0)", seq: $0) }
            try await store.append(LifeBatch(events: events))
            let missing = try await store.passages(withoutVectorOf: "one", scope: .both, before: .max, limit: 3)
            try expectEqual(missing.map(\.id), [4, 3, 2], "passages without a vector")
            let vectors = (1...4)
                .map { PassageVector(passage: $0, values: [Float($0 == 2 ? 1 : 0), Float($0 == 2 ? 0 : 1), 0.1]) }
            let bad = [
                PassageVector(passage: 99, values: [1, 0, 0]), PassageVector(passage: 1, values: [0, 0, 0]),
                PassageVector(passage: 1, values: [.nan, 0, 0]),
            ]
            try expectEqual(try await store.store(vectors + bad, of: "one"), 4, "vectors that were kept")
            try expectEqual(try await store.vectorCounts(), ["one": 4], "vectors")
            let rest = try await store.passages(withoutVectorOf: "one", scope: .both, before: .max, limit: 9)
            try expectEqual(rest, [], "passages without a vector")
            func near(_ embedder: String, _ values: [Float]) async throws -> [Int] {
                let vector = QueryVector(embedder: embedder, values: values)
                return try await store.recall(RecallQuery("zebra", limit: 1, vector: vector)).map(\.passage.id)
            }
            try expectEqual(try await near("one", [2, 0, 0]), [2], "the nearest")
            try expectEqual(try await near("other", [2, 0, 0]), [], "by another embedder")
            try expectEqual(try await near("one", [2, 0]), [], "by another length")
            let change = Fact.MemoryStored(text: "memory number two", trust: .owner, supersedes: [2])
            try await store.append(LifeBatch(events: [.storing(change, seq: 5)]))
            try expectEqual(try await store.vectorCounts(), ["one": 3], "vectors after a change")
            var old = RecallQuery("zebra", includesClosed: true)
            old.vector = QueryVector(embedder: "one", values: [1, 0, 0])
            let stale = try await store.recall(old)
            try expect(!stale.contains { $0.passage.id == 2 }, "an old vector came up")
            let none = try await store.store([PassageVector(passage: 2, values: [1, 0, 0])], of: "one")
            try expectEqual(none, 0, "a vector of what no longer holds")
            try await store.store([PassageVector(passage: 5, values: [1, 0, 0, 0])], of: "two")
            try expectEqual(try await store.deleteVectors(exceptOf: "two"), 3, "vectors that were deleted")
            try expectEqual(try await store.vectorCounts(), ["two": 1], "vectors that are left")
            try await store.store([PassageVector(passage: 4, values: [1, 0])], of: "two")
            try expectEqual(try await store.vectorCounts(), ["two": 1], "vectors of the new length")
        },
        Check("what a consolidation closed comes up again when it is restored, with its vector made anew") { store in
            let merged = Fact.MemoryConsolidated(merged: [.init(memory: 4, from: [1, 2])], aged: [3])
            try await store.append(LifeBatch(events: (1...3).map { .remembering("tea number \($0)", seq: $0) }))
            try await store.store((1...3).map { PassageVector(passage: $0, values: [1, Float($0)]) }, of: "one")
            try await store.append(
                LifeBatch(events: [
                    .storing(
                        .init(text: "tea", trust: .owner, supersedes: [1, 2], learned: Instant(microseconds: 7)),
                        seq: 4
                    ),
                    .happening(.memoryConsolidated(merged), seq: 5),
                ])
            )
            try expectEqual(try await recalled("tea", store), [4], "memories that hold")
            try expectEqual(try await store.memory(1)?.closedBy, 4, "what closed a merged one")
            try expectEqual(try await store.memory(3)?.closedBy, 5, "what closed an old one")
            try expectEqual(try await store.memory(4)?.storedAt, Instant(microseconds: 7), "when it was learned")
            try expectEqual(try await store.vectorCounts().values.reduce(0, +), 0, "vectors")
            let forgotten = Fact.memoryForgotten(.init(memories: [4], by: "owner"))
            let restored = Fact.memoryRestored(.init(memories: [1, 3, 2, 9, 50], by: "owner"))
            try await store.append(LifeBatch(events: [.happening(forgotten, seq: 6), .happening(restored, seq: 7)]))
            try expectEqual(Set(try await recalled("tea", store)), [1, 2, 3], "memories that hold again")
            try expectEqual(try await store.memory(1)?.isCurrent, true, "whether the first holds")
            try expectEqual(try await store.memory(4)?.closedBy, 6, "what closed the merged memory")
            let missing = try await store.passages(withoutVectorOf: "one", scope: .memories, before: .max, limit: 9)
            try expectEqual(missing.map(\.id), [3, 2, 1], "passages without a vector")
            let kept = try await store.store([PassageVector(passage: 1, values: [1, 1])], of: "one")
            try expectEqual(kept, 1, "vectors of what holds again")
            // What holds again can be closed again.
            let again = Fact.memoryForgotten(.init(memories: [1], by: "owner"))
            try await store.append(LifeBatch(events: [.happening(again, seq: 8)]))
            try expectEqual(try await store.memory(1)?.closedBy, 8, "what closed it again")
        },
        Check("what may be consolidated is what holds, with what came to mind and what was restored") { store in
            let reply = Fact.ModelReplied(
                model: "m",
                text: "x",
                stop: .end,
                recalled: [.init(memory: 2, relevance: 50)]
            )
            try await store.append(
                LifeBatch(events: [
                    .remembering("one", seq: 1), .remembering("two", seq: 2), .remembering("three", seq: 3),
                    .happening(.modelReplied(.init(model: "m", text: "y", stop: .end, recalled: [])), seq: 4),
                    .happening(.modelReplied(reply), seq: 5),
                    .happening(.memoryForgotten(.init(memories: [1, 3], by: "owner")), seq: 6),
                    .happening(.memoryRestored(.init(memories: [3], by: "owner")), seq: 7),
                ])
            )
            let material = try await store.consolidationMaterial()
            try expectEqual(material.memories.map(\.id), [2, 3], "memories that hold, oldest first")
            try expectEqual(material.memories.first?.text, "two", "its text")
            try expectEqual(material.recalled, [2], "what came to mind")
            try expectEqual(material.restored, [3], "what was restored")
        },
        Check("a refused batch leaves nothing that comes up") { store in
            try await store.append(LifeBatch(events: [.remembering("alpha", seq: 1)]))
            let change = Fact.MemoryStored(text: "beta", trust: .owner, supersedes: [1])
            try await expectError(.conflict, "a gap") {
                try await store.append(LifeBatch(events: [.storing(change, seq: 2), .remembering("x", seq: 9)]))
            }
            try expectEqual(try await recalled("alpha", store), [1], "the memory that was to be superseded")
            try expectEqual(try await recalled("beta", store), [], "the memory of the refused batch")
        },
    ]

    private static func recalled(_ text: String, _ store: any LifeStore) async throws -> [Int] {
        try await store.recall(RecallQuery(text)).map(\.passage.id)
    }

    private static func ids(_ query: RecallQuery, _ store: any LifeStore) async throws -> [Int] {
        try await store.recall(query).map(\.passage.id).sorted()
    }
}

extension Event {
    static func storing(_ fact: Fact.MemoryStored, seq: Int) -> Event { happening(.memoryStored(fact), seq: seq) }

    static func happening(
        _ fact: Fact,
        seq: Int,
        in conversation: ConversationID? = nil,
        at: Instant? = nil
    ) -> Event {
        let plain = Event.remembering("", seq: seq)
        return Event(seq: seq, at: at ?? plain.at, agent: plain.agent, conversation: conversation, fact: fact)
    }
}

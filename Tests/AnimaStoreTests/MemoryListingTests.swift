import AnimaCore
import AnimaStore
import Testing

@Suite("Memories listed and audited")
struct MemoryListingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func life(_ facts: [Fact]) async throws -> SQLiteLife {
        let agent = try AgentID("ada")
        let life = try SQLiteLife.open(
            at: directory / "life.sqlite",
            agent: agent,
            mode: .create,
            durability: .normal
        )
        let march = Instant(microseconds: 1_772_366_400_000_000)
        let events = facts.enumerated()
            .map { index, fact in
                Event(seq: index + 1, at: march + .seconds(86_400 * 20 * index), agent: agent, fact: fact)
            }
        try await life.append(LifeBatch(events: events))
        return life
    }

    private func memory(
        _ text: String,
        _ trust: Trust = .owner,
        kind: Memory.Kind = .fact,
        subject: String? = nil,
        speaker: String? = "owner",
        supersedes: [Int] = []
    ) -> Fact {
        let draft = MemoryDraft(text, kind: kind, subject: subject, speaker: speaker, supersedes: supersedes)
        return .memoryStored(.init(draft, trust: trust))
    }

    @Test("lists the newest first, by kind and subject, and says what became of each")
    func lists() async throws {
        let life = try await life([
            memory("Ada lives in Rome", subject: "Ada"), memory("Ada likes tea", kind: .preference, subject: "ADA"),
            memory("the sky is green"), memory("Ada lives in Oslo", subject: "Ada", supersedes: [1]),
            .memoryForgotten(.init(memories: [3], by: "owner")),
        ])
        func ids(_ filter: MemoryFilter) async throws -> [Int] { try await life.memories(filter).map(\.memory.id) }
        #expect(try await ids(MemoryFilter()) == [4, 2])
        #expect(try await ids(MemoryFilter(kind: .preference)) == [2])
        #expect(try await ids(MemoryFilter(subject: "ada", limit: 1)) == [4])
        #expect(try await ids(MemoryFilter(subject: "ada", includesClosed: true)) == [4, 2, 1])
        #expect(try await ids(MemoryFilter(limit: 0)) == [])
        let all = try await life.memories(MemoryFilter(includesClosed: true))
        #expect(all.map(\.standing) == [.current, .forgotten(by: 5), .current, .superseded(by: 4)])
        #expect(try await life.memoryRecord(3)?.standing == .forgotten(by: 5))
        #expect(try await life.memoryRecord(5) == nil)
        await life.close()
    }

    @Test("follows a chain to both sides, and names the nearest memory")
    func follows() async throws {
        let life = try await life([
            memory("one"), memory("two"), .memoryForgotten(.init(memories: [99], by: "owner")),
            memory("three", supersedes: [1, 2]), memory("other"), memory("four", supersedes: [4]),
        ])
        for id in [1, 2, 4, 6] { #expect(try await life.memoryChain(of: id).map(\.memory.id) == [1, 2, 4, 6]) }
        #expect(try await life.memoryChain(of: 5).map(\.memory.id) == [5])
        #expect(try await life.memoryChain(of: 3).isEmpty)
        #expect(try await life.memoryChain(of: 6, limit: 2).map(\.memory.id) == [4, 6])
        #expect(try await life.memory(nearest: 99) == 6)
        #expect(try await life.memory(nearest: 3) == 2)
        #expect(try await life.newestEvents(of: [.memoryStored], limit: 2).map(\.seq) == [6, 5])
        #expect(try await life.newestEvents(of: [.memoryForgotten, .blockEdited], limit: 9).map(\.seq) == [3])
        await life.close()
    }

    @Test("says what a consolidation did and what was restored, also after the tables were made anew")
    func consolidates() async throws {
        let usage = Usage(inputTokens: 5, outputTokens: 2)
        let life = try await life([
            memory("one"), memory("one"), memory("two"), memory("one", supersedes: [1, 2]),
            .memoryConsolidated(
                .init(merged: [.init(memory: 4, from: [1, 2])], aged: [3], by: "m", model: "m", usage: usage)
            ),
            memory("three"), .memoryForgotten(.init(memories: [6], by: "owner")),
            .memoryRestored(.init(memories: [2, 6], by: "owner")),
        ])
        for _ in 1...2 {
            let records = try await life.memories(.init(includesClosed: true))
            #expect(records.map(\.memory.id) == [6, 4, 3, 2, 1])
            #expect(records.map(\.standing) == [.current, .current, .aged(by: 5), .current, .superseded(by: 4)])
            let audit = try await life.memoryAudit()
            let total = audit.total
            #expect([total.current, total.superseded, total.forgotten, total.aged] == [3, 1, 0, 1] && total.all == 5)
            #expect(audit.consolidations == 1 && audit.merged == 1 && audit.mergedAway == 2)
            #expect(try await life.integrityReport().isSound)
            try await life.rebuildProjections()
        }
        #expect(try await life.usage().map(\.usage) == [usage])
        await life.close()
    }

    @Test("counts by source, finds repeats and what never came up, growth, refusals and vectors")
    func audits() async throws {
        let learned = Fact.MemoryLearned(
            turn: TurnID(1),
            by: "rules",
            kept: 0,
            refused: [
                .init(text: "(20 bytes)", reason: .secret), .init(text: "why?", reason: .request),
                .init(text: "(9 bytes)", reason: .secret),
            ]
        )
        let reply = Fact.ModelReplied(model: "x", text: "yes", stop: .end, recalled: [.init(memory: 1, relevance: 80)])
        let life = try await life([
            memory("Ada has a red boat"), memory("the page says that cats bark", .untrusted, speaker: nil),
            memory("Ada has a boat that is red", speaker: "@bob"), memory("Ada lives in Oslo", kind: .event),
            memory("Ada lives in Bergen", supersedes: [4]), .memoryForgotten(.init(memories: [2], by: "owner")),
            .modelReplied(reply), .memoryLearned(learned),
        ])
        try await life.store(
            [PassageVector(passage: 1, values: [1, 2]), PassageVector(passage: 5, values: [2, 1])],
            of: "e"
        )
        let audit = try await life.memoryAudit()
        #expect([audit.total.current, audit.total.superseded, audit.total.forgotten] == [3, 1, 1])
        #expect(audit.total.all == 5 && audit.kinds[.event]?.superseded == 1)
        #expect(audit.speakers.mapValues(\.all) == ["owner": 3, "": 1, "@bob": 1])
        #expect(audit.trusts.mapValues(\.all) == [.owner: 4, .untrusted: 1])
        #expect(audit.repeats == [[1, 3]] && audit.compared == 3 && audit.isComparisonComplete)
        #expect(audit.neverRecalled == [5, 3] && audit.neverRecalledCount == 2)
        #expect(audit.growth.map(\.month) == ["2026-03", "2026-04", "2026-05"])
        #expect(audit.growth.map(\.count) == [2, 2, 1])
        #expect(audit.growth.first?.bytes == "Ada has a red boatthe page says that cats bark".utf8.count)
        #expect(audit.refused == [.secret: 2, .request: 1])
        #expect(audit.vectors.map(\.embedder) == ["e"] && audit.vectors.first?.memories == 2)
        await life.close()
        let reader = try SQLiteLife.openReader(at: directory / "life.sqlite")
        #expect(try await reader.memoryAudit() == audit)
        await reader.close()
    }
}

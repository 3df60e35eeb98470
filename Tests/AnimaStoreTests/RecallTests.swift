import AnimaCore
import AnimaRuntime
import AnimaStore
import AnimaTesting
import GRDB
import Testing

@Suite("Recall from a file")
struct RecallTests {
    private let directory: TemporaryDirectory
    private var path: String { directory / "life.sqlite" }

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteLife {
        try SQLiteLife.open(at: path, agent: AgentID("ada"), mode: .create, durability: .normal)
    }

    @Test("gives what a life in memory gives", arguments: 1...5 as ClosedRange<UInt64>)
    func equalsTheLifeInMemory(_ seed: UInt64) async throws {
        let file = try open()
        let memory = InMemoryLifeStore()
        var history = SeededHistory(seed: seed)
        while history.events.count < 250 {
            let batch = history.next()
            try await file.append(batch)
            try await memory.append(batch)
        }
        for scope in RecallQuery.Scope.allCases {
            for text in [
                "plain words", "東京 café 7", "what did the owner say last week", "long line tab", "", "yesterday",
            ] {
                let query = RecallQuery(text, now: history.events.last?.at, scope: scope, asker: "owner", limit: 20)
                #expect(try await file.recall(query) == memory.recall(query), "\(scope) \(text)")
            }
        }
        let before = try await file.recall(RecallQuery("plain words", scope: .both))
        try await file.rebuildProjections()
        #expect(try await file.recall(RecallQuery("plain words", scope: .both)) == before)
        await file.close()
    }

    @Test func anOlderLifeIsSearchedAfterItWasBroughtUpToDate() async throws {
        let life = try open()
        try await life.append(LifeBatch(events: [.memory("Ada likes tea", seq: 1)]))
        await life.close()
        // What the first version had: other tables, and events of format 2.
        let raw = try DatabaseQueue(path: path)
        try await raw.write { db in
            try db.execute(
                sql: """
                    DROP TABLE memory_words; DROP TABLE episode_words; DROP TABLE episodes; DROP TABLE names;
                    DROP TABLE vectors; DROP TABLE embedders; DROP TABLE memories;
                    CREATE TABLE memories (
                        id INTEGER PRIMARY KEY, text BLOB NOT NULL, trust TEXT NOT NULL, at INTEGER NOT NULL
                    );
                    CREATE VIRTUAL TABLE memories_fts USING fts5(
                        text, content = 'memories', content_rowid = 'id', tokenize = 'porter unicode61'
                    );
                    UPDATE events SET format = 2; UPDATE meta SET value = 2 WHERE key = 'format';
                    UPDATE meta SET value = '2.1.2' WHERE key = 'projections'; PRAGMA user_version = 1;
                    """
            )
        }
        try raw.close()
        let reader = try SQLiteLife.openReader(at: path)
        #expect(try await reader.memories(matching: "tea", limit: 1).map(\.text) == ["Ada likes tea"])
        let vector = QueryVector(embedder: "x", values: [1])
        #expect(try await reader.recall(RecallQuery("tea", vector: vector)).count == 1)
        await reader.close()
        let back = try open()
        #expect(try await back.memories(matching: "tea", limit: 1).map(\.text) == ["Ada likes tea"])
        #expect(try await back.integrityReport().problems == [])
        #expect(try await back.store([PassageVector(passage: 1, values: [1])], of: "x") == 1)
        await back.close()
    }

    @Test func vectorsOutliveTheProcessAndRebuilding() async throws {
        var life = try open()
        try await life.append(LifeBatch(events: (1...3).map { .memory("memory \($0)", seq: $0) }))
        try await life.store((1...3).map { PassageVector(passage: $0, values: [Float($0), 1]) }, of: "x")
        let query = RecallQuery("", vector: QueryVector(embedder: "x", values: [0, 1]))
        let before = try await life.recall(query)
        #expect(before.map(\.passage.id) == [1, 2, 3])
        await life.close()
        life = try open()
        try await life.rebuildProjections()
        #expect(try await life.recall(query) == before)
        await life.close()
    }
}

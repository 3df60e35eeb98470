import AnimaCore
import AnimaStore
import AnimaTesting
import FoundationEssentials
import GRDB
import Testing

@Suite("What a life survives")
struct SurvivalTests {
    let directory: TemporaryDirectory
    let path: String
    let ada: AgentID

    init() throws {
        directory = try TemporaryDirectory()
        path = directory / "life.sqlite"
        ada = try AgentID("ada")
    }

    func open(durability: SQLiteLife.Durability = .full) throws(StoreError) -> SQLiteLife {
        try SQLiteLife.open(at: path, agent: ada, mode: .create, durability: durability)
    }

    /// Changes a closed life behind its back.
    func tamper(_ sql: String) throws {
        let raw = try DatabaseQueue(path: path)
        try raw.write { try $0.execute(sql: sql) }
        try raw.close()
    }

    /// What `kill -9` leaves is what lies on the disk between two appends.
    @Test(arguments: [SQLiteLife.Durability.full, .normal])
    func opensAfterAKillAtAnyAppend(_ durability: SQLiteLife.Durability) async throws {
        let life = try open(durability: durability)
        var history = SeededHistory(seed: 5)
        for round in 0..<60 {
            try await life.append(history.next())
            guard round % 6 == 5 else { continue }
            let copy = try TemporaryDirectory()
            for name in ["life.sqlite", "life.sqlite-wal"] {
                try directory.bytes(name).write(to: URL(filePath: copy / name))
            }
            let revived = try SQLiteLife.open(at: copy / "life.sqlite", agent: ada, mode: .existing)
            #expect(try await revived.wake().state() == history.state)
            #expect(try await revived.integrityReport().problems == [])
            await revived.close()
        }
        await life.close()
    }

    /// A checkpoint copies pages from the journal into the file; until it is done, the file alone is not consistent.
    @Test func opensAfterACrashAmidACheckpoint() async throws {
        let life = try open()
        let before = try directory.bytes("life.sqlite")
        let history = try await fill(life, seed: 12, events: 90)
        let wal = try directory.bytes("life.sqlite-wal")
        await life.close()
        let after = try directory.bytes("life.sqlite")
        let pages = after.count / 4096
        try #require(pages > before.count / 4096)
        for written in stride(from: 0, through: pages, by: 3) {
            let copy = try TemporaryDirectory()
            let main = after.prefix(written * 4096) + before.dropFirst(written * 4096)
            try main.write(to: URL(filePath: copy / "life.sqlite"))
            try wal.write(to: URL(filePath: copy / "life.sqlite-wal"))
            let reader = try SQLiteLife.openReader(at: copy / "life.sqlite")
            #expect(try await reader.info().events == history.events.count)
            await reader.close()
            let revived = try SQLiteLife.open(at: copy / "life.sqlite", agent: ada, mode: .existing)
            #expect(try await revived.wake().state() == history.state)
            #expect(try await revived.integrityReport().problems == [], "after \(written) pages")
            await revived.close()
        }
    }

    @Test func forgetsATornLastBatchWhole() async throws {
        let life = try open()
        var history = SeededHistory(seed: 6)
        var counts = [0]
        for _ in 0..<20 {
            try await life.append(history.next())
            counts.append(history.events.count)
        }
        let wal = try directory.bytes("life.sqlite-wal")
        let main = try directory.bytes("life.sqlite")
        for cut in stride(from: 0, to: wal.count, by: 3001) {
            let copy = try TemporaryDirectory()
            try main.write(to: URL(filePath: copy / "life.sqlite"))
            try wal.prefix(cut).write(to: URL(filePath: copy / "life.sqlite-wal"))
            let revived = try SQLiteLife.open(at: copy / "life.sqlite", agent: ada, mode: .existing)
            let count = try await revived.info().events
            #expect(counts.contains(count), "cut at \(cut)")
            #expect(try await revived.integrityReport().problems == [], "cut at \(cut)")
            await revived.close()
        }
        await life.close()
    }

    @Test func saysWhenTheDiskIsFullAndGoesOnWhenThereIsRoom() async throws {
        let life = try open()
        var history = SeededHistory(seed: 7)
        while history.events.count < 40 { try await life.append(history.next()) }
        // A limit below the size stands for the size.
        _ = try await life.limitPages(1)
        var refused: LifeBatch?
        while refused == nil {
            let batch = history.next()
            do {
                try await life.append(batch)
            } catch let error as StoreError {
                #expect(error.code == .diskFull)
                #expect(error.message.contains("make room"))
                refused = batch
            }
        }
        let batch = try #require(refused)
        let before = history.events.count - batch.events.count
        #expect(try await life.events(after: 0, turn: nil, limit: .max) == history.events.dropLast(batch.events.count))
        #expect(try await life.integrityReport().problems == [])
        #expect(try await life.info().events == before)
        _ = try await life.limitPages(0)
        try await life.append(batch)
        #expect(try await life.wake().state() == history.state)
        await life.close()
    }

    @Test(arguments: [
        "UPDATE snapshot SET body = CAST(replace(CAST(body AS TEXT), '1', '2') AS BLOB)",
        "UPDATE snapshot SET checksum = checksum + 1", "UPDATE snapshot SET format = 'future'",
        "UPDATE snapshot SET seq = seq + 100000", "UPDATE snapshot SET body = 'x', checksum = 'y', format = 7",
        "DELETE FROM snapshot",
    ])
    func foldsTheLogWhenTheSavedStateIsDamaged(_ damage: String) async throws {
        var life = try open()
        let history = try await fill(life, seed: 8, events: 200)
        #expect(try await life.wake().snapshot != nil)
        await life.close()
        try tamper(damage)
        life = try open()
        let awakening = try await life.wake()
        #expect(awakening.snapshot == nil)
        #expect(awakening.state() == history.state)
        #expect(try await life.integrityReport().isSound)
        await life.close()
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func rebuildsProjectionsAsTheyWere(_ seed: UInt64) async throws {
        var life = try open(durability: .normal)
        let history = try await fill(life, seed: seed, events: 250)
        #expect(try await life.integrityReport().problems == [])
        await life.close()
        let before = try tables()
        try tamper(
            """
            DELETE FROM inbox; DELETE FROM turns; DELETE FROM usage; DELETE FROM episodes; DELETE FROM names;
            UPDATE memories SET text = 'x', trust = 'owner'
            """
        )
        life = try open()
        #expect(try await !life.integrityReport().isSound)
        try await life.rebuildProjections()
        #expect(try await life.integrityReport().problems == [])
        #expect(
            try await life.transcript(of: .main, bytes: .max) == history.turns.filter { $0.input.conversation == .main }
        )
        await life.close()
        #expect(try tables() == before)
    }

    /// All rows of the projections and of the index for searching, as text.
    private func tables() throws -> [String] {
        let raw = try DatabaseQueue(path: path)
        defer { try? raw.close() }
        return try raw.read { db in
            try [
                "inbox", "turns", "memories", "episodes", "names", "usage", "meta",
                "memory_words_docsize", "episode_words_docsize",
            ]
            .flatMap { try Row.fetchAll(db, sql: "SELECT * FROM \($0) ORDER BY 1").map { "\($0)" } }
        }
    }

    @Test(arguments: [
        ("DELETE FROM events WHERE seq = 50", "log: the event e50 is missing"),
        ("DELETE FROM events WHERE seq = 1", "log: it begins at e2"),
        ("UPDATE events SET body = '{' WHERE seq = 9", "the event e9 can't be read"),
        ("UPDATE events SET at = 'noon' WHERE seq = 9", "the event e9 can't be read"),
        ("DELETE FROM inbox WHERE envelope = 'E2'", "inbox: a row is missing"),
        ("UPDATE turns SET outcome = 'other' WHERE turn = 1", "turns: a row"),
        ("UPDATE usage SET calls = calls + 1", "usage: a row"),
        (
            """
            INSERT INTO memories (id, text, kind, importance, trust, at, moment)
            VALUES (100000, 'x', 'fact', 5, 'owner', 1, 1)
            """, "memories: a row should not be there"
        ),
        ("UPDATE memories SET closed_by = 3", "memories: a row"),
        ("UPDATE episodes SET place = place + 1", "episodes: a row"),
        ("DELETE FROM names", "names: a row is missing"),
        ("INSERT INTO vectors VALUES (1, 100000, 1.0, x'01')", "vectors: 1 of passages"),
        ("INSERT INTO memory_words (memory_words) VALUES ('delete-all')", "memories: the index"),
        ("INSERT INTO episode_words (episode_words) VALUES ('delete-all')", "episodes: the index"),
    ])
    func findsWhatWasAltered(_ damage: String, _ expected: String) async throws {
        var life = try open(durability: .normal)
        try await fill(life, seed: 9, events: 200)
        await life.close()
        try tamper(damage)
        life = try open()
        let report = try await life.integrityReport()
        #expect(report.problems.contains { $0.contains(expected) }, "\(report.problems)")
        await life.close()
    }

    @Test func neverWakesHalf() async throws {
        var life = try open(durability: .normal)
        try await fill(life, seed: 10, events: 60)
        await life.close()
        try tamper("DELETE FROM snapshot; DELETE FROM events WHERE seq = 30")
        life = try open()
        let error = await #expect(throws: StoreError.self) { try await life.wake() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("e30 is missing") == true)
        await life.close()
    }

    @Test func refusesAnEventOfANewerFormat() async throws {
        var life = try open(durability: .normal)
        try await fill(life, seed: 10, events: 20)
        await life.close()
        try tamper("UPDATE events SET format = \(EventCoding.current.version + 1) WHERE seq = 20")
        life = try open()
        let error = await #expect(throws: StoreError.self) { try await life.wake() }
        #expect(error?.code == .newer)
        #expect(error?.message.contains("e20") == true)
        await life.close()
    }
}

import AnimaCore
import AnimaStore
import AnimaTesting
import FoundationEssentials
import Testing

@Suite("Copies and readers of a life")
struct CopyTests {
    let directory: TemporaryDirectory
    let life: SQLiteLife
    let bob: AgentID

    init() throws {
        directory = try TemporaryDirectory()
        life = try SQLiteLife.open(
            at: directory / "life.sqlite",
            agent: AgentID("ada"),
            mode: .create,
            durability: .normal
        )
        bob = try AgentID("bob")
    }

    func open(_ name: String) throws -> SQLiteLife {
        try SQLiteLife.open(at: directory / name, agent: bob, mode: .existing)
    }

    @Test func goesOnFromABackup() async throws {
        var history = try await fill(life, seed: 1, events: 200)
        try await life.backup(to: directory / "ada.life")
        #expect(try directory.names().filter { $0.hasPrefix("ada") } == ["ada.life"])
        let attributes = try FileManager.default.attributesOfItem(atPath: directory / "ada.life")
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o777 } == 0o600)
        let backup = try directory.bytes("ada.life")
        #expect([backup[18], backup[19]] == [1, 1], "a backup needs no journal beside it")

        try await SQLiteLife.restore(from: directory / "ada.life", to: directory / "bob.sqlite", as: bob)
        #expect(try directory.bytes("ada.life") == backup)
        let copy = try open("bob.sqlite")
        #expect(try await copy.events(after: 0, turn: nil, limit: .max) == history.events)
        #expect(try await copy.wake().state() == history.state)
        for (hash, bytes) in history.spills { #expect(try await copy.spill(hash: hash) == bytes) }
        #expect(try await copy.integrityReport().problems == [])
        let info = try await copy.info()
        #expect(info.agent == bob)
        #expect(info.turns == history.turns.count)
        try await copy.append(history.next())
        await copy.close()
        await life.close()
    }

    @Test func copiesOverNothing() async throws {
        try await fill(life, seed: 1, events: 20)
        try await life.backup(to: directory / "one")
        for work in [
            { try await life.backup(to: directory / "one") },
            { try await SQLiteLife.restore(from: directory / "one", to: directory / "one", as: bob) },
            { try await life.fork(to: directory / "one", as: bob, at: 3) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StoreError.self) { try await work() }
            #expect(error?.code == .conflict)
        }
        let error = await #expect(throws: StoreError.self) {
            try await SQLiteLife.restore(from: directory / "one", to: directory / "life.sqlite", as: bob)
        }
        #expect(error?.code == .locked)
        await life.close()
    }

    @Test func restoresNothingDamagedOrForeign() async throws {
        try await fill(life, seed: 1, events: 200)
        try await life.backup(to: directory / "one")
        await life.close()
        var bytes = try directory.bytes("one")
        for index in 20_000..<bytes.count { bytes[index] = 7 }
        try bytes.write(to: URL(filePath: directory / "one"))
        try Data("hello".utf8).write(to: URL(filePath: directory / "text"))
        for (name, code) in [("one", StoreError.Code.corrupt), ("text", .foreign), ("none", .notFound)] {
            let error = await #expect(throws: StoreError.self) {
                try await SQLiteLife.restore(from: directory / name, to: directory / "bob.sqlite", as: bob)
            }
            #expect(error?.code == code)
        }
        #expect(try !directory.names().contains("bob.sqlite"))
    }

    @Test(arguments: [1, 2, 57, 150])
    func forksAtAnyEvent(_ seq: Int) async throws {
        let history = try await fill(life, seed: 3, events: 150)
        try await life.fork(to: directory / "bob.sqlite", as: bob, at: seq)
        let fork = try open("bob.sqlite")
        let events = Array(history.events.prefix(seq))
        #expect(try await fork.events(after: 0, turn: nil, limit: .max) == events)
        #expect(try await fork.integrityReport().problems == [])
        var state = AgentState()
        let turns = events.compactMap { state.apply($0) }
        #expect(try await fork.wake().state() == state)
        #expect(try await fork.info().turns == turns.count)
        for event in events {
            guard case .toolFinished(let fact) = event.fact, let spill = fact.result.spill else { continue }
            #expect(try await fork.spill(hash: spill.hash) == history.spills[spill.hash])
        }
        try await fork.append(LifeBatch(events: [.memory("new", seq: seq + 1)]))
        await fork.close()
        await life.close()
    }

    @Test func forksAtNoEventThatIsNotThere() async throws {
        try await fill(life, seed: 3, events: 10)
        for seq in [0, -1, 1000] {
            let error = await #expect(throws: StoreError.self) {
                try await life.fork(to: directory / "bob.sqlite", as: bob, at: seq)
            }
            #expect(error?.code == .notFound)
        }
        await life.close()
    }

    @Test func isReadWhileItIsWritten() async throws {
        var history = try await fill(life, seed: 4, events: 30)
        let reader = try SQLiteLife.openReader(at: life.path)
        let version = try await reader.dataVersion()
        #expect(try await reader.events(after: 0, turn: nil, limit: .max) == history.events)
        #expect(try await reader.dataVersion() == version)
        try await life.append(history.next())
        #expect(try await reader.dataVersion() != version)
        #expect(try await reader.events(after: 0, turn: nil, limit: .max) == history.events)
        #expect(try await reader.wake().state() == history.state)
        #expect(try await reader.info().events == history.events.count)
        #expect(try await reader.integrityReport().problems == [])
        let error = await #expect(throws: StoreError.self) { try await reader.append(history.next()) }
        #expect(error?.code == .readOnly)
        await life.close()
        #expect(try await reader.info().events > 0)
        await reader.close()
    }

    @Test func isReadWhenNobodyWritesIt() async throws {
        let history = try await fill(life, seed: 4, events: 30)
        await life.close()
        let bytes = try directory.bytes("life.sqlite")
        let reader = try SQLiteLife.openReader(at: life.path)
        #expect(try await reader.wake().state() == history.state)
        await reader.close()
        #expect(try directory.bytes("life.sqlite") == bytes)
    }

    @Test func sumsUpWhatModelsCost() async throws {
        let history = try await fill(life, seed: 5, events: 300)
        let usage = try await life.usage()
        #expect(usage.map(\.usage.total).reduce(0, +) == history.state.usage.total)
        #expect(usage.allSatisfy { $0.model == "scripted" && $0.calls > 0 })
        #expect(usage.map(\.day) == usage.map(\.day).sorted())
        #expect(try await life.info().life == LifeID("01LIFE"))
        await life.close()
    }
}

import AnimaCore
import AnimaStore
import AnimaTesting
import Foundation
import GRDB
import Testing

@Suite("A life in SQLite", .timeLimit(.minutes(1)))
struct SQLiteLifeTests {
    @Test("keeps every promise of a store", arguments: LifeStoreConformance.checks)
    func conforms(_ check: LifeStoreConformance.Check) async throws {
        let scratch = try Scratch()
        let life = try scratch.open()
        try await check.run(life)
        await life.close()
    }

    @Test("is the same when it is opened again, and when its process died")
    func survives() async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 1, snapshotInterval: 10)
        let life = try scratch.open()
        try await history.append(to: life)
        // What a dead process leaves: the files as they are, never closed.
        let left = try Scratch()
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) where name != "life.lock" {
            try FileManager.default.copyItem(atPath: scratch.path + "/" + name, toPath: left.path + "/" + name)
        }
        await life.close()
        for place in [scratch, left] {
            let again = try place.open(.existing)
            #expect(try await again.wake().state() == history.state)
            #expect(try await again.examine().faults == [])
            await again.close()
        }
    }

    @Test("has one writer, and names the process that is it")
    func refusesASecondWriter() async throws {
        let scratch = try Scratch()
        let life = try scratch.open()
        let error = await storeError { _ = try scratch.open() }
        #expect(error?.message.contains("in use by process \(ProcessInfo.processInfo.processIdentifier)") == true)
        await life.close()
        try await scratch.open().close()
    }

    @Test("can be read while it is written")
    func canBeRead() async throws {
        let scratch = try Scratch()
        let life = try scratch.open()
        let history = try SampleHistory(seed: 2)
        let reader = try SQLiteLife.openReader(at: scratch.life)
        let before = try await reader.dataVersion()
        try await history.append(to: life)
        #expect(try await reader.dataVersion() != before)
        #expect(try await reader.wake().state() == history.state)
        let error = await storeError { try await reader.append(LifeBatch(events: [])) }
        #expect(error?.code == .readOnly)
        await reader.close()
        await life.close()
    }

    @Test("is only for its owner's eyes")
    func isPrivate() async throws {
        let scratch = try Scratch()
        let life = try scratch.open()
        try await SampleHistory(seed: 3).append(to: life)
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/" + name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        await life.close()
    }

    @Test("leaves a file alone that is something else")
    func refusesForeignFiles() async throws {
        let scratch = try Scratch()
        let contents = [Data("not a database, just a long text that somebody wrote".utf8), try Self.otherDatabase()]
        for content in contents {
            try content.write(to: URL(fileURLWithPath: scratch.life))
            let error = await storeError { _ = try scratch.open() }
            #expect(error?.code == .foreign)
            #expect(try scratch.bytes(scratch.life) == content)
        }
    }

    private static func otherDatabase() throws -> Data {
        let scratch = try Scratch()
        let path = scratch.path + "/other.sqlite"
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "CREATE TABLE songs (name TEXT)") }
        try queue.close()
        return try scratch.bytes(path)
    }

    @Test("leaves a damaged file alone and says that it is damaged")
    func refusesDamagedFiles() async throws {
        let scratch = try Scratch()
        let life = try scratch.open()
        try await SampleHistory(seed: 4, turns: 60).append(to: life)
        await life.close()
        var content = try scratch.bytes(scratch.life)
        for index in 4096..<content.count where index % 3 != 0 { content[index] = 0x5A }
        try content.write(to: URL(fileURLWithPath: scratch.life))
        let error = await storeError {
            let damaged = try scratch.open(.existing)
            _ = try await damaged.wake()
        }
        #expect(error?.code == .corrupt)
        #expect(try scratch.bytes(scratch.life).count == content.count)
    }

    @Test("finishes a creation that was interrupted")
    func takesAnEmptyFile() async throws {
        let scratch = try Scratch()
        try Data().write(to: URL(fileURLWithPath: scratch.life))
        try await scratch.open().close()
    }

    @Test("says that nothing is there, and makes nothing, when it must exist")
    func refusesMissing() async throws {
        let scratch = try Scratch()
        let error = await storeError { _ = try scratch.open(.existing) }
        #expect(error?.code == .notFound)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    @Test("loses nothing when the disk is full, and goes on when there is room")
    func survivesAFullDisk() async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 5, turns: 200)
        let life = try scratch.open(maximumPages: 60)
        var kept = 0
        var full: StoreError?
        for batch in history.batches {
            do { try await life.append(batch) } catch let error as StoreError {
                full = error
                break
            }
            kept += batch.events.count
        }
        #expect(full?.code == .diskFull)
        await life.close()
        let again = try scratch.open(.existing)
        #expect(try await again.events(after: 0, turn: nil, limit: .max) == Array(history.events.prefix(kept)))
        #expect(try await again.examine().faults == [])
        for batch in history.batches where batch.events.contains(where: { $0.seq > kept }) {
            try await again.append(batch)
        }
        #expect(try await again.wake().state() == history.state)
        await again.close()
    }

    @Test("brings an older life up to date, and a newer one is refused")
    func upgrades() async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 6)
        let first = try scratch.open()
        try await history.append(to: first)
        await first.close()

        // A newer program that writes "model" of replies in capitals, and knows how to read the older form.
        let upgrade: EventCoding.Upgrade = { kind, body in
            guard kind == "model.replied", case .object(var members) = body else { return }
            members["model"] = .string(members["model"]?.stringValue?.uppercased() ?? "")
            body = .object(members)
        }
        let newer = EventCoding(version: 2, upgrades: [1: upgrade])
        let second = try scratch.open(.existing, coding: newer)
        let models = try await second.events(after: 0, turn: nil, limit: .max)
            .compactMap { if case .modelReplied(let fact) = $0.fact { fact.model } else { nil } }
        #expect(Set(models) == ["SAMPLE"])
        let event = Event(
            seq: history.events.count + 1,
            at: history.start,
            agent: history.agent,
            fact: history.remembered("new")
        )
        try await second.append(LifeBatch(events: [event]))
        await second.close()

        let error = await storeError { _ = try scratch.open(.existing) }
        #expect(error?.code == .newer)
        #expect(error?.message.contains("format 2") == true)
        #expect(await storeError { _ = try SQLiteLife.openReader(at: scratch.life) }?.code == .newer)
    }

    @Test("folds the log when the snapshot is damaged")
    func distrustsADamagedSnapshot() async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 7, snapshotInterval: 10)
        let life = try scratch.open()
        try await history.append(to: life)
        await life.close()
        try Self.change(scratch.life, "UPDATE snapshot SET body = replace(body, 'sample', 'simple')")
        let again = try scratch.open(.existing)
        let awakening = try await again.wake()
        #expect(awakening.snapshot == nil)
        #expect(awakening.state() == history.state)
        await again.close()
    }

    private static func change(_ path: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test(
        "finds what is wrong in a life, and makes projections anew",
        arguments: [
            ("DELETE FROM events WHERE seq = 9", "event 9 is missing", false),
            ("DELETE FROM turns WHERE turn = 2", "the turns are not those of the events", true),
            ("UPDATE memories SET text = 'forged' WHERE id = (SELECT max(id) FROM memories)", "the memories", true),
            ("DELETE FROM inbox", "the inbox is not that of the events", true),
        ]
    )
    func examines(_ sql: String, _ fault: String, _ canBeRebuilt: Bool) async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 8)
        let life = try scratch.open()
        try await history.append(to: life)
        #expect(try await life.examine().isSound)
        await life.close()
        try Self.change(scratch.life, sql)
        let damaged = try scratch.open(.existing)
        #expect(try await damaged.examine().faults.contains { $0.contains(fault) })
        if canBeRebuilt {
            try await damaged.rebuildProjections()
            #expect(try await damaged.examine().faults == [])
            #expect(try await damaged.transcript(of: .main, bytes: .max).count > 1)
            #expect(try await !damaged.memories(matching: "wörd", limit: 3).isEmpty)
        }
        await damaged.close()
    }

    @Test("travels in one file and never replaces another life")
    func exportsAndRestores() async throws {
        let scratch = try Scratch()
        let history = try SampleHistory(seed: 9)
        let life = try scratch.open()
        try await history.append(to: life)
        let file = scratch.path + "/carried.anima"
        try await life.export(to: file)
        #expect(await storeError { try await life.export(to: file) }?.message.contains("already") == true)
        await life.close()
        let other = try Scratch()
        try await SQLiteLife.restore(from: file, to: other.life)
        let arrived = try other.open(.existing)
        #expect(try await arrived.wake().state() == history.state)
        #expect(try await arrived.examine().faults == [])
        await arrived.close()
        #expect(await storeError { try await SQLiteLife.restore(from: file, to: other.life) } != nil)
    }

    @Test("forks at any event into a life that goes on by itself")
    func forks() async throws {
        let history = try SampleHistory(seed: 10)
        for seq in [1, 7, history.events.count / 2, history.events.count] {
            let scratch = try Scratch()
            let life = try scratch.open()
            try await history.append(to: life)
            let path = scratch.path + "/fork.sqlite"
            try await life.fork(to: path, as: AgentID("twin"), at: seq)
            let twin = try SQLiteLife.open(at: path, agent: AgentID("twin"), mode: .existing)
            #expect(try await twin.events(after: 0, turn: nil, limit: .max) == Array(history.events.prefix(seq)))
            #expect(try await twin.examine().faults == [])
            await twin.close()
            await life.close()
        }
    }
}

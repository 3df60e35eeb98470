import AnimaCore
import AnimaStore
import AnimaTesting
import FoundationEssentials
import GRDB
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Opening a life")
struct OpeningTests {
    let directory: TemporaryDirectory
    let path: String
    let ada: AgentID

    init() throws {
        directory = try TemporaryDirectory()
        path = directory / "life.sqlite"
        ada = try AgentID("ada")
    }

    func open(_ mode: SQLiteLife.Mode = .create, coding: EventCoding = .current) throws(StoreError) -> SQLiteLife {
        try SQLiteLife.open(at: path, agent: ada, mode: mode, coding: coding)
    }

    /// Opens what can't be opened and says how that failed.
    func failure(_ mode: SQLiteLife.Mode = .create, coding: EventCoding = .current) -> StoreError? {
        do throws(StoreError) {
            _ = try open(mode, coding: coding)
            return nil
        } catch { return error }
    }

    func readerFailure() -> StoreError? {
        do throws(StoreError) {
            _ = try SQLiteLife.openReader(at: path)
            return nil
        } catch { return error }
    }

    @Test func goesOnWhereItWasClosed() async throws {
        let life = try open()
        var history = try await fill(life, seed: 1, events: 50)
        await life.close()
        #expect(try directory.names() == ["life.lock", "life.sqlite"])
        let again = try open(.existing)
        #expect(try await again.wake().state() == history.state)
        try await again.append(history.next())
        #expect(try await again.events(after: 0, turn: nil, limit: .max) == history.events)
        await again.close()
    }

    @Test(
        "is found whatever its directory is called",
        arguments: ["hü", "cafe\u{301}", "日本", "😀", "a b", "100%", "%41", "what?", "#1", "a&b=c", "'\"\\", "line\nend"]
    )
    func opensInAnyDirectory(name: String) async throws {
        try FileManager.default.createDirectory(atPath: directory / name, withIntermediateDirectories: false)
        let path = directory / name + "/life.sqlite"
        let life = try SQLiteLife.open(at: path, agent: ada, mode: .create)
        let history = try await fill(life, seed: 1, events: 20)
        let reader = try SQLiteLife.openReader(at: path)
        #expect(try await reader.events(after: 0, turn: nil, limit: .max) == history.events)
        await reader.close()
        try await life.backup(to: directory / name + "/\(name).life")
        await life.close()
        let again = try SQLiteLife.open(at: directory / name + "/\(name).life", agent: ada, mode: .existing)
        #expect(try await again.wake().state() == history.state)
        await again.close()
    }

    @Test func wakesFromWhatItSavedAtTheEnd() async throws {
        let life = try open()
        var history = SeededHistory(seed: 1, snapshotInterval: .max)
        while history.events.count < 100 { try await life.append(history.next()) }
        #expect(try await life.wake().snapshot == nil)
        await life.close()
        let again = try open(.existing)
        let awakening = try await again.wake()
        #expect(awakening.snapshot == history.state)
        #expect(awakening.tail.isEmpty)
        await again.close()
    }

    @Test func savesAStateWithoutEvents() async throws {
        let life = try open()
        var history = SeededHistory(seed: 1, snapshotInterval: .max)
        while history.events.count < 20 { try await life.append(history.next()) }
        try await life.append(LifeBatch(events: [], snapshot: history.state))
        #expect(try await life.wake().snapshot == history.state)
        await life.close()
    }

    @Test func keepsItsFilesToTheOwner() async throws {
        let life = try open()
        _ = try await fill(life, seed: 1, events: 5)
        for name in try directory.names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory / name)
            #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o777 } == 0o600, "\(name)")
        }
        #expect(try directory.names().count == 4)
        await life.close()
    }

    @Test func refusesASecondWriterAndNamesTheFirst() async throws {
        let life = try open()
        let error = try #require(failure())
        #expect(error.code == .locked)
        #expect(error.message.contains("process \(getpid())"))
        #expect(error.message.contains(path))
        #expect(failure(.existing)?.code == .locked)
        await life.close()
        let next = try open(.existing)
        await next.close()
    }

    @Test func keepsItsLockFromOtherProcesses() async throws {
        let life = try open()
        #expect(try exitCode(of: "/usr/bin/flock", "-n", directory / "life.lock", "true") == 1)
        await life.close()
        #expect(try exitCode(of: "/usr/bin/flock", "-n", directory / "life.lock", "true") == 0)
    }

    @Test func isNotOpenedWhileAnotherProcessHoldsItsLock() async throws {
        try await open().close()
        // The other process says that it holds the lock, and keeps it until its input ends.
        var pipes: [CInt] = [0, 0, 0, 0]
        #expect(pipe(&pipes) == 0)
        #expect(pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress! + 2) } == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
        for descriptor in pipes { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let child = try spawn(
            ["/usr/bin/flock", directory / "life.lock", "sh", "-c", "echo held; read line"],
            &actions
        )
        var byte: UInt8 = 0
        #expect(read(pipes[2], &byte, 1) == 1)
        #expect(failure()?.code == .locked)
        close(pipes[1])
        #expect(wait(for: child) != nil)
        for index in [0, 2, 3] { close(pipes[index]) }
        try await open(.existing).close()
    }

    private func exitCode(of arguments: String...) throws -> CInt? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        return try wait(for: spawn(arguments, &actions))
    }

    private func spawn(_ arguments: [String], _ actions: inout posix_spawn_file_actions_t) throws -> pid_t {
        var child: pid_t = 0
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        try #require(posix_spawn(&child, arguments[0], &actions, nil, &pointers, environ) == 0)
        return child
    }

    private func wait(for child: pid_t) -> CInt? {
        var status: CInt = 0
        guard waitpid(child, &status, 0) == child, status & 0x7F == 0 else { return nil }
        return status >> 8 & 0xFF
    }

    @Test func isFreeAgainWhenItsOwnerForgetsIt() async throws {
        var life: SQLiteLife? = try open()
        var history = SeededHistory(seed: 1)
        try await life?.append(history.next())
        life = nil
        // The append's own hold on the life ends a moment after the append has returned.
        var freed: SQLiteLife?
        let deadline = ContinuousClock.now + .seconds(30)
        while freed == nil, ContinuousClock.now < deadline {
            freed = try? open(.existing)
            await Task.yield()
        }
        let again = try #require(freed)
        #expect(try await again.wake().state() == history.state)
        await again.close()
    }

    @Test func isNotFoundWhereThereIsNone() throws {
        #expect(failure(.existing)?.code == .notFound)
        #expect(try directory.names().isEmpty)
        #expect(readerFailure()?.code == .notFound)
        #expect(throws: StoreError.self) {
            try SQLiteLife.open(at: directory / "missing/life.sqlite", agent: ada, mode: .create)
        }
    }

    @Test("an empty file was a life that something has emptied; no new one begins in its place")
    func neverBeginsAnewInAnEmptyFile() async throws {
        try Data().write(to: URL(filePath: path))
        #expect(failure(.existing)?.code == .corrupt)
        #expect(failure()?.code == .corrupt)
        #expect(readerFailure()?.code == .corrupt)
        #expect(try directory.bytes("life.sqlite").isEmpty)
    }

    @Test(arguments: ["text", "sqlite", "wal"])
    func leavesForeignFilesAsTheyAre(_ kind: String) async throws {
        if kind == "text" {
            try Data(String(repeating: "not a database\n", count: 1000).utf8).write(to: URL(filePath: path))
        } else {
            let other = try DatabaseQueue(path: path)
            try await other.write { try $0.execute(sql: "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)") }
            if kind == "wal" {
                try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            }
            try other.close()
        }
        let before = try directory.bytes("life.sqlite")
        #expect(failure()?.code == .foreign)
        #expect(failure(.existing)?.code == .foreign)
        #expect(readerFailure()?.code == .foreign)
        #expect(try directory.bytes("life.sqlite") == before)
        #expect(try directory.names().filter { $0 != "life.lock" } == ["life.sqlite"])
    }

    @Test func refusesTheLifeOfAnotherAgent() async throws {
        try await open().close()
        let bob = try AgentID("bob")
        let error = #expect(throws: StoreError.self) {
            try SQLiteLife.open(at: path, agent: bob, mode: .existing)
        }
        #expect(error?.code == .foreign)
        #expect(error?.message.contains("life of ada, not of bob") == true)
    }

    @Test func leavesADamagedFileAsItIs() async throws {
        let life = try open()
        _ = try await fill(life, seed: 2, events: 400)
        await life.close()
        var bytes = try directory.bytes("life.sqlite")
        for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 7) }
        try bytes.write(to: URL(filePath: path))
        do {
            let damaged = try open(.existing)
            let error = await #expect(throws: StoreError.self) { try await damaged.wake() }
            #expect(error?.code == .corrupt)
            await damaged.close()
        } catch {
            #expect(error.code == .corrupt)
        }
        #expect(try directory.bytes("life.sqlite") == bytes)
    }

    @Test func refusesToWriteWhereItMayNot() throws {
        // Root may write everywhere; as another user, for the file system calls of this thread only.
        #if os(Linux)
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        typealias SetUser = @convention(c) (uid_t) -> CInt
        let setUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetUser.self)
        let user = setUser(65_534)
        defer { _ = setUser(uid_t(user)) }
        let error = failure()
        #expect(error?.code == .readOnly)
        #expect(error?.message.contains("life.lock") == true)
        #endif
    }

    @Test func refusesANewerSchema() async throws {
        try await open().close()
        let raw = try DatabaseQueue(path: path)
        try await raw.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try raw.close()
        let error = failure()
        #expect(error?.code == .newer)
        #expect(error?.message.contains("schema 99") == true)
        #expect(readerFailure()?.code == .newer)
    }

    // MARK: Formats of events

    /// A later program, in which texts of memories say how old they are.
    private static let later = EventCoding(
        version: EventCoding.current.version + 1,
        upgrades: [
            EventCoding.current.version: { kind, body in
                guard kind == "memory.stored", case .object(var members) = body else { return }
                if case .string(let text)? = members["text"] { members["text"] = .string(text + " (from before)") }
                body = .object(members)
            }
        ]
    )

    @Test func bringsOlderEventsUpToDateAndIsThenRefusedByTheOlderProgram() async throws {
        let old = try open()
        try await old.append(LifeBatch(events: [.memory("tea", seq: 1)]))
        await old.close()

        let new = try open(.existing, coding: Self.later)
        #expect(try await new.memories(matching: "tea", limit: 1).map(\.text) == ["tea (from before)"])
        #expect(try await new.events(after: 0, turn: nil, limit: 9) == [.memory("tea (from before)", seq: 1)])
        await new.close()

        // Until the newer program writes, the older one can go back.
        let back = try open(.existing)
        #expect(try await back.memories(matching: "tea", limit: 1).map(\.text) == ["tea"])
        await back.close()

        let again = try open(.existing, coding: Self.later)
        try await again.append(LifeBatch(events: [.memory("coffee", seq: 2)]))
        #expect(
            try await again.events(after: 0, turn: nil, limit: 9)
                == [.memory("tea (from before)", seq: 1), .memory("coffee", seq: 2)]
        )
        #expect(try await again.integrityReport().isSound)
        await again.close()

        let error = failure(.existing)
        #expect(error?.code == .newer)
        #expect(error?.message.contains("format \(Self.later.version)") == true)
        #expect(readerFailure()?.code == .newer)
    }
}

extension Event {
    static func memory(_ text: String, seq: Int) -> Event {
        Event(
            seq: seq,
            at: Instant(microseconds: Int64(seq)),
            agent: try! AgentID("ada"),
            fact: .memoryStored(.init(text: text, trust: .owner))
        )
    }
}

/// Appends a seeded history.
@discardableResult
func fill(_ life: SQLiteLife, seed: UInt64, events: Int) async throws -> SeededHistory {
    var history = SeededHistory(seed: seed)
    while history.events.count < events { try await life.append(history.next()) }
    return history
}

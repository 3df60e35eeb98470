public import AnimaCore
import GRDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A life in numbers.
public struct LifeInfo: Hashable, Sendable {
    /// The agent that the file was made for.
    public let agent: String
    /// The number of events.
    public let eventCount: Int
    /// When the first event was recorded.
    public let firstAt: Instant?
    /// When the last event was recorded.
    public let lastAt: Instant?
    /// The number of ended turns.
    public let turnCount: Int
    /// The number of memories.
    public let memoryCount: Int
    /// The size of the file, without what waits in its write-ahead log.
    public let fileBytes: Int
    /// The highest format of its events.
    public let format: Int
}

/// What an examination of a life found.
public struct LifeIntegrity: Hashable, Sendable {
    /// What is wrong; empty when nothing is.
    public let faults: [String]
    /// The number of events that were read.
    public let eventCount: Int

    /// Whether nothing is wrong.
    public var isSound: Bool { faults.isEmpty }
}

extension SQLiteLife {
    /// The life in numbers.
    public func info() async throws -> LifeInfo {
        try await perform("read") { db, _ in
            func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
            func moment(_ sql: String) throws -> Instant? {
                try Int64.fetchOne(db, sql: sql).map { Instant(microseconds: $0) }
            }
            return LifeInfo(
                agent: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'agent'") ?? "",
                eventCount: try number("SELECT max(seq) FROM events"),
                firstAt: try moment("SELECT at FROM events ORDER BY seq LIMIT 1"),
                lastAt: try moment("SELECT at FROM events ORDER BY seq DESC LIMIT 1"),
                turnCount: try number("SELECT count(*) FROM turns"),
                memoryCount: try number("SELECT count(*) FROM memories"),
                fileBytes: try number("PRAGMA page_count") * number("PRAGMA page_size"),
                format: try number("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'format'")
            )
        }
    }

    /// Examines the whole life: the file, the events, the snapshot, and the projections against a fresh fold.
    public func examine() async throws -> LifeIntegrity {
        try await perform("examine") { [self] db, _ in
            var faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
            let reader = reader(db)
            var state = AgentState()
            var ended: [TranscriptTurn] = []
            var memories: [Int: String] = [:]
            var accepted: [String: Int] = [:]
            var expected = 1
            do {
                try reader.forEachEvent(after: 0) { event in
                    if event.seq != expected { faults.append("event \(expected) is missing") }
                    expected = event.seq + 1
                    if let turn = state.apply(event) { ended.append(turn) }
                    switch event.fact {
                    case .memoryStored(let fact): memories[event.seq] = fact.text
                    case .envelopeAccepted(let fact): accepted[fact.envelope.id.text] = event.seq
                    default: break
                    }
                }
                if let resumed = try? reader.awakening().state(), resumed != state {
                    faults.append("the snapshot and the events after it are not what the events amount to")
                }
            } catch let error as StoreError {
                faults.append(error.message)
                return LifeIntegrity(faults: faults, eventCount: expected - 1)
            }
            faults += try differences(db, ended: ended, memories: memories, accepted: accepted)
            return LifeIntegrity(faults: faults, eventCount: expected - 1)
        }
    }

    private func differences(
        _ db: Database,
        ended: [TranscriptTurn],
        memories: [Int: String],
        accepted: [String: Int]
    ) throws -> [String] {
        var faults: [String] = []
        let turns = try Data.fetchAll(db, sql: "SELECT body FROM turns ORDER BY turn")
            .map { try? LifeJSON.decode(TranscriptTurn.self, from: $0) }
        if turns != ended.sorted(by: { $0.id < $1.id }) { faults.append("the turns are not those of the events") }
        let texts = try Row.fetchAll(db, sql: "SELECT id, text FROM memories")
            .reduce(into: [Int: String]()) { $0[$1[0]] = String(decoding: $1[1] as Data, as: UTF8.self) }
        if texts != memories { faults.append("the memories are not those of the events") }
        let inbox = try Row.fetchAll(db, sql: "SELECT envelope, seq FROM inbox")
            .reduce(into: [String: Int]()) { $0[$1[0]] = $1[1] as Int }
        if inbox != accepted { faults.append("the inbox is not that of the events") }
        return faults
    }

    /// Makes all projections anew from the events, and forgets the snapshot.
    public func rebuildProjections() async throws {
        guard !isReadOnly else {
            throw StoreError(code: .readOnly, message: "the life at \(path) was opened to be read")
        }
        try await perform("rebuild") { [self] db, _ in
            try db.inTransaction(.immediate) {
                try rebuild(db)
                return .commit
            }
        }
    }

    private func rebuild(_ db: Database) throws {
        for table in LifeSchema.projections where table != "memory_index" {
            try db.execute(sql: "DELETE FROM \(table)")
        }
        try db.execute(sql: "INSERT INTO memory_index(memory_index) VALUES ('delete-all')")
        try db.execute(sql: "DELETE FROM snapshot")
        let writer = LifeWriter(db: db, coding: coding)
        var state = AgentState()
        try reader(db)
            .forEachEvent(after: 0) { event in
                try writer.project(event)
                if let turn = state.apply(event) { try writer.insert(turn) }
            }
    }

    // MARK: Copies

    /// Copies the whole life into one new file, also while it is written.
    ///
    /// - Throws: ``StoreError``; `.io` when there is a file already.
    public func export(to file: String) async throws {
        try await perform("export") { [self] db, _ in try Self.copy(db, from: path, to: file) }
    }

    /// Makes a life from an exported file.
    ///
    /// The file is examined first; a damaged or foreign one is refused, and a life that is there is never replaced.
    public static func restore(from file: String, to path: String) async throws {
        let source = try openReader(at: file)
        let integrity = try await source.examine()
        guard integrity.isSound else {
            await source.close()
            throw StoreError(
                code: .corrupt,
                message: "\(file) is damaged: \(integrity.faults.prefix(3).joined(separator: "; "))"
            )
        }
        do {
            try await source.export(to: path)
        } catch {
            await source.close()
            throw error
        }
        await source.close()
    }

    /// Copies the life up to an event into a new one, whose next start begins a life of its own.
    ///
    /// - Parameter seq: The last event that both share.
    public func fork(to path: String, as agent: AgentID, at seq: Int) async throws {
        let count = try await info().eventCount
        guard (1...max(1, count)).contains(seq), count > 0 else {
            throw StoreError(code: .notFound, message: "the life at \(self.path) has no event e\(seq), it has \(count)")
        }
        try await export(to: path)
        let copy = try SQLiteLife.open(at: path, agent: agent, mode: .existing, durability: durability, coding: coding)
        do {
            try await copy.perform("fork") { db, connection in
                try db.inTransaction(.immediate) {
                    try db.execute(sql: "DELETE FROM events WHERE seq > ?", arguments: [seq])
                    try db.execute(sql: "UPDATE meta SET value = ? WHERE key = 'agent'", arguments: [agent.name])
                    try copy.rebuild(db)
                    return .commit
                }
                connection.progress.withLock { $0.lastSeq = seq }
            }
        } catch {
            await copy.close()
            throw error
        }
        await copy.close()
    }

    private static func copy(_ db: Database, from path: String, to file: String) throws {
        guard !FileManager.default.fileExists(atPath: file) else {
            throw StoreError(code: .io, message: "there is a file at \(file) already; it is not replaced")
        }
        // One file without a log beside it, complete or not there.
        try db.execute(sql: "VACUUM INTO ?", arguments: [file])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
}

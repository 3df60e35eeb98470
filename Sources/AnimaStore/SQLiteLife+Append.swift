public import AnimaCore
import GRDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    public func append(_ batch: LifeBatch) async throws {
        guard !isReadOnly else {
            throw StoreError(code: .readOnly, message: "the life at \(path) was opened to be read")
        }
        try await perform("append to") { [self] db, connection in
            var progress = connection.progress.withLock { $0 }
            for (offset, event) in batch.events.enumerated() where event.seq != progress.lastSeq + offset + 1 {
                throw StoreError(
                    code: .conflict,
                    message: "event \(event.seq) can't follow event \(progress.lastSeq + offset) in \(path): "
                        + "the life went on elsewhere; wake the agent again"
                )
            }
            let flushes = batch.isFlushed && durability == .full
            if flushes != progress.isFlushing {
                try db.execute(sql: flushes ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
                progress.isFlushing = flushes
            }
            let raisesFormat = progress.format < coding.version && !batch.events.isEmpty
            try db.inTransaction(.immediate) {
                let writer = LifeWriter(db: db, coding: coding)
                for event in batch.events { try writer.insert(event) }
                for turn in batch.endedTurns { try writer.insert(turn) }
                for spill in batch.spills { try writer.insert(spill) }
                if let state = batch.snapshot { try writer.save(state) }
                if raisesFormat { try writer.setFormat() }
                return .commit
            }
            progress.lastSeq += batch.events.count
            if raisesFormat { progress.format = coding.version }
            connection.progress.withLock { [progress] in $0 = progress }
        }
    }
}

/// Writes events and their projections, inside a transaction of its caller.
struct LifeWriter {
    let db: Database
    let coding: EventCoding

    func insert(_ event: Event) throws {
        try run(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                event.seq, event.at.microseconds, event.fact.kind.rawValue, event.agent.name,
                event.conversation?.name, event.turn?.number, event.step, event.cause, coding.version,
                Data(coding.encode(event.fact)),
            ]
        )
        try project(event)
    }

    /// Writes what an event alone says to the projections.
    func project(_ event: Event) throws {
        switch event.fact {
        case .envelopeAccepted(let fact): try accept(fact.envelope, event)
        case .turnOpened(let fact):
            try run("UPDATE inbox SET turn = ? WHERE envelope = ?", [event.turn?.number, fact.envelope.text])
        case .modelReplied(let fact):
            try run(
                """
                INSERT INTO usage VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE SET calls = calls + 1,
                input = input + excluded.input, cached = cached + excluded.cached, output = output + excluded.output
                """,
                [
                    String(event.at.rfc3339.prefix(10)), fact.model, fact.usage.inputTokens, fact.usage.cachedTokens,
                    fact.usage.outputTokens,
                ]
            )
        case .memoryStored(let fact):
            try run(
                "INSERT INTO memories VALUES (?, ?, ?, ?)",
                [event.seq, Data(fact.text.utf8), fact.trust.rawValue, event.at.microseconds]
            )
            try run("INSERT INTO memory_index(rowid, text) VALUES (?, ?)", [event.seq, fact.text])
        case .lifeBegan, .agentConfigured, .agentWoke, .modelFailed, .toolStarted, .toolFinished, .turnClosing,
            .turnEnded:
            break
        }
    }

    private func accept(_ envelope: Envelope, _ event: Event) throws {
        do {
            try run(
                "INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, NULL)",
                [
                    envelope.id.text, event.seq, envelope.conversation.name, envelope.kind.rawValue,
                    envelope.sender.description, event.at.microseconds,
                ]
            )
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw StoreError(
                code: .duplicateEnvelope(envelope.id),
                message: "the envelope \(envelope.id) is in the life already"
            )
        }
    }

    func insert(_ turn: TranscriptTurn) throws {
        guard let ending = turn.ending else { return }
        try run(
            "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                turn.id.number, turn.input.conversation.name, turn.input.id.text, ending.at.microseconds,
                ending.end.name, turn.approximateBytes, LifeJSON.encode(turn),
            ]
        )
    }

    func insert(_ spill: LifeBatch.Spill) throws {
        try run("INSERT OR IGNORE INTO spills VALUES (?, ?)", [spill.hash, Data(spill.bytes)])
    }

    func save(_ state: AgentState) throws {
        let body = try LifeJSON.encode(state)
        let hash = ContentHash.hexadecimal(of: Array(body))
        try run(
            "INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)",
            [state.lastSeq, LifeJSON.snapshotFormat, hash, body]
        )
    }

    func setFormat() throws {
        try run("UPDATE meta SET value = ? WHERE key = 'format'", [String(coding.version)])
    }

    private func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}

/// How projections are written that are not events.
enum LifeJSON {
    /// Raised whenever the state changes its form; another one is not read, the log is folded instead.
    static let snapshotFormat = 1

    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        try JSONDecoder().decode(type, from: data)
    }
}

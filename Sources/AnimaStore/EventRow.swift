import AnimaCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads and writes rows of the table `events`.
struct EventRow {
    /// The columns in the order in which ``event(from:)`` wants them.
    static let columns = "seq, at, kind, agent, conversation, turn, step, cause, format, body"

    let coding: EventCoding
    let path: String

    /// Appends an event.
    func insert(_ event: Event, in db: Database) throws {
        let body = try coding.encode(event.fact)
        try db.cachedStatement(sql: "INSERT INTO events (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [
                event.seq, event.at.microseconds, event.fact.kind.rawValue, event.agent.name, event.conversation?.name,
                event.turn?.number, event.step, event.cause, coding.version, String(decoding: body, as: UTF8.self),
            ])
    }

    /// Reads an event, brought up to date.
    ///
    /// - Throws: ``StoreError`` `.newer` or `.corrupt`, naming the event.
    func event(from row: Row) throws -> Event {
        let seq = Int.fromDatabaseValue(row[0])
        do {
            let kind: String = try row.value(at: 2)
            let format: Int = try row.value(at: 8)
            let fact = try row.withUnsafeData(atIndex: 9) { body in
                try coding.decode(kind: kind, version: format, body: body ?? Data())
            }
            return Event(
                seq: try row.value(at: 0),
                at: Instant(microseconds: try row.value(at: 1)),
                agent: try AgentID(row.value(at: 3)),
                conversation: try row.optional(at: 4).map(Self.conversation),
                turn: try row.optional(at: 5).map(TurnID.init(_:)),
                step: try row.optional(at: 6),
                cause: try row.optional(at: 7),
                fact: fact
            )
        } catch let error as EventCodingError {
            if case .newer = error.problem {
                throw StoreError(
                    code: .newer,
                    message: "can't read the event e\(seq ?? 0) of the life \(path): \(error)"
                )
            }
            throw StoreError.corrupt(path, "the event e\(seq ?? 0) can't be read: \(error)")
        } catch {
            throw StoreError.corrupt(path, "the event e\(seq ?? 0) can't be read: \(error)")
        }
    }

    /// Reads the events that a condition on `events` selects, in order.
    func fetch(_ db: Database, where condition: String, arguments: StatementArguments) throws -> [Event] {
        var events: [Event] = []
        try forEach(db, where: condition, arguments: arguments) { events.append($0) }
        return events
    }

    /// Reads events one after the other.
    func forEach(
        _ db: Database,
        where condition: String,
        arguments: StatementArguments = [],
        _ body: (Event) throws -> Void
    ) throws {
        let sql = "SELECT \(Self.columns) FROM events WHERE \(condition)"
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        while let row = try rows.next() {
            try body(event(from: row))
        }
    }

    private static func conversation(_ name: String) throws(IdentityError) -> ConversationID {
        name == ConversationID.main.name ? .main : try ConversationID(name)
    }
}

/// A value in a row that is not of its column's type: the file is damaged.
struct ColumnError: Error, CustomStringConvertible {
    let column: Int

    var description: String { "its column \(column + 1) does not hold what belongs there" }
}

extension Row {
    /// A value that must be there; GRDB's own subscript ends the process when the file is damaged.
    func value<Value: DatabaseValueConvertible>(at index: Int) throws -> Value {
        guard let value = Value.fromDatabaseValue(self[index]) else { throw ColumnError(column: index) }
        return value
    }

    /// A value or NULL.
    func optional<Value: DatabaseValueConvertible>(at index: Int) throws -> Value? {
        let stored: DatabaseValue = self[index]
        return stored.isNull ? nil : try value(at: index)
    }
}

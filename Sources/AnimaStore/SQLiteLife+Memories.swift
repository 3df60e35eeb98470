public import AnimaCore
import GRDB

/// A memory and what became of it.
public struct MemoryRecord: Hashable, Sendable {
    /// What became of a memory.
    public enum Standing: Hashable, Sendable {
        /// It holds.
        case current
        /// A memory with this number took its place.
        case superseded(by: Int)
        /// The event with this number took it back.
        case forgotten(by: Int)
        /// The consolidation with this number closed it, for it was old and of no use.
        case aged(by: Int)
    }

    /// The memory.
    public let memory: Memory
    /// What became of it.
    public let standing: Standing

    /// Puts a memory and what became of it together.
    public init(memory: Memory, standing: Standing) {
        self.memory = memory
        self.standing = standing
    }
}

/// Which memories are listed.
public struct MemoryFilter: Hashable, Sendable {
    /// Only this kind; nil for all.
    public var kind: Memory.Kind?
    /// Only those whose subject contains this, in any case of letters; nil for all.
    public var subject: String?
    /// Whether superseded and forgotten ones are listed too.
    public var includesClosed: Bool
    /// At most so many.
    public var limit: Int

    /// Lists the newest that hold.
    public init(
        kind: Memory.Kind? = nil,
        subject: String? = nil,
        includesClosed: Bool = false,
        limit: Int = 50
    ) {
        self.kind = kind
        self.subject = subject
        self.includesClosed = includesClosed
        self.limit = limit
    }
}

extension SQLiteLife {
    /// The memories that a filter lets through, newest first.
    public func memories(_ filter: MemoryFilter) async throws -> [MemoryRecord] {
        try await perform("list the memories of") { db in
            let sql = """
                SELECT \(LifeIndex.memoryColumns), \(Self.closing)
                FROM memories m WHERE (?1 OR m.closed_by IS NULL) AND (?2 IS NULL OR m.kind = ?2) ORDER BY m.id DESC
                """
            let found = try Row.fetchCursor(
                db.cachedStatement(sql: sql),
                arguments: [filter.includesClosed, filter.kind?.rawValue]
            )
            let subject = filter.subject?.lowercased()
            var records: [MemoryRecord] = []
            while records.count < filter.limit, let row = try found.next() {
                let record = try Self.record(from: row)
                if let subject, record.memory.subject?.lowercased().contains(subject) != true { continue }
                records.append(record)
            }
            return records
        }
    }

    /// A memory and what became of it; nil when there is none.
    public func memoryRecord(_ id: Int) async throws -> MemoryRecord? {
        try await perform("read a memory of") { db in try Self.record(id, db) }
    }

    /// The memories that a memory is one of a chain with, by one taking the place of another, oldest first.
    ///
    /// - Parameter limit: At most so many, those nearest to it.
    /// - Returns: Empty when there is no such memory.
    public func memoryChain(of id: Int, limit: Int = 1000) async throws -> [MemoryRecord] {
        try await perform("read a memory of") { db in
            try db.atOneMoment {
                var chain: [Int: MemoryRecord] = [:]
                var waiting = [id]
                var next = 0
                while next < waiting.count, chain.count < limit {
                    let id = waiting[next]
                    next += 1
                    guard chain[id] == nil, let record = try Self.record(id, db) else { continue }
                    chain[id] = record
                    waiting += record.memory.supersedes
                    if case .superseded(let successor) = record.standing { waiting.append(successor) }
                }
                return chain.values.sorted { $0.memory.id < $1.memory.id }
            }
        }
    }

    /// The number of the memory that is stored nearest to a number; nil when there is none.
    public func memory(nearest id: Int) async throws -> Int? {
        try await perform("read a memory of") { db in
            let below = "SELECT max(id) FROM memories WHERE id <= ?"
            let above = "SELECT min(id) FROM memories WHERE id > ?"
            let found = try [below, above]
                .compactMap { sql in
                    try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [id])
                }
            return found.min { abs($0 - id) < abs($1 - id) }
        }
    }

    /// The newest events of some kinds, newest first; reads the log from its end.
    public func newestEvents(of kinds: Set<Fact.Kind>, limit: Int) async throws -> [Event] {
        try await perform("read events of") { [self] db in
            let names = kinds.map(\.rawValue).sorted()
            let marks = names.map { _ in "?" }.joined(separator: ", ")
            return try rows.fetch(
                db,
                where: "kind IN (\(marks)) ORDER BY seq DESC LIMIT ?",
                arguments: StatementArguments(names) + [max(limit, 0)]
            )
        }
    }

    private static func record(_ id: Int, _ db: Database) throws -> MemoryRecord? {
        let sql = """
            SELECT \(LifeIndex.memoryColumns), \(closing)
            FROM memories m WHERE m.id = ?
            """
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]).map { try record(from: $0) }
    }

    private static func record(from row: Row) throws -> MemoryRecord {
        let memory = try LifeIndex.memory(from: row)
        guard let closedBy = memory.closedBy else { return MemoryRecord(memory: memory, standing: .current) }
        switch try row.value(at: 16) as String? {
        case Fact.Kind.memoryStored.rawValue: return MemoryRecord(memory: memory, standing: .superseded(by: closedBy))
        case Fact.Kind.memoryConsolidated.rawValue: return MemoryRecord(memory: memory, standing: .aged(by: closedBy))
        default: return MemoryRecord(memory: memory, standing: .forgotten(by: closedBy))
        }
    }

    /// The kind of the event that closed a memory.
    private static let closing = "(SELECT e.kind FROM events e WHERE e.seq = m.closed_by)"
}

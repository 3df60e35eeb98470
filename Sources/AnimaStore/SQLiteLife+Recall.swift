public import AnimaCore
import GRDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteLife {
    public func recall(_ query: RecallQuery) async throws -> [RecallHit] {
        try await perform("search") { [self] db in
            try db.atOneMoment { try RecallEngine.recall(query, from: index(db)) }
        }
    }

    public func memory(_ id: Int) async throws -> Memory? {
        try await perform("read a memory of") { [self] db in try index(db).memory(id) }
    }

    public func episodes(around seq: Int, count: Int) async throws -> [Episode] {
        try await perform("read the past of") { [self] db in try index(db).episodes(around: seq, count: count) }
    }

    private func index(_ db: Database) -> LifeIndex {
        LifeIndex(db: db, rows: rows) { [self] embedder in
            // Only the connection's queue comes here, so nobody waits for this lock.
            try vectors.withLock { vectors in
                if let matrix = vectors[embedder], !isReadOnly { return matrix }
                let matrix = try matrix(of: embedder, db)
                vectors[embedder] = matrix
                return matrix
            }
        }
    }

    // MARK: Vectors

    public func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage] {
        try await perform("look for vectors in") { [self] db in
            let known = try self.embedder(embedder, db)?.id ?? -1
            let index = index(db)
            var passages: [Passage] = []
            for (table, other, condition) in [
                ("memories", RecallQuery.Scope.episodes, "p.closed_by IS NULL AND"),
                ("episodes", .memories, ""),
            ] where scope != other {
                let sql = """
                    SELECT p.id FROM \(table) p WHERE \(condition) p.id < ?
                    AND NOT EXISTS (SELECT 1 FROM vectors WHERE embedder = ? AND passage = p.id)
                    ORDER BY p.id DESC LIMIT ?
                    """
                let ids = try Int.fetchAll(
                    db.cachedStatement(sql: sql),
                    arguments: [before, known, max(limit, 0)]
                )
                passages += try index.passages(ids, in: table == "memories" ? .memories : .episodes)
            }
            return Array(passages.sorted { $0.id > $1.id }.prefix(max(limit, 0)))
        }
    }

    @discardableResult
    public func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int {
        try refuseWhenReadOnly("store vectors in")
        return try await perform("store vectors in") { [self] db in
            do {
                return try db.atomically { try keep(vectors, of: embedder, db) }
            } catch {
                self.vectors.withLock { $0[embedder] = nil }
                throw error
            }
        }
    }

    @discardableResult
    public func deleteVectors(exceptOf embedder: String?) async throws -> Int {
        try refuseWhenReadOnly("delete vectors in")
        return try await perform("delete vectors in") { [self] db in
            try db.atomically {
                let kept = try embedder.flatMap { try self.embedder($0, db)?.id } ?? -1
                try db.execute(sql: "DELETE FROM vectors WHERE embedder <> ?", arguments: [kept])
                let count = db.changesCount
                try db.execute(sql: "DELETE FROM embedders WHERE id <> ?", arguments: [kept])
                vectors.withLock { $0 = $0.filter { $0.key == embedder } }
                return count
            }
        }
    }

    public func vectorCounts() async throws -> [String: Int] {
        try await perform("count the vectors of") { db in
            let sql = "SELECT e.name, count(*) FROM embedders e JOIN vectors v ON v.embedder = e.id GROUP BY e.id"
            var counts: [String: Int] = [:]
            for row in try Row.fetchAll(db, sql: sql) { counts[try row.value(at: 0)] = try row.value(at: 1) as Int }
            return counts
        }
    }

    private func refuseWhenReadOnly(_ work: String) throws(StoreError) {
        guard isReadOnly else { return }
        throw StoreError(
            code: .readOnly,
            message: "can't \(work) the life \(path): it was opened to be read; open it with SQLiteLife.open"
        )
    }

    private func keep(_ new: [PassageVector], of embedder: String, _ db: Database) throws -> Int {
        guard let dimensions = new.first(where: { VectorMatrix.Quantized($0.values) != nil })?.values.count else {
            return 0
        }
        let id = try identify(embedder, dimensions: dimensions, db)
        let known = """
            SELECT EXISTS (SELECT 1 FROM memories WHERE id = ?1 AND closed_by IS NULL)
            OR EXISTS (SELECT 1 FROM episodes WHERE id = ?1)
            """
        let insert = "INSERT OR REPLACE INTO vectors (embedder, passage, scale, vector) VALUES (?, ?, ?, ?)"
        var kept = 0
        for vector in new where vector.values.count == dimensions {
            guard let quantized = VectorMatrix.Quantized(vector.values),
                try Bool.fetchOne(db.cachedStatement(sql: known), arguments: [vector.passage]) == true
            else { continue }
            let bytes = quantized.values.withUnsafeBytes { Data($0) }
            try db.cachedStatement(sql: insert)
                .execute(arguments: [id, vector.passage, Double(quantized.scale), bytes])
            vectors.withLock { $0[embedder]?.set(quantized, for: vector.passage) }
            kept += 1
        }
        return kept
    }

    /// The number of an embedder; what was kept of it in another length goes.
    private func identify(_ name: String, dimensions: Int, _ db: Database) throws -> Int {
        if let known = try embedder(name, db) {
            if known.dimensions == dimensions { return known.id }
            try db.execute(sql: "DELETE FROM vectors WHERE embedder = ?", arguments: [known.id])
            try db.execute(sql: "DELETE FROM embedders WHERE id = ?", arguments: [known.id])
            vectors.withLock { $0[name] = nil }
        }
        try db.execute(sql: "INSERT INTO embedders (name, dimensions) VALUES (?, ?)", arguments: [name, dimensions])
        return Int(db.lastInsertedRowID)
    }

    private func embedder(_ name: String, _ db: Database) throws -> (id: Int, dimensions: Int)? {
        // A life of an older program that is only looked at has no such table.
        guard try db.tableExists("embedders") else { return nil }
        let sql = "SELECT id, dimensions FROM embedders WHERE name = ?"
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name])
            .map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    /// Reads the vectors of an embedder into memory.
    private func matrix(of name: String, _ db: Database) throws -> VectorMatrix? {
        guard let embedder = try embedder(name, db) else { return nil }
        var matrix = VectorMatrix(dimensions: embedder.dimensions)
        let count = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM vectors WHERE embedder = ?"),
            arguments: [embedder.id]
        )
        matrix.reserve(count ?? 0)
        let sql = "SELECT passage, scale, vector FROM vectors WHERE embedder = ? ORDER BY passage"
        let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [embedder.id])
        while let row = try found.next() {
            let id: Int = try row.value(at: 0)
            let scale: Double = try row.value(at: 1)
            let values = try row.withUnsafeData(atIndex: 2) { data in (data ?? Data()).map { Int8(bitPattern: $0) } }
            matrix.set(VectorMatrix.Quantized(scale: Float(scale), values: values), for: id)
        }
        return matrix
    }

    /// After an append, takes the vectors of closed memories out of memory.
    func forgetVectors(closedBy events: [Event]) {
        var closed: [Int] = []
        for event in events {
            switch event.fact {
            case .memoryStored(let fact): closed += fact.supersedes ?? []
            case .memoryForgotten(let fact): closed += fact.memories
            case .memoryConsolidated(let fact): closed += fact.aged
            default: continue
            }
        }
        guard !closed.isEmpty else { return }
        vectors.withLock { vectors in
            for embedder in vectors.keys {
                for id in closed { vectors[embedder]?.remove(id) }
            }
        }
    }
}

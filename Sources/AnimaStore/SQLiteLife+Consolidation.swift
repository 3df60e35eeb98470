public import AnimaCore
import GRDB

extension SQLiteLife {
    public func consolidationMaterial() async throws -> Consolidation.Material {
        try await perform("read the memories of") { [self] db in
            try db.atOneMoment {
                let sql = """
                    SELECT \(LifeIndex.memoryColumns) FROM memories m WHERE m.closed_by IS NULL ORDER BY m.id DESC LIMIT ?
                    """
                let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [Consolidation.mostMemories])
                var material = Consolidation.Material()
                while let row = try found.next() { material.memories.append(try LifeIndex.memory(from: row)) }
                material.memories.reverse()
                // Most replies name no memory; those are not decoded.
                let telling = """
                    kind = 'memory.restored' OR (kind = 'model.replied' AND instr(body, '"recalled":[{') > 0)
                    """
                try rows.forEach(db, where: telling) { event in
                    switch event.fact {
                    case .modelReplied(let fact): material.recalled.formUnion((fact.recalled ?? []).map(\.memory))
                    case .memoryRestored(let fact): material.restored.formUnion(fact.memories)
                    default: return
                    }
                }
                return material
            }
        }
    }
}

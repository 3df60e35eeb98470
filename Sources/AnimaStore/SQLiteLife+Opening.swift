import AnimaCore
import GRDB

extension SQLiteLife {
    /// Whether there may be something to do in the life at a path: unless its last owner let go of it with nothing owed.
    ///
    /// It opens no life, so it can be asked of ten thousand (about 10 µs each).
    public static func mayOweWork(at path: String) -> Bool { LifeLock.mayOweWork(lifeAt: path) }

    /// Makes an empty life of a file that is empty.
    static func create(at file: LifeFile, agent: AgentID, coding: EventCoding) throws {
        // The file gets its name when it is whole and on the disk, so SQLite need not care for either.
        let database = try file.connect(synchronous: "OFF")
        try database.inDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = MEMORY")
            try LifeSchema.migrate(db, path: file.path)
            try db.setMeta(.agent, agent.name)
            try db.setMeta(.format, 0)
            try db.setMeta(.projections, "\(projectionsForm).\(LifeSchema.version).\(coding.version)")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try database.close()
    }

    /// Finds out whether an open file is what it should be.
    ///
    /// - Returns: The highest format that an event was written in.
    static func checkMeta(_ db: Database, path: String, agent: AgentID?, coding: EventCoding) throws -> Int {
        guard let format = try db.meta(.format, as: Int.self), let name = try db.meta(.agent, as: String.self) else {
            throw StoreError.corrupt(path, "it does not say whose life it is")
        }
        guard format <= coding.version else {
            throw StoreError(
                code: .newer,
                message: "the life \(path) has events of format \(format), this program reads up to \(coding.version); "
                    + "use a newer anima"
            )
        }
        if let agent, agent.name != name {
            throw StoreError(
                code: .foreign,
                message: "\(path) is the life of \(name), not of \(agent); it is left alone, import a copy of it as "
                    + "\(agent) instead"
            )
        }
        return format
    }

    /// Makes the projections anew when another version of the program made them.
    func renewProjections(_ db: Database) throws {
        guard try !areProjectionsCurrent(db) else { return }
        try db.atomically {
            try ProjectionTables.main.replace(in: db)
            try ProjectionTables.main.rebuild(in: db, rows: rows)
            try db.setMeta(.projections, projectionsVersion)
        }
    }

    /// When another version of the program made the projections, puts temporary ones before them, for a reader who may
    /// not change the file.
    func coverOldProjections(_ db: Database) throws {
        guard try !areProjectionsCurrent(db) else { return }
        try ProjectionTables.cover.replace(in: db)
        try ProjectionTables.cover.rebuild(in: db, rows: rows)
    }

    /// Whether this program's projections are in the file.
    func areProjectionsCurrent(_ db: Database) throws -> Bool {
        try db.meta(.projections, as: String.self) == projectionsVersion
    }
}

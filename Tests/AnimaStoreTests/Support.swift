import AnimaCore
import AnimaStore
import AnimaTesting
import Foundation

/// A fresh directory that is removed when it is no longer used.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/anima-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var life: String { path + "/life.sqlite" }

    func open(
        _ mode: SQLiteLife.Mode = .create,
        coding: EventCoding = .current,
        maximumPages: Int? = nil
    ) throws -> SQLiteLife {
        try SQLiteLife.open(at: life, agent: AgentID("sample"), mode: mode, coding: coding, maximumPages: maximumPages)
    }

    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

/// What a store threw; nil when it did not.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}

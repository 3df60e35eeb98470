public import AnimaCore

/// What every ``LifeStore`` promises, as checks that can be run over any implementation.
///
/// ```swift
/// @Test(arguments: LifeStoreConformance.checks)
/// func conforms(_ check: LifeStoreConformance.Check) async throws {
///     try await LifeStoreConformance { InMemoryLifeStore() }.run(check)
/// }
/// ```
public struct LifeStoreConformance: Sendable {
    /// One promise.
    public struct Check: Sendable, CustomStringConvertible {
        /// What is promised.
        public let name: String
        let body: @Sendable (any LifeStore) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (any LifeStore) async throws -> Void) {
            self.name = name
            self.body = body
        }

        public var description: String { name }
    }

    /// A promise that was not kept.
    public struct Violation: Error, CustomStringConvertible {
        /// What was found.
        public let description: String
    }

    private let makeStore: @Sendable () async throws -> any LifeStore

    /// Checks the stores that a closure makes.
    ///
    /// - Parameter makeStore: Makes a new, empty store each time.
    public init(makeStore: @escaping @Sendable () async throws -> any LifeStore) {
        self.makeStore = makeStore
    }

    /// Runs one check over a new store, and closes the store.
    ///
    /// - Throws: ``Violation`` when the promise is not kept; what the store throws.
    public func run(_ check: Check) async throws {
        let store = try await makeStore()
        do {
            try await check.body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// All promises.
    public static let checks: [Check] = logChecks + projectionChecks + recallChecks + lifetimeChecks
}

extension LifeStoreConformance {
    static func expect(_ isKept: Bool, _ violation: @autoclosure () -> String) throws {
        guard isKept else { throw Violation(description: violation()) }
    }

    static func expectEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        try expect(found == expected, "\(what): found \(found), expected \(expected)")
    }

    /// Runs some work that must fail with a certain error of the store.
    static func expectError(
        _ code: StoreError.Code,
        _ what: String,
        _ work: () async throws -> Void
    ) async throws {
        do {
            try await work()
        } catch let error as StoreError {
            try expect(error.code == code, "\(what): threw \(error.code) (\(error)), expected \(code)")
            try expect(!error.message.isEmpty, "\(what): its error says nothing")
            return
        }
        throw Violation(description: "\(what): threw nothing, expected \(code)")
    }

    static func allEvents(_ store: any LifeStore) async throws -> [Event] {
        try await store.events(after: 0, turn: nil, limit: .max)
    }

    /// Appends a seeded history and returns what was appended.
    static func fill(_ store: any LifeStore, seed: UInt64, events: Int = 120) async throws -> SeededHistory {
        var history = SeededHistory(seed: seed)
        while history.events.count < events {
            try await store.append(history.next())
        }
        return history
    }
}

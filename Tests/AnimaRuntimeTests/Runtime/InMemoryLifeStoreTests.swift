import AnimaRuntime
import AnimaTesting
import Testing

@Suite("A life in memory", .timeLimit(.minutes(10)))
struct InMemoryLifeStoreTests {
    @Test("keeps every promise of a store", arguments: LifeStoreConformance.checks)
    func conforms(_ check: LifeStoreConformance.Check) async throws {
        try await LifeStoreConformance { InMemoryLifeStore() }.run(check)
    }
}

import AnimaCore
import AnimaStore
import AnimaTesting
import Testing

@Suite("SQLiteLife keeps what LifeStore promises")
struct ConformanceTests {
    @Test(arguments: LifeStoreConformance.checks)
    func keeps(_ check: LifeStoreConformance.Check) async throws {
        let directory = try TemporaryDirectory()
        let path = directory / "life.sqlite"
        try await LifeStoreConformance { try SQLiteLife.open(at: path, agent: AgentID("ada"), mode: .create) }
            .run(check)
    }
}

import AnimaCore
import Testing

@Suite("The retry policy")
struct RetryPolicyTests {
    @Test("waits at most twice as long each time, never over the limit, and gives up")
    func backsOff() {
        let policy = RetryPolicy()
        let error = ModelError(code: .unavailable, message: "down")
        for seed in UInt64(1)...200 {
            var chance = SeededGenerator(seed: seed)
            for failures in 1...3 {
                let delay = policy.delay(after: error, failures: failures, using: &chance)
                #expect(delay.map { $0 >= .zero && $0 <= .seconds(1 << (failures - 1)) } == true)
            }
            #expect(policy.delay(after: error, failures: 4, using: &chance) == nil)
        }
        var patient = policy
        patient.attempts = 100
        var chance = SeededGenerator(seed: 3)
        #expect(patient.delay(after: error, failures: 90, using: &chance).map { $0 <= .seconds(60) } == true)
    }

    @Test("waits as long as the provider asks, and does not try again what can't succeed")
    func obeys() {
        var chance = SeededGenerator(seed: 1)
        let busy = ModelError(code: .rateLimited, message: "busy", retryAfter: .seconds(90))
        #expect(RetryPolicy().delay(after: busy, failures: 1, using: &chance) == .seconds(90))
        for code in [ModelError.Code.unauthorized, .invalidRequest, .contextOverflow] {
            let error = ModelError(code: code, message: "no")
            #expect(RetryPolicy().delay(after: error, failures: 1, using: &chance) == nil)
        }
    }
}

import AnimaCore
import Synchronization

/// A circuit breaker that all models of one provider share.
final class Circuit: Sendable {
    private let breaker = Mutex(CircuitBreaker())
    private let clock: any AgentClock

    init(clock: any AgentClock) { self.clock = clock }

    /// Makes a call if the provider is not left alone.
    func call<Value: Sendable>(
        _ model: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let now = clock.now
        if case .refused(let moment, let reason) = breaker.withLock({ $0.request(at: now) }) {
            throw ModelError(
                code: .circuitOpen,
                message: "\(model) is left alone for a while after failures; the last one: \(reason)",
                retryAfter: moment - now
            )
        }
        do {
            let value = try await body()
            breaker.withLock { $0.succeeded() }
            return value
        } catch let error as ModelError {
            let now = clock.now
            breaker.withLock { $0.failed(error, at: now) }
            throw error
        } catch {
            breaker.withLock { $0.abandoned() }
            throw error
        }
    }
}

/// A model behind a circuit breaker.
struct GuardedModel: ModelProvider {
    let model: any ModelProvider
    let circuit: Circuit

    var name: String { model.name }
    var facts: ModelFacts { model.facts }

    func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        try await circuit.call(name) { try await model.respond(to: request, sink: sink) }
    }
}

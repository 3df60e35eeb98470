import AnimaCore
import Synchronization

/// A model that answers as a cassette says, in the order of the recording.
final class CassetteModel: ModelProvider {
    let name: String
    private let path: String
    private let exchanges: [Cassette.Exchange]
    private let position = Mutex(0)
    private let clock: any AgentClock

    /// Reads a cassette.
    ///
    /// - Throws: ``ModelSetupError`` when it is none.
    init(path: String, text: String, clock: any AgentClock) throws(ModelSetupError) {
        self.path = path
        self.clock = clock
        name = "cassette/" + (path.split(separator: "/").last.map(String.init) ?? path)
        let lines = text.split(separator: "\n")
        guard let first = lines.first, let head = try? JSONValue(parsing: String(first)),
            head["cassette"]?.intValue == Cassette.version
        else { throw ModelSetupError("\(path) is no cassette of this version; record one with --record") }
        var exchanges: [Cassette.Exchange] = []
        for (index, line) in lines.enumerated().dropFirst() {
            do {
                exchanges.append(try Cassette.Exchange(line: String(line)))
            } catch {
                throw ModelSetupError("\(path):\(index + 1): \(error)")
            }
        }
        self.exchanges = exchanges
    }

    var facts: ModelFacts { exchanges.first?.subject.facts ?? ModelFacts() }

    func respond(
        to request: ModelRequest,
        sink: @escaping @Sendable (ModelDelta) -> Void
    ) async throws -> ModelReply {
        let index = position.withLock { position in
            defer { position += 1 }
            return position
        }
        guard exchanges.indices.contains(index) else {
            throw ModelError(
                code: .invalidRequest,
                message: "\(name): the cassette is at its end after \(exchanges.count) exchanges; record it anew"
            )
        }
        let exchange = exchanges[index]
        let model = exchange.subject.httpModel(transport: Player(exchange), clock: clock)
        if exchange.subject.tools == .text { return try await TextToolModel(model).respond(to: request, sink: sink) }
        return try await model.respond(to: request, sink: sink)
    }

    /// Carries one exchange out of memory.
    private struct Player: HTTPTransport {
        let exchange: Cassette.Exchange

        init(_ exchange: Cassette.Exchange) { self.exchange = exchange }

        func perform(_ call: HTTPCall, _ receiver: any HTTPReceiver) async throws {
            guard call.url.hasSuffix(exchange.path) else {
                throw TransportError(
                    kind: .invalid,
                    message: "the recorded exchange was with \(exchange.path), now \(call.url) is asked"
                )
            }
            if exchange.status > 0 {
                try receiver.receive(HTTPHead(status: exchange.status, headers: exchange.headers))
                for piece in exchange.pieces { try piece.withUnsafeBytes { try receiver.receive($0) } }
            }
            if let failure = exchange.failure { throw TransportError(kind: .cut, message: failure) }
        }
    }
}

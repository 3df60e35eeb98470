import Synchronization

@testable import AnimaModels

/// Carries no exchange anywhere: answers come from a list, and calls are kept.
final class ScriptedTransport: HTTPTransport {
    struct Answer: Sendable {
        var status = 200
        var headers: [(name: String, value: String)] = [("content-type", "application/json")]
        var pieces: [[UInt8]] = []
        var failure: TransportError?

        init(_ status: Int = 200, _ texts: String..., headers: [(String, String)] = []) {
            self.status = status
            self.headers += headers.map { (name: $0.0, value: $0.1) }
            pieces = texts.map { Array($0.utf8) }
        }
    }

    private let state: Mutex<(answers: [Answer], calls: [HTTPCall])>

    init(_ answers: Answer...) { state = Mutex((answers, [])) }

    /// What was asked, in order.
    var calls: [HTTPCall] { state.withLock { $0.calls } }

    func perform(_ call: HTTPCall, _ receiver: any HTTPReceiver) async throws {
        let answer = state.withLock { state -> Answer? in
            state.calls.append(call)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let answer else { throw TransportError(kind: .unreachable, message: "nobody is there") }
        if answer.status > 0 { try receiver.receive(HTTPHead(status: answer.status, headers: answer.headers)) }
        for piece in answer.pieces { try piece.withUnsafeBytes { try receiver.receive($0) } }
        if let failure = answer.failure { throw failure }
    }
}

import AnimaCore
import Synchronization

/// What models have said of replies that are not whole yet; written by the stream, read when a turn is cut short.
final class SpokenText: Sendable {
    private let texts = Mutex<[TurnID: String]>([:])

    /// All of it, by turn.
    var all: [TurnID: String] { texts.withLock { $0 } }

    func append(_ text: String, to turn: TurnID) {
        texts.withLock { $0[turn, default: ""] += text }
    }

    /// Forgets a turn's text; returns whether there was any.
    @discardableResult
    func clear(_ turn: TurnID) -> Bool {
        texts.withLock { $0.removeValue(forKey: turn) != nil }
    }
}

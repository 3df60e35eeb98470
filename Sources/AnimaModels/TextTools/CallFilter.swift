import AnimaCore
import Synchronization

/// Passes on what a model says, without its calls: a person reads the text while it comes.
final class CallFilter: Sendable {
    fileprivate struct State {
        /// What may still become a tag; inside of a call, all of it.
        var held = ""
        var isInsideCall = false
    }

    private let state = Mutex(State())
    private let sink: @Sendable (ModelDelta) -> Void

    init(_ sink: @escaping @Sendable (ModelDelta) -> Void) { self.sink = sink }

    func pass(_ delta: ModelDelta) {
        guard case .text(let text) = delta else { return sink(delta) }
        let passed = state.withLock { $0.take(text) }
        if !passed.isEmpty { sink(.text(passed)) }
    }

    /// The reply ended: what was held back and is no call is passed on.
    func finish() {
        let rest = state.withLock { state in
            defer { state.held = "" }
            return state.isInsideCall
                ? TextToolProtocol.parts(of: TextToolProtocol.opening + state.held).text : state.held
        }
        if !rest.isEmpty { sink(.text(rest)) }
    }
}

extension CallFilter.State {
    fileprivate mutating func take(_ text: String) -> String {
        held += text
        var passed = ""
        // Inside of a call nothing changes before a tag may be whole.
        if isInsideCall, !text.contains(">") { return "" }
        while true {
            if isInsideCall {
                // A call that is malformed is known as one only when the reply ends.
                guard let end = TextToolProtocol.validEnd(of: held[...]) else { return passed }
                held = String(held[end.upperBound...])
                isInsideCall = false
                continue
            }
            let tag = TextToolProtocol.opening
            if let range = held.firstRange(of: tag) {
                passed += held[..<range.lowerBound]
                held = String(held[range.upperBound...])
                isInsideCall = true
                continue
            }
            // The longest end of the text that a tag may begin with stays.
            var kept = min(tag.count - 1, held.count)
            while kept > 0, !tag.hasPrefix(held.suffix(kept)) { kept -= 1 }
            passed += held.dropLast(kept)
            held = String(held.suffix(kept))
            return passed
        }
    }
}

import AnimaCore
import Synchronization

/// Passes on what a model says, without its calls: a person reads the text while it comes.
final class CallFilter: Sendable {
    fileprivate struct State {
        /// What may still become a tag.
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

    /// The reply ended: what was held back and is no tag is passed on.
    func finish() {
        let rest = state.withLock { state in
            defer { state.held = "" }
            return state.isInsideCall ? "" : state.held
        }
        if !rest.isEmpty { sink(.text(rest)) }
    }
}

extension CallFilter.State {
    fileprivate mutating func take(_ text: String) -> String {
        held += text
        var passed = ""
        while true {
            let tag = isInsideCall ? TextToolProtocol.closing : TextToolProtocol.opening
            if let range = held.firstRange(of: tag) {
                if !isInsideCall { passed += held[..<range.lowerBound] }
                held = String(held[range.upperBound...])
                isInsideCall.toggle()
                continue
            }
            // The longest end of the text that a tag may begin with stays.
            var kept = min(tag.count - 1, held.count)
            while kept > 0, !tag.hasPrefix(held.suffix(kept)) { kept -= 1 }
            if !isInsideCall { passed += held.dropLast(kept) }
            held = String(held.suffix(kept))
            return passed
        }
    }
}

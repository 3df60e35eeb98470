import Synchronization

/// Keeps the head and the tail of one output stream, in bounded memory, and passes it on as text while it comes.
///
/// A class with a lock: the reader fills it, and what it has must be there even when the reader was cancelled.
final class OutputCollector: OutputSink {
    /// So many bytes are kept from the beginning, and so many from the end.
    static let keptBytes = 1024 * 1024

    private struct State {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var total = 0
        /// The beginning of a character whose rest has not come yet.
        var pending: [UInt8] = []
    }

    private let state = Mutex(State())
    private let progress: @Sendable (String) -> Void

    init(progress: @escaping @Sendable (String) -> Void) { self.progress = progress }

    /// Takes the next bytes of the stream.
    func take(_ bytes: UnsafeRawBufferPointer) {
        let text = state.withLock { state in
            state.total += bytes.count
            let forHead = bytes.prefix(Self.keptBytes - state.head.count)
            state.head.append(contentsOf: forHead)
            // What is sure to be pushed out again is not taken in.
            state.tail.append(contentsOf: bytes.dropFirst(forHead.count).suffix(Self.keptBytes))
            if state.tail.count > 2 * Self.keptBytes { state.tail.removeFirst(state.tail.count - Self.keptBytes) }
            let joined = state.pending + bytes
            let whole = Lines.wholeCharacters(in: joined)
            state.pending = Array(joined[whole...])
            return String(decoding: joined[..<whole], as: UTF8.self)
        }
        if !text.isEmpty { progress(text) }
    }

    /// Passes on what is left when the stream has ended.
    func finish() {
        let text = state.withLock { state in
            defer { state.pending = [] }
            return String(decoding: state.pending, as: UTF8.self)
        }
        if !text.isEmpty { progress(text) }
    }

    /// The text of the stream and the number of bytes missing in its middle.
    var result: (text: String, omitted: Int) {
        state.withLock { state in
            var head = state.head[...]
            var tail = state.tail.suffix(Self.keptBytes)
            guard head.count + tail.count < state.total else {
                return (String(decoding: head + tail, as: UTF8.self), 0)
            }
            head = head[..<Lines.wholeCharacters(in: Array(head))]
            while let byte = tail.first, byte & 0xC0 == 0x80 { tail.removeFirst() }
            let omitted = state.total - head.count - tail.count
            return (
                String(decoding: head, as: UTF8.self) + "\n[… \(omitted) of \(state.total) bytes left out …]\n"
                    + String(decoding: tail, as: UTF8.self),
                omitted
            )
        }
    }
}

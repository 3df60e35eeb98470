/// Keeps the head and the tail of a stream, however long it is.
struct CappedOutput: Sendable {
    private let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private(set) var total = 0

    /// - Parameter limit: How many bytes of the head, and of the tail, are kept.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: some Collection<UInt8>) {
        total += bytes.count
        let toHead = min(bytes.count, limit - head.count)
        head += bytes.prefix(toHead)
        tail += bytes.dropFirst(toHead)
        // Cut rarely, so that a long stream costs no more than its bytes.
        if tail.count > limit * 2 { tail.removeFirst(tail.count - limit) }
    }

    /// What was left out between head and tail.
    var omitted: Int { max(0, total - head.count - min(tail.count, limit)) }

    /// Head and tail as text, with a mark between them when something was left out.
    var text: String {
        let end = tail.suffix(limit)
        guard omitted > 0 else { return String(decoding: head + end, as: UTF8.self) }
        return String(decoding: head, as: UTF8.self) + "\n[… \(omitted) bytes left out …]\n"
            + String(decoding: end, as: UTF8.self)
    }
}

/// Turns chunks of bytes into text without breaking characters that were split between chunks.
struct ChunkDecoder: Sendable {
    private var rest: [UInt8] = []

    mutating func decode(_ bytes: some Collection<UInt8>) -> String {
        rest += bytes
        // An unfinished character is at most three bytes long.
        var end = rest.count
        for back in 1...3 where back <= rest.count {
            let byte = rest[rest.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            if length > back { end = rest.count - back }
            break
        }
        defer { rest.removeFirst(end) }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}

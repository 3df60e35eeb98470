/// Finds the lines of a stream of bytes, however it is cut into pieces.
struct LineSplitter: Sendable {
    /// A line that is too long to be kept.
    struct TooLong: Error {}

    /// What ends a line.
    enum Ending: Sendable {
        /// LF; a CR before it belongs to the line.
        case lineFeed
        /// LF, CR or both together.
        case any
    }

    private let ending: Ending
    private let longest: Int
    /// The beginning of a line whose end did not come yet.
    private var rest: [UInt8] = []
    /// Whether the last piece ended with a CR that ended a line: a LF after it belongs to it.
    private var skipsLineFeed = false

    init(_ ending: Ending, longest: Int = 16 * 1024 * 1024) {
        self.ending = ending
        self.longest = longest
    }

    /// Takes more bytes and hands on each line that is whole, without its end.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        _ line: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var start = 0
        var index = 0
        if skipsLineFeed, !bytes.isEmpty {
            skipsLineFeed = false
            if bytes[0] == 0x0A {
                start = 1
                index = 1
            }
        }
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x0A || (byte == 0x0D && ending == .any) else {
                index += 1
                continue
            }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
            if rest.isEmpty {
                try line(piece)
            } else {
                rest.append(contentsOf: piece)
                let whole = rest
                rest.removeAll(keepingCapacity: true)
                try whole.withUnsafeBytes { try line($0) }
            }
            index += 1
            if byte == 0x0D {
                if index == bytes.count {
                    skipsLineFeed = true
                } else if bytes[index] == 0x0A {
                    index += 1
                }
            }
            start = index
        }
        guard rest.count + bytes.count - start <= longest else { throw TooLong() }
        if start < bytes.count { rest.append(contentsOf: bytes[start...]) }
    }

    /// The stream ended: hands on a last line that has no end.
    mutating func finish(_ line: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !rest.isEmpty else { return }
        let last = rest
        rest = []
        try last.withUnsafeBytes { try line($0) }
    }
}

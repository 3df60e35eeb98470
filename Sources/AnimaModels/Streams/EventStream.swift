/// Finds the events of a stream of server-sent events, however it is cut into pieces.
///
/// Source: the HTML Living Standard, section 9.2.6, "Interpreting an event stream". Names, ids and retry times are read over:
/// what models stream says in its data what it is.
struct EventStream: Sendable {
    private var lines = LineSplitter(.any)
    private var data: [UInt8] = []
    private var hasData = false
    private var isFirstLine = true

    /// Takes more bytes and hands on the data of each event that is whole.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        _ event: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // The splitter is moved out, not copied, so that its closure may change the rest.
        var lines = LineSplitter(.any)
        swap(&lines, &self.lines)
        defer { swap(&lines, &self.lines) }
        try lines.take(bytes) { try read($0, event) }
    }

    /// The stream ended; an event without its blank line does not count.
    mutating func finish() {
        data = []
        hasData = false
    }

    private mutating func read(
        _ line: UnsafeRawBufferPointer,
        _ event: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var line = line
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = UnsafeRawBufferPointer(rebasing: line[3...]) }
        }
        if line.isEmpty {
            defer { hasData = false }
            // Some servers keep a connection alive with events of empty data.
            guard !data.isEmpty else { return }
            let whole = data
            data.removeAll(keepingCapacity: true)
            return try whole.withUnsafeBytes { try event($0) }
        }
        guard line.count >= 4, line[0] == UInt8(ascii: "d"), line[1] == UInt8(ascii: "a"),
            line[2] == UInt8(ascii: "t"), line[3] == UInt8(ascii: "a"), line.count == 4 || line[4] == UInt8(ascii: ":")
        else { return }
        var start = min(5, line.count)
        if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        if hasData { data.append(0x0A) }
        hasData = true
        data.append(contentsOf: line[start...])
        guard data.count <= 16 * 1024 * 1024 else { throw LineSplitter.TooLong() }
    }
}

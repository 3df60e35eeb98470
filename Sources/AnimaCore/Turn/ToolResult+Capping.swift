extension ToolResult {
    /// The result that an output amounts to, cut to what a model may see.
    ///
    /// An output over the limit keeps its head and tail; the whole is returned beside it, to be stored with the event.
    static func capped(
        _ output: ToolOutput,
        outcome: Outcome? = nil,
        trust: Trust,
        limit: Int
    ) -> (result: ToolResult, spill: LifeBatch.Spill?) {
        let outcome = outcome ?? (output.isError ? .failed : .succeeded)
        let bytes = Array(output.content.utf8)
        guard bytes.count > limit else {
            return (ToolResult(outcome: outcome, content: output.content, trust: trust), nil)
        }
        let hash = ContentHash.hexadecimal(of: bytes)
        let head = prefix(of: bytes, limit * 2 / 3)
        let tail = suffix(of: bytes, limit / 3)
        let omitted = bytes.count - head.count - tail.count
        let notice =
            "\n[… \(omitted) of \(bytes.count) bytes left out, over the limit of \(limit) (limits.result_bytes); "
            + "ask for a part of it instead …]\n"
        let content = String(decoding: head, as: UTF8.self) + notice + String(decoding: tail, as: UTF8.self)
        return (
            ToolResult(
                outcome: outcome,
                content: content,
                trust: trust,
                spill: Spill(hash: hash, bytes: bytes.count)
            ),
            LifeBatch.Spill(hash: hash, bytes: bytes)
        )
    }

    /// The result with only its head and tail, for a request that had been too long.
    func elided(bytes limit: Int) -> ToolResult {
        let bytes = Array(content.utf8)
        guard bytes.count > limit else { return self }
        let head = Self.prefix(of: bytes, limit * 2 / 3)
        let tail = Self.suffix(of: bytes, limit / 3)
        let omitted = bytes.count - head.count - tail.count
        let notice = "\n[… \(omitted) bytes left out to fit the model's window …]\n"
        return ToolResult(
            outcome: outcome,
            content: String(decoding: head, as: UTF8.self) + notice + String(decoding: tail, as: UTF8.self),
            trust: trust,
            spill: spill
        )
    }

    /// At most `count` bytes from the beginning, ending between characters.
    private static func prefix(of bytes: [UInt8], _ count: Int) -> ArraySlice<UInt8> {
        var end = min(max(count, 0), bytes.count)
        while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return bytes[..<end]
    }

    /// At most `count` bytes from the end, beginning between characters.
    private static func suffix(of bytes: [UInt8], _ count: Int) -> ArraySlice<UInt8> {
        var start = bytes.count - min(max(count, 0), bytes.count)
        while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
        return bytes[start...]
    }
}

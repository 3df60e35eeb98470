extension ToolResult {
    /// The result that an output amounts to, cut to what a model may see.
    ///
    /// An output over the limit keeps its head and tail; the whole is returned beside it, to be stored with the event, and so
    /// are its images.
    ///
    /// - Parameter readOn: The call that reads the whole from a line; nil when there is none.
    static func capped(
        _ output: ToolOutput,
        outcome: Outcome? = nil,
        trust: Trust,
        limit: Int,
        imageLimit: Int = 0,
        readOn: (Int) -> String? = { _ in nil }
    ) -> (result: ToolResult, spills: [LifeBatch.Spill]) {
        var output = output
        let shown = Self.images(of: &output, limit: imageLimit)
        let images = shown.map(\.image)
        let kept = shown.map { LifeBatch.Spill(hash: $0.image.hash, bytes: $0.bytes) }
        let outcome = outcome ?? (output.isError ? .failed : .succeeded)
        let bytes = Array(output.content.utf8)
        guard bytes.count > limit else {
            return (ToolResult(outcome: outcome, content: output.content, trust: trust, images: images), kept)
        }
        let hash = ContentHash.hexadecimal(of: bytes)
        let head = prefix(of: bytes, limit * 2 / 3)
        let tail = suffix(of: bytes, limit / 3)
        let omitted = bytes.count - head.count - tail.count
        let line = head.count { $0 == UInt8(ascii: "\n") } + 1
        let way = readOn(line).map { "read on with \($0)" } ?? "ask for a part of it instead"
        let notice =
            "\n[… \(omitted) of \(bytes.count) bytes left out, over the limit of \(limit) (limits.result_bytes); \(way) …]\n"
        let content = String(decoding: head, as: UTF8.self) + notice + String(decoding: tail, as: UTF8.self)
        return (
            ToolResult(
                outcome: outcome,
                content: content,
                trust: trust,
                spill: Spill(hash: hash, bytes: bytes.count),
                images: images
            ),
            kept + [LifeBatch.Spill(hash: hash, bytes: bytes)]
        )
    }

    /// The images that models can be shown, together within the limit; what is left out is said in the content.
    private static func images(
        of output: inout ToolOutput,
        limit: Int
    ) -> [(image: Envelope.Image, bytes: [UInt8])] {
        var shown: [(image: Envelope.Image, bytes: [UInt8])] = []
        var total = 0
        for bytes in output.images {
            guard let image = Envelope.Image(of: bytes) else {
                output.content += "\n[an image is of no kind that models take (PNG, JPEG, GIF, WebP)]"
                continue
            }
            guard total + bytes.count <= limit else {
                output.content +=
                    "\n[an image of \(bytes.count) bytes is left out, over the limit of \(limit) (limits.image_bytes)]"
                continue
            }
            total += bytes.count
            shown.append((image, bytes))
        }
        return shown
    }

    /// The result with only its head and tail, for a request that had been too long.
    ///
    /// - Parameter keepsImages: Whether its images stay.
    func elided(bytes limit: Int, keepsImages: Bool = false) -> ToolResult {
        let shown = keepsImages ? images ?? [] : []
        var content = content
        if shown.isEmpty, images != nil { content += "\n[its image is left out to fit the model's window]" }
        let bytes = Array(content.utf8)
        guard bytes.count > limit else {
            return ToolResult(outcome: outcome, content: content, trust: trust, spill: spill, images: shown)
        }
        let head = Self.prefix(of: bytes, limit * 2 / 3)
        let tail = Self.suffix(of: bytes, limit / 3)
        let omitted = bytes.count - head.count - tail.count
        let notice = "\n[… \(omitted) bytes left out to fit the model's window …]\n"
        return ToolResult(
            outcome: outcome,
            content: String(decoding: head, as: UTF8.self) + notice + String(decoding: tail, as: UTF8.self),
            trust: trust,
            spill: spill,
            images: shown
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

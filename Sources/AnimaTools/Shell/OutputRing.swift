/// The newest output of a program, by its place in all of it.
struct OutputRing {
    /// So many bytes are kept.
    static let capacity = 1 << 20

    /// The number of bytes that came.
    private(set) var total = 0
    /// The newest of them; more than are kept, so that not each byte moves all others.
    private var newest: [UInt8] = []

    /// A part of the output.
    struct Part: Hashable {
        var text = ""
        /// How many bytes between the place that was asked for and the text are no longer there.
        var dropped = 0
        /// The place after the text.
        var end = 0
        /// How many bytes are there beyond the text.
        var rest = 0
    }

    /// The first place that is kept.
    private var start: Int { total - min(newest.count, Self.capacity) }

    /// Takes the next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        total += bytes.count
        newest.append(contentsOf: bytes.suffix(Self.capacity))
        if newest.count > 2 * Self.capacity { trim() }
    }

    /// Gives back the memory that is not needed.
    mutating func trim() {
        newest = Array(newest.suffix(Self.capacity))
    }

    /// The output from a place on.
    ///
    /// - Parameters:
    ///   - limit: At most so many bytes; where more follow it ends after a line, when there is one.
    ///   - isWhole: Whether nothing more comes; else a character that is only begun is left for later.
    func part(from place: Int, limit: Int, isWhole: Bool) -> Part {
        var from = max(place, start)
        let kept = newest.suffix(total - start)
        if from > place {
            // The rest of a character whose beginning is gone.
            while from < total, from < start + 4, kept[kept.startIndex + from - start] & 0xC0 == 0x80 { from += 1 }
        }
        let available = kept.dropFirst(min(from, total) - start)
        var bytes = Array(available.prefix(limit))
        let isCut = bytes.count < available.count
        if isCut || !isWhole { bytes.removeLast(bytes.count - Lines.wholeCharacters(in: bytes)) }
        if isCut, let feed = bytes.lastIndex(of: Lines.lineFeed), feed >= bytes.count / 2 {
            bytes.removeLast(bytes.count - feed - 1)
        }
        let end = min(from, total) + bytes.count
        return Part(
            text: String(decoding: bytes, as: UTF8.self),
            dropped: max(0, from - place),
            end: end,
            rest: total - end
        )
    }
}

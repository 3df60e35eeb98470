import AnimaCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The lines of a text in memory; a last line without its line feed counts, nothing after a last line feed does not.
enum Lines {
    /// The number of lines in a text.
    static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let last = bytes.last else { return 0 }
        return feeds(in: bytes) + (last == lineFeed ? 0 : 1)
    }

    /// The number of lines in a text.
    static func count(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { count($0) } }

    /// The number of line feeds in some bytes.
    static func feeds(in bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var position = 0
        while let feed = nextFeed(in: bytes, from: position) {
            count += 1
            position = feed + 1
        }
        return count
    }

    /// How the lines of a text end, in a few words.
    static func ends(in bytes: [UInt8]) -> String {
        let all = bytes.withUnsafeBytes { feeds(in: $0) }
        let returned = zip(bytes, bytes.dropFirst()).count { $0 == UInt8(ascii: "\r") && $1 == lineFeed }
        switch (all, returned) {
        case (0, _): return "none"
        case (_, 0): return "LF"
        case (returned, _): return "CRLF"
        default: return "mixed (\(returned) CRLF, \(all - returned) LF)"
        }
    }

    /// The offset of the first line feed at or after a position.
    static func nextFeed(in bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
        guard let base = bytes.baseAddress, position < bytes.count,
            let found = memchr(base + position, CInt(lineFeed), bytes.count - position)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// The offset of the first occurrence of a text at or after a position.
    static func find(_ text: [UInt8], in bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
        guard let base = bytes.baseAddress, !text.isEmpty else { return nil }
        // glibc's `memmem` is hidden from Swift. The rarest byte is looked for, the others are compared then.
        let anchor = text.indices.min { commonness(text[$0]) < commonness(text[$1]) } ?? 0
        var start = position
        while start <= bytes.count - text.count {
            let from = start + anchor
            let length = bytes.count - text.count - start + 1
            guard let found = memchr(base + from, CInt(text[anchor]), length) else { return nil }
            start = UnsafeRawPointer(found) - base - anchor
            if memcmp(base + start, text, text.count) == 0 { return start }
            start += 1
        }
        return nil
    }

    /// Roughly how often a byte occurs in texts and programs, from 0.
    private static func commonness(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: " "): 5
        case UInt8(ascii: "e"), UInt8(ascii: "t"), UInt8(ascii: "a"), UInt8(ascii: "i"), UInt8(ascii: "n"),
            UInt8(ascii: "o"), UInt8(ascii: "r"), UInt8(ascii: "s"):
            4
        case UInt8(ascii: "a")...UInt8(ascii: "z"), lineFeed: 3
        case 0x21...0x3F, 0x80...: 2
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
        default: 0
        }
    }

    /// Whether bytes look like something other than text: a NUL among the first 8 KiB.
    static func looksBinary(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return memchr(base, 0, min(bytes.count, 8192)) != nil
    }

    /// The number of bytes up to a character that is only begun at the end.
    static func wholeCharacters(in bytes: [UInt8]) -> Int {
        // A character has at most four bytes, so its first is among the last three if the rest is missing.
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    static let lineFeed = UInt8(ascii: "\n")
}

/// A count with its noun.
func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

/// A path as a part of a line: one with control characters, line feeds among them, stands in quotes as in JSON.
func shownPath(_ path: String) -> String {
    path.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? JSONValue.string(path).text : path
}

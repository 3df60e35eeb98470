/// Takes secrets out of texts that come back from outside, also when they are written in base64, hexadecimal or
/// percent-encoded, wherever they stand in what was encoded.
///
/// It is a second line: no tool is given a secret in the first place. It can't find what was cut up or encrypted.
public struct SecretMask: Sendable {
    private struct Needle: Sendable {
        let bytes: [UInt8]
        /// Whether letters count in either case.
        let ignoresCase: Bool
    }

    private let needles: [Needle]

    /// What stands for a secret.
    public static let replacement = "(secret)"

    /// A mask for these secrets; those of fewer than 8 bytes would blacken ordinary words and are left alone.
    public init(_ secrets: [Secret]) {
        var seen: Set<[UInt8]> = []
        var needles: [Needle] = []
        func add(_ text: some Sequence<UInt8>, ignoresCase: Bool = false) {
            let bytes = Array(text)
            if bytes.count >= 8, seen.insert(bytes).inserted {
                needles.append(Needle(bytes: bytes, ignoresCase: ignoresCase))
            }
        }
        for secret in Set(secrets.map { $0.reveal() }).sorted() where secret.utf8.count >= 8 {
            let bytes = Array(secret.utf8)
            add(bytes)
            for offset in 0..<3 {
                let inner = Self.base64(bytes, after: offset)
                add(inner)
                // The alphabet for addresses.
                add(
                    inner.map {
                        $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
                    }
                )
            }
            add(bytes.flatMap { Self.hexadecimal($0) }, ignoresCase: true)
            add(bytes.flatMap { [UInt8(ascii: "%")] + Self.hexadecimal($0) }, ignoresCase: true)
            add(
                bytes.flatMap { Self.isUnreserved($0) ? [$0] : [UInt8(ascii: "%")] + Self.hexadecimal($0) },
                ignoresCase: true
            )
        }
        // The longest first, so that none is found inside another.
        self.needles = needles.sorted { $0.bytes.count > $1.bytes.count }
    }

    /// Whether there is nothing to mask.
    public var isEmpty: Bool { needles.isEmpty }

    /// The text without the secrets.
    public func masked(_ text: String) -> String {
        guard !needles.isEmpty else { return text }
        var bytes = Array(text.utf8)
        var isChanged = false
        for needle in needles {
            guard let cleaned = Self.removing(needle, from: bytes) else { continue }
            bytes = cleaned
            isChanged = true
        }
        return isChanged ? String(decoding: bytes, as: UTF8.self) : text
    }

    /// The bytes with every occurrence replaced; nil when there is none.
    private static func removing(_ needle: Needle, from bytes: [UInt8]) -> [UInt8]? {
        let wanted = needle.ignoresCase ? needle.bytes.map(lowercased) : needle.bytes
        guard bytes.count >= wanted.count, let first = wanted.first else { return nil }
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        while index + wanted.count <= bytes.count {
            let byte = needle.ignoresCase ? lowercased(bytes[index]) : bytes[index]
            if byte == first, matches(wanted, bytes, index, needle.ignoresCase) {
                output += bytes[copied..<index]
                output += replacement.utf8
                index += wanted.count
                copied = index
            } else {
                index += 1
            }
        }
        return copied == 0 ? nil : output + bytes[copied...]
    }

    private static func matches(_ wanted: [UInt8], _ bytes: [UInt8], _ start: Int, _ ignoresCase: Bool) -> Bool {
        for (offset, byte) in wanted.enumerated() {
            let found = bytes[start + offset]
            guard (ignoresCase ? lowercased(found) : found) == byte else { return false }
        }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// The part of the base64 text that only depends on these bytes when `offset` others stand before them.
    private static func base64(_ bytes: [UInt8], after offset: Int) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let all = [UInt8](repeating: 0, count: offset) + bytes
        var output: [UInt8] = []
        // Only whole groups of six bits that hold nothing but bits of the secret.
        let firstBit = offset * 8
        let endBit = all.count * 8
        var bit = (firstBit + 5) / 6 * 6
        while bit + 6 <= endBit {
            var value = 0
            for position in bit..<bit + 6 {
                value = value << 1 | Int(all[position / 8] >> UInt8(7 - position % 8) & 1)
            }
            output.append(alphabet[value])
            bit += 6
        }
        return output
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

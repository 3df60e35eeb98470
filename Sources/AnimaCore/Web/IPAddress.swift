/// The number of a host: 4 bytes for version 4, 16 for version 6.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// In network order.
    public let bytes: [UInt8]

    /// Takes 4 or 16 bytes in network order; nil for another number of them.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads version 4 as `inet_aton` does, which most programs use: one to four numbers, decimal, octal or hexadecimal,
    /// of which the last one fills what is left.
    ///
    /// So `127.1`, `0x7f000001`, `017700000001` and `2130706433` are all 127.0.0.1. Nil for what is none.
    public init?(version4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        var numbers: [UInt64] = []
        for part in parts {
            guard let number = Self.number(Substring(part)) else { return nil }
            numbers.append(number)
        }
        guard let last = numbers.popLast(), last < 1 << UInt64(8 * (4 - numbers.count)) else { return nil }
        guard numbers.allSatisfy({ $0 < 256 }) else { return nil }
        var value = last
        for (index, number) in numbers.enumerated() { value |= number << UInt64(8 * (3 - index)) }
        bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (3 - $0))) }
    }

    /// Reads version 6 as RFC 4291 (2.2) writes it; nil for what is none, and for one with a zone.
    public init?(version6 text: some StringProtocol) {
        var text = String(text)
        guard text.utf8.count <= 45 else { return nil }
        if text.contains("."), let colon = text.lastIndex(of: ":") {
            let tail = text[text.index(after: colon)...]
            let parts = tail.split(separator: ".", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { part -> Int? in
                guard part.utf8.allSatisfy(Self.isDigit), part == "0" || part.first != "0" else { return nil }
                return Int(part)
            }
            guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 < 256 }) else { return nil }
            let groups = [numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]]
            text = text[...colon] + groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let halves = Self.halves(text)
        guard halves.count <= 2 else { return nil }
        var groups: [[UInt16]] = []
        for half in halves {
            var numbers: [UInt16] = []
            if !half.isEmpty {
                for group in half.split(separator: ":", omittingEmptySubsequences: false) {
                    guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy(Self.isHexadecimalDigit),
                        let number = UInt16(group, radix: 16)
                    else { return nil }
                    numbers.append(number)
                }
            }
            groups.append(numbers)
        }
        let missing = 8 - groups.reduce(0) { $0 + $1.count }
        guard halves.count == 2 ? missing >= 1 : missing == 0 else { return nil }
        let all = halves.count == 2 ? groups[0] + [UInt16](repeating: 0, count: missing) + groups[1] : groups[0]
        bytes = all.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    /// The one way to write it: RFC 5952 for version 6.
    public var description: String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return longest.isEmpty ? text(0..<8) : text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
    }

    /// What is before and after the `::`; the whole text when there is none.
    private static func halves(_ text: String) -> [Substring] {
        var halves: [Substring] = []
        var rest = text[...]
        while let index = rest.indices.first(where: { rest[$0...].hasPrefix("::") }) {
            halves.append(rest[..<index])
            rest = rest[rest.index(index, offsetBy: 2)...]
        }
        return halves + [rest]
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.count <= 32 else { return nil }
        let (digits, radix): (Substring, Int) =
            text.hasPrefix("0x") || text.hasPrefix("0X")
            ? (text.dropFirst(2), 16) : text.hasPrefix("0") && text.utf8.count > 1 ? (text.dropFirst(), 8) : (text, 10)
        // A sign, which the number's own initializer takes, is none here.
        guard !digits.isEmpty, digits.utf8.allSatisfy(isHexadecimalDigit) else { return nil }
        return UInt64(digits, radix: radix)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

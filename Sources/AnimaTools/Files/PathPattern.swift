/// A pattern of paths as `.gitignore` has it: `*` and `?` stop at `/`, `[a-z]` is one of these bytes, `\` takes the
/// next byte literally, and `**` between slashes stands for any directories.
///
/// Source: gitignore(5), "PATTERN FORMAT". It is not the gate's `Glob`, which has neither brackets nor `\`. Matching
/// takes time proportional to pattern times text, whatever they are.
struct PathPattern: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case byte(UInt8)
        case one
        case set(ByteSet)
        case many
        case manyAcross
        /// `**/`, before a name: nothing, or a directory.
        case directories
        /// `**/`, within the name of a directory.
        case insideDirectories
    }

    /// Bytes, as a bit for each.
    struct ByteSet: Hashable, Sendable {
        private var low: SIMD4<UInt64> = .zero

        func contains(_ byte: UInt8) -> Bool { low[Int(byte >> 6)] & 1 << UInt64(byte & 63) != 0 }
        mutating func insert(_ byte: UInt8) { low[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
        func inverted() -> ByteSet { ByteSet(low: ~low) }
        init() {}
        private init(low: SIMD4<UInt64>) { self.low = low }
    }

    private let parts: [Part]
    /// The bytes that a path must be, when the pattern has nothing special.
    private let literal: [UInt8]?
    /// The bytes that a path must end in, when the pattern is `*` and these.
    private let suffix: [UInt8]?

    init(_ pattern: some StringProtocol) { self.init(bytes: Array(pattern.utf8)) }

    init(bytes: [UInt8]) {
        let slash = UInt8(ascii: "/")
        var parts: [Part] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "*"):
                let start = index
                while index < bytes.count, bytes[index] == UInt8(ascii: "*") { index += 1 }
                let isWhole = (start == 0 || bytes[start - 1] == slash) && index - start == 2
                if isWhole, index == bytes.count {
                    parts.append(.manyAcross)
                } else if isWhole, bytes[index] == slash {
                    parts += [.directories, .insideDirectories]
                    index += 1
                } else {
                    parts.append(.many)
                }
                continue
            case UInt8(ascii: "?"): parts.append(.one)
            case UInt8(ascii: "["):
                if let (set, next) = Self.set(in: bytes, at: index) {
                    parts.append(.set(set))
                    index = next
                    continue
                }
                parts.append(.byte(bytes[index]))
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                index += 1
                parts.append(.byte(bytes[index]))
            case let byte: parts.append(.byte(byte))
            }
            index += 1
        }
        self.parts = parts
        literal = Self.bytes(of: parts[...])
        suffix = parts.first == .many ? Self.bytes(of: parts.dropFirst()) : nil
    }

    /// The patterns that one with alternatives in braces stands for: `*.{c,h}` is `*.c` and `*.h`; at most 64.
    static func expandingBraces(_ pattern: String) -> [PathPattern] {
        var done: [[UInt8]] = []
        var pending = [Array(pattern.utf8)]
        while let next = pending.popLast() {
            guard done.count + pending.count < 64, let open = next.lastIndex(of: UInt8(ascii: "{")),
                let close = next[open...].firstIndex(of: UInt8(ascii: "}"))
            else {
                done.append(next)
                continue
            }
            for choice in next[(open + 1)..<close].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            {
                pending.append(Array(next[..<open] + choice + next[(close + 1)...]))
            }
        }
        return done.map { PathPattern(bytes: $0) }
    }

    /// Whether the pattern stands for the whole path.
    func matches(_ path: some StringProtocol) -> Bool {
        let text = path.utf8
        if let literal { return text.elementsEqual(literal) }
        if let suffix {
            guard text.count >= suffix.count else { return false }
            let start = text.index(text.endIndex, offsetBy: -suffix.count)
            return text[start...].elementsEqual(suffix) && !text[..<start].contains(UInt8(ascii: "/"))
        }
        return run(Array(text))
    }

    /// Follows all positions in the pattern that the text read so far can be at.
    private func run(_ text: [UInt8]) -> Bool {
        var reached = [Bool](repeating: false, count: parts.count + 1)
        var next = reached
        reached[0] = true
        skipEmpty(&reached)
        for byte in text {
            let isSlash = byte == UInt8(ascii: "/")
            for index in next.indices { next[index] = false }
            for (index, part) in parts.enumerated() where reached[index] {
                switch part {
                case .byte(let expected): if byte == expected { next[index + 1] = true }
                case .one: if !isSlash { next[index + 1] = true }
                case .set(let set): if !isSlash, set.contains(byte) { next[index + 1] = true }
                case .many: if !isSlash { next[index] = true }
                case .manyAcross: next[index] = true
                case .directories: if !isSlash { next[index + 1] = true }
                case .insideDirectories: next[isSlash ? index - 1 : index] = true
                }
            }
            skipEmpty(&next)
            swap(&reached, &next)
        }
        return reached[parts.count]
    }

    /// Adds the positions that are reached without reading.
    private func skipEmpty(_ reached: inout [Bool]) {
        for (index, part) in parts.enumerated() where reached[index] {
            switch part {
            case .many, .manyAcross: reached[index + 1] = true
            case .directories: reached[index + 2] = true
            case .byte, .one, .set, .insideDirectories: break
            }
        }
    }

    private static func bytes(of parts: ArraySlice<Part>) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .byte(let byte) = part else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Reads `[…]`; nil when it has no end and `[` is meant literally.
    private static func set(in bytes: [UInt8], at start: Int) -> (ByteSet, next: Int)? {
        var set = ByteSet()
        var index = start + 1
        let isInverted = index < bytes.count && (bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^"))
        if isInverted { index += 1 }
        let first = index
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "]"), index > first {
                return (isInverted ? set.inverted() : set, index + 1)
            }
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            let low = bytes[index]
            if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index + 2] != UInt8(ascii: "]") {
                let high = bytes[index + 2]
                if low <= high { for byte in low...high { set.insert(byte) } }
                index += 3
            } else {
                set.insert(low)
                index += 1
            }
        }
        return nil
    }
}

/// What a model asks for by a pattern: one with a slash is compared with the whole path, one without with the name.
struct PathFilter: Hashable, Sendable {
    private let patterns: [PathPattern]
    private let comparesPath: Bool

    init(_ pattern: String) {
        comparesPath = pattern.utf8.contains(UInt8(ascii: "/"))
        patterns = PathPattern.expandingBraces(
            pattern.utf8.first == UInt8(ascii: "/") ? String(pattern.dropFirst()) : pattern
        )
    }

    func matches(path: String, name: String) -> Bool {
        patterns.contains { $0.matches(comparesPath ? path : name) }
    }
}

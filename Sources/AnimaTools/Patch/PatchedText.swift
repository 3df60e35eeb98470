/// The lines of a file while hunks are applied to it, one after the other.
struct PatchedText: Hashable, Sendable {
    /// How exactly the lines of a hunk have to be those of the file.
    enum Fuzz: Int, Comparable, Sendable, CaseIterable {
        /// Every byte.
        case none
        /// All but the carriage return before the line feed.
        case lineEnds
        /// All but whitespace at the end of a line.
        case trailingSpace

        static func < (left: Fuzz, right: Fuzz) -> Bool { left.rawValue < right.rawValue }
    }

    /// Where a hunk went.
    struct Landing: Hashable, Sendable {
        /// The first line of the place in the file as it is after the hunks before, from 1.
        let line: Int
        /// How many lines further down than expected.
        let offset: Int
        let fuzz: Fuzz
    }

    /// Why a hunk does not fit.
    enum Misfit: Error, Hashable {
        /// Its lines are nowhere.
        case nowhere
        /// Its lines are at several places, none of them the expected one; their first lines.
        case severalPlaces([Int])
    }

    private var lines: [[UInt8]]
    private var endsWithFeed: Bool
    private let usesReturns: Bool
    /// How much further down lines are than in the file as it was.
    private var shift = 0
    /// The lines before this one were dealt with by hunks before.
    private var floor = 0

    init(_ bytes: [UInt8]) {
        var parts = bytes.split(separator: Lines.lineFeed, omittingEmptySubsequences: false).map(Array.init)
        endsWithFeed = parts.last?.isEmpty ?? true
        if endsWithFeed { parts.removeLast() }
        lines = parts
        let returned = parts.count { $0.last == UInt8(ascii: "\r") }
        usesReturns = returned * 2 > parts.count
    }

    /// The file as it is now.
    var bytes: [UInt8] {
        var result = Array(lines.joined(separator: [Lines.lineFeed]))
        if endsWithFeed, !lines.isEmpty { result.append(Lines.lineFeed) }
        return result
    }

    /// Applies a hunk.
    ///
    /// It goes where its header says; when its lines are not there, to the only other place where they are.
    ///
    /// - Parameter maxFuzz: How much may differ.
    mutating func apply(_ hunk: UnifiedDiff.Hunk, maxFuzz: Fuzz = .trailingSpace) throws(Misfit) -> Landing {
        let old = hunk.old
        let expected = hunk.start.map { $0 - 1 + shift }
        for fuzz in Fuzz.allCases where fuzz <= maxFuzz {
            guard let place = try place(of: old, expected: expected, fuzz) else { continue }
            replace(hunk, at: place, fuzz)
            let before = shift
            shift += hunk.new.count - old.count
            if let start = hunk.start { shift += place - (start - 1 + before) }
            return Landing(line: place + 1, offset: expected.map { place - $0 } ?? 0, fuzz: fuzz)
        }
        throw .nowhere
    }

    private func place(of old: [[UInt8]], expected: Int?, _ fuzz: Fuzz) throws(Misfit) -> Int? {
        func fits(_ place: Int) -> Bool {
            guard place >= floor, place + old.count <= lines.count else { return false }
            for (index, line) in old.enumerated() where !Self.isSame(lines[place + index], line, fuzz) { return false }
            return true
        }
        guard !old.isEmpty else {
            // Nothing to be recognized by: only the number can say where.
            if let expected { return min(max(expected, floor), lines.count) }
            return lines.isEmpty ? 0 : nil
        }
        if let expected, fits(expected) { return expected }
        guard old.count <= lines.count else { return nil }
        let places = (floor...max(floor, lines.count - old.count)).filter(fits)
        if places.count > 1 { throw .severalPlaces(places.map { $0 + 1 }) }
        return places.first
    }

    private mutating func replace(_ hunk: UnifiedDiff.Hunk, at place: Int, _ fuzz: Fuzz) {
        var result: [[UInt8]] = []
        var position = place
        for line in hunk.lines {
            switch line.kind {
            case .context:
                // Of lines that stay, what the file has counts.
                result.append(lines[position])
                position += 1
            case .removed: position += 1
            case .added:
                var text = line.text
                if fuzz != .none || hunk.old.isEmpty, usesReturns, text.last != UInt8(ascii: "\r") {
                    text.append(UInt8(ascii: "\r"))
                }
                result.append(text)
            }
        }
        if position == lines.count, let last = hunk.lines.last(where: { $0.kind != .removed }) {
            let hadMark = hunk.lines.contains { $0.kind != .added && $0.isUnended }
            if last.isUnended {
                endsWithFeed = false
            } else if last.kind == .added || hadMark {
                endsWithFeed = true
            }
        }
        lines.replaceSubrange(place..<position, with: result)
        floor = place + result.count
    }

    private static func isSame(_ left: [UInt8], _ right: [UInt8], _ fuzz: Fuzz) -> Bool {
        if left == right { return true }
        switch fuzz {
        case .none: return false
        case .lineEnds: return withoutReturn(left) == withoutReturn(right)
        case .trailingSpace: return withoutSpace(left) == withoutSpace(right)
        }
    }

    private static func withoutReturn(_ line: [UInt8]) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
    }

    private static func withoutSpace(_ line: [UInt8]) -> ArraySlice<UInt8> {
        var line = line[...]
        while let last = line.last, last == 0x20 || (0x09...0x0D).contains(last) { line = line.dropLast() }
        return line
    }
}

/// Finds the place of a file that a text not found there probably meant.
enum NearMiss {
    /// Files with more lines are not searched.
    private static let maxLines = 50_000
    /// Longer lines are compared by their beginning.
    private static let maxLineBytes = 300

    /// A few sentences for the model: the most similar place with its line numbers and text, and how it differs.
    ///
    /// - Parameter name: What the text is called.
    static func describe(_ text: String, called name: String = "old_text", in bytes: [UInt8]) -> String {
        let wanted = lines(of: Array(text.utf8))
        let file = lines(of: bytes)
        guard file.count <= maxLines, let start = mostSimilar(wanted, in: file) else {
            return "Nothing similar was found; read the file first."
        }
        let end = min(file.count, start + wanted.count)
        let place = file[start..<end]
        let shown = place.prefix(20).map { String(decoding: $0.prefix(maxLineBytes), as: UTF8.self) }
        var result = "Most similar: " + (end - start == 1 ? "line \(start + 1)" : "lines \(start + 1)-\(end)") + "\n"
        result += shown.joined(separator: "\n")
        if place.count > shown.count { result += "\n[… \(place.count - shown.count) more lines …]" }
        if let difference = whitespaceDifference(wanted, Array(place), startingAt: start + 1, name) {
            result += "\n" + difference
        }
        return result
    }

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: Lines.lineFeed, omittingEmptySubsequences: false)
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The line at which the wanted lines fit best; nil when nothing fits well enough.
    private static func mostSimilar(_ wanted: [ArraySlice<UInt8>], in file: [ArraySlice<UInt8>]) -> Int? {
        let condensed = file.map { condense($0) }
        let target = wanted.map { condense($0) }
        // The same but for whitespace comes first.
        if target.contains(where: { !$0.isEmpty }), target.count <= condensed.count {
            for start in 0...(condensed.count - target.count)
            where condensed[start..<start + target.count].elementsEqual(target) {
                return start
            }
        }
        // Else the line most like the longest wanted one gives the place.
        guard let anchor = target.indices.max(by: { target[$0].count < target[$1].count }), target[anchor].count > 2
        else {
            return nil
        }
        let sought = pairs(of: target[anchor])
        var best: (line: Int, score: Double)?
        for (line, candidate) in condensed.enumerated() where !candidate.isEmpty {
            // Lengths alone bound the score.
            let (short, long) = (min(candidate.count, target[anchor].count), max(candidate.count, target[anchor].count))
            guard Double(2 * short) / Double(short + long) > best?.score ?? 0.5 else { continue }
            let score = similarity(sought, pairs(of: candidate))
            if score > best?.score ?? 0.5 { best = (line, score) }
        }
        return best.map { max(0, $0.line - anchor) }
    }

    /// A line with each run of whitespace as one space, and none at its ends.
    private static func condense(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in line.prefix(maxLineBytes) {
            if isSpace(byte) {
                if result.last != UInt8(ascii: " "), !result.isEmpty { result.append(UInt8(ascii: " ")) }
            } else {
                result.append(byte)
            }
        }
        if result.last == UInt8(ascii: " ") { result.removeLast() }
        return result
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func pairs(of line: [UInt8]) -> [UInt16] {
        zip(line, line.dropFirst()).map { UInt16($0) << 8 | UInt16($1) }.sorted()
    }

    /// The share of neighbouring bytes that two lines have in common (Sørensen and Dice), from 0 to 1.
    private static func similarity(_ left: [UInt16], _ right: [UInt16]) -> Double {
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        var (i, j, common) = (0, 0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return Double(2 * common) / Double(left.count + right.count)
    }

    /// What the whitespace of the first differing line is; nil when more than whitespace differs.
    private static func whitespaceDifference(
        _ wanted: [ArraySlice<UInt8>],
        _ found: [ArraySlice<UInt8>],
        startingAt number: Int,
        _ name: String
    ) -> String? {
        guard wanted.map({ condense($0) }) == found.map({ condense($0) }) else { return nil }
        for (offset, (left, right)) in zip(wanted, found).enumerated() where left != right {
            return "Only whitespace differs. Line \(number + offset) of the file is \(visible(right)), "
                + "in \(name) it is \(visible(left)) (·: space, →: tab, ␍: carriage return)."
        }
        return "Only the line end at the end of \(name) differs."
    }

    private static func visible(_ line: ArraySlice<UInt8>) -> String {
        var result = ""
        for scalar in String(decoding: line.prefix(maxLineBytes), as: UTF8.self).unicodeScalars {
            switch scalar {
            case " ": result += "·"
            case "\t": result += "→"
            case "\r": result += "␍"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return "\"\(result)\""
    }
}

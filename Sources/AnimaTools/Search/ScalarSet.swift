/// Unicode scalars as sorted ranges that don't touch.
struct ScalarSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// The only scalar in the set; nil when there are others or none.
    var single: Unicode.Scalar? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return Unicode.Scalar(ranges[0].lowerBound)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    func inverted() -> ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return ScalarSet(result)
    }

    /// The set with the other case of each letter; of ranges over 1,000 scalars, which have both as a rule, only as is.
    func foldingCase() -> ScalarSet {
        var result = ranges
        for range in ranges where range.count <= 1000 {
            for value in range {
                guard let scalar = Unicode.Scalar(value) else { continue }
                for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                    let scalars = text.unicodeScalars
                    if let other = scalars.first, scalars.count == 1, other != scalar {
                        result.append(other.value...other.value)
                    }
                }
            }
        }
        return ScalarSet(result)
    }

    static let digits = ScalarSet([0x30...0x39])
    static let spaces = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x2000...0x200A, 0x3000...0x3000,
    ])
    /// ASCII letters, digits and `_`, and what XML lets names begin with beyond ASCII (XML 1.0, NameStartChar), which
    /// is letters but for a few.
    static let words = ScalarSet([
        0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x37D, 0x37F...0x1FFF,
        0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD, 0x10000...0xEFFFF,
    ])
    static let allButLineFeed = ScalarSet([0x0A...0x0A]).inverted()

    /// The UTF-8 forms of the scalars, as sequences of byte ranges.
    var byteSequences: [[ClosedRange<UInt8>]] {
        var result: [[ClosedRange<UInt8>]] = []
        for range in ranges {
            // Within one of these the forms have the same length; surrogates have none.
            for part in [0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
                as [ClosedRange<UInt32>]
            where part.overlaps(range) {
                Self.split(range.clamped(to: part), into: &result)
            }
        }
        return result
    }

    /// Splits a range until each byte of the forms varies by itself.
    private static func split(_ range: ClosedRange<UInt32>, into result: inout [[ClosedRange<UInt8>]]) {
        let (low, high) = (range.lowerBound, range.upperBound)
        if high > 0x7F {
            for shift in [6, 12, 18] as [UInt32] {
                let mask: UInt32 = (1 << shift) - 1
                guard low & ~mask != high & ~mask else { continue }
                if low & mask != 0 {
                    split(low...(low | mask), into: &result)
                    split(((low | mask) + 1)...high, into: &result)
                    return
                }
                if high & mask != mask {
                    split(low...((high & ~mask) - 1), into: &result)
                    split((high & ~mask)...high, into: &result)
                    return
                }
            }
        }
        guard let first = Unicode.Scalar(low).flatMap({ UTF8.encode($0) }),
            let last = Unicode.Scalar(high).flatMap({ UTF8.encode($0) })
        else { return }
        result.append(zip(first, last).map { $0...$1 })
    }
}

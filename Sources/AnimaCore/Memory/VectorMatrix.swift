/// Vectors of one embedder and one length, one beside the other in memory, searched by comparing each.
///
/// A vector is kept with one byte for each dimension: 100,000 vectors of 384 take 38 MB and 1.6 MB for their numbers.
/// The cosine of two vectors is off by less than 0.01 for that.
package struct VectorMatrix: Sendable {
    /// A vector as it is kept: its direction, in steps of `scale`.
    package struct Quantized: Hashable, Sendable {
        /// The length of a step.
        package let scale: Float
        /// One number for each dimension.
        package let values: [Int8]

        package init(scale: Float, values: [Int8]) {
            self.scale = scale
            self.values = values
        }

        /// Keeps the direction of a vector; nil for one without any (empty, zero, or not finite).
        package init?(_ vector: [Float]) {
            var sum: Float = 0
            var largest: Float = 0
            for value in vector {
                sum += value * value
                largest = max(largest, abs(value))
            }
            guard sum.isFinite, sum > 0, largest > 0 else { return nil }
            values = vector.map { Int8(($0 / largest * 127).rounded()) }
            scale = largest / (sum.squareRoot() * 127)
            guard scale.isFinite else { return nil }
        }
    }

    /// The length of the vectors.
    package let dimensions: Int
    private var ids: [Int] = []
    private var scales: [Float] = []
    private var values: [Int8] = []
    private var rows: [Int: Int] = [:]

    /// Makes an empty one.
    package init(dimensions: Int) { self.dimensions = dimensions }

    /// How many vectors there are.
    package var count: Int { ids.count }

    package func contains(_ id: Int) -> Bool { rows[id] != nil }

    package mutating func reserve(_ count: Int) {
        ids.reserveCapacity(count)
        scales.reserveCapacity(count)
        values.reserveCapacity(count * dimensions)
        rows.reserveCapacity(count)
    }

    /// Keeps a vector of this length for a passage, in the place of an older one.
    package mutating func set(_ vector: Quantized, for id: Int) {
        guard vector.values.count == dimensions else { return }
        if let row = rows[id] {
            scales[row] = vector.scale
            values.replaceSubrange(row * dimensions..<(row + 1) * dimensions, with: vector.values)
        } else {
            rows[id] = ids.count
            ids.append(id)
            scales.append(vector.scale)
            values.append(contentsOf: vector.values)
        }
    }

    /// Forgets the vector of a passage.
    package mutating func remove(_ id: Int) {
        guard let row = rows.removeValue(forKey: id) else { return }
        let last = ids.count - 1
        if row != last {
            ids[row] = ids[last]
            scales[row] = scales[last]
            rows[ids[row]] = row
            for offset in 0..<dimensions { values[row * dimensions + offset] = values[last * dimensions + offset] }
        }
        ids.removeLast()
        scales.removeLast()
        values.removeLast(dimensions)
    }

    /// The passages whose vectors are nearest, with their cosines, nearest first; ties by number, newest first.
    package func nearest(to query: Quantized, limit: Int) -> [(id: Int, cosine: Double)] {
        guard query.values.count == dimensions, limit > 0 else { return [] }
        var best = TopList(limit: limit)
        query.values.withUnsafeBytes { query in
            values.withUnsafeBytes { all in
                for row in 0..<ids.count {
                    let part = UnsafeRawBufferPointer(rebasing: all[row * dimensions..<(row + 1) * dimensions])
                    best.offer(id: ids[row], score: Float(Self.dot(query, part)) * scales[row])
                }
            }
        }
        return best.sorted.map { (id: $0.id, cosine: Double($0.score * query.scale)) }
    }

    /// The product of two vectors, eight numbers at a time.
    @inline(__always)
    private static func dot(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int32 {
        var sums = SIMD8<Int32>.zero
        var index = 0
        let count = left.count
        while index + 8 <= count {
            let first = SIMD8<Int16>(
                truncatingIfNeeded: left.loadUnaligned(fromByteOffset: index, as: SIMD8<Int8>.self)
            )
            let second = SIMD8<Int16>(
                truncatingIfNeeded: right.loadUnaligned(fromByteOffset: index, as: SIMD8<Int8>.self)
            )
            sums &+= SIMD8<Int32>(truncatingIfNeeded: first &* second)
            index += 8
        }
        var sum = sums.wrappedSum()
        while index < count {
            sum &+= Int32(Int8(bitPattern: left[index])) &* Int32(Int8(bitPattern: right[index]))
            index += 1
        }
        return sum
    }

    /// The best of many, in one pass.
    private struct TopList {
        let limit: Int
        var entries: [(id: Int, score: Float)] = []
        var worst = -Float.infinity

        @inline(__always)
        mutating func offer(id: Int, score: Float) {
            guard score > worst || entries.count < limit else { return }
            entries.append((id, score))
            if entries.count >= 2 * limit { cut() }
        }

        private mutating func cut() {
            entries.sort { ($0.score, $0.id) > ($1.score, $1.id) }
            entries.removeLast(entries.count - limit)
            // Equals are let in: of two with one score the newer comes first.
            worst = entries.last.map { $0.score.nextDown } ?? worst
        }

        var sorted: [(id: Int, score: Float)] {
            Array(entries.sorted { ($0.score, $0.id) > ($1.score, $1.id) }.prefix(limit))
        }
    }
}

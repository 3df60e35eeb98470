/// Makes identifiers from the time and a generator that its owner passes in.
///
/// The form is that of a ULID: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32, so
/// identifiers sort by time.
public enum IdentifierSource {
    /// Makes one identifier.
    public static func make(at now: Instant, using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let milliseconds = UInt64(max(0, now.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        var value =
            UInt128(milliseconds) << 80
            | UInt128(generator.next() as UInt64) << 16
            | UInt128(UInt16.random(in: .min ... .max, using: &generator))
        var characters = [UInt8](repeating: 0, count: 26)
        for position in stride(from: 25, through: 0, by: -1) {
            characters[position] = alphabet[Int(value & 31)]
            value >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// A small generator with a seed (SplitMix64): the same seed gives the same numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
    private var state: UInt64

    /// Starts at a seed.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

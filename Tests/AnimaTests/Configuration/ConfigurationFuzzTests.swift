import Foundation
import Testing

@testable import Anima

@Suite struct ConfigurationFuzzTests {
    /// A generator that gives the same numbers for the same seed (SplitMix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let snippets = [
        "[", "]", "[[", "{", "}", "=", "\"", "'", "\"\"\"", "'''", "\\", "\\u0000", "\\uD800", "#", ".", ",", "\n",
        "\r\n", "\r", "\0", "${", "}", "${X}", "é", "\u{FEFF}", "😀", "1979-05-27T07:32:00Z", "nan", "inf", "-0",
        "1e999", "0x", "true", "[agent]\n", "[limits]\n", "limits.steps = ", "a.b.c = ", "[[gate]]\n", "\t",
    ]

    @Test(arguments: 0..<8)
    func mutatedSamplesLoadOrGiveFaultsInsideTheFile(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed))
        let fixture = try ConfigurationFixture()
        let sample = Array(
            ConfigurationSample.text.replacing("\n# ", with: "\n", maxReplacements: seed * 10).utf8
        )
        for _ in 0..<150 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0:
                    bytes.insert(contentsOf: Array(Self.snippets.randomElement(using: &generator)!.utf8), at: at)
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &generator)))
                case 2 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &generator)
                default:
                    let end = min(bytes.count, at + Int.random(in: 1...200, using: &generator))
                    bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
                }
            }
            try fixture.write("clerk.toml", Data(bytes))
            if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.starts(with: ["\u{FEFF}"]) {
                #expect(KeyPositionsTests.disagreements(text) == [], "\(text)")
            }
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            do throws(ConfigurationError) {
                let loaded = try fixture.load()
                #expect(loaded.name != nil)
            } catch {
                #expect(!error.faults.isEmpty)
                for fault in error.faults {
                    guard case .position(_, let line, let column) = fault.place else {
                        Issue.record("\(fault) has no position")
                        continue
                    }
                    #expect((1...lines).contains(line) && column >= 1, "\(fault)")
                }
            }
        }
    }
}

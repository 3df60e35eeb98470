import Testing

@testable import AnimaModels

@Suite("Line splitter")
struct LineSplitterTests {
    private static func lines(
        _ pieces: [ArraySlice<UInt8>],
        _ ending: LineSplitter.Ending,
        longest: Int = 1000
    ) throws -> [String] {
        var splitter = LineSplitter(ending, longest: longest)
        var lines: [String] = []
        func keep(_ line: UnsafeRawBufferPointer) { lines.append(String(decoding: line, as: UTF8.self)) }
        for piece in pieces { try piece.withUnsafeBytes { try splitter.take($0, keep) } }
        try splitter.finish(keep)
        return lines
    }

    @Test(
        "finds lines with every kind of ending",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\rb\r\nc\nd", ["a", "b", "c", "d"]),
            ("\n\n", ["", ""]), ("\r\r", ["", ""]), ("\r\n\r\n", ["", ""]), ("\n\r", ["", ""]),
            ("é\r\n東京\r👩‍👩‍👧\n", ["é", "東京", "👩‍👩‍👧"]),
        ] as [(String, [String])]
    )
    func findsLines(_ text: String, _ expected: [String]) throws {
        let bytes = Array(text.utf8)
        #expect(try Self.lines([bytes[...]], .any) == expected)
        #expect(try Self.lines(bytes.indices.map { bytes[$0...$0] }, .any) == expected)
        for index in 0...bytes.count {
            #expect(try Self.lines([bytes[..<index], [], bytes[index...]], .any) == expected)
        }
    }

    @Test("leaves a carriage return in its line where only line feeds end lines")
    func keepsCarriageReturns() throws {
        #expect(try Self.lines([Array("a\r\nb\rc\n".utf8)[...]], .lineFeed) == ["a\r", "b\rc"])
    }

    @Test("refuses to keep a line without end")
    func refusesEndlessLines() throws {
        let piece = Array(repeating: UInt8(ascii: "x"), count: 8)[...]
        #expect(try Self.lines([piece, [0x0A], piece], .any, longest: 8).count == 2)
        #expect(throws: LineSplitter.TooLong.self) { try Self.lines([piece, piece], .any, longest: 15) }
    }
}

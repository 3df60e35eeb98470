import Testing

@testable import AnimaModels

@Suite("Event stream")
struct EventStreamTests {
    private static func events(_ pieces: [ArraySlice<UInt8>]) throws -> [String] {
        var stream = EventStream()
        var events: [String] = []
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                try stream.take(bytes) { events.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        stream.finish()
        return events
    }

    @Test(
        "finds the data of events",
        arguments: [
            ("data: a\n\ndata: b\n\n", ["a", "b"]),
            ("data:a\n\ndata:  b\n\n", ["a", " b"]),
            ("data: a\ndata: b\ndata:c\n\n", ["a\nb\nc"]),
            (": comment\n\n:\nevent: ping\nid: 7\nretry: 10\n\ndata: a\n\n", ["a"]),
            ("event: x\ndata: a\nid: 1\n\n\n\ndata: b\n\n", ["a", "b"]),
            ("\u{FEFF}data: a\n\n", ["a"]),
            ("database: a\n\ndat: b\n\ndata\u{301}: c\n\n", []),
            ("data\ndata: a\n\n", ["\na"]),
            ("data: é 東京\ndata: 👩‍👩‍👧\n\n", ["é 東京\n👩‍👩‍👧"]),
        ] as [(String, [String])]
    )
    func findsEvents(_ text: String, _ expected: [String]) throws {
        for ending in ["\n", "\r\n", "\r"] {
            let bytes = Array(
                text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending).utf8
            )
            #expect(try Self.events([bytes[...]]) == expected)
            #expect(try Self.events(bytes.indices.map { bytes[$0...$0] }) == expected)
            for index in bytes.indices { #expect(try Self.events([bytes[..<index], bytes[index...]]) == expected) }
        }
    }

    @Test("drops an event whose blank line did not come", arguments: ["data: a", "data: a\n", "data: a\r\n"])
    func dropsUnfinishedEvents(_ text: String) throws { #expect(try Self.events([Array(text.utf8)[...]]) == []) }

    @Test("reads over events with empty data", arguments: ["data\n\n", "data:\n\n", "data: \n\n"])
    func readsOverEmptyEvents(_ text: String) throws {
        #expect(try Self.events([Array((text + "data: a\n\n").utf8)[...]]) == ["a"])
    }

    @Test("refuses an event without end")
    func refusesEndlessEvents() {
        let line = Array(("data: " + String(repeating: "x", count: 4 * 1024 * 1024) + "\n").utf8)[...]
        #expect(throws: LineSplitter.TooLong.self) { try Self.events([line, line, line, line, line]) }
    }
}

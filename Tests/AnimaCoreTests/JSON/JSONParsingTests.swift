import AnimaCore
import Testing

@Suite("JSON parsing")
struct JSONParsingTests {
    @Test(
        "reads all kinds of values",
        arguments: [
            (" \t\r\n null \n", nil), ("true", true), ("false", false), ("0", 0), ("-0", .double(-0.0)), ("-12", -12),
            ("1.0", .double(1)), ("1e3", .double(1000)), ("1E+2", .double(100)), ("-2.5e-1", .double(-0.25)),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("[ ]", []), ("{ }", [:]), ("[1,[2,{}]]", [1, [2, [:]]]),
            (#"{ "a" : 1 , "" : [ null ] }"#, ["a": 1, "": [nil]]),
            (#"{"a":1,"a":2}"#, ["a": 2]), (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0000\u00e9\u00E9""#, "\0éé"), (#""\ud83d\ude00""#, "😀"), ("\"é 東京 👩‍👩‍👧\u{7F}\"", "é 東京 👩‍👩‍👧\u{7F}"),
        ] as [(String, JSONValue)]
    )
    func readsValues(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test(
        "reads half a pair of an escape as an unknown character",
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        ] as [(String, JSONValue)]
    )
    func readsHalfPairs(_ text: String, _ value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }

    @Test(
        "says where a text stops being JSON",
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("nulll", 4), ("True", 0), ("{", 1), ("{\"a\"", 4), ("{\"a\":", 5),
            ("{\"a\":1", 6), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\" 1}", 5), ("[1", 2), ("[1,]", 3), ("[1 2]", 3),
            ("[,1]", 1), ("01", 2), ("1.", 2), (".5", 0), ("+1", 0), ("-", 1), ("1e", 2), ("1e+", 3), ("NaN", 0),
            ("\"a", 2), ("\"\\x\"", 3), ("\"\\u12\"", 3), ("\"\\u12G4\"", 5), ("\"a\nb\"", 2), ("'a'", 0), ("1 1", 2),
            ("1e999", 5), ("{}{}", 2), ("// a\n1", 0),
        ]
    )
    func refuses(_ text: String, _ offset: Int) throws {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset, "\(error?.description ?? "")")
    }

    @Test("refuses every beginning of a document")
    func refusesBeginnings() throws {
        let text = #"{"a":[1.5,-20,{"b":null,"c":"\u00e9\n"}],"d":{"e":true}}"#
        _ = try JSONValue(parsing: text)
        for count in 0..<text.utf8.count {
            let beginning = Array(text.utf8.prefix(count))
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: beginning) }
        }
    }

    @Test("reads bytes that are no UTF-8 as unknown characters")
    func repairsText() throws {
        #expect(try JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]) == "a\u{FFFD}")
        #expect(try JSONValue(parsing: [0x22, 0xE6, 0x9D, 0x5C, 0x6E, 0x22]) == "\u{FFFD}\n")
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0xFF]) }
    }

    @Test("refuses nesting without end before it runs out of stack")
    func boundsNesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(256))
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(257)) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: String(repeating: "{\"a\":[", count: 100_000))
        }
    }

    @Test("any value is read as it was written")
    func survives() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = Self.value(depth: 4, &generator)
            #expect(try JSONValue(parsing: value.bytes) == value)
        }
    }

    @Test("any bytes are read or refused")
    func survivesAnything() throws {
        var generator = SeededGenerator(seed: 11)
        let alphabet = Array(#"{}[]",:\u0019eE+-.truefalsn "#.utf8) + [0, 0xFF, 0xC3, 0xA9]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator))
                .map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect(try JSONValue(parsing: value.bytes) == value)
        }
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        func text(_ generator: inout SeededGenerator) -> String {
            let scalars = (0..<Int.random(in: 0...6, using: &generator))
                .compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x1_F6FF, using: &generator)) }
            return String(String.UnicodeScalarView(scalars))
        }
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return nil
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .int(Int.random(in: .min ... .max, using: &generator))
        case 3: return .double(Double.random(in: -1e9...1e9, using: &generator))
        case 4: return .string(text(&generator))
        case 5:
            let count = Int.random(in: 0...4, using: &generator)
            return .array((0..<count).map { _ in value(depth: depth - 1, &generator) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                members[text(&generator)] = value(depth: depth - 1, &generator)
            }
            return .object(members)
        }
    }
}

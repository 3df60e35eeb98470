import AnimaCore
import AnimaTesting
import Foundation
import Testing

@Suite("Values as JSON")
struct JSONEncodingTests {
    private struct Everything: Codable, Hashable {
        enum Choice: Codable, Hashable {
            case plain
            case one(Int)
            case named(text: String, list: [Double])
        }

        var zeta = "é \"quoted\" \\ \u{0}\u{1F}\u{7F}\u{85}\n👩‍👩‍👧"
        var alpha: Int? = -7
        var none: Int?
        var truth = true
        var floating = 1.5
        var tiny = Float(0.1)
        var bytes: [UInt8] = [0, 255]
        var large: [UInt64] = [.max]
        var nested: [[String: [Int]]] = [["b": [1, 2], "a": []], [:]]
        var names: [String: Int] = ["a\"b": 1, "a\"c": 2, "a": 3, "": 4, "B": 5]
        var choices: [Choice] = [.plain, .one(1), .named(text: "x", list: [0.25])]
        var gaps: [Int?] = [nil, 1]
        var value: JSONValue = ["b": 1, "a": [nil, 2.5, false, "x"]]
    }

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoding.encode(value), as: UTF8.self)
    }

    @Test("are read back without a change, by others too")
    func survive() throws {
        let everything = Everything()
        let bytes = try JSONEncoding.encode(everything)
        #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == everything)
        // Foundation writes the same value, if not with the same escapes.
        let encoder = JSONEncoder()
        let theirs = try JSONDecoder().decode(JSONValue.self, from: encoder.encode(everything))
        #expect(try JSONValue(parsing: bytes) == theirs)
    }

    @Test("have the names of dictionaries in order, so that the same value gives the same bytes")
    func areOrdered() throws {
        struct Point: Encodable { var z = 1, b = [2, 3], a = ["y": 4, "x": 5] }
        #expect(try text(Point()) == #"{"z":1,"b":[2,3],"a":{"x":5,"y":4}}"#)
        var names: [String: Int] = [:]
        for number in 0..<50 { names["\"\(number)"] = number }
        let ordered = try text(names)
        for _ in 0..<20 {
            let shuffled = Dictionary(uniqueKeysWithValues: names.map { ($0, $1) }.shuffled())
            #expect(try text(shuffled) == ordered)
        }
    }

    @Test("may be written by several hands into one object")
    func gather() throws {
        struct Part: Encodable { var y = 1 }
        struct Whole: Encodable {
            enum CodingKeys: String, CodingKey { case x, inner, list }
            func encode(to encoder: any Encoder) throws {
                try Part().encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                var inner = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .inner)
                try inner.encode(2, forKey: .x)
                var list = inner.nestedUnkeyedContainer(forKey: .list)
                try list.encode("a")
                try list.encodeNil()
                #expect(list.count == 2)
                try container.encode(3, forKey: .x)
                try Part().encode(to: container.superEncoder(forKey: .list))
            }
        }
        #expect(try text(Whole()) == #"{"y":1,"inner":{"x":2,"list":["a",null]},"x":3,"list":{"y":1}}"#)
    }

    @Test("that JSON can't say are refused")
    func refuse() {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        #expect(throws: EncodingError.self) { try JSONEncoding.encode([Double.nan]) }
        #expect(throws: EncodingError.self) { try JSONEncoding.encode([Nothing()]) }
    }

    @Test("say of events and states what Foundation says")
    func agreeOnHistories() async throws {
        for seed in UInt64(1)...60 {
            await Task.yield()
            var world = SimulatedWorld(seed: seed)
            try world.run(steps: 40)
            var state = AgentState()
            for event in world.log {
                state.apply(event)
                let body = try EventCoding.current.encode(event.fact)
                let read = try EventCoding.current.decode(
                    kind: event.fact.kind.rawValue,
                    version: EventCoding.current.version,
                    body: body
                )
                #expect(read == event.fact)
            }
            let ours = try JSONDecoder().decode(AgentState.self, from: Data(JSONEncoding.encode(state)))
            let theirs = try JSONDecoder().decode(AgentState.self, from: JSONEncoder().encode(state))
            #expect(ours == state && theirs == state)
        }
    }
}

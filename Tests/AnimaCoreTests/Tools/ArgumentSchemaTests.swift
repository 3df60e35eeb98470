import AnimaCore
import Testing

@Suite("The validator of arguments")
struct ArgumentSchemaTests {
    static let schema = ArgumentSchema([
        .init("text", .string(maxBytes: 5), "A text.", required: true),
        .init("count", .integer(min: 1, max: 9), "A number.", default: 3),
        .init("ratio", .number, "A ratio."),
        .init("deep", .boolean, "A truth."),
        .init("mode", .choice(["fast", "slow"]), "A mode."),
        .init("names", .array(.string(), maxCount: 2), "Names."),
        .init("inner", .object(ArgumentSchema([.init("x", .integer(), "X.", required: true)])), "Nested."),
    ])

    @Test(
        "takes what is plainly meant",
        arguments: [
            (["text": "a"], ["text": "a", "count": 3]),
            (["text": 5, "count": "7"], ["text": "5", "count": 7]),
            (["text": "a", "count": 7.0, "deep": "true"], ["text": "a", "count": 7, "deep": true]),
            (
                ["text": "a", "ratio": "1.5", "names": "one"],
                ["text": "a", "count": 3, "ratio": 1.5, "names": ["one"]]
            ),
            (["text": "a", "mode": nil, "inner": ["x": 1]], ["text": "a", "count": 3, "inner": ["x": 1]]),
        ] as [(JSONValue, JSONValue)]
    )
    func coerces(_ given: JSONValue, _ expected: JSONValue) throws {
        #expect(try Self.schema.validate(given) == expected)
    }

    @Test(
        "says what is wrong, where, and what is allowed",
        arguments: [
            ([:], "\"text\" is missing (a string)"),
            ("text", "the arguments must be a JSON object, not string"),
            (["text": "too long"], "\"text\" has 8 bytes, over the limit of 5"),
            (["text": "a", "count": 10], "\"count\" must be an integer from 1 to 9, not 10"),
            (["text": "a", "count": 1.5], "\"count\" must be an integer from 1 to 9, not number 1.5"),
            (["text": "a", "txt": 1], "\"txt\" is unknown; did you mean \"text\"? (allowed: text, count,"),
            (["text": "a", "mode": "fats"], "must be one of \"fast\", \"slow\", not \"fats\"; did you mean \"fast\"?"),
            (["text": "a", "names": ["a", "b", "c"]], "\"names\" has 3 elements, over the limit of 2"),
            (["text": "a", "inner": ["y": 1]], "\"inner.x\" is missing"),
            (["text": ["a"]], "\"text\" must be a string, not array"),
        ] as [(JSONValue, String)]
    )
    func refuses(_ given: JSONValue, _ fault: String) {
        let error = #expect(throws: ArgumentError.self) { try Self.schema.validate(given) }
        #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
    }

    @Test("tells all faults at once")
    func tellsAll() {
        let error = #expect(throws: ArgumentError.self) { try Self.schema.validate(["count": 0, "x": 1]) }
        #expect(error?.faults.count == 3)
    }

    @Test("is written as JSON Schema")
    func isJSONSchema() {
        let schema = Self.schema.jsonSchema
        #expect(schema["required"] == ["text"])
        #expect(schema["additionalProperties"] == false)
        #expect(schema["properties"]?["count"]?["maximum"] == 9)
        #expect(schema["properties"]?["mode"]?["enum"] == ["fast", "slow"])
        #expect(schema["properties"]?["count"]?["default"] == 3)
    }
}

import AnimaCore
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "are read and written without a change",
        arguments: [
            "null", "true", "-7", "1.5", "\"\"", "[]", "{}", #"{"a":[1,{"b":null}],"c":"\"\\\n\t"}"#, #""é 東京 👩‍👩‍👧""#,
            "9223372036854775807",
        ]
    )
    func survive(_ text: String) throws { #expect(try JSONValue(parsing: text).text == text) }

    @Test("write members in order and escape what could be mistaken")
    func areOrdered() {
        let value: JSONValue = ["b": 1, "a": "\u{0}\u{1B}\u{7F}"]
        #expect(value.text == #"{"a":"\u0000\u001b\u007f","b":1}"#)
    }

    @Test("refuse what is not JSON", arguments: ["", "{", "nul", "{\"a\":}", "\u{0}"])
    func refuse(_ text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: text) }
    }
}

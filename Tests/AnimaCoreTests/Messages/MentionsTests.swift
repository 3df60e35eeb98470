import AnimaCore
import Testing

@Suite("Mentions")
struct MentionsTests {
    private func parts(_ text: String) throws -> [String] {
        let peers = try ["writer", "critic"].map { try AgentID($0) }
        return Mentions(in: text, to: try AgentID("lead"), peers: peers).parts
            .map { part in
                let names = part.recipients.map { $0.map { "@\($0)" }.joined(separator: "+") } ?? "-"
                return "\(names) \(part.text)"
            }
    }

    @Test(
        "route what is said to whom it is said",
        arguments: [
            ("add 2 and 40", ["- add 2 and 40"]),
            ("@writer add 2 and 40", ["@writer add 2 and 40"]),
            ("@writer: add 2 and 40", ["@writer add 2 and 40"]),
            ("@Writer, add", ["@writer add"]),
            ("@writer @critic: discuss it", ["@writer+@critic discuss it"]),
            ("@writer, @critic and @lead discuss it", ["@writer+@critic+@lead discuss it"]),
            ("@all say hello", ["@lead+@writer+@critic say hello"]),
            ("@writer and @writer say hello", ["@writer say hello"]),
            (
                "first this\n@writer draft\nin two lines\n\n@critic check",
                ["- first this", "@writer draft\nin two lines", "@critic check"]
            ),
            ("@writer\nadd 1 and 1", ["@writer add 1 and 1"]),
            ("@writer", []),
            ("", []),
        ]
    )
    func route(text: String, expected: [String]) throws {
        #expect(try parts(text) == expected)
    }

    @Test(
        "are none in the middle of a line, in code, in quotes, in addresses, and of names that nobody has",
        arguments: [
            "tell @writer to add 2 and 40",
            "@dataclass\nclass A: pass",
            "@writer @nobody do it",
            "```\n@writer this is code\n```",
            "~~~~ python\n```\n@writer still code\n~~~~",
            "    @writer indented code",
            "> @writer said this before",
            "@writer.md is a file",
            "@writer@example.org is an address",
            "writer@example.org",
            "@ writer",
        ]
    )
    func addressNobody(text: String) throws {
        #expect(try parts(text) == ["- \(text)"])
    }

    @Test("go on after a code block has ended")
    func goOnAfterCode() throws {
        #expect(try parts("```\n@critic x\n```\n@writer y") == ["- ```\n@critic x\n```", "@writer y"])
    }
}

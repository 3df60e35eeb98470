import AnimaCore
import Testing

@Suite("The gate")
struct GateTests {
    private func spec(_ name: String, _ group: String, _ argument: String?, _ form: ToolSpec.GateForm) -> ToolSpec {
        ToolSpec(
            name: name,
            group: group,
            description: name,
            parameters: ArgumentSchema(),
            replay: .pure,
            gateArgument: argument,
            gateForm: form
        )
    }

    private func allows(_ allow: [String], _ deny: [String] = [], _ spec: ToolSpec, _ arguments: JSONValue) -> Bool {
        let gate = Gate(rules: allow.map { .init(.allow, $0) } + deny.map { .init(.deny, $0) })
        if case .allowed = gate.decide(spec, arguments) { return true }
        return false
    }

    @Test("denies what no rule names, and says what would allow it")
    func deniesByDefault() {
        let read = spec("read_file", "files", "path", .path)
        guard case .denied(let reason) = Gate().decide(read, [:]) else {
            Issue.record("it was allowed")
            return
        }
        #expect(reason.contains("\"read_file\"") && reason.contains("gate.allow"))
    }

    @Test(
        "rules for paths",
        arguments: [
            (["files"], [], "a.txt", true), (["*"], [], "a.txt", true), (["shell"], [], "a.txt", false),
            (["write_file:notes/*"], [], "notes/a.txt", true), (["write_file:notes/*"], [], "notes/b/a.txt", false),
            (["write_file:notes/**"], [], "notes/b/a.txt", true),
            (["write_file:notes/**"], [], "notes/../a.txt", false),
            (["write_file:notes/**"], [], "x/../notes/a.txt", true),
            (["write_file:notes/**"], [], "../notes/a.txt", false),
            (["files"], ["write_file:secret/**"], "secret/x", false),
            (["files"], ["write_file:secret/**"], "s/x", true),
            (["files"], ["write_file:secret/**"], "./a/../secret/x", false),
            (["files"], ["write_file:secret/**"], "/home/me/secret/x", false),
            (["write_file:secret/open/*"], ["files:secret/**"], "secret/open/x", true),
            (["write_file"], ["write_file"], "x", false), (["files"], ["*"], "x", true),
            (["write_file:**/*.md"], [], "README.md", true), (["write_file:**/*.md"], [], "a/b/README.md", true),
        ] as [([String], [String], String, Bool)]
    )
    func decidesAboutPaths(_ allow: [String], _ deny: [String], _ path: String, _ expected: Bool) {
        let write = spec("write_file", "files", "path", .path)
        #expect(allows(allow, deny, write, ["path": .string(path)]) == expected)
    }

    @Test(
        "rules for commands see no further than a shell would take them",
        arguments: [
            (["shell:git status*"], [], "git status -s", true), (["shell:git status*"], [], "git push", false),
            (["shell:git status*"], [], "git status; rm -rf .", false),
            (["shell:git status*"], [], "git status\nrm x", false),
            (["shell:git status*"], [], "git status $(rm x)", false),
            (["shell:git status*"], [], "git status > x", false),
            (["shell"], ["shell:rm *"], "ls | sort", false), (["shell"], ["shell:rm *"], "ls", true),
            (["shell"], ["shell:rm *"], "rm x", false), (["shell"], [], "ls | sort", true),
        ] as [([String], [String], String, Bool)]
    )
    func decidesAboutCommands(_ allow: [String], _ deny: [String], _ line: String, _ expected: Bool) {
        let shell = spec("shell", "shell", "command", .command)
        #expect(allows(allow, deny, shell, ["command": .string(line)]) == expected)
    }

    @Test(
        "globs",
        arguments: [
            ("*", "a", true), ("*", "a/b", false), ("**", "a/b", true), ("**/a", "a", true), ("**/a", "x/y/a", true),
            ("**/a", "xa", false), ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**", "a/x/y", true),
            ("?b", "ab", true), ("?b", "/b", false), ("*.md", "x.md", true), ("a*c*e", "abcde", true), ("", "", true),
            ("a", "", false), ("***", "x/y", true),
        ]
    )
    func matchesGlobs(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Glob(pattern, separator: UInt8(ascii: "/")).matches(text) == expected)
    }

    @Test("a hostile glob takes no more than its share of time")
    func isLinear() {
        let pattern = String(repeating: "*a", count: 50) + "b"
        #expect(!Glob(pattern, separator: nil).matches(String(repeating: "a", count: 2000)))
    }
}

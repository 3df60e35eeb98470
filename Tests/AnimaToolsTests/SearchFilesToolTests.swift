import AnimaCore
import Testing

@testable import AnimaTools

@Suite struct SearchFilesToolTests {
    @Test(arguments: [
        (#"{"pattern": "needle"}"#, "a.txt:2: a needle here\nsub/b.swift:1: let needle = 1"),
        (#"{"pattern": "NEEDLE"}"#, nil),
        (#"{"pattern": "NEEDLE", "ignore_case": true}"#, "a.txt:2: a needle here\nsub/b.swift:1: let needle = 1"),
        (#"{"pattern": "let \\w+ = \\d$"}"#, "sub/b.swift:1: let needle = 1"),
        (#"{"pattern": "a.c", "fixed": true}"#, "sub/b.swift:2: a.c"),
        (#"{"pattern": "^a.c$"}"#, "sub/b.swift:2: a.c\nsub/b.swift:3: abc"),
        (#"{"pattern": "needle", "path": "sub"}"#, "sub/b.swift:1: let needle = 1"),
        (#"{"pattern": "needle", "path": "a.txt"}"#, "a.txt:2: a needle here"),
        (#"{"pattern": "needle", "glob": "*.swift"}"#, "sub/b.swift:1: let needle = 1"),
        (#"{"pattern": "needle", "glob": "sub/**"}"#, "sub/b.swift:1: let needle = 1"),
        (
            #"{"pattern": "needle", "context": 1}"#,
            "a.txt-1- first\na.txt:2: a needle here\na.txt-3- last\n--\nsub/b.swift:1: let needle = 1\nsub/b.swift-2- a.c"
        ),
        (#"{"pattern": "first|last", "context": 2}"#, "a.txt:1: first\na.txt-2- a needle here\na.txt:3: last"),
    ])
    func findsLines(arguments: String, expected: String?) async throws {
        let scene = try Scene()
        try scene.put("a.txt", "first\r\na needle here\r\nlast")
        try scene.put("sub/b.swift", "let needle = 1\na.c\nabc\n")
        try scene.put("bin", Array("needle\0".utf8))
        try scene.put(".git/config", "needle\n")
        let output = try await scene.call("search_files", try JSONValue(parsing: arguments))
        #expect(!output.isError)
        if let expected {
            #expect(output.content == expected)
        } else {
            #expect(output.content.hasPrefix("No line in \".\" matches"))
        }
    }

    @Test func separatesContextThatDoesNotTouch() async throws {
        let scene = try Scene()
        try scene.put("a", (1...9).map { "l\($0)" }.joined(separator: "\n"))
        let output = try await scene.call("search_files", ["pattern": "l[278]", "context": 1])
        #expect(
            output.content
                == "a-1- l1\na:2: l2\na-3- l3\n--\na-6- l6\na:7: l7\na:8: l8\na-9- l9"
        )
    }

    @Test func saysWhenThereIsMore() async throws {
        let scene = try Scene()
        try scene.put("a", String(repeating: "x\n", count: 5))
        let three = try await scene.call("search_files", ["pattern": "x", "max_results": 3])
        #expect(three.content.hasPrefix("a:1: x\na:2: x\na:3: x\n[there are more than 3 matching lines"))
        let five = try await scene.call("search_files", ["pattern": "x", "max_results": 5])
        #expect(!five.content.contains("["))
    }

    @Test func cutsLongLinesAroundTheMatch() async throws {
        let scene = try Scene()
        let side = String(repeating: "é", count: 1000)
        try scene.put("a", side + "needle" + side)
        let output = try await scene.call("search_files", ["pattern": "needle"])
        #expect(output.content.contains("needle"))
        #expect(output.content.utf8.count < 480)
        #expect(!output.content.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test func leavesOutFilesOverFiveMebibytesAndSaysSo() async throws {
        let scene = try Scene()
        try scene.put("big", [UInt8](repeating: UInt8(ascii: "x"), count: 5 * 1024 * 1024 + 1))
        let output = try await scene.call("search_files", ["pattern": "x"])
        #expect(output.content.contains("1 file over 5 MiB left out"))
    }

    @Test func stopsWhenItsTimeIsUp() async throws {
        let scene = try Scene()
        for number in 0..<50 { try scene.put("f\(number)", "text\n") }
        let output = try await scene.call("search_files", ["pattern": "nothing"], timeout: .zero)
        #expect(output.isError)
        #expect(output.content.contains("time was up"))
    }

    @Test func stopsWhenCancelled() async throws {
        let scene = try Scene()
        try scene.put("f", "text\n")
        let call = try scene.invocation("search_files", ["pattern": "nothing"])
        let tool = try scene.tool("search_files")
        let output = await withTaskGroup(of: ToolOutput.self) { group in
            group.cancelAll()
            group.addTask { await tool.run(call) }
            return await group.next()
        }
        #expect(output?.content.contains("cancelled") == true)
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(a?){30}a{30}$"])
    func doesNotHangOnPatternsThatBacktrackForEver(pattern: String) async throws {
        let scene = try Scene()
        try scene.put("a", String(repeating: "a", count: 20_000) + "!\n")
        let output = try await scene.call("search_files", ["pattern": .string(pattern)])
        #expect(output.content.hasPrefix("No line"))
    }

    @Test(arguments: [
        ("(", "without its"), (")", "without its"), ("[a", "without its"), ("a\\", "ends in"),
        ("*a", "nothing to repeat"),
        ("(?=a)", "looking ahead"), ("(?<!a)b", "looking ahead"), ("(a)\\1", "back reference"),
        ("a{2000}", "at most 1000"),
        ("((a{1000}){1000})", "too large"), ("\\q", "not supported"), ("[z-a]", "range"), ("", "empty"),
        ("a*+", "possessive"),
    ])
    func refusesWhatIsNoPattern(pattern: String, reason: String) async throws {
        let output = try await Scene().call("search_files", ["pattern": .string(pattern)])
        #expect(output.isError)
        #expect(output.content.contains(reason), "\(output.content)")
    }

    @Test(arguments: [
        ("abc", "xabcx", true), ("a.c", "aéc", true), ("a.c", "ac", false), ("^$", "", true), ("^$", "a", false),
        ("a|b", "xb", true), ("(ab)+c", "ababc", true), ("^(ab)+$", "aba", false), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false), ("[^a-c]x", "dx", true), ("[]a]", "]", true), ("[a-]", "-", true),
        ("[\\d_]", "_", true),
        ("\\bcat\\b", "a cat!", true), ("\\bcat\\b", "concat", false), ("\\Bcat", "concat", true),
        ("\\d{2,3}$", "x12", true),
        ("^\\d{2,3}$", "1234", false), ("^\\d{2,}$", "12345", true), ("colou?r", "color", true), ("x{", "x{", true),
        ("func \\w+\\(\\) {", "func go() {", true), ("ä", "Ä", false), ("(?i)ä", "Ä", true),
        ("(?i)[a-f]+z", "ABCZ", true),
        ("^[α-ω]+$", "λόγος", false), ("[α-ω]", "λ", true), ("[^α-ω]", "λ", false), ("😀", "😀", true),
        ("[😀-😅]", "😃", true),
        ("\\x41\\u{1F600}", "A😀", true), ("a.*?b", "axxb", true), ("\\.", "a", false), ("(?:a|b)c", "bc", true),
        ("(?<name>a)b", "ab", true), ("\\s\\S", "a b", true), ("\\$\\{", "${", true), ("^a|b$", "cb", true),
        ("\\W", "é", false), ("[[:digit:]]+", "a1", true), ("a**", "b", true), ("()", "", true), ("a{0}b", "b", true),
        ("[\\u0800-\\uFFFF]", "€", true), ("[\\u0080-\\u07FF]", "€", false), ("^.$", "€", true), ("^..$", "€", false),
    ])
    func readsExpressions(pattern: String, line: String, matches: Bool) throws {
        var search = try FileSearch(.parse(pattern, ignoringCase: false))
        let found = Array((line + "\n").utf8)
            .withUnsafeBytes { text in
                search.matches(in: text, limit: 1) { false }
            }
        #expect(found.isEmpty != matches)
    }

    @Test func agreesWithItselfWithAndWithoutTheRequiredText() throws {
        // The shortcut for literals must find the lines that the automaton finds.
        let text = (0..<500).map { "line \($0 % 7) of \($0 % 13) and \($0)" }.joined(separator: "\n")
        for (quick, slow) in [
            ("of 1", "[o]f 1|of[ ]1"), ("3 of", "(3) (o)f|3 [o]f"), (" and 4\\d+", "[ ]and (?:4|4)\\d+"),
        ] {
            var first = try FileSearch(.parse(quick, ignoringCase: false))
            var second = try FileSearch(.parse(slow, ignoringCase: false))
            Array(text.utf8)
                .withUnsafeBytes { text in
                    let found = first.matches(in: text, limit: 1000) { false }
                    #expect(found.map(\.line) == second.matches(in: text, limit: 1000) { false }.map(\.line))
                    #expect(!found.isEmpty)
                }
        }
    }

    @Test func forgetsStatesInsteadOfGrowing() throws {
        // Needs 2^15 states if all were kept.
        var search = try FileSearch(.parse("a[ab]{14}c", ignoringCase: false))
        var bits: UInt64 = 0x9E37_79B9_7F4A_7C15
        var line: [UInt8] = []
        for _ in 0..<20_000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1
            line.append(bits >> 63 == 0 ? UInt8(ascii: "a") : UInt8(ascii: "b"))
        }
        #expect(line.withUnsafeBytes { search.matches(in: $0, limit: 1) { false } }.isEmpty)
        line += Array("abbbbbbbbbbbbbbc".utf8)
        #expect(line.withUnsafeBytes { search.matches(in: $0, limit: 1) { false } }.count == 1)
    }
}

@Suite struct IgnoreRulesTests {
    /// The rules of the root's file, a path, and whether it is left out.
    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", "sub/a.log", true), ("*.log", "a.txt", false), ("/a.log", "a.log", true),
        ("/a.log", "sub/a.log", false), ("sub/a", "sub/a", true), ("sub/a", "deep/sub/a", false),
        ("build/", "build/x", true),
        ("build/", "sub/build/x", true), ("build/", "sub/build", false), ("build", "build", true),
        ("# x\n\n*.a", "# x", false),
        ("\\#x", "#x", true), ("*.log\n!keep.log", "keep.log", false), ("*.log\n!keep.log", "other.log", true),
        ("!keep.log\n*.log", "keep.log", true), ("**/foo", "a/b/foo", true), ("**/foo", "foo", true),
        ("a/**", "a/b/c", true),
        ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("a*c", "abc", true),
        ("/a/*", "a/b", true), ("/*/b", "x/b", true), ("/*/b", "x/y/b", false), ("a?c", "abc", true),
        ("a[0-9].txt", "a5.txt", true),
        ("a[!0-9].txt", "a5.txt", false), ("trail   ", "trail", true), ("trail\\ ", "trail ", true),
        ("dir\n!dir/keep", "dir/keep", true),
        ("/dir/*\n!/dir/keep", "dir/keep", false), ("win\r\n*.x\r", "b.x", true), ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false),
        ("[", "[", true), ("doc/*.txt", "doc/a.txt", true), ("doc/*.txt", "doc/sub/a.txt", false), ("/", "a", false),
    ])
    func followsGit(rules: String, path: String, isIgnored: Bool) async throws {
        let scene = try Scene()
        try scene.put(".gitignore", rules)
        try scene.put(path, "needle")
        let output = try await scene.call("search_files", ["pattern": "needle"])
        #expect(output.content.hasPrefix("No line") == isIgnored, "\(output.content)")
    }

    @Test func letsDeeperFilesAndDotIgnoreGoOver() async throws {
        let scene = try Scene()
        try scene.put(".gitignore", "*.log\n")
        try scene.put("sub/.gitignore", "!yes.log\n/only-here\n")
        try scene.put("sub/.ignore", "yes2\n")
        for path in ["a.log", "sub/yes.log", "sub/no.log", "sub/only-here", "sub/x/only-here", "sub/yes2", "yes2"] {
            try scene.put(path, "needle")
        }
        let output = try await scene.call("search_files", ["pattern": "needle"])
        let expected = "sub/x/only-here:1: needle\nsub/yes.log:1: needle\nyes2:1: needle"
        #expect(output.content == expected)
        // The files above the searched directory count too.
        let below = try await scene.call("search_files", ["pattern": "needle", "path": "sub"])
        #expect(below.content == "sub/x/only-here:1: needle\nsub/yes.log:1: needle")
        let deeper = try await scene.call("search_files", ["pattern": "needle", "path": "sub/x"])
        #expect(deeper.content == "sub/x/only-here:1: needle")
    }
}

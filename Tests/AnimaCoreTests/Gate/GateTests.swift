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
        "rules for addresses go by what an address means",
        arguments: [
            (["web:GET https://a.test/*"], [], "https://a.test/x", true),
            (["web:GET https://a.test/*"], [], "HTTPS://A.test:443/x", true),
            (["web:GET https://a.test/*"], [], "https://a.test:444/x", false),
            (["web:GET https://a.test/*"], [], "https://a.test@b.test/", false),
            (["web:GET https://a.test/*"], [], "http://a.test/x", false),
            (["web:GET https://a.test/open/*"], [], "https://a.test/open/../x", false),
            (["web:GET https://a.test/open/*"], [], "https://a.test/open/%2e%2e/x", false),
            (["web:POST https://a.test/*"], [], "https://a.test/x", false),
            (["web:* https://a.test/*"], [], "https://a.test", true),
            (["web"], ["web:* http://127.0.0.1/*"], "http://0x7f.1", false),
            (["web"], ["web:* https://a.test/*"], "https://A.TEST./x", false),
            (["web"], ["web:* https://a.test/*"], "no address", false), (["web"], [], "no address", true),
        ] as [([String], [String], String, Bool)]
    )
    func decidesAboutAddresses(_ allow: [String], _ deny: [String], _ url: String, _ expected: Bool) {
        let web = ToolSpec(
            name: "web",
            group: "http",
            description: "web",
            parameters: ArgumentSchema(),
            replay: .pure,
            gateArgument: "url",
            gatePrefix: "method",
            gateForm: .address
        )
        #expect(allows(allow, deny, web, ["method": "GET", "url": .string(url)]) == expected)
    }

    @Test func offersARuleForAnAddressOnlyWhenItMeansOneCall() throws {
        let web = spec("read_page", "http", "url", .address)
        #expect(web.alwaysRule(for: ["url": "HTTPS://a.test"])?.pattern == "read_page:https://a.test/")
        #expect(web.alwaysRule(for: ["url": "https://a.test/?q"]) == nil)
        #expect(web.alwaysRule(for: ["url": "nonsense"]) == nil)
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
            (["shell"], ["shell:rm *"], "rm\t-rf  x", false), (["shell"], ["shell:rm *"], "  rm x", false),
            (["shell"], ["shell:rm *"], "/bin/rm x", false), (["shell"], ["shell:rm *"], "./rm x", false),
            (["shell"], ["shell:rm *"], "alarm x", true), (["shell:git status*"], [], "git  status", true),
            (["shell:git status*"], [], "/tmp/git status", false),
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

    // MARK: Asking

    @Test("of equally specific rules deny goes over ask, and ask over allow")
    func ranksActions() {
        let shell = spec("shell", "shell", "command", .command)
        let line: JSONValue = ["command": "git push"]
        func verdict(_ rules: [Gate.Rule]) -> ToolCall.Verdict { Gate(rules: rules).decide(shell, line) }
        let allow = Gate.Rule(.allow, "shell")
        let ask = Gate.Rule(.ask, "shell")
        #expect(verdict([allow, ask]) == .asks(rule: "shell"))
        #expect(verdict([ask, allow]) == .asks(rule: "shell"))
        guard case .denied = verdict([allow, ask, .init(.deny, "shell")]) else {
            Issue.record("it was not denied")
            return
        }
        #expect(verdict([ask, .init(.allow, "shell:git *")]) == .allowed(rule: "shell:git *"))
        #expect(verdict([allow, .init(.ask, "shell:git push*")]) == .asks(rule: "shell:git push*"))
    }

    @Test("an opaque line is allowed by no argument pattern, and asked about and denied by every one")
    func readsOpaqueLinesAtTheirWorst() {
        let shell = spec("shell", "shell", "command", .command)
        for line in [
            "git status; rm x", "git status\nrm x", "git status && x", "git $(x)", "git `x`", "git status > f",
        ] {
            let call: JSONValue = ["command": .string(line)]
            guard case .denied = Gate(rules: [.init(.allow, "shell:git*")]).decide(shell, call) else {
                Issue.record("\(line) was not denied")
                continue
            }
            let pushing = Gate(rules: [.init(.allow, "shell"), .init(.ask, "shell:git push*")])
            #expect(pushing.decide(shell, call) == .asks(rule: "shell:git push*"))
            // However long the pattern that asks is, what denies goes over it.
            let denying = Gate(rules: pushing.rules + [.init(.deny, "shell:rm *")])
            guard case .denied = denying.decide(shell, call) else {
                Issue.record("\(line) was not denied by a short pattern")
                continue
            }
            let asking = Gate(rules: [.init(.allow, "shell:git*"), .init(.ask, "shell")])
            #expect(asking.decide(shell, ["command": .string(line)]) == .asks(rule: "shell"))
        }
    }

    // MARK: Untrusted text

    private func tool(_ name: String, reach: ToolSpec.Reach) -> ToolSpec {
        ToolSpec(
            name: name,
            group: "http",
            description: name,
            parameters: ArgumentSchema(),
            replay: .unsafe,
            gateArgument: "url",
            reach: reach
        )
    }

    @Test("while untrusted text is in view, what reaches outside needs a rule that names the case")
    func guardsAgainstUntrustedText() {
        let request = tool("http_request", reach: .outside)
        let call: JSONValue = ["url": "https://evil.example/?q=secret"]
        let gate = Gate(rules: [
            .init(.allow, "http"), .init(.allow, "http_request:https://good.example/* when untrusted"),
        ])
        #expect(gate.decide(request, call) == .allowed(rule: "http"))
        guard case .denied(let reason) = gate.decide(request, call, untrusted: "t1.1.1 read_page") else {
            Issue.record("it was not denied")
            return
        }
        #expect(reason.contains("t1.1.1 read_page") && reason.contains("when untrusted"))
        let good: JSONValue = ["url": "https://good.example/a"]
        let rule = "http_request:https://good.example/* when untrusted"
        #expect(gate.decide(request, good, untrusted: "t1.1.1 read_page") == .allowed(rule: rule))
        // What stays inside goes on as before; what denies denies.
        let inside = tool("http_request", reach: .inside)
        #expect(gate.decide(inside, call, untrusted: "t1.1.1 read_page") == .allowed(rule: "http"))
        let asking = Gate(rules: [.init(.allow, "http"), .init(.ask, "http when untrusted")])
        #expect(asking.decide(request, call, untrusted: "x") == .asks(rule: "http when untrusted"))
        #expect(asking.decide(request, call) == .allowed(rule: "http"))
        let denying = Gate(rules: [.init(.allow, "http when untrusted"), .init(.deny, "http")])
        guard case .denied = denying.decide(request, call, untrusted: "x") else {
            Issue.record("it was not denied")
            return
        }
    }

    // MARK: Always

    @Test(
        "what is allowed for good names exactly what was shown",
        arguments: [
            ("git status", "shell:git status"), ("git  log -1", "shell:git log -1"),
            ("wc -l README.md", "shell:wc -l README.md"),
        ]
    )
    func allowsForGood(line: String, pattern: String) {
        let shell = spec("shell", "shell", "command", .command)
        #expect(shell.alwaysRule(for: ["command": .string(line)]) == Gate.Rule(.allow, pattern))
        let gate = Gate(rules: [.init(.ask, "shell"), .init(.allow, pattern)])
        #expect(gate.decide(shell, ["command": .string(line)]) == .allowed(rule: pattern))
        #expect(gate.decide(shell, ["command": .string(line + " x")]) == .asks(rule: "shell"))
    }

    @Test("what is denied stays denied for what a call comes by, whatever was allowed for good")
    func deniesWhatIsComeBy() throws {
        let get = ToolSpec(
            name: "get",
            group: "web",
            description: "",
            parameters: ArgumentSchema(),
            replay: .pure,
            gateArgument: "url",
            gateForm: .address
        )
        let own = Gate(rules: [
            .init(.allow, "web"), .init(.deny, "get:https://a.test/*"), .init(.deny, "files:private/**"),
        ])
        let gates = Gates(
            own,
            grants: [.init(.allow, "get:https://a.test/old"), .init(.allow, "read:private/old")],
            above: [.init(Gate(rules: [.init(.allow, "*"), .init(.deny, "get:https://b.test/*")]))]
        )
        let reach = try #require(AddressReach(of: get, ["url": "https://c.test/"], gates: gates, untrusted: nil))
        #expect(reach.refusal(of: "https://a.test/old", method: "GET") != nil)
        #expect(reach.refusal(of: "https://b.test/x", method: "GET") != nil)
        #expect(reach.refusal(of: "https://c.test/x", method: "GET") == nil)
        let read = spec("read", "files", "path", .path)
        let files = try #require(PathReach(of: read, gates: gates, untrusted: nil, isApproved: false))
        #expect(files.refusal(of: "private/old", isNamed: true) != nil)
        #expect(files.refusal(of: "private/old", isNamed: false) != nil)
    }

    @Test("what the configuration denies stays denied, whatever was allowed for good")
    func deniesInSpiteOfGrants() {
        let shell = spec("shell", "shell", "command", .command)
        let call: JSONValue = ["command": "git push"]
        let grants = [Gate.Rule(.allow, "shell:git push")]
        let asking = Gate(rules: [.init(.ask, "shell")])
        #expect(asking.judge(shell, call, with: grants).verdict == .allowed(rule: "shell:git push"))
        let denying = Gate(rules: asking.rules + [.init(.deny, "shell")])
        guard case .denied = denying.judge(shell, call, with: grants).verdict else {
            Issue.record("it was not denied")
            return
        }
    }

    @Test(
        "no shell, interpreter or wrapper is allowed for good, and nothing that a shell would take apart",
        arguments: [
            "bash build.sh", "sh -c x", "/bin/sh x", "python3 a.py", "python3.12 a.py", "node a.js", "env X git status",
            ". run.sh", "command bash x", "builtin eval x", "npm run x", "cargo test", "swift build", "go run .",
            "./run.sh",
            "/usr/bin/git status", "flock x ls", "Rscript x.R", "pip3 install x", "sudo ls", "xargs rm",
            "find . -name x", "nohup ls", "timeout 5 ls", "make all", "sed -i x", "ssh host ls",
            "ls; rm x", "ls | sh", "ls > x", "echo `x`", "ls *", "PERL a.pl", "docker run x",
        ]
    )
    func refusesToAllowForGood(line: String) {
        let shell = spec("shell", "shell", "command", .command)
        #expect(shell.alwaysRule(for: ["command": .string(line)]) == nil)
    }
}

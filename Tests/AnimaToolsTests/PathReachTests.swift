import AnimaCore
import AnimaTools
import Testing

/// What the gate says of files counts also for those that a call comes by: through links and in directories.
@Suite struct PathReachTests {
    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.put("notes/a.txt", "needle")
        try scene.put("private/b.txt", "needle")
        try scene.put("private/open/c.txt", "needle")
        try scene.put("key.pem", "needle")
        try scene.link("notes/way", to: "../private")
        try scene.link("notes/key", to: "../key.pem")
        return scene
    }

    /// Calls a tool as the runtime does when the gate lets the call run; nil when it does not.
    private func call(
        _ scene: Scene,
        _ rules: [Gate.Rule],
        _ name: String,
        _ arguments: JSONValue,
        isApproved: Bool = false
    ) async throws -> ToolOutput? {
        let gate = Gate(rules: rules)
        let tool = try scene.tool(name)
        let checked = try tool.spec.parameters.validate(arguments)
        switch gate.decide(tool.spec, checked) {
        case .allowed: break
        case .asks where isApproved: break
        default: return nil
        }
        let reach = PathReach(of: tool.spec, gates: Gates(gate), untrusted: nil, isApproved: isApproved)
        return await tool.run(try scene.invocation(name, arguments, reach: reach))
    }

    @Test(
        "what is denied or asked about is not come by",
        arguments: [
            (.deny, "files:private/**"), (.ask, "files:private/**"), (.deny, "*:private/**"),
            (.deny, "files:ROOT/private/**"),
        ] as [(Gate.Action, String)]
    )
    func isNotComeBy(action: Gate.Action, pattern: String) async throws {
        let scene = try scene()
        let rules: [Gate.Rule] = [
            .init(.allow, "files"), .init(action, pattern.replacing("ROOT", with: scene.root)),
            .init(.allow, "files:private/open/*"),
        ]
        let found = try #require(await call(scene, rules, "search_files", ["pattern": "needle"])).content
        #expect(found.contains("notes/a.txt:1") && found.contains("key.pem:1"), "\(found)")
        #expect(found.contains("private/open/c.txt:1"), "\(found)")
        #expect(!found.contains("b.txt"), "\(found)")
        let listed = try #require(await call(scene, rules, "list_files", ["depth": 5])).content
        #expect(
            listed.contains("notes/a.txt") && !listed.contains("b.txt") && !listed.contains("private/ "),
            "\(listed)"
        )
        for (tool, arguments) in [
            ("read_file", ["path": "notes/way/b.txt"]), ("list_files", ["path": "notes/way"]),
            ("search_files", ["pattern": "needle", "path": "notes/way"]), ("file_info", ["path": "notes/way/b.txt"]),
            ("write_file", ["path": "notes/way/new/x.txt", "content": "x"]),
            ("delete_file", ["path": "notes/way/b.txt"]),
            ("move_file", ["path": "notes/way/b.txt", "to": "mine.txt"]),
            ("move_file", ["path": "notes/a.txt", "to": "notes/way/a.txt"]),
            ("edit_file", ["path": "notes/way/b.txt", "old_text": "needle", "new_text": "x"]),
            ("apply_patch", ["patch": "--- a/notes/way/b.txt\n+++ b/notes/way/b.txt\n@@ -1 +1 @@\n-needle\n+x\n"]),
        ] as [(String, JSONValue)] {
            let output = try #require(await call(scene, rules, tool, arguments))
            #expect(output.isError && output.content.contains("private"), "\(tool): \(output.content)")
        }
        #expect(try scene.names(in: "private") == ["b.txt", "open"])
        #expect(scene.text("private/b.txt") == "needle" && scene.text("notes/a.txt") == "needle")
    }

    @Test func aDirectoryWhoseContentIsDeniedIsDeniedToo() async throws {
        let scene = try scene()
        let rules: [Gate.Rule] = [.init(.allow, "files"), .init(.deny, "files:private/**")]
        #expect(try await call(scene, rules, "list_files", ["path": "private"]) == nil)
        #expect(try await call(scene, rules, "list_files", ["path": "private/"]) == nil)
    }

    @Test func aLinkLeadsOnlyWhereARuleAllows() async throws {
        let scene = try scene()
        let rules: [Gate.Rule] = [.init(.allow, "read_file:notes/**"), .init(.allow, "search_files")]
        #expect(try #require(await call(scene, rules, "read_file", ["path": "notes/a.txt"])).isError == false)
        let output = try #require(await call(scene, rules, "read_file", ["path": "notes/key"]))
        #expect(output.isError && output.content.contains("\"key.pem\""), "\(output.content)")
    }

    @Test func whatTheOwnerSaidYesToIsComeBy() async throws {
        let scene = try scene()
        let rules: [Gate.Rule] = [.init(.ask, "files"), .init(.deny, "files:*.pem")]
        let arguments: JSONValue = ["pattern": "needle"]
        let found = try #require(await call(scene, rules, "search_files", arguments, isApproved: true)).content
        #expect(found.contains("notes/a.txt:1") && found.contains("b.txt:1") && !found.contains("pem"), "\(found)")
    }

    @Test func whatIsSavedFromTheWebIsJudgedAsWriting() throws {
        let scene = try scene()
        let spec = try scene.tool("http_request").spec
        func reach(_ rules: [Gate.Rule]) -> PathReach? {
            PathReach(of: spec, gates: Gates(Gate(rules: rules)), untrusted: nil, isApproved: false)
        }
        #expect(reach([.init(.allow, "http")]) == nil)
        let limited = try #require(reach([.init(.allow, "http"), .init(.deny, "write_file:private/**")]))
        #expect(limited.refusal(of: "private/x", isNamed: true) != nil)
        #expect(limited.refusal(of: "downloads/x", isNamed: true) == nil)
    }

    @Test func costsNothingWhenNoRuleTellsFilesApart() throws {
        let spec = try scene().tool("search_files").spec
        let gate = Gate(rules: [.init(.allow, "files"), .init(.deny, "shell:rm *"), .init(.ask, "shell")])
        #expect(PathReach(of: spec, gates: Gates(gate), untrusted: nil, isApproved: false) == nil)
    }
}

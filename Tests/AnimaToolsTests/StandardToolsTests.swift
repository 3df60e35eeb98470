import AnimaCore
import AnimaTools
import Testing

@Suite struct StandardToolsTests {
    @Test func describesEveryToolForTheModel() throws {
        let scene = try Scene()
        let tools = StandardTools.all(workspace: scene.workspace, environment: [:], sandbox: NoSandbox())
        #expect(Set(tools.map(\.spec.name)).count == tools.count)
        for spec in tools.map(\.spec) {
            #expect(!spec.description.isEmpty)
            #expect(spec.description.utf8.count < 400, "\(spec.name)")
            #expect(StandardTools.groups.contains(spec.group))
            #expect(spec.name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz_".utf8.contains($0) })
            let schema = spec.parameters.jsonSchema
            #expect(schema["type"] == "object")
            for field in spec.parameters.fields {
                #expect(!field.description.isEmpty)
                #expect(schema["properties"]?[field.name]?["type"] != nil)
                // A default that the schema itself refuses would fail every call.
                if let value = field.defaultValue {
                    let alone = ArgumentSchema([field])
                    #expect(try alone.validate(.object([field.name: value]))[field.name] == value)
                }
            }
            if let gateArgument = spec.gateArgument {
                #expect(spec.parameters.fields.contains { $0.name == gateArgument })
            }
        }
    }

    @Test(arguments: [
        ("read_file", Replay.pure, false), ("write_file", .probe, true), ("edit_file", .probe, true),
        ("apply_patch", .probe, true), ("move_file", .probe, true), ("delete_file", .probe, true),
        ("file_info", .pure, false), ("list_files", .pure, false), ("search_files", .pure, false),
        ("shell", .unsafe, true),
        ("run_program", .unsafe, true), ("shell_start", .unsafe, true), ("shell_read", .pure, false),
        ("shell_write", .unsafe, true), ("shell_stop", .probe, true), ("read_page", .pure, false),
        ("http_request", .unsafe, true),
        ("add", .pure, false), ("echo", .pure, false), ("now", .pure, false),
        ("remember", .pure, false), ("recall", .pure, false),
    ])
    func saysWhatACrashMayDoToACall(name: String, replay: Replay, isExclusive: Bool) throws {
        let spec = try Scene().tool(name).spec
        #expect(spec.replay == replay)
        #expect(spec.isExclusive == isExclusive)
    }

    @Test(arguments: [
        "read_file", "shell", "run_program", "search_files", "list_files", "edit_file", "apply_patch", "file_info",
        "read_page", "http_request", "shell_start", "shell_read", "shell_write", "shell_stop",
    ])
    func trustsNothingThatComesFromFilesAndPrograms(name: String) throws {
        #expect(try Scene().tool(name).spec.trust == .untrusted)
    }

    @Test(arguments: [
        (
            ["files"],
            [
                "read_file", "write_file", "edit_file", "apply_patch", "move_file", "delete_file", "list_files",
                "file_info", "search_files",
            ]
        ),

        (["shell"], ["shell", "run_program", "shell_start", "shell_read", "shell_write", "shell_stop"]),
        (["http"], ["read_page", "http_request"]),
        (["recall", "basic", "add"], ["add", "echo", "now", "recall"]),
        ([], []),
    ])
    func selectsByGroupAndName(names: [String], expected: [String]) throws {
        let tools = StandardTools.all(workspace: try Scene().workspace, environment: [:], sandbox: NoSandbox())
        #expect(try StandardTools.select(names, from: tools).map(\.spec.name) == expected)
    }

    @Test func refusesUnknownNamesWithAHint() throws {
        let tools = StandardTools.all(workspace: try Scene().workspace, environment: [:], sandbox: NoSandbox())
        let error = try #require(throws: ToolSelectionError.self) {
            try StandardTools.select(["file", "recal", "add", "telepathy"], from: tools)
        }
        #expect(error.unknown == ["file", "recal", "telepathy"])
        #expect(error.description.contains("did you mean \"files\"?"))
        #expect(error.description.contains("did you mean \"recall\"?"))
    }

    @Test func showsTheGateWhatARunProgramCallIs() throws {
        let gate = Gate(rules: [.init(.allow, "run_program:git status*"), .init(.allow, "write_file:notes/**")])
        let scene = try Scene()
        let spec = try scene.tool("run_program").spec
        #expect(gate.decide(spec, ["arguments": ["git", "status", "-s"]]).isAllowed)
        #expect(!gate.decide(spec, ["arguments": ["git", "push"]]).isAllowed)
        let write = try scene.tool("write_file").spec
        #expect(gate.decide(write, ["path": "notes/a.md"]).isAllowed)
        #expect(!gate.decide(write, ["path": "notes/../a.md"]).isAllowed)
    }

    /// A call that names several files runs only if it might for each of them.
    @Test(arguments: [
        ("move_file", #"{"path": "notes/a", "to": "notes/b"}"#, true),
        ("move_file", #"{"path": "notes/a", "to": "other/b"}"#, false),
        ("move_file", #"{"path": "other/a", "to": "notes/b"}"#, false),
        ("move_file", #"{"path": "notes/a", "to": "notes/secret/b"}"#, false),
        ("move_file", #"{"path": "notes/a", "to": "notes/x/../../other"}"#, false),
        ("apply_patch", #"{"patch": "--- a/notes/a\n+++ b/notes/a\n", "path": "."}"#, true),
        ("apply_patch", #"{"patch": "--- a/a\n+++ b/a\n", "path": "notes"}"#, true),
        ("apply_patch", #"{"patch": "--- a/notes/a\n+++ b/other/a\n", "path": "."}"#, false),
        (
            "apply_patch",
            #"{"patch": "--- notes/a\n+++ notes/a\n@@ -1 +1 @@\n--- /dev/null\n+++ \"x\"\r\n", "path": "."}"#, false
        ),
        ("apply_patch", #"{"patch": "--- a/notes/secret/a\n+++ /dev/null\n", "path": "."}"#, false),
        ("apply_patch", #"{"patch": "rename from notes/a\nrename to b", "path": "."}"#, false),
        ("apply_patch", #"{"patch": "+++ ../x", "path": "notes"}"#, false),
        ("apply_patch", #"{"patch": "+++ /etc/x", "path": "notes"}"#, false),
        ("apply_patch", #"{"patch": "", "path": "notes"}"#, false),
    ])
    func judgesEveryPathOfACall(name: String, arguments: String, isAllowed: Bool) throws {
        let gate = Gate(rules: [.init(.allow, "files:notes/**"), .init(.deny, "files:notes/secret/**")])
        let spec = try Scene().tool(name).spec
        #expect(gate.decide(spec, try JSONValue(parsing: arguments)).isAllowed == isAllowed)
    }
}

extension ToolCall.Verdict {
    fileprivate var isAllowed: Bool { if case .allowed = self { true } else { false } }
}

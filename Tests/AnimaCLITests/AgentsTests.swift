import AnimaCore
import Foundation
import Testing

@Suite("anima's other commands", .timeLimit(.minutes(10)))
struct AgentsTests {
    @Test("an agent is made, given tools, listed, shown and remembered")
    func makesAgents() throws {
        let program = try Program()
        #expect(try program.run("new", "Bad Name").status == 2)
        #expect(try program.run("new", "helper").status == 0)
        #expect(try program.run("new", "helper").status == 2)
        let file = "\(program.home)/agents/helper/agent.toml"
        try "[tools]\nuse = [\"memory\"]\n[gate]\nallow = [\"memory\"]\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        _ = try program.run("run", "helper", "remember that the sky is green")
        let recalled = try program.run("run", "helper", "what do you remember about the sky", "--conversation", "later")
        #expect(recalled.output.contains("the sky is green"))
        #expect(try program.run("list").output.contains("helper"))
        let row = try JSONValue(parsing: program.run("list", "--json").output)
        #expect(row["turns"] == 2)
        #expect(try JSONValue(parsing: program.run("show", "helper", "--json").output)["memories"] == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(program.home)/agents/helper")
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test("why shows the chain from the task to a tool call, and the rule that allowed it")
    func explains() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "add 2 and 40")
        let why = try program.run("why", "clerk", "t1.1.1").output
        #expect(why.contains("envelope.accepted") && why.contains("model.replied") && why.contains("tool.finished"))
        #expect(why.contains("allowed by the gate's rule \"basic\""))
        #expect(try program.run("why", "clerk", "e999").status == 2)
        #expect(try program.run("why", "t1.1.1").output == why)
        let envelope = try #require(program.events().first { $0["kind"] == "envelope.accepted" }?["envelope"]?["id"])
        #expect(try program.run("why", envelope.stringValue ?? "").output.contains("turn.ended"))
        _ = try program.run("fork", "clerk", "twin")
        let several = try program.run("why", "t1.1.1")
        #expect(several.status == 2 && several.errors.contains("say which"))
    }

    @Test("a life is exported, imported under another name, and forked")
    func travels() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "remember that ice is cold")
        #expect(try program.run("export", "clerk", "carried.anima").status == 0)
        #expect(try program.run("export", "clerk", "carried.anima").status == 1)
        #expect(try program.run("import", "carried.anima").status == 2)
        #expect(try program.run("import", "carried.anima", "--as", "twin").status == 0)
        #expect(try program.run("log", "twin").output == program.run("log", "clerk").output)
        #expect(try program.run("fork", "clerk", "branch", "--at", "e4").status == 0)
        let branch = try program.events("branch")
        #expect(branch.count == 5 && branch.last?["kind"] == "life.began" && branch.last?["parent"] != nil)
        #expect(try program.run("doctor").status == 0)
        try program.put("no life", at: "junk.anima")
        #expect(try program.run("import", "junk.anima", "--as", "junk").status == 1)
    }

    @Test("a whole output that was too long for the model can be read")
    func readsWholeOutputs() throws {
        let program = try Program(Program.clerk + "\n[limits]\nresult_bytes = 1000")
        _ = try program.run("run", "clerk.toml", "run `seq 1 5000`")
        let whole = (1...5000).map { "\($0)\n" }.joined()
        #expect(try program.run("log", "clerk", "--output", "t1.1.1").output == whole)
    }

    @Test("following a life shows what another process adds")
    func follows() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let following = try program.start(["log", "clerk", "--follow"])
        #expect(following.hasSaid("turn.ended"))
        _ = try program.run("run", "clerk.toml", "add 2 and 40")
        #expect(following.hasSaid("add succeeded: 42"))
        following.process.terminate()
        _ = try following.finish()
    }

    @Test("configuration is checked and shown; tools, events and completions are listed")
    func showsSetup() throws {
        let program = try Program()
        #expect(try program.run("config", "check", "clerk.toml").status == 0)
        #expect(try program.run("config", "show", "clerk.toml").output.contains("steps = 40"))
        try program.put("[agent]\nname = \"x\"\n[tools]\nuse = [\"file\"]", at: "x.toml")
        let check = try program.run("config", "check", "x.toml")
        #expect(check.status == 2 && check.errors.contains("did you mean \"files\"?"), "\(check.errors)")
        #expect(try program.run("config", "sample").output.contains("[limits]"))
        #expect(try program.run("tools").output.contains("search_files"))
        #expect(try program.run("events").output.contains("turn.ended"))
        for shell in ["bash", "zsh", "fish"] { #expect(try program.run("completions", shell).output.count > 1000) }
    }

    @Test("the doctor finds a life that others can read")
    func finds() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let life = "\(program.home)/agents/clerk/life.sqlite"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: life)
        let doctor = try program.run("doctor")
        #expect(doctor.status == 1 && doctor.output.contains("chmod 600"))
    }

    @Test("what can't be read is called what it is, and left alone")
    func namesForeignLives() throws {
        let program = try Program()
        let life = "\(program.home)/agents/clerk/life.sqlite"
        _ = try program.run("run", "clerk.toml", "hello")
        for (content, said) in [
            ("", "the file is empty"), (String(repeating: "not a life\n", count: 200), "not a life of Anima"),
        ] {
            try content.write(toFile: life, atomically: false, encoding: .utf8)
            // Says that nothing is left to do, so that nobody would look.
            try? FileManager.default.removeItem(atPath: "\(program.home)/agents/clerk/life.lock")
            for command in [["resume"], ["run", "clerk.toml", "hello"], ["log", "clerk"], ["doctor"]] {
                let result = try program.start(command).finish()
                #expect(result.status == 1, "\(command): \(result)")
                #expect((result.output + result.errors).contains(said), "\(command): \(result)")
            }
            #expect(try String(contentsOfFile: life, encoding: .utf8) == content)
        }
    }

    @Test("a fork that can't be leaves nothing behind")
    func forksWholly() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let fork = try program.run("fork", "clerk", "branch", "--at", "e99999")
        #expect(fork.status == 1 && fork.errors.contains("it has e1 to e"))
        #expect(!FileManager.default.fileExists(atPath: "\(program.home)/agents/branch"))
        #expect(try program.run("list").output.split(separator: "\n").count == 1)
    }

    @Test("what is not there is told with what there is")
    func tellsWhatThereIs() throws {
        let program = try Program()
        _ = try program.run("run", "clerk.toml", "hello")
        let log = try program.run("log", "clerk", "--turn", "t9")
        #expect(log.status == 2 && log.errors.contains("it has t1 to t1"))
        let command = try program.run("rnu", "clerk.toml", "hello")
        #expect(command.status == 2 && command.errors.contains("Did you mean `anima run`?"))
    }
}

import AnimaCore
import Foundation
import Testing

@Suite(
    "Programs of an agent",
    .enabled(if: Program.hasSandbox, "this machine has no sandbox"),
    .timeLimit(.minutes(5))
)
struct SandboxedRunTests {
    @Test("can't change the file that says what the agent may do")
    func keepsItsConfiguration() throws {
        let program = try Program()
        let result = try program.run("run", "clerk.toml", "run `echo more >> clerk.toml; echo x > made.txt`")
        #expect(try program.text("clerk.toml") == Program.clerk)
        #expect(try program.text("made.txt") == "x\n")
        #expect(result.status == 0)
    }

    @Test("can't read Anima's home")
    func hidesTheHome() throws {
        let program = try Program()
        try FileManager.default.createDirectory(atPath: program.home, withIntermediateDirectories: true)
        try program.put("# hush", at: "../home/config.toml")
        let result = try program.run("run", "clerk.toml", "run `cat ../home/config.toml \(program.home)/config.toml`")
        #expect(!result.output.contains("hush") && !result.errors.contains("hush"))
    }

    @Test("don't start in a workspace that holds the owner's home")
    func refusesTheOwnersHome() throws {
        let program = try Program()
        let result = try program.run("run", "clerk.toml", "add 2 and 40", more: ["HOME": program.directory])
        #expect(result.status != 0)
        #expect(result.errors.contains("holds your home directory"))
        try program.put(Program.clerk + "[sandbox]\nmode = \"none\"\n", at: "open.toml")
        let unconfined = try program.run("run", "open.toml", "add 2 and 40", more: ["HOME": program.directory])
        #expect(unconfined.output == "42\n")
    }

    @Test("may read and write what the configuration grants", arguments: ["read", "write"])
    func grantsPaths(key: String) throws {
        let program = try Program(Program.clerk + "[sandbox]\n\(key) = [\"../granted\"]\n")
        let granted = program.directory + "/../granted"
        try FileManager.default.createDirectory(atPath: granted, withIntermediateDirectories: true)
        try program.put("given", at: "../granted/a")
        let result = try program.run("run", "clerk.toml", "run `cat ../granted/a; echo x > ../granted/b`")
        #expect(result.output.contains("given"))
        #expect(FileManager.default.fileExists(atPath: granted + "/b") == (key == "write"))
    }

    @Test("reach the hosts that the configuration names, if the sandbox can hold them to these")
    func grantsHosts() throws {
        let program = try Program(Program.clerk + "[sandbox]\nhosts = [\"pypi.org\"]\n")
        let result = try program.run("run", "clerk.toml", "run `echo to $https_proxy`")
        try FileManager.default.createDirectory(atPath: program.home, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: program.home)
        try program.put("[sandbox]\nhosts = [\"pypi.org\"]\n", at: "../home/config.toml")
        let doctor = try program.run("doctor").output
        if doctor.contains("programs reach pypi.org and no other host") {
            #expect(result.output.contains("to http://127.0.0.1:3128"), "\(result.output) \(result.errors)")
        } else {
            #expect(doctor.contains("can't hold programs to sandbox.hosts"), "\(doctor)")
            #expect(result.status != 0 && result.errors.contains("sandbox.hosts"))
        }
    }

    @Test("are held by what doctor names")
    func tellsTheDoctor() throws {
        let program = try Program()
        #expect(try program.run("doctor").output.contains("ok    sandbox: "))
        try FileManager.default.createDirectory(atPath: program.home, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: program.home)
        try program.put("[sandbox]\nmode = \"none\"\n", at: "../home/config.toml")
        #expect(try program.run("doctor").output.contains("sandbox: none: programs run unconfined"))
    }
}

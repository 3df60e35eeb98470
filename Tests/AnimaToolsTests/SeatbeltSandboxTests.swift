import Testing

@testable import AnimaTools

/// The profile of macOS's sandbox, as a text: there is no such system among those that the tests run on.
@Suite struct SeatbeltSandboxTests {
    private func profile(_ confinement: Confinement) throws -> [String] {
        let command = try SeatbeltSandbox().command(["true"], in: "/", under: confinement, parent: 1)
        #expect(command.last == "true" && command.first == "/bin/sh")
        return try #require(command.dropLast().last).split(separator: "\n").map(String.init)
    }

    @Test func deniesFirstAndHidesAfterWhatIsRead() throws {
        let home = "/Users/me"
        let lines = try profile(
            Confinement(workspace: home + "/work", read: [home + "/tools"], hidden: [home, home + "/work/.anima"])
        )
        func place(_ line: String) throws -> Int { try #require(lines.firstIndex(of: line), "\(line)") }
        #expect(try place("(version 1)") == 0 && place("(deny default)") == 1)
        let hiding = try place("(deny file-read* file-write* (subpath \"\(home)\"))")
        let work = try place("(allow file-read* file-write* (subpath \"\(home)/work\"))")
        #expect(try place("(allow file-read* (subpath \"/usr\"))") < hiding && hiding < work)
        #expect(lines.lastIndex(of: "(allow file-read* (subpath \"\(home)/tools\"))").map { $0 > hiding } == true)
        let last = lines.lastIndex(of: "(deny file-read* file-write* (subpath \"\(home)/work/.anima\"))")
        #expect(last.map { $0 > work } == true)
        #expect(try place("(deny file-write* (subpath \"\(home)/work/.git/hooks\"))") > work)
        #expect(!lines.contains { $0.contains("network") })
    }

    @Test func opensTheNetworkOnlyAsAWhole() throws {
        var confinement = Confinement(workspace: "/w")
        confinement.network = true
        #expect(try profile(confinement).contains("(allow network*)"))
        confinement.network = false
        confinement.hosts = [try #require(ProgramHost("example.com"))]
        #expect(throws: SandboxError.self) { try profile(confinement) }
    }

    @Test func quotesPathsThatWouldEndTheRule() throws {
        let lines = try profile(Confinement(workspace: "/w\")) (allow default) (\"\\"))
        #expect(lines.contains(#"(allow file-read* file-write* (subpath "/w\")) (allow default) (\"\\"))"#))
        #expect(!lines.contains("(allow default)"))
    }
}

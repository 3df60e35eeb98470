import AnimaCore
import AnimaTesting
import Testing

@testable import AnimaTools

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Everything in the table is tried, and after each try the world must be as it was.
@Suite("Attacks", .timeLimit(.minutes(15)))
struct AttackTests {
    @Test func areManyAndNoneTwice() {
        #expect(Attack.all.count >= 120)
        #expect(Set(Attack.all.map(\.name)).count == Attack.all.count)
    }

    @Test("do no harm", arguments: Attack.all)
    func doNoHarm(attack: Attack) async throws {
        if attack.needsSandbox, Cage.limited.isEmpty { return }
        try await Battlefield.with { field in
            let output = try await field.perform(attack)
            #expect(try field.harm(output) == [], "\(output.content.prefix(2000))")
            if attack.isRefused { #expect(output.isError, "\(output.content.prefix(500))") }
        }
    }

    /// What shows that the test above would find harm: the same lines without a sandbox.
    @Test(
        "do harm that is seen where nothing holds them",
        arguments: [
            "print a secret", "print a secret in Base64", "print a secret in hexadecimal", "write outside",
            "write a git hook by a program", "write .envrc by a program", "print a variable",
            "connect to this machine by bash",
        ]
    )
    func areSeenWithoutASandbox(name: String) async throws {
        let attack = try #require(Attack.all.first { $0.name == name })
        try await Battlefield.with(sandbox: NoSandbox(), environment: ["ANIMA_ATTACK_SECRET": Battlefield.secret]) {
            field in
            let output = try await field.perform(attack)
            #expect(try field.harm(output) != [], "\(output.content)")
        }
    }
}

extension Attack {
    /// Whether it runs programs.
    var needsSandbox: Bool {
        func isProgram(_ tool: String) -> Bool { tool == "shell" || tool == "run_program" }
        switch way {
        case .call(let tool, _): return isProgram(tool)
        case .calls(let calls): return calls.contains { isProgram($0.0) }
        case .redirect, .gate: return false
        }
    }
}

/// A workspace with traps, a directory around it that must stay as it is, and a server that nobody may reach.
private struct Battlefield {
    static let secret = "SECRET-\(UInt64.random(in: .min ... .max))"

    let scene: Scene
    let server: ScriptedServer
    let before: [String: String]

    static func with(
        sandbox: (any Sandbox)? = nil,
        environment: [String: String] = [:],
        _ body: (Battlefield) async throws -> Void
    ) async throws {
        setenv("ANIMA_ATTACK_SECRET", secret, 1)
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: secret) }
        let field: Battlefield
        do {
            var web = WebAccess(program: "Anima")
            web.resolver = Names()
            let scene = try Scene(
                environment: environment,
                sandbox: sandbox ?? Cage.limited.first?.sandbox ?? NoSandbox(),
                web: web
            ) { confinement in
                confinement.limits.memory = 512
                confinement.limits.processes = 128
                confinement.limits.file = 64
            }
            try prepare(scene)
            field = Battlefield(scene: scene, server: server, before: try snapshot(scene))
            try await body(field)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func prepare(_ scene: Scene) throws {
        let files = FileManager.default
        func write(_ path: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        try write(scene.outside + "/secret.txt", secret)
        try write(scene.outside + "/victim.txt", "unchanged\n")
        try files.createDirectory(atPath: scene.outside + "/dir", withIntermediateDirectories: true)
        try write(scene.outside + "/dir/inner.txt", secret)
        try files.createDirectory(atPath: scene.root + "-other", withIntermediateDirectories: true)
        try write(scene.root + "-other/secret.txt", secret)
        try scene.put("notes.txt", "one\n")
        try scene.put("dir/a.txt", String(repeating: "a", count: 60) + "b\n")
        try scene.put(".git/hooks/pre-commit", "kept\n")
        try scene.put(".git/config", "[core]\n")
        for (name, target) in [
            ("link-file", "../secret.txt"), ("link-dir", ".."), ("link-absolute", scene.outside + "/secret.txt"),
            ("link-victim", "../victim.txt"), ("link-new", "../new.txt"), ("chain-1", "chain-2"),
            ("chain-2", "dir/../../secret.txt"), ("dir/up", "../.."), ("loop", "loop"), ("link-device", "/dev/zero"),
            ("link-proc", "/proc/self"),
        ] {
            try scene.link(name, to: target)
        }
        mkfifo(scene.root + "/pipe", 0o600)
        try scene.put("evil.tar", Archive.tar([("../new.txt", nil), (scene.outside + "/new2.txt", nil)]))
        try scene.put("link.tar", Archive.tar([("way", scene.outside), ("way/new3.txt", nil)]))
        try scene.put("evil.zip", Archive.zip("../new4.txt"))
    }

    /// Performs it and gives what the model would read.
    func perform(_ attack: Attack) async throws -> ToolOutput {
        switch attack.way {
        case .call(let tool, let arguments): return try await call(tool, arguments)
        case .calls(let calls):
            var output = ToolOutput.success("")
            for (tool, arguments) in calls { output.content += try await call(tool, arguments).content + "\n" }
            return output
        case .redirect(let target):
            // A server that the owner opened, because no test has a public one, sends on.
            let place = fill(.string(target)).stringValue ?? ""
            let door = try await ScriptedServer.start { _ in
                ScriptedServer.answer(status: 302, headers: ["location": place])
            }
            var web = WebAccess(hosts: [HostGrant("127.0.0.1:\(door.port)")].compactMap(\.self), program: "Anima")
            web.resolver = Names()
            let tools = StandardTools.all(workspace: scene.workspace, environment: [:], sandbox: NoSandbox(), web: web)
            let tool = try #require(tools.first { $0.spec.name == "http_request" })
            let output = await tool.run(
                try scene.invocation("http_request", ["url": .string(door.baseURL)], timeout: .seconds(10))
            )
            #expect(door.requests.count == 1)
            await door.stop()
            return output
        case .gate(let allow, let deny, let name, let arguments):
            let spec = try scene.tool(name).spec
            let gate = Gate(rules: allow.map { .init(.allow, $0) } + deny.map { .init(.deny, $0) })
            guard case .allowed(let rule) = gate.decide(spec, arguments) else { return .failure("not allowed") }
            return .success("allowed by \(rule): \(Self.secret)")
        }
    }

    private func call(_ tool: String, _ arguments: JSONValue) async throws -> ToolOutput {
        do {
            return try await scene.call(tool, fill(arguments), timeout: .seconds(8))
        } catch let error as ArgumentError {
            return .failure("\(error)")
        }
    }

    private func fill(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text):
            .string(
                text.replacing("OUT", with: scene.outside).replacing("ROOT", with: scene.root)
                    .replacing("PORT", with: "\(server.port)")
            )
        case .array(let values): .array(values.map(fill))
        case .object(let members): .object(members.mapValues(fill))
        default: value
        }
    }

    // MARK: Harm

    /// Everything that is not as it was, and everything that should not have been said.
    func harm(_ output: ToolOutput) throws -> [String] {
        var harm: [String] = []
        let told = output.content.lowercased()
        let bytes = Array(Self.secret.utf8)
        let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        // What Base64 makes of the beginning does not depend on what follows it.
        let base64 = Data(bytes).base64EncodedString().dropLast(4).lowercased()
        for form in [Self.secret.lowercased(), hex, base64] where told.contains(form) { harm.append("told as \(form)") }
        let now = try Self.snapshot(scene)
        for path in Set(before.keys).union(now.keys).sorted() where before[path] != now[path] {
            harm.append("\(path) was \(before[path] ?? "not there"), is \(now[path] ?? "gone")")
        }
        if !server.requests.isEmpty { harm.append("the server was asked") }
        for process in Self.processes(in: scene.outside) { harm.append("left running: \(process)") }
        return harm
    }

    /// What lies around the workspace, and what in it others obey.
    private static func snapshot(_ scene: Scene) throws -> [String: String] {
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: scene.outside)
        where !path.hasPrefix("root/") || path.hasPrefix("root/.git/hooks") || path == "root/.git/config"
            || path == "root/.envrc" || path == "root/.bashrc"
        {
            let full = scene.outside + "/" + path
            var status = stat()
            guard lstat(full, &status) == 0 else { continue }
            let isFile = status.st_mode & S_IFMT == S_IFREG
            found[path] = "\(status.st_mode & S_IFMT) " + (isFile ? Scene.text(of: full) ?? "?" : "")
        }
        return found
    }

    /// Processes that work in a directory, by the system's list.
    private static func processes(in directory: String) -> [String] {
        let own = getpid()
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [])
            .compactMap { name in
                guard let id = Int32(name), id != own,
                    let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/cwd"),
                    place.hasPrefix(directory)
                else { return nil }
                return "\(id) in \(place)"
            }
    }
}

/// Names of hosts as an attacker's server would tell them.
private struct Names: NameResolver {
    func addresses(of name: String) async throws -> [IPAddress] {
        let numbers: [String] =
            switch name {
            case "loop.test", "rebind.test": ["127.0.0.1"]
            case "mixed.test": ["93.184.215.14", "127.0.0.1"]
            case "metadata.test": ["169.254.169.254"]
            // Kept for documents (RFC 5737): nobody is there, and it is not public either.
            default: ["192.0.2.1"]
            }
        return numbers.compactMap { IPAddress(version4: $0) }
    }
}

/// Archives that name places outside of where they are unpacked.
private enum Archive {
    /// A tar file of small files, and of links where a target is given.
    static func tar(_ entries: [(name: String, target: String?)]) -> [UInt8] {
        var archive: [UInt8] = []
        for (name, target) in entries {
            let content = target == nil ? Array("evil\n".utf8) : []
            var header = [UInt8](repeating: 0, count: 512)
            func put(_ text: String, at offset: Int) {
                header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
            }
            func octal(_ number: Int, _ width: Int) -> String {
                let digits = String(number, radix: 8)
                return String(repeating: "0", count: width - digits.count) + digits
            }
            put(String(name.prefix(99)), at: 0)
            put(octal(0o644, 7), at: 100)
            put(octal(0, 7), at: 108)
            put(octal(0, 7), at: 116)
            put(octal(content.count, 11), at: 124)
            put(octal(0, 11), at: 136)
            put("        ", at: 148)
            put(target == nil ? "0" : "2", at: 156)
            if let target { put(String(target.prefix(99)), at: 157) }
            put("ustar", at: 257)
            put("00", at: 263)
            put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
            archive += header + content
            if !content.isEmpty { archive += [UInt8](repeating: 0, count: 512 - content.count) }
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    /// A zip file with one stored file.
    static func zip(_ name: String) -> [UInt8] {
        let content = Array("evil\n".utf8)
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in content {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        sum = ~sum
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let common =
            number(20, 2) + number(0, 2) + number(0, 2) + number(0, 4) + number(Int(sum), 4) + number(content.count, 4)
            + number(content.count, 4) + number(name.utf8.count, 2) + number(0, 2)
        let local = Array("PK\u{3}\u{4}".utf8) + common + Array(name.utf8) + content
        let central =
            Array("PK\u{1}\u{2}".utf8) + number(20, 2) + common + number(0, 2) + number(0, 2) + number(0, 2)
            + number(0, 4)
            + number(0, 4) + Array(name.utf8)
        return local + central + Array("PK\u{5}\u{6}".utf8) + number(0, 4) + number(1, 2) + number(1, 2)
            + number(central.count, 4) + number(local.count, 4) + number(0, 2)
    }
}

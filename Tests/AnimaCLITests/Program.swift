import Anima
import AnimaCore
import Dispatch
import Foundation
import Synchronization

/// The real program, run in a fresh home and directory.
final class Program: Sendable {
    /// What a run came to.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Holds the others.
    private let place: String
    /// Where it runs: the workspace.
    let directory: String
    /// `ANIMA_HOME`; outside the workspace, for programs there must not see it.
    let home: String
    let environment: [String: String]

    /// Beside the test bundle: the tests depend on it, so it is there.
    static let path: String = {
        let products = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }?
            .deletingLastPathComponent()
        let candidates: [String?] = [
            products?.appendingPathComponent("anima").path,
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("anima")
                .path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "anima"
    }()

    /// Whether this machine has a sandbox; where it has none, agents that run programs must be told to do without.
    static let hasSandbox: Bool = {
        guard let home = try? AnimaHome(path: "/nonexistent", environment: [:]) else { return false }
        let composition = Composition(home: home, environment: ProcessInfo.processInfo.environment)
        return !composition.sandboxReport(of: AgentConfiguration()).hasPrefix("none")
    }()

    static let clerk = """
        [agent]
        name = "clerk"
        [model]
        use = "reflex"
        [tools]
        use = ["files", "shell", "basic", "memory"]
        [gate]
        allow = ["files", "shell", "basic", "memory"]

        """ + (hasSandbox ? "" : "[sandbox]\nmode = \"none\"\n")

    /// - Parameter isTrusted: Whether the owner trusts the configuration.
    init(_ configuration: String = clerk, environment: [String: String] = [:], isTrusted: Bool = true) throws {
        place = FileManager.default.temporaryDirectory.path + "/anima-cli-\(UUID().uuidString)"
        directory = place + "/work"
        home = place + "/home"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "LANG", "LD_LIBRARY_PATH"].contains($0.key)
        }
        self.environment =
            inherited.merging([
                "ANIMA_HOME": home, "SWIFT_BACKTRACE": "enable=no", "ANIMA_DISCOVERY": "keys",
            ]) { $1 }
            .merging(environment) { $1 }
        try put(configuration, at: "clerk.toml", isTrusted: isTrusted)
    }

    deinit { try? FileManager.default.removeItem(atPath: place) }

    /// Writes a file; of configurations the owner trusts what needs it.
    func put(_ text: String, at name: String, isTrusted: Bool = true) throws {
        try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        let demanding = ["[sandbox]", "sandbox.", "base_url", "environment", "headers", "hosts", "workspace"]
        guard isTrusted, name.hasSuffix(".toml"), demanding.contains(where: text.contains) else { return }
        try TrustedFiles(home: AnimaHome(path: home, environment: [:])).add("\(directory)/\(name)")
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8) }

    /// A process that was started, with its output going to files, which nobody has to drain.
    func start(
        _ arguments: [String],
        of executable: String = path,
        input: String = "",
        more: [String: String] = [:]
    ) throws -> Running {
        let running = Running(directory: directory, number: UUID().uuidString)
        let process = running.process
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = environment.merging(more) { $1 }
        try Data(input.utf8).write(to: URL(fileURLWithPath: running.inputPath))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: running.inputPath))
        for path in [running.outputPath, running.errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: running.outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: running.errorPath))
        try process.run()
        return running
    }

    func run(_ arguments: String..., input: String = "", more: [String: String] = [:]) throws -> Result {
        try start(arguments, input: input, more: more).finish()
    }

    /// Runs a script of the shell, for which `$1` is the program.
    func shell(_ script: String) throws -> Result {
        try start(["-c", script, "sh", Self.path], of: "/bin/sh").finish()
    }

    /// Runs the program without holding up what answers it in this process.
    func answer(_ arguments: String..., input: String = "") async throws -> Result {
        let running = try start(arguments, input: input)
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result { try running.finish() }) }
        }
    }

    func events(_ agent: String = "clerk") throws -> [JSONValue] {
        try run("log", agent, "--json").output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }
}

/// A process of the program.
///
/// Sendable because only one task at a time has to do with it.
final class Running: @unchecked Sendable {
    let process = Process()
    let inputPath: String
    let outputPath: String
    let errorPath: String

    init(directory: String, number: String) {
        inputPath = "\(directory)/.in-\(number)"
        outputPath = "\(directory)/.out-\(number)"
        errorPath = "\(directory)/.err-\(number)"
    }

    /// Waits for its end; kills it after five minutes.
    func finish() throws -> Program.Result {
        // Holds its number alone: the process itself would keep its files open for as long.
        let end = DispatchWorkItem { [number = process.processIdentifier] in kill(number, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 300, execute: end)
        defer { end.cancel() }
        process.waitUntilExit()
        defer { for path in [inputPath, outputPath, errorPath] { try? FileManager.default.removeItem(atPath: path) } }
        let status =
            process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
        return Program.Result(
            status: status,
            output: try String(contentsOfFile: outputPath, encoding: .utf8),
            errors: try String(contentsOfFile: errorPath, encoding: .utf8)
        )
    }

    /// Looks at what it has said until that holds a text, for at most two minutes.
    func hasSaid(_ text: String) -> Bool {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            let said = [outputPath, errorPath].compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }.joined()
            if said.contains(text) { return true }
            sched_yield()
        }
        return false
    }
}

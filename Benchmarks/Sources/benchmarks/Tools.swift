import Anima
import Foundation

/// What tools cost: programs in a sandbox, search in many files, and what ten thousand calls leave behind.
enum Tools {
    /// - Parameter anima: The program; beside it is the helper of the sandbox.
    static func measure(into report: inout Report, anima: String, scratch: String) async throws {
        try await programs(into: &report, anima, scratch)
        try await search(into: &report, scratch)
    }

    // MARK: Programs

    private static func programs(into report: inout Report, _ anima: String, _ scratch: String) async throws {
        let root = scratch + "/programs"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let workspace = try Workspace(root: root)
        var environment = ProcessInfo.processInfo.environment
        let beside = anima.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        environment["PATH"] = beside + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        let survey = SandboxSurvey(environment: environment)
        let sandboxes: [(String, (any Sandbox)?, Double?)] = [
            ("without a sandbox", NoSandbox(), nil), ("in bubblewrap with anima-confine", survey.bubblewrap, 25),
            ("in anima-confine alone", survey.helper, 25),
        ]
        for (name, sandbox, aim) in sandboxes {
            guard let sandbox else {
                report.skip("programs \(name): \(survey.bubblewrapProblem ?? survey.helperProblem ?? "not here")")
                continue
            }
            let tool = try tool("run_program", workspace, sandbox)
            let arguments: JSONValue = ["arguments": ["true"]]
            var walls: [Double] = []
            for _ in 0..<60 {
                let began = ContinuousClock.now
                try await run(tool, arguments)
                walls.append(Measure.milliseconds(ContinuousClock.now - began))
            }
            report.add("the program true \(name), wall", Measure.median(walls), "ms", aim: aim)
            let began = ContinuousClock.now
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { try await run(tool, arguments) } }
                try await group.waitForAll()
            }
            report.add("50 of them at once \(name), wall", Measure.milliseconds(ContinuousClock.now - began), "ms")
        }
        let strongest = survey.bubblewrap ?? survey.helper ?? (NoSandbox() as any Sandbox)
        let held = try tool("run_program", workspace, strongest)
        let plain = try tool("run_program", workspace, NoSandbox())
        let before = (descriptors: descriptors, children: children)
        for call in 0..<10_000 { try await run(call.isMultiple(of: 10) ? held : plain, ["arguments": ["true"]]) }
        report.add("descriptors left after 10,000 programs", Double(descriptors - before.descriptors), "", aim: 0)
        report.add("processes left after 10,000 programs", Double(children - before.children), "", aim: 0)
    }

    private static func tool(_ name: String, _ workspace: Workspace, _ sandbox: any Sandbox) throws -> any Tool {
        let tools = StandardTools.all(workspace: workspace, environment: [:], sandbox: sandbox)
        return try StandardTools.select([name], from: tools)[0]
    }

    @discardableResult
    private static func run(_ tool: any Tool, _ arguments: JSONValue) async throws -> ToolOutput {
        let output = await tool.run(
            ToolInvocation(
                id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
                key: "bench",
                agent: try AgentID("bench"),
                arguments: try tool.spec.parameters.validate(arguments),
                timeout: .seconds(120),
                now: Instant(microseconds: 0)
            )
        )
        guard !output.isError else { throw Failure(message: output.content) }
        return output
    }

    private struct Failure: Error {
        let message: String
    }

    private static var descriptors: Int { count("/proc/self/fd") }

    /// The processes whose parent this one is, zombies too.
    private static var children: Int {
        let lists = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return lists.reduce(0) { sum, task in
            let text = (try? String(contentsOfFile: "/proc/self/task/\(task)/children", encoding: .utf8)) ?? ""
            return sum + text.split(separator: " ").count
        }
    }

    private static func count(_ directory: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: directory))?.count ?? 0
    }

    // MARK: Search

    private static let fileCount = 100_000

    private static func search(into report: inout Report, _ scratch: String) async throws {
        let root = scratch + "/tree"
        try plant(root)
        let tool = try tool("search_files", try Workspace(root: root), NoSandbox())
        func ours(_ pattern: String) async throws -> Double {
            var walls: [Double] = []
            for _ in 0..<5 {
                let began = ContinuousClock.now
                try await run(tool, ["pattern": .string(pattern), "max_results": 1000])
                walls.append(Measure.milliseconds(ContinuousClock.now - began))
            }
            return Measure.median(walls)
        }
        for (name, pattern) in [("a word", "needle"), ("an expression", "n[aeiou]{2}dle [0-9]+$")] {
            let wall = try await ours(pattern)
            report.add("search of \(name) in 100,000 files of 2 KB, wall", wall, "ms")
            for (program, arguments) in [("grep", ["-rnE", pattern, root]), ("rg", ["-n", pattern, root])] {
                guard let other = foreign(program, arguments) else {
                    report.skip("\(program), which is not here")
                    continue
                }
                report.add("the same by \(program), ours in multiples of it", wall / other, "")
            }
        }
    }

    private static func plant(_ root: String) throws {
        let line = "the quick brown fox jumps over the lazy dog and runs through the green wood\n"
        let text = String(repeating: line, count: 26)
        for directory in 0..<1000 {
            let path = "\(root)/d\(directory / 50)/e\(directory)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for file in 0..<fileCount / 1000 {
                let number = directory * 100 + file
                let content = number.isMultiple(of: 997) ? text + "a needle \(number)\n" : text
                try Data(content.utf8).write(to: URL(fileURLWithPath: "\(path)/f\(file).txt"))
            }
        }
    }

    /// How long another program takes for the same, in milliseconds; nil when it is not here.
    private static func foreign(_ program: String, _ arguments: [String]) -> Double? {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = directories.map { "\($0)/\(program)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
        var walls: [Double] = []
        for _ in 0..<5 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            let began = ContinuousClock.now
            guard (try? process.run()) != nil else { return nil }
            process.waitUntilExit()
            walls.append(Measure.milliseconds(ContinuousClock.now - began))
        }
        return Measure.median(walls)
    }
}

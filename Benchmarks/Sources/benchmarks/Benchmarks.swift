import Anima
import Foundation

/// Measures what Anima costs.
///
/// `benchmarks PATH_OF_ANIMA [JSON_FILE]`; numbers are medians, lower is better.
@main
struct Benchmarks {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            print("usage: benchmarks PATH_OF_ANIMA [JSON_FILE]")
            return
        }
        if arguments.contains("--only-models") {
            var report = Report()
            try await RealModels.measure(into: &report)
            return print(report.table)
        }
        let scratch = FileManager.default.temporaryDirectory.path + "/anima-benchmarks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var report = Report()
        if arguments.contains("--only-turns") {
            try await Turns.measure(into: &report, scratch: scratch)
            try await Turns.measureMemory(into: &report, scratch: scratch)
            return print(report.table)
        }
        if arguments.contains("--only-tools") {
            try await Turns.measure(into: &report, scratch: scratch)
            try await Tools.measure(into: &report, anima: arguments[1], scratch: scratch)
            return print(report.table)
        }
        if arguments.contains("--only-messages") {
            try await Messages.measure(into: &report, scratch: scratch)
            return print(report.table)
        }
        // While this process is small: a child's peak memory counts its parent's until it is another program.
        try Starting.measure(into: &report, anima: arguments[1], scratch: scratch)
        try await IdleAgents.measure(into: &report)
        try await Turns.measure(into: &report, scratch: scratch)
        try await Turns.measureMemory(into: &report, scratch: scratch)
        try await Waking.measure(into: &report, scratch: scratch)
        try await Recalling.measure(into: &report, scratch: scratch)
        try await Crowd.measure(into: &report, scratch: scratch)
        try await Messages.measure(into: &report, scratch: scratch)
        try await Tools.measure(into: &report, anima: arguments[1], scratch: scratch)
        try await RealModels.measure(into: &report)
        print(report.table)
        if arguments.count > 2 { try report.json.write(toFile: arguments[2], atomically: true, encoding: .utf8) }
    }
}

/// What was measured, with what was aimed for.
struct Report {
    struct Row {
        let name: String
        let value: Double
        let unit: String
        let aim: Double?
    }

    private(set) var rows: [Row] = []

    mutating func add(_ name: String, _ value: Double, _ unit: String, aim: Double? = nil) {
        rows.append(Row(name: name, value: value, unit: unit, aim: aim))
        FileHandle.standardError.write(Data("\(name): \(Self.short(value)) \(unit)\n".utf8))
    }

    /// Says what was not measured, and why.
    func skip(_ what: String) { FileHandle.standardError.write(Data("not measured: \(what)\n".utf8)) }

    var table: String {
        var lines = ["| what | measured | aim |", "|---|---|---|"]
        for row in rows {
            let aim = row.aim.map { "\(Self.short($0)) \(row.unit) or less" } ?? ""
            lines.append("| \(row.name) | \(Self.short(row.value)) \(row.unit) | \(aim) |")
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let values = rows.map { row -> JSONValue in
            [
                "name": .string(row.name), "value": .double(row.value), "unit": .string(row.unit),
                "aim": row.aim.map { .double($0) } ?? .null,
            ]
        }
        return JSONValue.array(values).text
    }

    private static func short(_ value: Double) -> String {
        value >= 100 ? String(Int(value.rounded())) : String(format: "%.2f", value)
    }
}

/// What the system says about this process.
enum Measure {
    /// CPU time of all threads, user and system, in microseconds.
    static var cpu: Double {
        var usage = rusage()
        // RUSAGE_SELF, which the systems import as different types.
        getrusage(0, &usage)
        func microseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1_000_000 + Double(time.tv_usec) }
        return microseconds(usage.ru_utime) + microseconds(usage.ru_stime)
    }

    /// Memory that is resident now, in bytes; 0 where the system does not tell.
    static var residentBytes: Double {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    static func milliseconds(_ duration: Duration) -> Double { Double(duration.microseconds) / 1000 }
}

/// A model that answers at once: `calls` tool calls one after the other, then a text.
struct InstantModel: ModelProvider {
    let calls: Int
    var name: String { "instant" }

    func respond(to request: ModelRequest, sink: @escaping @Sendable (ModelDelta) -> Void) async throws -> ModelReply {
        let done = request.turns.last?.steps.count ?? 0
        if done < calls { return ModelReply(text: "", calls: [.init(tool: "echo", arguments: ["text": "x"])]) }
        sink(.text("done"))
        return ModelReply(text: "done", usage: Usage(inputTokens: 10, outputTokens: 1))
    }
}

/// A tool that does nothing.
struct InstantTool: Tool {
    let spec = ToolSpec(
        name: "echo",
        group: "bench",
        description: "Returns its text.",
        parameters: ArgumentSchema([.init("text", .string(), "Any text.", required: true)]),
        replay: .pure
    )

    func run(_ call: ToolInvocation) async -> ToolOutput { .success(call.arguments["text"]?.stringValue ?? "") }
}

extension Equipment {
    static func instant(calls: Int = 0, memory: MemoryPolicy = .off) -> Equipment {
        instant(model: InstantModel(calls: calls), memory: memory)
    }

    static func instant(model: any ModelProvider, memory: MemoryPolicy = .off) -> Equipment {
        var limits = Limits()
        // A short past, so that the length of the conversation is not what is measured.
        limits.contextTokens = 0
        return Equipment(
            model: model,
            tools: [InstantTool()],
            policy: AgentPolicy(limits: limits, gate: Gate(rules: [.init(.allow, "echo")]), memory: memory)
        )
    }
}

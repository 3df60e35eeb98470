import AnimaCore
import AnimaModels
import AnimaRuntime
import AnimaStore
import Foundation

/// Measures how much of what answers a question comes up: `MemoryEvaluation FILE [--ablate] [--split N] [--embedder URL]`; and
/// what is kept of a month of talk: `MemoryEvaluation --month [SEED]`.
///
/// The file is of the form that ``Dialogue`` describes. The table and, as the last line, JSON go to standard output;
/// progress goes to standard error. `--ablate` adds a line for each part switched off, and `--split N` separate lines for
/// the first N conversations and for the others, to see whether what helps some helps all. `--embedder` adds what vectors of an
/// OpenAI-compatible server bring; the JSON is of everything together then.
@main
struct MemoryEvaluation {
    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("eval-memory: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        if arguments.first == "--month" {
            let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
            let month = try await MonthResult.live(seed: seed)
            let believing = try await GullibleMonth.live(seed: seed)
            let text = "\(month.table)\n\n\(believing.table)\n\n\(month.json)\n"
            return FileHandle.standardOutput.write(Data(text.utf8))
        }
        guard let path = arguments.first, !path.hasPrefix("-") else {
            throw EvaluationError("name a file: make eval-memory LOCOMO=FILE")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw EvaluationError("can't read \(path)")
        }
        func value(of option: String) -> String? {
            arguments.firstIndex(of: option).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        }
        let output = try await report(
            on: data,
            ablates: arguments.contains("--ablate"),
            split: value(of: "--split").flatMap { Int($0) },
            embedder: try value(of: "--embedder").map(embedder)
        ) { text in
            FileHandle.standardError.write(Data((text + "\n").utf8))
        }
        FileHandle.standardOutput.write(Data((output + "\n").utf8))
    }

    /// The embedder behind an address; its model's name is left to the server.
    private static func embedder(at address: String) throws -> any Embedder {
        var description = ModelDescription(provider: .openai, name: "default")
        description.baseURL = address
        return try ModelHub(clock: SystemClock(), environment: ProcessInfo.processInfo.environment)
            .embedder(description)
    }

    /// Evaluates a file in real lives.
    ///
    /// - Parameters:
    ///   - ablates: Whether each part is switched off in turn too.
    ///   - split: How many conversations are told apart from the others.
    ///   - embedder: What turns passages and questions into vectors; nil for words alone.
    ///   - progress: Is told what is done.
    /// - Returns: The table, and as its last line JSON.
    static func report(
        on data: Data,
        ablates: Bool = false,
        split: Int? = nil,
        embedder: (any Embedder)? = nil,
        progress: (String) -> Void = { _ in }
    ) async throws -> String {
        let dialogues = try Dialogue.read(data)
        let scratch = FileManager.default.temporaryDirectory.appending(path: "anima-memory-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        progress("filling \(dialogues.count) lives with \(dialogues.reduce(0) { $0 + $1.turns.count }) turns")
        let evaluation = try await Evaluation(dialogues) { number in
            try SQLiteLife.open(
                at: scratch.appending(path: "life\(number).sqlite").path,
                agent: AgentID("listener"),
                mode: .create,
                durability: .normal
            )
        }
        progress("asking \(dialogues.reduce(0) { $0 + $1.questions.count }) questions")
        let everything = Set(RecallPart.allCases)
        var result = try await evaluation.ask(parts: everything)
        var lines = [Evaluation.Result.header, result.rows("recall")]
        if let split, split > 0, split < evaluation.count {
            lines.append(try await evaluation.ask(parts: everything, of: 0..<split).rows("the first \(split)"))
            lines.append(
                try await evaluation.ask(parts: everything, of: split..<evaluation.count).rows("the others")
            )
        }
        if ablates {
            progress("switching parts off")
            lines.append(try await evaluation.ask(parts: [.words]).row("words alone"))
            for part in RecallPart.allCases where part != .vectors {
                lines.append(try await evaluation.ask(parts: everything.subtracting([part])).row("without \(part)"))
            }
        }
        if let embedder {
            progress("turning turns and questions into vectors")
            let vectors = try await evaluation.embed(with: embedder)
            result = try await evaluation.ask(parts: everything, vectors: vectors)
            lines.append(result.rows("with vectors"))
            lines.append(try await evaluation.ask(parts: [.vectors], vectors: vectors).row("vectors alone"))
        }
        await evaluation.close()
        let times = result.times.sorted()
        if let median = times.dropFirst(times.count / 2).first, let slowest = times.last {
            lines.append("a question took \(median.microseconds) µs (median), at most \(slowest.microseconds) µs")
        }
        lines.append(result.json)
        return lines.joined(separator: "\n")
    }
}

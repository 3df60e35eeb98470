import Anima
import Foundation

/// What it costs to remember much and to recall from it.
enum Recalling {
    static func measure(into report: inout Report, scratch: String) async throws {
        try await words(into: &report, scratch: scratch)
        try await vectors(into: &report, scratch: scratch)
    }

    /// A million memories of about twelve words, whose words are as common as those of a language (Zipf).
    private static func words(into report: inout Report, scratch: String) async throws {
        let count = 1_000_000
        let path = "\(scratch)/rich.sqlite"
        let agent = try AgentID("ada")
        let life = try SQLiteLife.open(at: path, agent: agent, mode: .create, durability: .normal)
        var language = Language(seed: 7)
        var appending = Duration.zero
        let clock = ContinuousClock()
        var seq = 0
        var samples: [[String]] = []
        while seq < count {
            var events: [Event] = []
            for _ in 0..<1000 {
                seq += 1
                let words = language.sentence(6...18)
                if seq % 4999 == 0 { samples.append(words) }
                let text = words.joined(separator: " ")
                let fact = Fact.memoryStored(.init(text: text, trust: .owner))
                let at = Instant(microseconds: 1_700_000_000_000_000 + Int64(seq) * 60_000_000)
                events.append(Event(seq: seq, at: at, agent: agent, fact: fact))
            }
            let batch = LifeBatch(events: events)
            let began = clock.now
            try await life.append(batch)
            appending += clock.now - began
            if seq == count / 10 {
                let bytes = Double(try await life.info().bytes) / Double(seq)
                report.add("a life of 100,000 memories, bytes for each", bytes, "B")
            }
        }
        report.add(
            "storing a memory, batches of 1,000",
            Measure.milliseconds(appending) * 1000 / Double(count),
            "µs",
            aim: 50
        )
        let bytes = try await life.info().bytes
        report.add("a life of 1,000,000 memories, bytes for each", Double(bytes) / Double(count), "B")
        await life.close()

        let reader = try SQLiteLife.open(at: path, agent: agent, mode: .existing, durability: .normal)
        let now = Instant(microseconds: 1_700_000_000_000_000 + Int64(count) * 60_000_000)
        var times: [Double] = []
        var found = 0
        for sample in samples {
            // Some words of a memory and some others, as a question has.
            let words = sample.shuffled(using: &language.generator).prefix(5) + language.sentence(2...3)
            let began = clock.now
            let hits = try await reader.recall(RecallQuery(words.joined(separator: " "), now: now))
            times.append(Measure.milliseconds(clock.now - began))
            if hits.contains(where: { $0.passage.text == sample.joined(separator: " ") }) { found += 1 }
        }
        times.sort()
        report.add("recall from 1,000,000 memories, median", Measure.median(times), "ms", aim: 15)
        report.add("recall from 1,000,000 memories, 99th of 100", times[times.count * 99 / 100], "ms", aim: 50)
        report.add("the memory that was meant is among ten, of 100", Double(found * 100) / Double(samples.count), "")
        await reader.close()
    }

    /// 100,000 vectors of 384 numbers.
    private static func vectors(into report: inout Report, scratch: String) async throws {
        let count = 100_000
        let agent = try AgentID("ada")
        let path = "\(scratch)/meaning.sqlite"
        let life = try SQLiteLife.open(at: path, agent: agent, mode: .create, durability: .normal)
        var generator = SeededGenerator(seed: 3)
        func vector() -> [Float] { (0..<384).map { _ in Float.random(in: -1...1, using: &generator) } }
        for start in stride(from: 1, through: count, by: 1000) {
            let events = try (start..<start + 1000)
                .map { seq in
                    Event(
                        seq: seq,
                        at: Instant(microseconds: Int64(seq)),
                        agent: try AgentID("ada"),
                        fact: .memoryStored(.init(text: "memory \(seq)", trust: .owner))
                    )
                }
            try await life.append(LifeBatch(events: events))
            try await life.store(events.map { PassageVector(passage: $0.seq, values: vector()) }, of: "bench")
        }
        await life.close()
        let reader = try SQLiteLife.open(at: path, agent: agent, mode: .existing, durability: .normal)
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<40 {
            let query = RecallQuery("", vector: QueryVector(embedder: "bench", values: vector()))
            let began = clock.now
            _ = try await reader.recall(query)
            times.append(Measure.milliseconds(clock.now - began))
        }
        report.add(
            "recall by meaning from 100,000 vectors of 384",
            Measure.median(Array(times.dropFirst())),
            "ms",
            aim: 6
        )
        report.add("the first one, which reads the vectors", times[0], "ms")
        await reader.close()
    }
}

/// Sentences of invented words.
private struct Language {
    var generator: SeededGenerator
    private let words: [String]
    /// Sums of the words' shares.
    private let shares: [Double]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let letters = ["ka", "lo", "mi", "ne", "ru", "sta", "ve", "bo", "di", "gra", "pel", "tom", "zan", "quo"]
        var words: Set<String> = []
        while words.count < 50_000 {
            let count = Int.random(in: 2...5, using: &generator)
            words.insert((0..<count).map { _ in letters.randomElement(using: &generator) ?? "" }.joined())
        }
        self.words = words.sorted().shuffled(using: &generator)
        var sum = 0.0
        shares = (1...50_000)
            .map { rank in
                sum += 1 / Double(rank)
                return sum
            }
        self.generator = generator
    }

    mutating func sentence(_ length: ClosedRange<Int>) -> [String] {
        (0..<Int.random(in: length, using: &generator))
            .map { _ in
                let share = Double.random(in: 0..<(shares.last ?? 1), using: &generator)
                var low = 0
                var high = shares.count - 1
                while low < high {
                    let middle = (low + high) / 2
                    if shares[middle] < share { low = middle + 1 } else { high = middle }
                }
                return words[low]
            }
    }
}

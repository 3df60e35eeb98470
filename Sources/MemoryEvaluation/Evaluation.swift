import AnimaCore
import AnimaStore
import Foundation

/// Puts conversations into lives and asks each question of its own one.
struct Evaluation {
    /// At how many hits is looked.
    static let depths = [1, 5, 10, 20]

    /// The share of the evidence that was among the first hits, averaged over questions.
    struct Recall {
        private(set) var questions = 0
        private var sums = [Double](repeating: 0, count: Evaluation.depths.count)

        mutating func add(_ evidence: Set<String>, hits: [String]) {
            questions += 1
            for (index, depth) in Evaluation.depths.enumerated() {
                let found = evidence.intersection(hits.prefix(depth)).count
                sums[index] += Double(found) / Double(evidence.count)
            }
        }

        /// By the places of the depths.
        var values: [Double] { sums.map { questions > 0 ? $0 / Double(questions) : 0 } }
    }

    /// Of all questions, and by category.
    struct Result {
        var all = Recall()
        var categories: [Int: Recall] = [:]
        /// How long each question took.
        var times: [Duration] = []

        mutating func add(_ question: Dialogue.Question, hits: [String], time: Duration) {
            all.add(question.evidence, hits: hits)
            categories[question.category, default: Recall()].add(question.evidence, hits: hits)
            times.append(time)
        }
    }

    private struct Life {
        let store: any LifeStore
        let dialogue: Dialogue
        /// The turns' ids by the numbers of their events.
        let ids: [Int: String]
        let now: Instant
    }

    private let lives: [Life]

    /// How many conversations there are.
    var count: Int { lives.count }

    /// Fills a life with each conversation.
    ///
    /// - Parameter makeStore: Makes an empty life, by the number of the conversation.
    init(_ dialogues: [Dialogue], makeStore: (Int) throws -> any LifeStore) async throws {
        var lives: [Life] = []
        for (index, dialogue) in dialogues.enumerated() {
            lives.append(try await Self.fill(makeStore(index), with: dialogue))
        }
        self.lives = lives
    }

    private static func fill(_ store: any LifeStore, with dialogue: Dialogue) async throws -> Life {
        let agent = try AgentID("listener")
        var ids: [Int: String] = [:]
        var events: [Event] = []
        for turn in dialogue.turns {
            let seq = events.count + 1
            let conversation = try ConversationID("session \(turn.session)")
            let envelope = Envelope(
                id: try EnvelopeID("turn-\(seq)"),
                kind: .message,
                sender: .agent(try AgentID(name(of: turn.speaker))),
                conversation: conversation,
                text: turn.text,
                sentAt: turn.at,
                trust: .agent
            )
            ids[seq] = turn.id
            events.append(
                Event(
                    seq: seq,
                    at: turn.at,
                    agent: agent,
                    conversation: conversation,
                    fact: .envelopeAccepted(.init(envelope: envelope))
                )
            )
        }
        try await store.append(LifeBatch(events: events))
        let last = dialogue.turns.map(\.at).max() ?? Instant(microseconds: 0)
        return Life(store: store, dialogue: dialogue, ids: ids, now: last + .seconds(86_400))
    }

    /// A speaker's name as an agent's.
    private static func name(of speaker: String) -> String {
        let letters = speaker.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(("s" + String(letters)).dropFirst(letters.first == "-" ? 0 : 1).prefix(60))
    }

    /// Gives every passage a vector.
    ///
    /// - Returns: The vectors of the questions, by their texts.
    func embed(with embedder: any Embedder) async throws -> [String: QueryVector] {
        var vectors: [String: QueryVector] = [:]
        for life in lives {
            while true {
                let passages = try await life.store.passages(
                    withoutVectorOf: embedder.name,
                    scope: .both,
                    before: .max,
                    limit: Self.batch
                )
                guard !passages.isEmpty else { break }
                let found = try await embedder.embed(passages.map(\.text)).vectors
                let kept = try await life.store.store(
                    zip(passages, found).map { PassageVector(passage: $0.id, values: $1) },
                    of: embedder.name
                )
                guard kept > 0 else { throw EvaluationError("the embedder gives vectors without a direction") }
            }
            let texts = life.dialogue.questions.map(\.text)
            for start in stride(from: 0, to: texts.count, by: Self.batch) {
                let some = Array(texts[start..<min(start + Self.batch, texts.count)])
                for (text, values) in zip(some, try await embedder.embed(some).vectors) {
                    vectors[text] = QueryVector(embedder: embedder.name, values: values)
                }
            }
        }
        return vectors
    }

    /// So many texts are embedded at once.
    private static let batch = 64

    /// Asks all questions of some conversations.
    ///
    /// - Parameters:
    ///   - parts: What counts.
    ///   - numbers: Which conversations; nil for all.
    ///   - vectors: The questions' vectors, by their texts.
    func ask(
        parts: Set<RecallPart>,
        of numbers: Range<Int>? = nil,
        vectors: [String: QueryVector] = [:]
    ) async throws -> Result {
        var result = Result()
        let clock = ContinuousClock()
        for life in lives[numbers ?? lives.indices] {
            for question in life.dialogue.questions {
                let query = RecallQuery(
                    question.text,
                    now: life.now,
                    scope: .episodes,
                    limit: Self.depths.max() ?? 20,
                    parts: parts,
                    vector: vectors[question.text]
                )
                let began = clock.now
                let hits = try await life.store.recall(query)
                result.add(question, hits: hits.compactMap { life.ids[$0.passage.id] }, time: clock.now - began)
            }
        }
        return result
    }

    /// Gives the lives up.
    func close() async {
        for life in lives { await life.store.close() }
    }
}

extension Evaluation.Result {
    /// One line for all questions and one for each category.
    func rows(_ name: String) -> String {
        var lines = [Self.row(name, all)]
        for (category, recall) in categories.sorted(by: { $0.key < $1.key }) {
            lines.append(Self.row("  \(category) \(Self.names[category] ?? "")", recall))
        }
        return lines.joined(separator: "\n")
    }

    /// One line for all questions.
    func row(_ name: String) -> String { Self.row(name, all) }

    /// The line above the others.
    static var header: String {
        pad("", 30) + pad("questions", 12) + Evaluation.depths.map { pad("R@\($0)", 8) }.joined()
    }

    private static func row(_ name: String, _ recall: Evaluation.Recall) -> String {
        pad(name, 30) + pad(String(recall.questions), 12)
            + recall.values.map { pad(String(format: "%.3f", $0), 8) }.joined()
    }

    private static let names = [1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"]

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The result as one line of JSON.
    var json: String {
        func rounded(_ value: Double) -> JSONValue { .double((value * 10_000).rounded() / 10_000) }
        func members(_ recall: Evaluation.Recall) -> [String: JSONValue] {
            var members: [String: JSONValue] = ["questions": .int(recall.questions)]
            for (depth, value) in zip(Evaluation.depths, recall.values) { members["r@\(depth)"] = rounded(value) }
            return members
        }
        var object = members(all)
        object["categories"] = .object(
            Dictionary(uniqueKeysWithValues: categories.map { (String($0.key), .object(members($0.value))) })
        )
        return JSONValue.object(object).text
    }
}

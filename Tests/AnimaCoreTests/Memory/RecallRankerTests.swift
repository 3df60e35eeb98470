import AnimaCore
import AnimaRuntime
import AnimaTesting
import Testing

@Suite("What comes to mind")
struct RecallRankerTests {
    private let now = Instant(microseconds: 1_686_744_000_000_000)

    private func candidates(_ texts: [String]) -> [RecallCandidate] {
        texts.enumerated()
            .map { index, text in
                RecallCandidate(.memory(Memory(id: index + 1, text: text, trust: .owner, storedAt: now)))
            }
    }

    private func rank(_ query: RecallQuery, _ candidates: [RecallCandidate], names: Set<String> = []) -> [RecallHit] {
        var statistics = RecallStatistics()
        statistics.passages = 100
        statistics.length = 1000
        for term in Set(candidates.flatMap { TextAnalysis.terms(of: $0.passage.text) }) {
            statistics.frequencies[term] = 3
        }
        statistics.names = names
        let question = RecallQuestion(query)
        return RecallRanker(query: query, question: question, statistics: statistics).rank(candidates)
    }

    @Test(
        "is what fits best",
        arguments: [
            ("Which tea does she like?", ["Green tea with lemon", "The car is red"], 1),
            ("red car", ["a red hat", "the red car", "a car"], 2),
            ("Who bought the vehicle?", ["the garden", "She sold her car"], 2),
            ("went hiking", ["she hikes on Sundays", "he sleeps"], 1),
            ("book", ["She wrote a novel", "a long walk"], 1),
        ]
    )
    func ordersByWords(_ question: String, _ texts: [String], _ best: Int) {
        #expect(rank(RecallQuery(question), candidates(texts)).first?.passage.id == best)
    }

    @Test func prefersTheNewerOfEquals() {
        let hits = rank(RecallQuery("tea"), candidates(["tea", "tea", "tea"]))
        #expect(hits.map(\.passage.id) == [3, 2, 1])
    }

    @Test func prefersWhatIsAboutWhomTheQuestionNames() {
        let memories = ["likes tea", "likes tea"].enumerated()
            .map { index, text in
                Memory(
                    id: index + 1,
                    text: text,
                    subject: index == 0 ? "Bea" : "Carl",
                    trust: .owner,
                    storedAt: now
                )
            }
        let hits = rank(RecallQuery("What tea does Bea like?"), memories.map { RecallCandidate(.memory($0)) })
        #expect(hits.first?.passage.id == 1)
        #expect((hits.first?.parts[.speaker] ?? 0) > 0)
        #expect(hits.last?.parts[.speaker] == nil)
    }

    @Test func givesNothingForWhatIsUnrelated() {
        let query = RecallQuery("What is the capital of France?", minimumRelevance: 0.3)
        #expect(rank(query, candidates(["Ada likes tea", "The deploy is on Friday"])).isEmpty)
        let related = RecallQuery("When is the deploy?", minimumRelevance: 0.3)
        #expect(rank(related, candidates(["Ada likes tea", "The deploy is on Friday"])).map(\.passage.id) == [2])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func switchingAPartOffChangesNoOther(_ seed: UInt64) async throws {
        let store = InMemoryLifeStore()
        var history = SeededHistory(seed: seed)
        while history.events.count < 150 { try await store.append(history.next()) }
        var query = RecallQuery("plain words in the café last week", now: history.events.last?.at, scope: .both)
        query.limit = .max
        let whole = try await store.recall(query)
        #expect(!whole.isEmpty)
        #expect(try await store.recall(query) == whole)
        for part in RecallPart.allCases {
            var less = query
            less.parts.remove(part)
            for hit in try await store.recall(less) {
                let before = try #require(whole.first { $0.passage.id == hit.passage.id })
                #expect(hit.parts == before.parts.filter { $0.key != part })
                #expect(abs(hit.score - hit.parts.values.reduce(0, +)) < 1e-9)
            }
        }
        for limit in [0, 1, 3] {
            query.limit = limit
            #expect(try await store.recall(query) == Array(whole.prefix(limit)))
        }
    }
}

@Suite("Vectors in memory")
struct VectorMatrixTests {
    @Test func findsTheNearestOfMany() throws {
        var generator = SeededGenerator(seed: 5)
        var matrix = VectorMatrix(dimensions: 37)
        var vectors: [Int: [Float]] = [:]
        for id in 1...500 {
            let vector = (0..<37).map { _ in Float.random(in: -1...1, using: &generator) }
            vectors[id] = vector
            matrix.set(try #require(VectorMatrix.Quantized(vector)), for: id)
        }
        for id in stride(from: 1, through: 500, by: 7) {
            matrix.remove(id)
            vectors[id] = nil
        }
        #expect(matrix.count == vectors.count)
        for _ in 0..<20 {
            let query = (0..<37).map { _ in Float.random(in: -1...1, using: &generator) }
            func cosine(_ other: [Float]) -> Double {
                func dot(_ left: [Float], _ right: [Float]) -> Double {
                    zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                }
                return dot(query, other) / (dot(query, query).squareRoot() * dot(other, other).squareRoot())
            }
            let near = matrix.nearest(to: try #require(VectorMatrix.Quantized(query)), limit: 10)
            let best = try #require(vectors.values.map(cosine).max())
            #expect(near.count == 10)
            #expect(abs(near[0].cosine - best) < 0.01)
            for hit in near { #expect(abs(hit.cosine - cosine(try #require(vectors[hit.id]))) < 0.01) }
        }
    }

    @Test(arguments: [[], [0, 0], [.nan, 1], [.infinity, 1]] as [[Float]])
    func refusesWhatHasNoDirection(_ vector: [Float]) { #expect(VectorMatrix.Quantized(vector) == nil) }
}

/// What is searched: memories or episodes.
package enum RecallShelf: Hashable, Sendable, CaseIterable {
    /// What is remembered.
    case memories
    /// What was said.
    case episodes
}

/// What a store knows of its passages, for ``RecallEngine``.
///
/// Numbers of passages are those of their events, so a higher one is newer.
package protocol RecallIndex {
    /// How many passages there are, how many terms they have together, and the newest passage's number.
    func extent(of shelf: RecallShelf) throws -> (passages: Int, terms: Int, newest: Int)

    /// The newest passages that have all of some terms, newest first.
    func postings(of terms: [String], in shelf: RecallShelf, limit: Int) throws -> [Int]

    /// The newest passages of a time, or before a number, newest first.
    func newest(in shelf: RecallShelf, before id: Int, time: TimeSpan?, limit: Int) throws -> [Int]

    /// Passages by their numbers, in any order; unknown numbers are left out.
    func passages(_ ids: [Int], in shelf: RecallShelf) throws -> [Passage]

    /// The number of what was said at a place of a conversation.
    func episode(in conversation: ConversationID, at place: Int) throws -> Int?

    /// Whether a term names somebody who said something.
    func isName(_ term: String) throws -> Bool

    /// The passages whose vectors of the same embedder are nearest, with their cosines, nearest first.
    func nearest(to vector: QueryVector, limit: Int) throws -> [(id: Int, cosine: Double)]
}

extension RecallIndex {
    /// What was said in a conversation before and after an event, oldest first; the event alone when it has no place there.
    package func episodes(around seq: Int, count: Int) throws -> [Episode] {
        guard let middle = try passages([seq], in: .episodes).first?.episode else { return [] }
        guard let place = middle.place else { return [middle] }
        let reach = min(max(count, 0), 1000)
        let ids = try (max(1, place - reach)...place + reach)
            .compactMap { try episode(in: middle.conversation, at: $0) }
        return try passages(ids, in: .episodes).compactMap(\.episode).sorted { $0.id < $1.id }
    }
}

/// Recalls: fetches what may fit a question, within bounds, and has it ranked.
///
/// However large a life is, a bounded number of postings is read: of a common word only the newest passages. Such words
/// still count for passages that other words brought up, and pairs of them bring up passages together.
package struct RecallEngine<Index: RecallIndex> {
    /// What is read at most; a life that is smaller than these is searched whole.
    private enum Bound {
        static var postings: Int { 800 }
        static var relatedPostings: Int { 200 }
        static var related: Int { 24 }
        static var pairs: Int { 6 }
        static var pairPostings: Int { 200 }
        static var candidates: Int { 250 }
        static var vectors: Int { 64 }
        static var neighbourSeeds: Int { 40 }
        static var feedbackTerms: Int { 40 }
        static var feedbackPostings: Int { 100 }
        static var feedbackCandidates: Int { 60 }
    }

    private let query: RecallQuery
    private let index: Index
    private let shelves: [RecallShelf]
    private let question: RecallQuestion
    private var statistics = RecallStatistics()
    private var newest: [RecallShelf: Int] = [:]
    private var weighed: [RecallShelf: [Int: Double]] = [:]
    private var candidates: [RecallCandidate] = []
    private var seen: Set<Int> = []

    /// What fits a query, from an index.
    package static func recall(_ query: RecallQuery, from index: Index) throws -> [RecallHit] {
        guard query.limit > 0 else { return [] }
        var engine = RecallEngine(query, index)
        return try engine.recall()
    }

    private init(_ query: RecallQuery, _ index: Index) {
        self.query = query
        self.index = index
        question = RecallQuestion(query)
        switch query.scope {
        case .memories: shelves = [.memories]
        case .episodes: shelves = [.episodes]
        case .both: shelves = [.memories, .episodes]
        }
    }

    private mutating func recall() throws -> [RecallHit] {
        if query.vector == nil, query.text.allSatisfy(\.isWhitespace) { return try listed() }
        for shelf in shelves {
            let extent = try index.extent(of: shelf)
            statistics.passages += extent.passages
            statistics.length += extent.terms
            newest[shelf] = extent.newest
        }
        guard statistics.passages > 0 else { return [] }
        for term in question.terms where try index.isName(term) { statistics.names.insert(term) }
        try fetchByWords()
        try fetchByMeaning()
        try fetchByTime()
        try fetchNeighbours()
        let feedback = try fetchByFeedback()
        let ranker = RecallRanker(query: query, question: question, statistics: statistics)
        return ranker.rank(candidates, feedback: feedback)
    }

    /// The newest that the query lets through.
    private func listed() throws -> [RecallHit] {
        var hits: [RecallHit] = []
        for shelf in shelves {
            var before = Int.max
            var found = 0
            while found < query.limit {
                // A memory is of two times; the query wants either.
                let time = shelf == .episodes ? query.time : nil
                let ids = try index.newest(in: shelf, before: before, time: time, limit: max(query.limit, 100))
                guard let last = ids.last else { break }
                before = last
                let passages = try index.passages(ids, in: shelf).filter(admits).sorted { $0.id > $1.id }
                found += passages.count
                hits += passages.map { RecallHit(passage: $0, score: 0, relevance: 0, parts: [:]) }
            }
        }
        return Array(hits.sorted { $0.passage.id > $1.passage.id }.prefix(query.limit))
    }

    // MARK: Fetching

    private mutating func fetchByWords() throws {
        var related: [String] = []
        for term in question.terms {
            for other in WordForms.related[term] ?? []
            where related.count < Bound.related && !related.contains(other) && !question.terms.contains(other) {
                related.append(other)
            }
        }
        var found: [(shelf: RecallShelf, term: String, ids: [Int], isRelated: Bool)] = []
        for shelf in shelves {
            for term in question.terms {
                found.append((shelf, term, try postings(of: term, in: shelf, limit: Bound.postings), false))
            }
            for term in related {
                found.append((shelf, term, try postings(of: term, in: shelf, limit: Bound.relatedPostings), true))
            }
        }
        for (shelf, term, ids, isRelated) in found {
            var weight = statistics.weight(of: term)
            if isRelated { weight *= RecallRanker.Weight.related }
            if statistics.names.contains(term) { weight *= RecallRanker.Weight.name }
            for id in ids { weighed[shelf, default: [:]][id, default: 0] += weight }
        }
        // Common words say little alone; two of them in one passage say more.
        for shelf in shelves {
            let common = found.filter { $0.shelf == shelf && !$0.isRelated && $0.ids.count == Bound.postings }
                .map(\.term)
                .sorted { (statistics.weight(of: $1), $0) < (statistics.weight(of: $0), $1) }
            var pairs = 0
            for (offset, first) in common.enumerated() {
                for second in common.dropFirst(offset + 1) where pairs < Bound.pairs {
                    pairs += 1
                    let weight = statistics.weight(of: first) + statistics.weight(of: second)
                    for id in try index.postings(of: [first, second], in: shelf, limit: Bound.pairPostings) {
                        weighed[shelf, default: [:]][id] = max(weighed[shelf]?[id] ?? 0, weight)
                    }
                }
            }
        }
        try fetchBest(Bound.candidates)
    }

    /// Reads the postings of a term, and learns how common it is.
    private mutating func postings(of term: String, in shelf: RecallShelf, limit: Int) throws -> [Int] {
        let ids = try index.postings(of: [term], in: shelf, limit: limit)
        var frequency = ids.count
        if ids.count == limit, let last = ids.last, let newest = newest[shelf] {
            // As common before as it is among the newest.
            frequency = max(frequency, frequency * newest / max(newest - last + 1, 1))
        }
        statistics.frequencies[term, default: 0] += frequency
        return ids
    }

    /// Makes candidates of the passages that the words weigh most.
    private mutating func fetchBest(_ count: Int) throws {
        var entries: [WeighedPassage] = []
        for shelf in shelves {
            for (id, weight) in weighed[shelf] ?? [:] where !seen.contains(id) {
                entries.append(WeighedPassage(id: id, weight: weight, shelf: shelf))
            }
        }
        entries.sort { ($0.weight, $0.id) > ($1.weight, $1.id) }
        var rest = entries[...]
        let end = candidates.count + count
        // What the query doesn't let through makes room for others, within bounds.
        while candidates.count < end, !rest.isEmpty, entries.count - rest.count < 4 * count {
            let next = rest.prefix(end - candidates.count)
            rest = rest.dropFirst(next.count)
            for shelf in shelves { try fetch(next.filter { $0.shelf == shelf }.map(\.id), in: shelf) }
        }
    }

    private mutating func fetch(_ ids: [Int], in shelf: RecallShelf, cosines: [Int: Double] = [:]) throws {
        let new = ids.filter { !seen.contains($0) }
        guard !new.isEmpty else { return }
        for passage in try index.passages(new, in: shelf).sorted(by: { $0.id > $1.id }) {
            guard seen.insert(passage.id).inserted, admits(passage) else { continue }
            candidates.append(RecallCandidate(passage, cosine: cosines[passage.id]))
        }
    }

    private mutating func fetchByMeaning() throws {
        guard let vector = query.vector else { return }
        let near = try index.nearest(to: vector, limit: Bound.vectors)
        let cosines = Dictionary(near.map { ($0.id, $0.cosine) }, uniquingKeysWith: { first, _ in first })
        for position in candidates.indices where candidates[position].passage.memory?.isCurrent != false {
            candidates[position].cosine = cosines[candidates[position].passage.id]
        }
        for shelf in shelves { try fetch(near.map(\.id), in: shelf, cosines: cosines) }
    }

    private mutating func fetchByTime() throws {
        for span in question.spans.prefix(3) {
            for shelf in shelves {
                let ids = try index.newest(
                    in: shelf,
                    before: .max,
                    time: span,
                    limit: question.terms.isEmpty ? 200 : 50
                )
                try fetch(ids, in: shelf)
            }
        }
        if question.terms.isEmpty, question.isAboutAsker {
            for shelf in shelves {
                try fetch(index.newest(in: shelf, before: .max, time: query.time, limit: 100), in: shelf)
            }
        }
    }

    private mutating func fetchNeighbours() throws {
        guard shelves.contains(.episodes) else { return }
        let ranker = RecallRanker(query: query, question: question, statistics: statistics)
        var near: [Int] = []
        for seed in ranker.seeds(among: candidates, limit: Bound.neighbourSeeds) {
            guard let episode = candidates[seed].passage.episode, let place = episode.place else { continue }
            for step in [1, 2, -1, -2] where place + step > 0 {
                if let id = try index.episode(in: episode.conversation, at: place + step) { near.append(id) }
            }
        }
        try fetch(Array(Set(near)), in: .episodes)
    }

    /// Looks for what the best passages have in common, and adds passages that have it too.
    private mutating func fetchByFeedback() throws -> [(term: String, weight: Double)] {
        let ranker = RecallRanker(query: query, question: question, statistics: statistics)
        let terms = ranker.feedback(from: candidates).prefix(Bound.feedbackTerms)
        var found: [String: [RecallShelf: [Int]]] = [:]
        for (term, _) in terms {
            let isKnown = statistics.frequencies[term] != nil
            for shelf in shelves {
                let before = statistics.frequencies[term]
                found[term, default: [:]][shelf] = try postings(of: term, in: shelf, limit: Bound.feedbackPostings)
                if isKnown { statistics.frequencies[term] = before }
            }
            if try index.isName(term) { statistics.names.insert(term) }
        }
        let better = RecallRanker(query: query, question: question, statistics: statistics)
        let chosen = better.chosen(Array(terms))
        weighed = [:]
        for (term, weight) in chosen {
            for (shelf, ids) in found[term] ?? [:] {
                for id in ids { weighed[shelf, default: [:]][id, default: 0] += weight }
            }
        }
        try fetchBest(Bound.feedbackCandidates)
        return chosen
    }

    /// Whether the query lets a passage through.
    private func admits(_ passage: Passage) -> Bool {
        guard passage.trust >= query.trust else { return false }
        if let time = query.time {
            let stored = TimeSpan(start: passage.at, end: passage.at)
            guard time.overlaps(passage.span) || time.overlaps(stored) else { return false }
        }
        switch passage {
        case .memory(let memory):
            guard memory.isCurrent || query.includesClosed else { return false }
            return query.kinds?.contains(memory.kind) != false
        case .episode(let episode): return episode.conversation != query.excluded
        }
    }
}

/// A passage before it is fetched, with what the words say that it has.
private struct WeighedPassage {
    let id: Int
    let weight: Double
    let shelf: RecallShelf
}

/// What a question is, taken apart.
package struct RecallQuestion: Sendable {
    /// Of a longer question only so many terms count.
    static let mostTerms = 24

    /// What is searched for, each once, in its order.
    package let terms: [String]
    /// The times that it names.
    package let spans: [TimeSpan]
    /// Whether it asks for a time.
    let asksForTime: Bool
    /// Whether who asks speaks of himself.
    let isAboutAsker: Bool

    /// Takes the text of a query apart.
    package init(_ query: RecallQuery) {
        let text = String(query.text.unicodeScalars.prefix(4000))
        let words = TextAnalysis.words(of: text)
        var terms: [String] = []
        var seen: Set<String> = []
        for word in words where !TextAnalysis.isStopWord(word) && terms.count < Self.mostTerms {
            let term = TextAnalysis.base(of: word)
            if seen.insert(term).inserted { terms.append(term) }
        }
        self.terms = terms
        spans = query.now.map { TimeExpression.spans(in: text, now: $0) } ?? []
        asksForTime = words.prefix(3).contains { WordForms.asksForTime.contains($0) }
        isAboutAsker = query.asker != nil && words.contains { WordForms.firstPerson.contains($0) }
    }
}

/// How often terms are in the passages that are searched.
package struct RecallStatistics: Sendable {
    /// The number of passages.
    package var passages = 0
    /// The number of their terms, with repetitions.
    package var length = 0
    /// In how many passages a term is; of a very common one about in how many.
    package var frequencies: [String: Int] = [:]
    /// The terms that name somebody who said something.
    package var names: Set<String> = []

    /// Nothing is known.
    package init() {}

    var averageLength: Double { passages > 0 && length > 0 ? Double(length) / Double(passages) : 1 }

    /// How much a term says: the fewer have it, the more.
    package func weight(of term: String) -> Double {
        let count = Double(passages)
        let frequency = Double(min(max(frequencies[term] ?? 0, 1), max(passages, 1)))
        return Double.log(1 + (count - frequency + 0.5) / (frequency + 0.5))
    }
}

/// A passage that may be a hit.
package struct RecallCandidate: Sendable {
    /// The passage.
    package let passage: Passage
    /// How near its meaning is to the question's; nil when it is not known to be near.
    package var cosine: Double?
    /// Its terms.
    let terms: [String]
    /// The terms of its subject.
    let subject: Set<String>
    /// The terms that name its speaker.
    let names: Set<String>

    /// Takes a passage apart.
    package init(_ passage: Passage, cosine: Double? = nil) {
        self.passage = passage
        self.cosine = cosine
        terms = TextAnalysis.terms(of: passage.memory?.indexedText ?? passage.text)
        subject = Set(passage.memory?.subject.map { TextAnalysis.terms(of: $0) } ?? [])
        names = Set(Self.names(of: passage))
    }

    /// The terms that name whoever said a passage: none for tools and parts of the runtime.
    package static func names(of passage: Passage) -> [String] {
        guard passage.episode?.role != .result, let speaker = passage.speaker, !speaker.hasPrefix("runtime:") else {
            return []
        }
        return TextAnalysis.terms(of: speaker)
    }
}

/// Orders passages by how well they fit a question.
///
/// It is a function of what it is given: no clock, no chance, no store. Each part of a score is computed from the
/// passages alone, whether other parts count or not, so switching one off changes no other one.
package struct RecallRanker: Sendable {
    /// What the parts weigh: round numbers, see docs/memory.md for what they give and how they were chosen.
    enum Weight {
        /// How soon repetitions of a word in a passage stop to count (BM25's k1).
        static let repetition = 0.8
        /// How much long passages are held back (BM25's b).
        static let length = 0.4
        /// What it adds that many of the question's words are in one passage.
        static let coverage = 0.3
        /// A name in the question says less than its other words: it says who, not what.
        static let name = 0.2
        static let related = 0.4
        static let feedback = 0.3
        static let after = [0.6, 0.3]
        static let before = [0.4, 0.2]
        static let speaker = 0.8
        static let speakerAlone = 0.1
        static let time = 0.4
        static let timeAlone = 0.1
        static let namesTime = 0.15
        static let conversation = 0.2
        static let recency = 0.02
        static let importance = 0.05
        /// A weak embedder must not spoil what words find.
        static let vectors = 0.15
    }

    /// The neighbours of so many passages count.
    package static let seeds = 60
    /// Words are taken from so many of the best passages.
    static let feedbackPassages = 4
    /// So many words are taken.
    static let feedbackTerms = 10

    let query: RecallQuery
    let question: RecallQuestion
    let statistics: RecallStatistics
    /// What each of the question's terms weighs.
    private let weights: [Double]
    private let totalWeight: Double

    /// Prepares for a question.
    package init(query: RecallQuery, question: RecallQuestion, statistics: RecallStatistics) {
        self.query = query
        self.question = question
        self.statistics = statistics
        let isNamesOnly = question.terms.allSatisfy { statistics.names.contains($0) }
        weights = question.terms.map { term in
            let isName = !isNamesOnly && statistics.names.contains(term)
            return statistics.weight(of: term) * (isName ? Weight.name : 1)
        }
        totalWeight = max(weights.reduce(0, +), 1e-9)
    }

    /// Orders candidates; those that don't fit at all are left out.
    ///
    /// - Parameter feedback: Terms that the best passages share, with what they say, from ``feedback(from:)``.
    package func rank(_ candidates: [RecallCandidate], feedback: [(term: String, weight: Double)] = []) -> [RecallHit] {
        let signals = signals(of: candidates, feedback: feedback)
        var hits: [RecallHit] = []
        for (candidate, signal) in zip(candidates, signals) {
            var parts = parts(of: candidate, signal)
            parts = parts.filter { query.parts.contains($0.key) && $0.value != 0 }
            // In one order, so that the sum is the same to the last bit.
            let score = RecallPart.allCases.reduce(0) { $0 + (parts[$1] ?? 0) }
            let relevance = relevance(of: candidate, signal)
            guard score > 0, relevance >= query.minimumRelevance else { continue }
            hits.append(RecallHit(passage: candidate.passage, score: score, relevance: relevance, parts: parts))
        }
        hits.sort { ($0.score, $0.passage.id) > ($1.score, $1.passage.id) }
        return Array(hits.prefix(max(query.limit, 0)))
    }

    /// The numbers of the passages whose neighbours count, best first.
    package func seeds(among candidates: [RecallCandidate], limit: Int) -> [Int] {
        let signals = signals(of: candidates, feedback: [])
        let order = candidates.indices.filter { signals[$0].own > 0 }
            .sorted { (signals[$0].own, candidates[$0].passage.id) > (signals[$1].own, candidates[$1].passage.id) }
        return Array(order.prefix(limit))
    }

    /// The terms that the best passages have beside the question's, those that say most first.
    package func feedback(from candidates: [RecallCandidate]) -> [(term: String, count: Double)] {
        let signals = signals(of: candidates, feedback: [])
        let scores = zip(candidates, signals)
            .map { candidate, signal in
                let parts = parts(of: candidate, signal)
                return RecallPart.allCases.reduce(0) { $0 + (parts[$1] ?? 0) }
            }
        let best = candidates.indices.filter { scores[$0] > 0 }
            .sorted { (scores[$0], candidates[$0].passage.id) > (scores[$1], candidates[$1].passage.id) }
        let known = Set(question.terms)
        var counts: [String: Double] = [:]
        for index in best.prefix(Self.feedbackPassages) {
            for term in candidates[index].terms.prefix(200) where !known.contains(term) {
                counts[term, default: 0] += scores[index]
            }
        }
        return counts.map { (term: $0.key, count: $0.value) }.sorted { ($1.count, $0.term) < ($0.count, $1.term) }
    }

    /// Of terms that the best passages have, those that say most of what is searched.
    package func chosen(_ feedback: [(term: String, count: Double)]) -> [(term: String, weight: Double)] {
        let weighed =
            feedback.filter { (statistics.frequencies[$0.term] ?? 0) > 1 && !statistics.names.contains($0.term) }
            .map { (term: $0.term, weight: $0.count * statistics.weight(of: $0.term)) }
            .sorted { ($1.weight, $0.term) < ($0.weight, $1.term) }
        return Array(weighed.prefix(Self.feedbackTerms))
    }

    // MARK: Signals

    /// What is measured at a candidate.
    private struct Signal {
        var words = 0.0
        var expansion = 0.0
        var neighbours = 0.0
        /// How near it is in meaning, from 0 for the farthest of the nearest ones to 1.
        var meaning = 0.0
        /// The share of the question's weight that its words and related words cover.
        var coverage = 0.0
        var hasName = false
        var namesTime = false

        /// How well the passage fits by itself.
        var own: Double { words + expansion }
    }

    /// The terms that are looked for, each with its place.
    private struct Slots {
        var places: [String: Int] = [:]

        mutating func place(of term: String) -> Int {
            if let place = places[term] { return place }
            let place = places.count
            places[term] = place
            return place
        }
    }

    private func signals(of candidates: [RecallCandidate], feedback: [(term: String, weight: Double)]) -> [Signal] {
        var slots = Slots()
        let own = question.terms.map { slots.place(of: $0) }
        let related = question.terms.map { term in
            (WordForms.related[term] ?? []).map { (place: slots.place(of: $0), weight: statistics.weight(of: $0)) }
        }
        let shared = feedback.map { (place: slots.place(of: $0.term), weight: $0.weight) }
        let sharedTotal = max(shared.reduce(0) { $0 + $1.weight }, 1e-9)
        let names = question.terms.map { statistics.names.contains($0) }
        let average = statistics.averageLength
        var counts = [Double](repeating: 0, count: slots.places.count)
        var signals: [Signal] = []
        signals.reserveCapacity(candidates.count)
        for candidate in candidates {
            var signal = Signal()
            for index in counts.indices { counts[index] = 0 }
            for term in candidate.terms {
                if let place = slots.places[term] { counts[place] += 1 }
                if question.asksForTime, WordForms.namesTimeTerms.contains(term) { signal.namesTime = true }
            }
            let length = 1 - Weight.length + Weight.length * Double(candidate.terms.count) / average
            func strength(_ place: Int) -> Double {
                let count = counts[place]
                return count / (count + Weight.repetition * length)
            }
            var covered = 0.0
            var weakly = 0.0
            for (index, place) in own.enumerated() {
                let weight = weights[index]
                if counts[place] > 0 {
                    signal.words += weight * strength(place)
                    covered += weight
                    if names[index] { signal.hasName = true }
                    continue
                }
                var best = 0.0
                for other in related[index] where counts[other.place] > 0 {
                    best = max(best, strength(other.place) * min(other.weight, weight))
                }
                signal.expansion += best
                weakly += best > 0 ? weight : 0
            }
            signal.coverage = min(1, (covered + weakly / 2) / totalWeight)
            let share = covered / totalWeight
            signal.words = signal.words / totalWeight + Weight.coverage * share * share
            signal.expansion = Weight.related * signal.expansion / totalWeight
            for term in shared where counts[term.place] > 0 {
                signal.expansion += Weight.feedback * term.weight / sharedTotal * strength(term.place)
            }
            signals.append(signal)
        }
        spread(&signals, candidates)
        weighMeaning(&signals, candidates)
        return signals
    }

    /// Tells how near each passage is in meaning, from the farthest of the nearest ones to the nearest.
    ///
    /// How near unrelated texts are differs from embedder to embedder; only differences say something.
    private func weighMeaning(_ signals: inout [Signal], _ candidates: [RecallCandidate]) {
        let cosines = candidates.compactMap(\.cosine)
        guard let nearest = cosines.max(), let farthest = cosines.min(), nearest > 0 else { return }
        let floor = cosines.count > 1 ? farthest : 0
        for (index, candidate) in candidates.enumerated() {
            guard let cosine = candidate.cosine else { continue }
            signals[index].meaning = nearest > floor ? (cosine - floor) / (nearest - floor) : 1
        }
    }

    /// Lets what fits speak for what was said just before and after it.
    private func spread(_ signals: inout [Signal], _ candidates: [RecallCandidate]) {
        struct Place: Hashable {
            let conversation: ConversationID
            let place: Int
        }
        var places: [Place: Int] = [:]
        for (index, candidate) in candidates.enumerated() {
            guard let episode = candidate.passage.episode, let place = episode.place else { continue }
            places[Place(conversation: episode.conversation, place: place)] = index
        }
        let seeds = candidates.indices.filter { signals[$0].own > 0 && candidates[$0].passage.episode?.place != nil }
            .sorted { (signals[$0].own, candidates[$0].passage.id) > (signals[$1].own, candidates[$1].passage.id) }
            .prefix(Self.seeds)
        for seed in seeds {
            guard let episode = candidates[seed].passage.episode, let place = episode.place else { continue }
            for (step, weight) in Weight.after.enumerated() {
                if let index = places[Place(conversation: episode.conversation, place: place + step + 1)] {
                    signals[index].neighbours += weight * signals[seed].own
                }
            }
            for (step, weight) in Weight.before.enumerated() {
                if let index = places[Place(conversation: episode.conversation, place: place - step - 1)] {
                    signals[index].neighbours += weight * signals[seed].own
                }
            }
        }
    }

    // MARK: Parts

    private func parts(of candidate: RecallCandidate, _ signal: Signal) -> [RecallPart: Double] {
        let passage = candidate.passage
        var parts: [RecallPart: Double] = [
            .words: signal.words, .expansion: signal.expansion, .neighbours: signal.neighbours,
        ]
        if signal.meaning > 0 { parts[.vectors] = Weight.vectors * signal.meaning }
        let isNearTime = question.spans.isEmpty ? 0 : nearness(of: passage)
        if isNearTime > 0 { parts[.time] = Weight.time * isNearTime * signal.own + Weight.timeAlone * isNearTime }
        if signal.namesTime { parts[.time, default: 0] += Weight.namesTime * signal.own }
        let isSaidOrAbout = isBySpeaker(candidate, signal)
        let base = signal.own + signal.neighbours + (parts[.vectors] ?? 0) + (parts[.time] ?? 0)
        guard base > 0 || (isSaidOrAbout && query.vector == nil && question.isAboutAsker) else { return parts }
        if isSaidOrAbout { parts[.speaker] = Weight.speaker * signal.own + Weight.speakerAlone }
        if let conversation = query.preferred, passage.conversation == conversation {
            parts[.neighbours, default: 0] += Weight.conversation * signal.own
        }
        if let now = query.now {
            let days = max(0, Double((now - passage.at).microseconds) / 86_400_000_000)
            parts[.recency] = Weight.recency * 30 / (30 + days)
        }
        if let memory = passage.memory {
            parts[.importance] = Weight.importance * Double(memory.importance - Memory.ordinaryImportance) / 5
        }
        return parts
    }

    /// Whether somebody or something that the question names said it, or it is about them.
    private func isBySpeaker(_ candidate: RecallCandidate, _ signal: Signal) -> Bool {
        if question.isAboutAsker, let asker = query.asker, candidate.passage.speaker == asker { return true }
        for term in question.terms {
            if candidate.subject.contains(term) { return true }
            if statistics.names.contains(term), candidate.names.contains(term) { return true }
        }
        return candidate.passage.memory != nil && signal.hasName
    }

    /// 1 for what is from a time that the question names, less the farther it is from it.
    private func nearness(of passage: Passage) -> Double {
        let span = passage.span
        var best = 0.0
        for wanted in question.spans {
            if wanted.overlaps(span) { return 1 }
            let gap = wanted.start > span.end ? wanted.start - span.end : span.start - wanted.end
            let day = 86_400_000_000.0
            let length = Double((wanted.end - wanted.start).microseconds) + day
            let distance = Double(max(gap.microseconds, 0)) / length
            if distance < 2 { best = max(best, 0.5 / (1 + 2 * distance)) }
        }
        return best
    }

    private func relevance(of candidate: RecallCandidate, _ signal: Signal) -> Double {
        var relevance = signal.coverage
        if question.terms.isEmpty { relevance = question.spans.isEmpty ? 0 : nearness(of: candidate.passage) }
        // What was said beside something relevant is, too.
        if signal.neighbours > 0 { relevance = max(relevance, min(0.5, signal.neighbours)) }
        if query.parts.contains(.vectors), let cosine = candidate.cosine {
            relevance = max(relevance, min(1, (cosine - 0.4) / 0.5))
        }
        return relevance
    }
}

extension Double {
    /// The natural logarithm, by halving: the core imports no mathematics library.
    ///
    /// The same bits on every machine.
    fileprivate static func log(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        let exponent = Double(value.exponent)
        let mantissa = value.significand
        // ln m = 2 artanh((m - 1) / (m + 1)), for 1 <= m < 2.
        let ratio = (mantissa - 1) / (mantissa + 1)
        let square = ratio * ratio
        var term = ratio
        var sum = 0.0
        var divisor = 1.0
        while divisor < 30 {
            sum += term / divisor
            term *= square
            divisor += 2
        }
        return exponent * 0.693_147_180_559_945_3 + 2 * sum
    }
}

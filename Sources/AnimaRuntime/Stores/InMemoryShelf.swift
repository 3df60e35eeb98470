import AnimaCore

/// The memories and episodes of a life in memory, with the words and vectors that they are found by.
struct InMemoryShelf: Sendable {
    private struct Words: Sendable {
        var postings: [String: [Int]] = [:]
        var passages = 0
        var terms = 0
        var newest = 0

        mutating func add(_ id: Int, _ terms: [String]) {
            for term in Set(terms) { postings[term, default: []].append(id) }
            passages += 1
            self.terms += terms.count
            newest = id
        }
    }

    private struct Place: Hashable {
        let conversation: ConversationID
        let place: Int
    }

    private(set) var memories: [Int: Memory] = [:]
    private(set) var vectors: [String: VectorMatrix] = [:]
    private var episodes: [Int: Episode] = [:]
    private var order: [RecallShelf: [Int]] = [:]
    private var words: [RecallShelf: Words] = [:]
    private var places: [Place: Int] = [:]
    private var lengths: [ConversationID: Int] = [:]
    private var names: Set<String> = []
    private var recalled: Set<Int> = []
    private var restored: Set<Int> = []

    /// Takes an event into account.
    mutating func take(_ event: Event) {
        if let memory = Memory(event) {
            memories[event.seq] = memory
            order[.memories, default: []].append(event.seq)
            words[.memories, default: Words()].add(event.seq, TextAnalysis.terms(of: memory.indexedText))
            names.formUnion(RecallCandidate.names(of: .memory(memory)))
            close(memory.supersedes, by: event.seq)
            return
        }
        switch event.fact {
        case .memoryForgotten(let fact): return close(fact.memories, by: event.seq)
        case .memoryConsolidated(let fact): return close(fact.aged, by: event.seq)
        case .memoryRestored(let fact): return restore(fact.memories, by: event.seq)
        case .modelReplied(let fact): recalled.formUnion((fact.recalled ?? []).map(\.memory))
        default: break
        }
        let place = event.conversation.map { (lengths[$0] ?? 0) + 1 }
        guard let episode = Episode(event, place: place) else { return }
        if let place = episode.place {
            lengths[episode.conversation] = place
            places[Place(conversation: episode.conversation, place: place)] = event.seq
        }
        episodes[event.seq] = episode
        order[.episodes, default: []].append(event.seq)
        words[.episodes, default: Words()].add(event.seq, TextAnalysis.terms(of: episode.text))
        names.formUnion(RecallCandidate.names(of: .episode(episode)))
    }

    private mutating func close(_ ids: [Int], by event: Int) {
        for id in ids where id < event {
            guard let memory = memories[id] else { continue }
            memories[id] = memory.closed(by: event)
            for embedder in vectors.keys { vectors[embedder]?.remove(id) }
        }
    }

    private mutating func restore(_ ids: [Int], by event: Int) {
        for id in ids where id < event {
            memories[id] = memories[id]?.restored()
            restored.insert(id)
        }
    }

    /// What may be consolidated.
    var consolidationMaterial: Consolidation.Material {
        let current = memories.values.filter(\.isCurrent).sorted { $0.id < $1.id }
        return Consolidation.Material(
            memories: current.suffix(Consolidation.mostMemories),
            recalled: recalled,
            restored: restored
        )
    }

    private func passage(_ id: Int) -> Passage? {
        memories[id].map { .memory($0) } ?? episodes[id].map { .episode($0) }
    }

    // MARK: Vectors

    func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) -> [Passage] {
        var ids: [Int] = []
        if scope != .episodes { ids += order[.memories] ?? [] }
        if scope != .memories { ids += order[.episodes] ?? [] }
        let missing = ids.sorted(by: >).lazy
            .filter { id in
                id < before && vectors[embedder]?.contains(id) != true && memories[id]?.isCurrent != false
            }
        return missing.prefix(max(limit, 0)).compactMap { passage($0) }
    }

    mutating func store(_ new: [PassageVector], of embedder: String) -> Int {
        var kept = 0
        for vector in new {
            guard let passage = passage(vector.passage), passage.memory?.isCurrent != false,
                let quantized = VectorMatrix.Quantized(vector.values)
            else { continue }
            if vectors[embedder]?.dimensions != vector.values.count {
                vectors[embedder] = VectorMatrix(dimensions: vector.values.count)
            }
            vectors[embedder]?.set(quantized, for: vector.passage)
            kept += 1
        }
        return kept
    }

    mutating func deleteVectors(exceptOf embedder: String?) -> Int {
        let gone = vectors.filter { $0.key != embedder }
        for key in gone.keys { vectors[key] = nil }
        return gone.values.reduce(0) { $0 + $1.count }
    }
}

extension InMemoryShelf: RecallIndex {
    func extent(of shelf: RecallShelf) -> (passages: Int, terms: Int, newest: Int) {
        let words = words[shelf] ?? Words()
        return (words.passages, words.terms, words.newest)
    }

    func postings(of terms: [String], in shelf: RecallShelf, limit: Int) -> [Int] {
        guard let first = terms.first, let ids = words[shelf]?.postings[first] else { return [] }
        guard terms.count > 1 else { return ids.suffix(limit).reversed() }
        let others = terms.dropFirst().map { Set(words[shelf]?.postings[$0] ?? []) }
        return Array(ids.reversed().lazy.filter { id in others.allSatisfy { $0.contains(id) } }.prefix(limit))
    }

    func newest(in shelf: RecallShelf, before id: Int, time: TimeSpan?, limit: Int) -> [Int] {
        let ids = (order[shelf] ?? []).reversed().lazy.filter { $0 < id }
        guard let time else { return Array(ids.prefix(limit)) }
        return Array(ids.filter { passage($0).map { time.contains($0.span.start) } == true }.prefix(limit))
    }

    func passages(_ ids: [Int], in shelf: RecallShelf) -> [Passage] {
        switch shelf {
        case .memories: ids.compactMap { memories[$0].map { .memory($0) } }
        case .episodes: ids.compactMap { episodes[$0].map { .episode($0) } }
        }
    }

    func episode(in conversation: ConversationID, at place: Int) -> Int? {
        places[Place(conversation: conversation, place: place)]
    }

    func isName(_ term: String) -> Bool { names.contains(term) }

    func nearest(to vector: QueryVector, limit: Int) -> [(id: Int, cosine: Double)] {
        guard let matrix = vectors[vector.embedder], let quantized = VectorMatrix.Quantized(vector.values) else {
            return []
        }
        return matrix.nearest(to: quantized, limit: limit)
    }
}

public import AnimaCore
import Synchronization

/// A life that is kept in memory and ends with the process: for embedding, trying out and tests.
public final class InMemoryLifeStore: LifeStore {
    fileprivate struct Contents {
        var events: [Event] = []
        /// With the events that brought them.
        var envelopes: [EnvelopeID: Int] = [:]
        var turns: [ConversationID: [TranscriptTurn]] = [:]
        var answers: [EnvelopeID: TranscriptTurn] = [:]
        var summaries: [ConversationID: ConversationSummary] = [:]
        var shelf = InMemoryShelf()
        var spills: [String: [UInt8]] = [:]
        var snapshot: AgentState?
        var isClosed = false
    }

    private let contents = Mutex(Contents())

    /// Makes an empty life.
    public init() {}

    public func wake() async throws -> Awakening {
        try read { contents in
            let tail = contents.events[(contents.snapshot?.lastSeq ?? 0)...]
            return Awakening(snapshot: contents.snapshot, tail: Array(tail))
        }
    }

    public func append(_ batch: LifeBatch) async throws {
        try contents.withLock { contents in
            try contents.check()
            try contents.append(batch)
        }
    }

    public func events(after seq: Int, turn: TurnID?, limit: Int) async throws -> [Event] {
        try read { contents in
            let later = contents.events[min(max(seq, 0), contents.events.count)...]
            return Array(later.lazy.filter { turn == nil || $0.turn == turn }.prefix(max(limit, 0)))
        }
    }

    public func transcript(of conversation: ConversationID, bytes: Int) async throws -> [TranscriptTurn] {
        try read { Array(($0.turns[conversation] ?? []).newest(withinBytes: bytes)) }
    }

    public func summary(of conversation: ConversationID) async throws -> ConversationSummary? {
        try read { $0.summaries[conversation] }
    }

    public func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try read { $0.answers[envelope] }
    }

    public func recall(_ query: RecallQuery) async throws -> [RecallHit] {
        try read { contents in
            Result { try RecallEngine.recall(query, from: contents.shelf) }
        }
        .get()
    }

    public func memory(_ id: Int) async throws -> Memory? {
        try read { $0.shelf.memories[id] }
    }

    public func episodes(around seq: Int, count: Int) async throws -> [Episode] {
        try contents.withLock { contents in
            try contents.check()
            return try contents.shelf.episodes(around: seq, count: count)
        }
    }

    public func place(of turn: TurnID) async throws -> Int? {
        try read { contents in
            contents.answers.values.first { $0.id == turn }.flatMap { contents.envelopes[$0.input.id] }
        }
    }

    public func consolidationMaterial() async throws -> Consolidation.Material {
        try read { $0.shelf.consolidationMaterial }
    }

    public func hasTaken(_ envelope: EnvelopeID) async throws -> Bool { try read { $0.envelopes[envelope] != nil } }

    public func spill(hash: String) async throws -> [UInt8]? {
        try read { $0.spills[hash] }
    }

    public func close(atRest: Bool) async {
        contents.withLock { $0.isClosed = true }
    }

    private func read<T: Sendable>(_ body: (inout Contents) -> T) throws -> T {
        try contents.withLock { contents in
            try contents.check()
            return body(&contents)
        }
    }

    public func passages(
        withoutVectorOf embedder: String,
        scope: RecallQuery.Scope,
        before: Int,
        limit: Int
    ) async throws -> [Passage] {
        try read { $0.shelf.passages(withoutVectorOf: embedder, scope: scope, before: before, limit: limit) }
    }

    public func store(_ vectors: [PassageVector], of embedder: String) async throws -> Int {
        try read { $0.shelf.store(vectors, of: embedder) }
    }

    public func deleteVectors(exceptOf embedder: String?) async throws -> Int {
        try read { $0.shelf.deleteVectors(exceptOf: embedder) }
    }

    public func vectorCounts() async throws -> [String: Int] {
        try read { $0.shelf.vectors.mapValues(\.count) }
    }
}

extension InMemoryLifeStore.Contents {
    fileprivate func check() throws {
        if isClosed { throw StoreError(code: .closed, message: "the life in memory was closed; open it again") }
    }

    fileprivate mutating func append(_ batch: LifeBatch) throws {
        for (offset, event) in batch.events.enumerated() where event.seq != events.count + offset + 1 {
            throw StoreError(
                code: .conflict,
                message: "event \(event.seq) can't follow event \(events.count + offset): the life went on elsewhere"
            )
        }
        var taken: [EnvelopeID: Int] = [:]
        for event in batch.events {
            guard case .envelopeAccepted(let fact) = event.fact else { continue }
            let id = fact.envelope.id
            guard envelopes[id] == nil, taken.updateValue(event.seq, forKey: id) == nil else {
                throw StoreError(code: .duplicateEnvelope(id), message: "the envelope \(id) is in the life already")
            }
        }
        envelopes.merge(taken) { first, _ in first }
        for event in batch.events {
            shelf.take(event)
            if case .conversationCompacted(let fact) = event.fact, let conversation = event.conversation {
                summaries[conversation] = fact.summary
            }
        }
        events += batch.events
        for turn in batch.endedTurns {
            turns[turn.input.conversation, default: []].append(turn)
            for envelope in turn.envelopes { answers[envelope] = turn }
        }
        for spill in batch.spills { spills[spill.hash] = spill.bytes }
        if let state = batch.snapshot { snapshot = state }
    }
}

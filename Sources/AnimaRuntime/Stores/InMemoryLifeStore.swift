public import AnimaCore
import Synchronization

/// A life that is kept in memory and ends with the process: for embedding, trying out and tests.
public final class InMemoryLifeStore: LifeStore {
    fileprivate struct Contents {
        var events: [Event] = []
        var envelopes: Set<EnvelopeID> = []
        var turns: [ConversationID: [TranscriptTurn]] = [:]
        var answers: [EnvelopeID: TranscriptTurn] = [:]
        var memories: [Memory] = []
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

    public func turn(answering envelope: EnvelopeID) async throws -> TranscriptTurn? {
        try read { $0.answers[envelope] }
    }

    public func memories(matching query: String, limit: Int) async throws -> [Memory] {
        try read { contents in
            let words = Self.words(of: query)
            guard !words.isEmpty else { return contents.memories.suffix(max(limit, 0)).reversed() }
            let scored = contents.memories.compactMap { memory -> (score: Int, memory: Memory)? in
                let score = words.intersection(Self.words(of: memory.text)).count
                return score > 0 ? (score, memory) : nil
            }
            return scored.sorted { ($0.score, $0.memory.id) > ($1.score, $1.memory.id) }.prefix(max(limit, 0))
                .map(\.memory)
        }
    }

    public func spill(hash: String) async throws -> [UInt8]? {
        try read { $0.spills[hash] }
    }

    public func close() async {
        contents.withLock { $0.isClosed = true }
    }

    private func read<T: Sendable>(_ body: (inout Contents) -> T) throws -> T {
        try contents.withLock { contents in
            try contents.check()
            return body(&contents)
        }
    }

    private static func words(of text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
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
        var taken: Set<EnvelopeID> = []
        for case .envelopeAccepted(let fact) in batch.events.map(\.fact) {
            let id = fact.envelope.id
            guard !envelopes.contains(id), taken.insert(id).inserted else {
                throw StoreError(code: .duplicateEnvelope(id), message: "the envelope \(id) is in the life already")
            }
        }
        envelopes.formUnion(taken)
        for event in batch.events {
            if case .memoryStored(let fact) = event.fact {
                memories.append(Memory(id: event.seq, text: fact.text, trust: fact.trust, storedAt: event.at))
            }
        }
        events += batch.events
        for turn in batch.endedTurns {
            turns[turn.input.conversation, default: []].append(turn)
            answers[turn.input.id] = turn
        }
        for spill in batch.spills { spills[spill.hash] = spill.bytes }
        if let state = batch.snapshot { snapshot = state }
    }
}

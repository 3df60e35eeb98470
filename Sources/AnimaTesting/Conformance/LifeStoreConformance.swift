public import AnimaCore

/// What every implementation of `LifeStore` must keep; run each check with a fresh store.
public enum LifeStoreConformance {
    /// A promise that was broken.
    public struct Violation: Error, CustomStringConvertible {
        /// The promise, and what came instead.
        public let description: String
    }

    /// One promise.
    public struct Check: Sendable, CustomStringConvertible {
        /// The promise in words.
        public let description: String
        let body: @Sendable (any LifeStore) async throws -> Void

        /// Checks a fresh, empty store; the caller closes it.
        ///
        /// - Throws: ``Violation``, or what the store throws.
        public func run(_ store: any LifeStore) async throws { try await body(store) }
    }

    /// All promises.
    public static let checks: [Check] = [
        Check(description: "an empty life wakes empty") { store in
            let awakening = try await store.wake()
            try expect(awakening.snapshot == nil && awakening.tail.isEmpty, "something was there")
            try expect(awakening.state() == AgentState(), "the state is not empty")
        },
        Check(description: "events come back equal and in order") { store in
            let history = try SampleHistory(seed: 1)
            try await history.append(to: store)
            let events = try await store.events(after: 0, turn: nil, limit: .max)
            try expect(events == history.events, "\(events.count) of \(history.events.count) events came back equal")
            try expect(try await store.wake().state() == history.state, "the fold is another state")
        },
        Check(description: "events are read in pages and by turn") { store in
            let history = try SampleHistory(seed: 2)
            try await history.append(to: store)
            let page = try await store.events(after: 3, turn: nil, limit: 4)
            try expect(page.map(\.seq) == [4, 5, 6, 7], "the page was \(page.map(\.seq))")
            let ofTurn = try await store.events(after: 0, turn: TurnID(1), limit: .max)
            try expect(ofTurn == history.events.filter { $0.turn == TurnID(1) }, "the turn's events differ")
            let none = try await store.events(after: 100_000, turn: nil, limit: 4)
            try expect(none.isEmpty, "there were events after the end")
        },
        Check(description: "a gap or a repetition is refused and changes nothing") { store in
            let history = try SampleHistory(seed: 3)
            try await history.append(to: store)
            guard let last = history.events.last else { return }
            let gap = Event(seq: last.seq + 2, at: last.at, agent: last.agent, fact: last.fact)
            for event in [gap, last] {
                let error = await storeError { try await store.append(LifeBatch(events: [event])) }
                try expect(error.map { if case .conflict = $0.code { true } else { false } } ?? false, "it was taken")
            }
            try expect(try await store.events(after: 0, turn: nil, limit: .max).count == last.seq, "the life changed")
        },
        Check(description: "an envelope that is there is refused with all that came along") { store in
            let history = try SampleHistory(seed: 4)
            try await history.append(to: store)
            let count = history.events.count
            guard let accepted = history.events.first(where: { $0.fact.kind == .envelopeAccepted }) else { return }
            let other = Event(seq: count + 1, at: accepted.at, agent: accepted.agent, fact: history.remembered("other"))
            let again = Event(seq: count + 2, at: accepted.at, agent: accepted.agent, fact: accepted.fact)
            let error = await storeError { try await store.append(LifeBatch(events: [other, again])) }
            var isDuplicate = false
            if case .duplicateEnvelope(let id) = error?.code, case .envelopeAccepted(let fact) = accepted.fact {
                isDuplicate = id == fact.envelope.id
            }
            try expect(isDuplicate, "the answer was \(String(describing: error))")
            try expect(try await store.events(after: 0, turn: nil, limit: .max).count == count, "the life changed")
            try await store.append(LifeBatch(events: [other]))
        },
        Check(description: "ended turns come back by conversation, bounded, oldest first") { store in
            let history = try SampleHistory(seed: 5)
            try await history.append(to: store)
            let mine = history.ended.filter { $0.input.conversation == .main }
            let all = try await store.transcript(of: .main, bytes: .max)
            try expect(all == mine, "\(all.count) of \(mine.count) turns came back equal")
            let bytes = mine.suffix(2).reduce(0) { $0 + $1.approximateBytes }
            try expect(try await store.transcript(of: .main, bytes: bytes) == mine.suffix(2), "the bound is off")
            try expect(try await store.transcript(of: .main, bytes: bytes - 1) == mine.suffix(1), "the bound is off")
            try expect(try await store.transcript(of: ConversationID("no"), bytes: .max).isEmpty, "out of nowhere")
        },
        Check(description: "the turn that answered an envelope is found") { store in
            let history = try SampleHistory(seed: 6)
            try await history.append(to: store)
            for turn in history.ended {
                try expect(try await store.turn(answering: turn.input.id) == turn, "turn \(turn.id) differs")
            }
            try expect(try await store.turn(answering: EnvelopeID("nobody")) == nil, "out of nowhere")
        },
        Check(description: "whole outputs come back by their hash") { store in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let spill = LifeBatch.Spill(hash: ContentHash.hexadecimal(of: bytes), bytes: bytes)
            let history = try SampleHistory(seed: 7)
            let halves = (history.events.prefix(5), history.events.dropFirst(5))
            try await store.append(LifeBatch(events: Array(halves.0), spills: [spill]))
            try await store.append(LifeBatch(events: Array(halves.1), spills: [spill]))
            try expect(try await store.spill(hash: spill.hash) == bytes, "the bytes differ")
            try expect(try await store.spill(hash: "none") == nil, "out of nowhere")
        },
        Check(description: "a snapshot and its tail are the life") { store in
            let history = try SampleHistory(seed: 8)
            let half = history.events.count / 2
            let state = Awakening(snapshot: nil, tail: Array(history.events[..<half])).state()
            try await store.append(LifeBatch(events: Array(history.events[..<half]), snapshot: state))
            try await store.append(LifeBatch(events: Array(history.events[half...])))
            let awakening = try await store.wake()
            try expect(awakening.snapshot == state, "the snapshot was not kept")
            try expect(awakening.tail == Array(history.events[half...]), "the tail differs")
            try await store.append(LifeBatch(events: [], snapshot: history.state, isFlushed: false))
            try expect(try await store.wake().tail.isEmpty, "a snapshot without events was not kept")
        },
        Check(description: "memories are found by their words, the newest without words") { store in
            let history = try SampleHistory(seed: 9)
            let texts = ["Ada likes green tea", "the \"server\" AND NOT is in Oslo*", "ünïcödé", "tea is at four"]
            for (index, text) in texts.enumerated() {
                let event = Event(
                    seq: index + 1,
                    at: history.start,
                    agent: history.agent,
                    fact: history.remembered(text)
                )
                try await store.append(LifeBatch(events: [event]))
            }
            let tea = try await store.memories(matching: "what about tea?", limit: 5).map(\.text)
            try expect(Set(tea) == [texts[0], texts[3]], "for tea: \(tea)")
            try expect(try await store.memories(matching: "\" AND ( oslo", limit: 5).map(\.id) == [2], "odd words")
            try expect(try await store.memories(matching: "", limit: 2).map(\.id) == [4, 3], "not the newest")
            try expect(try await store.memories(matching: "zebra", limit: 5).isEmpty, "out of nowhere")
        },
        Check(description: "texts of any content survive") { store in
            let history = try SampleHistory(seed: 10)
            let text = "nul \u{0} bell \u{7} quote \" back \\ emoji 👩‍👩‍👧 rtl \u{202E} line\u{2028} end"
            let event = Event(seq: 1, at: history.start, agent: history.agent, fact: history.remembered(text))
            try await store.append(LifeBatch(events: [event]))
            try expect(try await store.events(after: 0, turn: nil, limit: 1) == [event], "the text changed")
            try expect(try await store.memories(matching: "", limit: 1).map(\.text) == [text], "the memory changed")
        },
        Check(description: "an append goes on when its caller is cancelled") { store in
            let history = try SampleHistory(seed: 11)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await history.append(to: store)
            }
            try await task.value
            try expect(try await store.wake().state() == history.state, "something is missing")
        },
        Check(description: "a closed store says so") { store in
            await store.close()
            await store.close()
            let error = await storeError { _ = try await store.wake() }
            try expect(error.map { if case .closed = $0.code { true } else { false } } ?? false, "it answered")
        },
    ]

    private static func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw Violation(description: message()) }
    }

    private static func storeError(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }
}

import AnimaCore

extension LifeStoreConformance {
    /// What is promised about calls, their cancellation and the end.
    static let lifetimeChecks: [Check] = [
        Check("a closed store refuses everything") { store in
            _ = try await fill(store, seed: 21, events: 10)
            await store.close()
            await store.close()
            try await expectError(.closed, "append after close") {
                try await store.append(LifeBatch(events: [.remembering("late", seq: 11)]))
            }
            try await expectError(.closed, "wake after close") { _ = try await store.wake() }
            try await expectError(.closed, "events after close") { _ = try await allEvents(store) }
            try await expectError(.closed, "transcript after close") {
                _ = try await store.transcript(of: .main, bytes: 1)
            }
            try await expectError(.closed, "turn after close") {
                _ = try await store.turn(answering: EnvelopeID("x"))
            }
            try await expectError(.closed, "spill after close") { _ = try await store.spill(hash: "x") }
            try await expectError(.closed, "memories after close") {
                _ = try await store.memories(matching: "x", limit: 1)
            }
        },
        Check("cancelling the caller does not stop an append") { store in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await store.append(LifeBatch(events: [.remembering("kept", seq: 1)]))
            }
            try await task.value
            try expectEqual(try await allEvents(store).count, 1, "events")
        },
        Check("appends of one caller and reads of others don't disturb each other") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await fill(store, seed: 22, events: 200) }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<20 {
                            let state = try await store.wake().state()
                            let events = try await allEvents(store)
                            try expect(events.count >= state.lastSeq, "events went missing")
                            try expectEqual(events.map(\.seq), Array(1..<events.count + 1), "numbers")
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        Check("of two appends with the same number one is kept") { store in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        do {
                            try await store.append(LifeBatch(events: [.remembering("\(number)", seq: 1)]))
                            return true
                        } catch { return false }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            try expectEqual(outcomes.filter { $0 }.count, 1, "appends that were accepted")
            try expectEqual(try await allEvents(store).count, 1, "events")
        },
        Check("an empty batch changes nothing") { store in
            try await store.append(LifeBatch(events: []))
            try expectEqual(try await allEvents(store), [], "events")
        },
    ]
}

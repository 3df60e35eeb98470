import AnimaCore
import Testing

@Suite("The history of files")
struct FileHistoryTests {
    private func image(_ hash: String) -> FileImage { FileImage(hash: hash, bytes: 1, mode: 0o644) }

    private func change(_ path: String, _ kind: FileChange.Kind = .modified, isRestorable: Bool = true) -> FileChange {
        FileChange(
            path: path,
            kind: kind,
            from: kind == .moved ? "from" : nil,
            before: kind == .created ? nil : image("before-\(path)"),
            after: kind == .deleted ? nil : image("after-\(path)"),
            isRestorable: isRestorable
        )
    }

    private func event(_ seq: Int, _ fact: Fact) throws -> Event {
        Event(seq: seq, at: Instant(microseconds: 0), agent: try AgentID("a"), fact: fact)
    }

    private func finished(_ seq: Int, _ call: String, _ changes: [FileChange]) throws -> Event {
        let id = try #require(ToolCallID(text: call))
        let result = ToolResult(outcome: .succeeded, content: "")
        return try event(seq, .toolFinished(.init(call: id, tool: "t", result: result, changes: changes)))
    }

    private func undone(_ seq: Int, _ events: [Int]) throws -> Event {
        try event(seq, .filesRestored(.init(undone: events, changes: [change("x")])))
    }

    @Test("names the bytes that lives, forks and exports have to keep")
    func namesKeptBytes() throws {
        let changes = [
            change("a"), change("b", .deleted), change("c", .created), change("d", .moved),
            change("e", .deleted, isRestorable: false),
        ]
        #expect(try finished(1, "t1.1.1", changes).fact.spillHashes == ["before-a", "before-b"])
        #expect(try event(1, .filesRestored(.init(undone: [], changes: changes))).fact.spillHashes.count == 2)
        #expect(try finished(1, "t1.1.1", []).fact.spillHashes.isEmpty)
    }

    @Test("offers the newest turn first, then the one before it")
    func offersTheNewestTurn() throws {
        var history = FileHistory()
        history.apply(try finished(3, "t1.1.1", [change("a")]))
        history.apply(try finished(4, "t2.1.1", [change("a")]))
        history.apply(try finished(5, "t2.1.2", [change("b")]))
        history.apply(try finished(6, "t3.1.1", []))
        #expect(history.entries(for: .lastTurn).map(\.seq) == [5, 4])
        history.apply(try undone(7, [5]))
        #expect(history.entries(for: .lastTurn).map(\.seq) == [4])
        history.apply(try undone(8, [4]))
        #expect(history.entries(for: .lastTurn).map(\.seq) == [3])
        #expect(history.entries(for: .turn(TurnID(2))).isEmpty)
        #expect(history.lastSeq == 8)
    }

    @Test("an undo that is taken back brings its changes into force again")
    func takesAnUndoBack() throws {
        var history = FileHistory()
        history.apply(try finished(1, "t1.1.1", [change("a")]))
        history.apply(try undone(2, [1]))
        #expect(history.entries(for: .event(1)).isEmpty)
        history.apply(try undone(3, [2]))
        #expect(history.entries(for: .lastTurn).map(\.seq) == [1])
        history.apply(try undone(4, [3]))
        #expect(history.entries(for: .lastTurn).isEmpty)
        #expect(history.entries(for: .event(4)).map(\.seq) == [4])
    }

    @Test("ignores numbers that make no sense")
    func isTotal() throws {
        var history = FileHistory()
        history.apply(try undone(2, [2, 9, -1]))
        history.apply(try undone(3, [2, 2]))
        #expect(history.entries.count == 2)
    }
}

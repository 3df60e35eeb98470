import AnimaCore
import AnimaRuntime
import AnimaStore

/// Writes what an owner says about memory into a life.
struct MemoryWriter {
    let life: SQLiteLife
    let agent: AgentID
    let clock = SystemClock()

    /// Memories that are near a text, as the agent itself looks for them before it keeps one.
    static func similar(to text: String, in store: some MemoryReader) async throws -> [Memory] {
        let query = RecallQuery(text, limit: 10, parts: [.words, .expansion])
        return try await store.recall(query).compactMap(\.passage.memory)
    }

    /// A draft of the owner's.
    func draft(_ text: String) throws -> MemoryDraft {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UsageError("the text is empty; nothing was changed")
        }
        return MemoryDraft(
            text,
            speaker: "owner",
            trust: .owner,
            about: TimeExpression.spans(in: text, now: clock.now).first,
            isAskedFor: true
        )
    }

    /// Keeps a draft of the owner's if the gate lets it through.
    ///
    /// - Parameters:
    ///   - old: The memory that it is meant to take the place of.
    ///   - isForced: Whether the gate is asked only about the size.
    /// - Throws: ``MemoryCommandError`` with the gate's reason.
    func keep(_ draft: MemoryDraft, inPlaceOf old: Memory? = nil, isForced: Bool) async throws -> Memory {
        var draft = draft
        var similar = try await Self.similar(to: draft.text, in: life)
        if let old, !similar.contains(where: { $0.id == old.id }) { similar.append(old) }
        draft.supersedes = old.map { [$0.id] } ?? []
        switch MemoryGate.judge(draft, similar: similar, trust: .owner) {
        case .keep(let superseded): draft.supersedes = superseded
        case .refuse(let reason) where reason == .tooLong || !isForced:
            let twin = reason == .duplicate ? Self.twin(of: draft, among: similar).map { ", as \($0.name)" } ?? "" : ""
            let way = reason == .tooLong ? "" : "; --force keeps it all the same"
            throw MemoryCommandError("not kept (\(reason.rawValue)): \(reason.explanation)\(twin)\(way)")
        case .refuse: break
        }
        let events = try await life.append([.memoryStored(.init(draft, trust: .owner))], of: agent)
        guard let memory = events.first.flatMap(Memory.init) else {
            throw MemoryCommandError("the memory was not kept; a bug")
        }
        return memory
    }

    /// The memory that a draft is a duplicate of.
    static func twin(of draft: MemoryDraft, among memories: [Memory]) -> Memory? {
        memories.first { memory in
            MemoryGate.judge(draft, similar: [memory], trust: draft.trust ?? .owner) == .refuse(.duplicate)
        }
    }
}

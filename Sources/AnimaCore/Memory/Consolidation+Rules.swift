extension Consolidation {
    /// What rules find: memories that say the same are merged, old ones of no use are closed.
    ///
    /// - Parameter ageDays: After so many days a memory is old; 0 for never.
    public static func byRules(_ material: Material, ageDays: Int, now: Instant) -> Consolidation {
        var consolidation = Consolidation(merges: repeats(in: material.free))
        let gone = Set(consolidation.merges.flatMap(\.draft.supersedes))
        let aged = material.free.filter { memory in
            !gone.contains(memory.id) && !material.recalled.contains(memory.id)
                && isOld(memory, days: ageDays, now: now)
        }
        consolidation.aged = aged.prefix(mostAged).map(\.id)
        return consolidation
    }

    // MARK: Repeats

    /// What may say the same only if these are the same: "my dog" is another dog when another one says it.
    private struct Sort: Hashable {
        let trust: Trust
        let speaker: String?
        let kind: Memory.Kind
    }

    private static func repeats(in memories: [Memory]) -> [Merge] {
        let byID = Dictionary(memories.map { ($0.id, $0) }) { first, _ in first }
        var merges: [Merge] = []
        for group in Dictionary(
            grouping: memories,
            by: { Sort(trust: $0.trust, speaker: $0.source.speaker, kind: $0.kind) }
        ) {
            for ids in MemoryRepeats(group.value.map { ($0.id, $0.text) }).groups {
                if let merge = merge(ids.compactMap { byID[$0] }) { merges.append(merge) }
            }
        }
        // Oldest first, so that what is left for the next time is the newest.
        merges.sort { ($0.draft.supersedes.first ?? 0) < ($1.draft.supersedes.first ?? 0) }
        return Array(merges.prefix(mostMerges))
    }

    /// Makes one memory of those that say the same, in the words of the newest; nil when they speak of different times.
    private static func merge(_ group: [Memory]) -> Merge? {
        guard let newest = group.max(by: { $0.id < $1.id }) else { return nil }
        let said = Statement(newest.text)
        let same = group.filter { memory in
            guard memory.id != newest.id else { return true }
            guard Statement(memory.text).saysTheSame(as: said) else { return false }
            guard let one = memory.about, let other = newest.about else { return true }
            return one.overlaps(other)
        }
        guard same.count > 1 else { return nil }
        let draft = MemoryDraft(
            newest.text,
            kind: newest.kind,
            subject: newest.subject ?? same.reversed().compactMap(\.subject).first,
            importance: same.map(\.importance).max() ?? newest.importance,
            speaker: newest.source.speaker,
            about: newest.about ?? same.reversed().compactMap(\.about).first
        )
        return Merge(draft, of: same)
    }

    // MARK: Age

    /// Memories of more importance never grow old.
    public static let mostImportanceOfAged = 2
    /// So many days after it was learned every memory has had the chance to come to mind.
    public static let graceDays = 30

    /// Whether a memory is of little importance and speaks of a time long past; one that names no time speaks of when it was learned.
    static func isOld(_ memory: Memory, days: Int, now: Instant) -> Bool {
        guard days > 0, memory.importance <= mostImportanceOfAged else { return false }
        let end = memory.about?.end ?? memory.storedAt
        return end + .seconds(86_400 * days) <= now && memory.storedAt + .seconds(86_400 * min(days, graceDays)) <= now
    }
}

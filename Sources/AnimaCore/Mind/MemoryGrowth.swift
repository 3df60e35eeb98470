/// What has become of an agent's memory since it was last consolidated, in numbers.
public struct MemoryGrowth: Hashable, Sendable, Codable {
    /// How many memories were stored.
    public private(set) var stored = 0
    /// When it was last consolidated, or its first memory was stored; nil before that.
    public private(set) var since: Instant?
    /// The last event that changed which memories hold; 0 before the first.
    public private(set) var changedBy = 0

    /// Nothing was remembered yet.
    public init() {}

    mutating func take(_ event: Event) {
        changedBy = event.seq
        switch event.fact {
        case .memoryStored:
            stored += 1
            since = since ?? event.at
        case .memoryConsolidated:
            stored = 0
            since = event.at
        default: break
        }
    }

    /// From when on a policy wants memory to be consolidated; nil as long as nothing is to be done.
    public func isDueFrom(_ policy: MemoryPolicy) -> Instant? {
        guard let since, stored > 0 else { return nil }
        switch policy.consolidation {
        case .off: return nil
        case .idle: return stored >= policy.consolidateAfter ? since : nil
        case .daily: return since + .seconds(86_400)
        }
    }
}

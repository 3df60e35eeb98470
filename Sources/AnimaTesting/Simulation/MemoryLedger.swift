import AnimaCore

/// The memories of a log, added up event by event, and what must not happen to them.
struct MemoryLedger {
    /// Those that hold, oldest first.
    var current: [Memory] { memories.values.filter(\.isCurrent).sorted { $0.id < $1.id } }
    /// What is wrong with the log; nil for nothing.
    private(set) var problem: String?

    private var memories: [Int: Memory] = [:]
    private var policy = MemoryPolicy.off
    /// Memories stored since memory was consolidated, by what is not a consolidation.
    private var new: [Int] = []
    private var since: Instant?

    /// Takes an event into account.
    mutating func take(_ event: Event) {
        switch event.fact {
        case .agentConfigured(let fact): policy = fact.policy.memory
        case .memoryStored(let fact):
            memories[event.seq] = Memory(event)
            close(fact.supersedes ?? [], by: event.seq)
            new.append(event.seq)
            since = since ?? event.at
        case .memoryForgotten(let fact): close(fact.memories, by: event.seq)
        case .memoryRestored(let fact): for id in fact.memories { memories[id] = memories[id]?.restored() }
        case .memoryConsolidated(let fact): check(fact, event)
        default: return
        }
    }

    private mutating func close(_ ids: [Int], by event: Int) {
        for id in ids { memories[id] = memories[id]?.closed(by: event) }
    }

    private mutating func check(_ fact: Fact.MemoryConsolidated, _ event: Event) {
        let made = Set(fact.merged.map(\.memory))
        if made != Set((event.seq - made.count)..<event.seq) {
            problem = "\(event.id) is not at the end of what it stored"
        }
        for merge in fact.merged {
            let isWhole = merge.from.allSatisfy { memories[$0]?.closedBy == merge.memory }
            if merge.from.count < 2 || !isWhole { problem = "\(event.id) merged what did not hold: \(merge)" }
            let trusts = Set(merge.from.map { memories[$0]?.trust })
            if trusts != [memories[merge.memory]?.trust] { problem = "\(event.id) changed the trust of \(merge)" }
        }
        for id in fact.aged where memories[id]?.isCurrent != true {
            problem = "\(event.id) aged m\(id), which did not hold"
        }
        close(fact.aged, by: event.seq)
        new.removeAll { made.contains($0) }
        switch policy.consolidation {
        case .off: problem = "\(event.id) consolidated what was to be left alone"
        case .idle: if new.count < policy.consolidateAfter { problem = "\(event.id) consolidated too early" }
        case .daily:
            if new.isEmpty { problem = "\(event.id) consolidated nothing new" }
            if let since, event.at < since + .seconds(86_400) { problem = "\(event.id) consolidated twice a day" }
        }
        new = []
        since = event.at
    }
}

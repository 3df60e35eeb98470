/// The changes of files in a life, and which of them were taken back; a fold over its events.
public struct FileHistory: Sendable {
    /// An event that changed files.
    public struct Entry: Hashable, Sendable {
        /// The event's number.
        public let seq: Int
        /// When it was recorded.
        public let at: Instant
        /// The tool call that did it; nil for an undo.
        public let call: ToolCallID?
        /// The tool's name; nil for an undo.
        public let tool: String?
        /// What it changed, in the order in which it happened.
        public let changes: [FileChange]
        /// The events that an undo took back; empty for a tool call.
        public let undone: [Int]
        /// Whether it was taken back, and that not taken back again.
        public fileprivate(set) var isUndone = false
    }

    /// In the order in which they happened.
    public private(set) var entries: [Entry] = []
    /// The number of the last event.
    public private(set) var lastSeq = 0

    /// A history without events.
    public init() {}

    /// Takes the next event into account.
    public mutating func apply(_ event: Event) {
        lastSeq = event.seq
        switch event.fact {
        case .toolFinished(let fact):
            guard let changes = fact.changes else { return }
            entries.append(
                Entry(seq: event.seq, at: event.at, call: fact.call, tool: fact.tool, changes: changes, undone: [])
            )
        case .filesRestored(let fact):
            for seq in fact.undone { mark(seq, isUndone: true) }
            entries.append(
                Entry(seq: event.seq, at: event.at, call: nil, tool: nil, changes: fact.changes, undone: fact.undone)
            )
        default: return
        }
    }

    /// Taking an undo back brings what it had undone into force again.
    private mutating func mark(_ seq: Int, isUndone: Bool) {
        guard let index = entries.firstIndex(where: { $0.seq == seq }) else { return }
        entries[index].isUndone = isUndone
        // An undo names only events before it, so this ends.
        for earlier in entries[index].undone where earlier < seq { mark(earlier, isUndone: !isUndone) }
    }

    /// What can be asked to be taken back.
    public enum Target: Hashable, Sendable {
        /// The newest turn that changed files and was not taken back whole.
        case lastTurn
        /// All calls of a turn.
        case turn(TurnID)
        /// One call.
        case call(ToolCallID)
        /// One event, also an undo.
        case event(Int)
    }

    /// The events to take back for a target, the newest first; those taken back already are left out.
    public func entries(for target: Target) -> [Entry] {
        let open = entries.reversed().filter { !$0.isUndone }
        switch target {
        case .lastTurn:
            guard let turn = open.lazy.compactMap(\.call?.turn).first else { return [] }
            return open.filter { $0.call?.turn == turn }
        case .turn(let turn): return open.filter { $0.call?.turn == turn }
        case .call(let call): return open.filter { $0.call == call }
        case .event(let seq): return open.filter { $0.seq == seq }
        }
    }
}

import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima why`: the causes of an event.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show what led to an event, a turn or a tool call.",
        discussion: """
            The id is an event (e42), a turn (t3), a tool call (t3.1.1) or the id of an envelope. Without an agent all are \
            searched.

            Examples:
              anima why clerk t3.1.1
              anima why clerk e42 --json
              anima why 01M83C3EYHTDPH9K8MWP0YSJH4
            """
    )

    @Argument(
        help: ArgumentHelp("The agent, then the id; or the id alone.", valueName: "agent-id"),
        completion: AgentID.completion
    )
    var words: [String]

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(name: .shortAndLong, help: "Show texts whole.")
    var verbose = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...2).contains(words.count) else { throw ValidationError("give an id, or an agent and an id") }
    }

    func run() async throws {
        let (life, found) = try await search()
        var event = found
        var chain = [event]
        while let cause = event.cause, cause < event.seq,
            let earlier = try await life.events(after: cause - 1, turn: nil, limit: 1).first
        {
            chain.append(earlier)
            event = earlier
        }
        let turn = found.turn
        let events = turn == nil ? [] : try await life.events(after: 0, turn: turn, limit: .max)
        let recalled = try await Self.recalled(in: events, life)
        await life.close()
        let terminal = Terminal.current
        let format = EventFormat(terminal: terminal, isVerbose: verbose)
        for event in chain.reversed() {
            if json { terminal.json(try event.json()) } else { format.show(event, to: .output) }
        }
        guard !json else { return }
        for line in recalled { terminal.line(line, to: .output, .dim) }
        if let explanation = Self.explanation(of: chain, events) {
            terminal.line(explanation, to: .output, .bold)
        }
    }

    /// The memories that came to mind for a turn, a line each.
    private static func recalled(in events: [Event], _ life: SQLiteLife) async throws -> [String] {
        for event in events {
            guard case .modelReplied(let fact) = event.fact, let recalled = fact.recalled else { continue }
            var lines: [String] = []
            for hit in recalled {
                let text = try await life.memory(hit.memory)?.text ?? "(no longer there)"
                lines.append("came to mind: m\(hit.memory) (\(hit.relevance) %): \(text.shortened(to: 100))")
            }
            return lines
        }
        return []
    }

    /// The event that ended a turn, or its newest one: what was learned from it comes later.
    private static func end(of events: [Event]) -> Event? {
        events.last { if case .turnEnded = $0.fact { true } else { false } } ?? events.last
    }

    /// The life that holds what is asked about, and the event.
    private func search() async throws -> (SQLiteLife, Event) {
        let id = words[words.count - 1]
        let home = try common.composition().home
        let agents = words.count == 2 ? [try AgentID(words[0])] : try home.agents()
        var found: [(agent: AgentID, life: SQLiteLife, event: Event)] = []
        for agent in agents where words.count == 2 || FilePath.exists(home.lifePath(of: agent)) {
            let life = try common.reader(of: agent)
            if let event = try await find(id, life) { found.append((agent, life, event)) }
        }
        guard let first = found.first else {
            let place = words.count == 2 ? "in the life of \"\(words[0])\"" : "in any life"
            throw UsageError("nothing \(place) is called \"\(id)\"; see: anima log NAME")
        }
        guard found.count == 1 else {
            let names = found.map(\.agent.name).joined(separator: ", ")
            throw UsageError("several lives have \"\(id)\" (\(names)); say which: anima why \(first.agent) \(id)")
        }
        return (first.life, first.event)
    }

    private func find(_ id: String, _ life: SQLiteLife) async throws -> Event? {
        if let seq = try? EventReference.seq(id) {
            return try await life.events(after: seq - 1, turn: nil, limit: 1).first
        }
        if let turn = TurnID(text: id) { return Self.end(of: try await life.events(after: 0, turn: turn, limit: .max)) }
        if let call = ToolCallID(text: id) {
            let events = try await life.events(after: 0, turn: call.turn, limit: .max)
            return events.last { $0.fact.isAbout(call) }
        }
        guard let envelope = try? EnvelopeID(id), let turn = try await life.turn(answering: envelope) else {
            return nil
        }
        return Self.end(of: try await life.events(after: 0, turn: turn.id, limit: .max))
    }

    /// Why the gate let a tool call run, or did not.
    private static func explanation(of chain: [Event], _ events: [Event]) -> String? {
        guard case .toolFinished(let finished) = chain.first?.fact else { return nil }
        for event in chain {
            guard case .modelReplied(let reply) = event.fact,
                let call = reply.calls.first(where: { $0.id == finished.call })
            else { continue }
            let view = reply.untrusted.map { "; untrusted text was in view (\($0))" } ?? ""
            switch call.verdict {
            case .allowed(let rule): return "allowed by the gate's rule \"\(rule)\"\(view)"
            case .asks(let rule):
                let answers = events.compactMap { event -> String? in
                    guard case .approvalDecided(let answer) = event.fact, answer.call == finished.call else {
                        return nil
                    }
                    return
                        "\(answer.by) said \(answer.decision.rawValue)\(answer.because.map { ": \($0)" } ?? "") (\(event.id))"
                }
                let said = answers.isEmpty ? "nobody answered" : answers.joined(separator: ", then ")
                return "the gate's rule \"\(rule)\" asks; \(said)\(view)"
            case .denied(let reason), .invalid(let reason): return reason
            }
        }
        return nil
    }
}

extension Fact {
    fileprivate func isAbout(_ call: ToolCallID) -> Bool {
        switch self {
        case .approvalAsked(let fact): fact.call == call
        case .approvalDecided(let fact): fact.call == call
        case .toolStarted(let fact): fact.call == call
        case .toolFinished(let fact): fact.call == call
        case .memoryStored(let fact): fact.call == call
        default: false
        }
    }
}

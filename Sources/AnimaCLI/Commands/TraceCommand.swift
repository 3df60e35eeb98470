import Anima
import AnimaCore
import AnimaStore
import ArgumentParser

/// `anima trace`: what became of a task, over all agents that worked on it.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show where a task went: every agent that worked on it, in a tree.",
        discussion: """
            The task is named by a turn (t3) or by the event that took it (e5); without one it is the newest. What its agents sent \
            each other is found in the lives of the home.

            Examples:
              anima trace lead
              anima trace lead t3 --json
            """
    )

    @Argument(help: "The agent that was given the task, or one that worked on it.", completion: AgentID.completion)
    var agent: AgentID

    @Argument(help: ArgumentHelp("A turn or an event; the newest task when left out.", valueName: "id"))
    var id: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let own = try await Self.work(of: agent, common)
        guard let chosen = try id.map({ try find($0, in: own) }) ?? own.last(where: \.isShown) else {
            throw UsageError("\(agent) was given nothing yet")
        }
        let root = chosen.item.envelope.trace ?? chosen.item.envelope.id
        var all: [Work] = []
        for name in try common.composition().home.agents() {
            // A life that can't be read says so where it is asked for.
            let found = name == agent ? own : (try? await Self.work(of: name, common)) ?? []
            all += found.filter { ($0.item.envelope.trace ?? $0.item.envelope.id) == root && $0.isShown }
        }
        all.sort { ($0.item.at, $0.agent) < ($1.item.at, $1.agent) }
        let known = Set(all.map(\.item.envelope.id))
        let tops = all.filter { work in work.item.envelope.parent.map { !known.contains($0) } ?? true }
        for top in tops { show(top, among: all, depth: 0) }
    }

    /// One envelope that an agent took, and what became of it.
    private struct Work {
        let agent: AgentID
        let item: InboxItem
        let end: Event?

        /// Whether somebody worked on it, or is to.
        var isShown: Bool { item.status != .noted && item.envelope.kind != .notice }
    }

    private static func work(of agent: AgentID, _ common: CommonOptions) async throws -> [Work] {
        let life = try common.reader(of: agent)
        let items: [InboxItem]
        let ends: [Event]
        do {
            let state = try await life.wake().state()
            items = InboxItem.all(in: try await life.events(ofKinds: InboxItem.kinds), state)
            ends = try await life.events(ofKinds: [.turnEnded])
        } catch {
            await life.close()
            throw error
        }
        await life.close()
        let byTurn = Dictionary(ends.compactMap { event in event.turn.map { ($0, event) } }) { first, _ in first }
        return items.map { item in
            guard case .ended(let turn, _) = item.status else { return Work(agent: agent, item: item, end: nil) }
            return Work(agent: agent, item: item, end: byTurn[turn])
        }
    }

    private func find(_ id: String, in works: [Work]) throws -> Work {
        let found = works.first { work in
            if id == "e\(work.item.seq)" || id == work.item.envelope.id.text { return true }
            switch work.item.status {
            case .working(let turn), .ended(let turn, _): return id == turn.description
            case .waiting, .dropped, .noted: return false
            }
        }
        if let found { return found }
        throw UsageError("\(agent) took nothing as \(id); see: anima inbox \(agent) --all")
    }

    private func show(_ work: Work, among all: [Work], depth: Int) {
        let envelope = work.item.envelope
        let terminal = Terminal.current
        var usage = Usage()
        if case .turnEnded(let fact) = work.end?.fact { usage = fact.usage }
        let milliseconds = work.end.map { Int(($0.at - work.item.at).microseconds / 1000) }
        if json {
            terminal.json([
                "agent": .string(work.agent.name), "envelope": .string(envelope.id.text), "depth": .int(depth),
                "kind": .string(envelope.kind.rawValue), "sender": .string(envelope.sender.description),
                "at": .string(work.item.at.rfc3339), "text": .string(envelope.text),
                "status": .string(work.item.status.name), "milliseconds": milliseconds.map { .int($0) } ?? .null,
                "tokens": .int(usage.total),
            ])
        } else {
            terminal.write(String(repeating: "  ", count: depth) + "@\(work.agent) ", to: .output, .bold)
            terminal.write("\(envelope.kind.rawValue) from \(envelope.sender.description), ", to: .output, .dim)
            let time = milliseconds.map { " after \($0) ms, \(usage.total) tokens" } ?? ""
            terminal.line("\(work.item.status.text)\(time): \(envelope.text.shortened(to: 80))", to: .output)
        }
        // What a turn sent has what began it as its parent.
        for below in all where below.item.envelope.parent == envelope.id && depth < 64 {
            show(below, among: all, depth: depth + 1)
        }
    }
}

import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser

/// `anima usage`: what model calls cost.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show tokens, cost, calls and the share of cached tokens.",
        discussion: """
            Costs are counted when a call is answered, by the prices known then; calls of models without a known price \
            count as nothing (see [prices] in docs/models.md).

            Examples:
              anima usage
              anima usage clerk --by day --days 7
              anima usage --by model --json
            """
    )

    /// What a row stands for.
    enum Grouping: String, ExpressibleByArgument, CaseIterable {
        case agent
        case model
        case day
    }

    @Argument(help: "Only this agent.", completion: AgentID.completion)
    var agent: AgentID?

    @Option(help: "What a row stands for: agent, model or day.")
    var by: Grouping?

    @Option(help: ArgumentHelp("Only so many days, today (UTC) included.", valueName: "count"))
    var days: Int?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    fileprivate struct Row {
        var calls = 0
        var usage = Usage()
    }

    func validate() throws {
        if let days, days < 1 { throw ValidationError("--days is at least 1") }
    }

    func run() async throws {
        let by = by ?? (agent == nil ? .agent : .model)
        var rows: [String: Row] = [:]
        for (agent, entry) in try await entries() {
            let key =
                switch by {
                case .agent: agent.name
                case .model: entry.model
                case .day: String(entry.day.rfc3339.prefix(10))
                }
            rows[key, default: Row()].calls += entry.calls
            rows[key, default: Row()].usage += entry.usage
        }
        show(rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, by)
    }

    private func entries() async throws -> [(AgentID, DailyUsage)] {
        let home = try common.composition().home
        let agents = try agent.map { [$0] } ?? home.agents().filter { FilePath.exists(home.lifePath(of: $0)) }
        let first = days.map { SystemClock().now.day - Int64($0) + 1 } ?? .min
        var entries: [(AgentID, DailyUsage)] = []
        for id in agents {
            let life = try common.reader(of: id)
            for entry in try await life.usage() where entry.day.day >= first { entries.append((id, entry)) }
            await life.close()
        }
        return entries
    }

    private func show(_ rows: [(key: String, row: Row)], _ by: Grouping) {
        let terminal = Terminal.current
        if json {
            for (key, row) in rows { terminal.json(row.json(by: by.rawValue, key)) }
            return
        }
        guard !rows.isEmpty else {
            return terminal.line("no model calls\(days.map { " in \($0) days" } ?? "")", to: .error)
        }
        let total = rows.reduce(into: Row()) {
            $0.calls += $1.row.calls
            $0.usage += $1.row.usage
        }
        let width = max(24, (rows.map(\.key.count).max() ?? 0) + 2)
        terminal.line(
            by.rawValue.padded(to: width) + ["calls", "in", "cached", "out", "cost"].map { $0.leading(11) }.joined(),
            to: .output,
            .dim
        )
        for (key, row) in rows { terminal.line(key.padded(to: width) + row.columns, to: .output) }
        if rows.count > 1 { terminal.line("total".padded(to: width) + total.columns, to: .output, .bold) }
    }
}

extension UsageCommand.Row {
    fileprivate var columns: String {
        let share = usage.inputTokens > 0 ? usage.cachedTokens * 100 / usage.inputTokens : 0
        return [
            "\(calls)", "\(usage.inputTokens)", "\(share)%", "\(usage.outputTokens)", Dollars.text(usage.microdollars),
        ]
        .map { $0.leading(11) }.joined()
    }

    fileprivate func json(by grouping: String, _ key: String) -> JSONValue {
        [
            grouping: .string(key), "calls": .int(calls), "inputTokens": .int(usage.inputTokens),
            "cachedTokens": .int(usage.cachedTokens), "cacheWriteTokens": .int(usage.cacheWriteTokens),
            "outputTokens": .int(usage.outputTokens), "reasoningTokens": .int(usage.reasoningTokens),
            "dollars": .double(Double(usage.microdollars) / 1e6),
        ]
    }
}

extension String {
    /// The text with spaces before it up to a width, and at least one.
    func leading(_ width: Int) -> String { String(repeating: " ", count: Swift.max(1, width - count)) + self }
}

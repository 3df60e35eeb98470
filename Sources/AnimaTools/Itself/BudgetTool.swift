import AnimaCore

/// Tells an agent what it may still use.
struct BudgetTool: Tool {
    let spec = ToolSpec(
        name: "budget",
        group: "itself",
        description: "Tells how much is left for this task: model calls, tokens, time, and money where it is limited.",
        parameters: ArgumentSchema(),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        guard let remaining = call.remaining else { return .failure("nothing is known of budgets here") }
        var lines = [
            "model calls: \(remaining.steps)", "tokens: \(remaining.tokens)", "seconds: \(remaining.seconds)",
        ]
        if let money = remaining.microdollars { lines.append("money: \(Dollars.text(money))") }
        return .success(lines.joined(separator: "\n"))
    }
}

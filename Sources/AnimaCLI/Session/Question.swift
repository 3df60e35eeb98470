import Anima
import AnimaCore

/// A question of the gate, as a person sees it.
struct Question {
    private let pending: PendingApproval
    private let terminal: Terminal

    init(_ pending: PendingApproval, _ terminal: Terminal) {
        self.pending = pending
        self.terminal = terminal
    }

    /// Shows what would run, and how to answer later.
    func show(commandFor target: String) {
        show()
        if pending.call.tool == Self.askingTool {
            return terminal.line("  anima approve \(target) \(pending.call.id) --because \"…\"", to: .error)
        }
        terminal.line("  anima approve \(target) \(pending.call.id)", to: .error)
        terminal.line("  anima deny \(target) \(pending.call.id) --because \"…\"", to: .error)
    }

    /// The tool whose result is the owner's answer.
    private static let askingTool = "ask_owner"

    /// Shows what would run, and asks whether it may; nil when nobody answers.
    func ask(always rule: Gate.Rule?) async -> Fact.ApprovalDecided? {
        show()
        if pending.call.tool == Self.askingTool {
            terminal.write("your answer: ", to: .error, .bold)
            return await StandardInput.readLine().map { answer(.allow, because: $0) }
        }
        let always = rule.map { ", [a]lways (\($0.pattern))" } ?? ""
        while true {
            terminal.write("allow it? [y]es, this once\(always), [n]o: ", to: .error, .bold)
            guard let line = await StandardInput.readLine() else { return nil }
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            let because = words.count > 1 ? words[1] : nil
            switch words.first?.lowercased() {
            case "y", "yes": return answer(.allow)
            case "a", "always": if let rule { return answer(.allow, always: rule) }
            case "n", "no": return answer(.deny, because: because)
            default: break
            }
            terminal.line("y, n (and why, after it)\(rule == nil ? "" : ", or a")", to: .error, .dim)
        }
    }

    private func answer(
        _ decision: Approval.Decision,
        because: String? = nil,
        always: Gate.Rule? = nil
    ) -> Fact.ApprovalDecided {
        Fact.ApprovalDecided(
            call: pending.call.id,
            decision: decision,
            by: "the owner",
            because: because,
            always: always
        )
    }

    /// Arguments and circumstances, each as JSON, in which control characters can be seen.
    private func show() {
        let rule = if case .asks(let rule) = pending.call.verdict { " (rule \"\(rule)\" asks)" } else { "" }
        terminal.line("\(pending.call.id) wants to call \(pending.call.tool)\(rule):", to: .error, .yellow)
        if case .object(let members) = pending.call.arguments {
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                terminal.line("  \(name.padded(to: 12))\(value.text)", to: .error)
            }
        }
        showCircumstances(to: .error)
    }

    /// What the call would run in, each as JSON.
    func showCircumstances(to stream: Terminal.Stream) {
        for (name, value) in pending.approval.circumstances.sorted(by: { $0.key < $1.key }) {
            terminal.line("  \(name.padded(to: 12))\(JSONValue.string(value).text)", to: stream, .dim)
        }
    }
}

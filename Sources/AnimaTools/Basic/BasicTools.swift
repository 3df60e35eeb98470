import AnimaCore

/// `add`: numbers.
struct AddTool: Tool {
    let spec = ToolSpec(
        name: "add",
        group: "basic",
        description: "Add numbers.",
        parameters: ArgumentSchema([.init("numbers", .array(.number), "What to add.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        let numbers = call.arguments["numbers"]?.arrayValue ?? []
        var whole: Int? = 0
        var sum = 0.0
        for number in numbers {
            if case .int(let value) = number, let sum = whole {
                let (result, overflow) = sum.addingReportingOverflow(value)
                if overflow { return .failure("the sum is over \(Int.max); this tool adds 64-bit whole numbers") }
                whole = result
            } else {
                whole = nil
            }
            switch number {
            case .int(let value): sum += Double(value)
            case .double(let value): sum += value
            default: break
            }
        }
        return .success(whole.map { "\($0)" } ?? "\(sum)")
    }
}

/// `echo`: the same text.
struct EchoTool: Tool {
    let spec = ToolSpec(
        name: "echo",
        group: "basic",
        description: "Return a text unchanged.",
        parameters: ArgumentSchema([.init("text", .string(), "The text.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput { .success(call.text("text")) }
}

/// `now`: the time.
struct NowTool: Tool {
    let spec = ToolSpec(
        name: "now",
        group: "basic",
        description: "Tell the date and time, in UTC (RFC 3339).",
        parameters: ArgumentSchema(),
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput { .success(call.now.rfc3339) }
}

import Anima

/// An agent inside another program: a tool of its own, a life in memory.
@main
struct Embedding {
    static func main() async throws {
        let equipment = Equipment(
            model: ReflexModel(),
            tools: [AddingMachine()],
            policy: AgentPolicy(gate: Gate(rules: [.init(.allow, "add")]))
        )
        var generator = SystemRandomNumberGenerator()
        let agent = try await Agent.wake(
            AgentID("embedded"),
            store: InMemoryLifeStore(),
            equipment: equipment,
            using: &generator
        )
        let task = Envelope(id: try EnvelopeID("first"), text: "add 2 and 40", sentAt: SystemClock().now)
        _ = try await agent.deliver(task)
        let turn = try await agent.answer(to: task.id)
        print("the agent says: \(turn.ending?.text ?? "nothing")")
        await agent.stop()
    }
}

/// A tool of one's own: what it is, and what it does.
struct AddingMachine: Tool {
    let spec = ToolSpec(
        name: "add",
        group: "embedded",
        description: "Add whole numbers.",
        parameters: ArgumentSchema([.init("numbers", .array(.integer()), "What to add.", required: true)]),
        replay: .pure
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        let numbers = (call.arguments["numbers"]?.arrayValue ?? []).compactMap(\.intValue)
        return .success("\(numbers.reduce(0, &+))")
    }
}

public import AnimaCore
import Synchronization

/// A tool made of a closure that counts its calls.
public final class ScriptedTool: Tool {
    public let spec: ToolSpec
    private let body: @Sendable (ToolInvocation) async -> ToolOutput
    private let probing: @Sendable (ToolInvocation) async -> ToolOutput?
    private let invocations = Mutex<[ToolCallID]>([])

    /// A tool with a name, a replay class and a body.
    public init(
        _ name: String,
        replay: Replay = .pure,
        isExclusive: Bool = false,
        trust: Trust = .owner,
        parameters: ArgumentSchema = ArgumentSchema([.init("text", .string(), "Any text.")]),
        _ body: @escaping @Sendable (ToolInvocation) async -> ToolOutput = { .success($0.arguments.text) },
        probe: @escaping @Sendable (ToolInvocation) async -> ToolOutput? = { _ in nil }
    ) {
        spec = ToolSpec(
            name: name,
            group: "scripted",
            description: "The scripted tool \(name).",
            parameters: parameters,
            replay: replay,
            isExclusive: isExclusive,
            trust: trust,
            gateArgument: "text"
        )
        self.body = body
        probing = probe
    }

    /// The calls that were run, in the order of their beginnings.
    public var calls: [ToolCallID] { invocations.withLock { $0 } }

    public func run(_ call: ToolInvocation) async -> ToolOutput {
        invocations.withLock { $0.append(call.id) }
        return await body(call)
    }

    public func probe(_ call: ToolInvocation) async -> ToolOutput? { await probing(call) }
}

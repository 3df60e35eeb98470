import AnimaCore
import AnimaTools
import Foundation
import Synchronization

/// A fresh workspace with the standard tools.
final class Desk: Sendable {
    let path: String
    let tools: [any Tool]

    init(environment: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.path + "/anima-tools-\(UUID().uuidString)/root"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        tools = StandardTools.all(workspace: try Workspace(root: path), environment: environment)
    }

    deinit { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }

    func put(_ text: String, at name: String) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func tool(_ name: String) throws -> any Tool {
        guard let tool = tools.first(where: { $0.spec.name == name }) else { throw ToolMissing(name: name) }
        return tool
    }

    /// Calls a tool as the runtime does: validated arguments first.
    func call(
        _ name: String,
        _ arguments: JSONValue,
        timeout: Duration = .seconds(20),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ToolOutput {
        let tool = try tool(name)
        return await tool.run(try invocation(tool, arguments, timeout: timeout, progress: progress))
    }

    func probe(_ name: String, _ arguments: JSONValue) async throws -> ToolOutput? {
        let tool = try tool(name)
        return await tool.probe(try invocation(tool, arguments))
    }

    private func invocation(
        _ tool: any Tool,
        _ arguments: JSONValue,
        timeout: Duration = .seconds(20),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> ToolInvocation {
        ToolInvocation(
            id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
            key: "test",
            agent: try AgentID("tester"),
            arguments: try tool.spec.parameters.validate(arguments),
            timeout: timeout,
            now: Instant(microseconds: 0),
            progress: progress
        )
    }
}

struct ToolMissing: Error {
    let name: String
}

import AnimaCore
import AnimaTools
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A fresh directory with a workspace in it, and all tools; removed with the last reference.
///
/// Immutable, so it may be shared.
final class Scene: Sendable {
    /// The directory around the workspace, for things outside it.
    let outside: String
    let root: String
    let workspace: Workspace
    private let tools: [any Tool]

    init(
        environment: [String: String] = [:],
        sandbox: any Sandbox = NoSandbox(),
        web: WebAccess = WebAccess(),
        confine: (inout Confinement) -> Void = { _ in }
    ) throws {
        let path = FileManager.default.temporaryDirectory.path + "/anima-tools-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path + "/root", withIntermediateDirectories: true)
        workspace = try Workspace(root: path + "/root")
        root = workspace.root
        outside = String(root.dropLast("/root".count))
        var confinement = Confinement(workspace: root)
        confine(&confinement)
        tools = StandardTools.all(
            workspace: workspace,
            environment: environment,
            sandbox: sandbox,
            confinement: confinement,
            web: web
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: outside) }

    func tool(_ name: String) throws -> any Tool { try #require(tools.first { $0.spec.name == name }) }

    func invocation(
        _ name: String,
        _ arguments: JSONValue,
        id: ToolCallID = ToolCallID(turn: TurnID(1), step: 1, index: 1),
        timeout: Duration = .seconds(60),
        memories: any MemoryReader = NoMemories(),
        outputs: any OutputReader = NoOutputs(),
        reach: PathReach? = nil,
        redirects: AddressReach? = nil,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> ToolInvocation {
        ToolInvocation(
            id: id,
            key: "life/\(id)",
            agent: try AgentID("tester"),
            arguments: try tool(name).spec.parameters.validate(arguments),
            timeout: timeout,
            now: Instant(microseconds: 1_795_400_890_042_000),
            memories: memories,
            outputs: outputs,
            reach: reach,
            redirects: redirects,
            progress: progress
        )
    }

    /// Calls a tool as the runtime does: validated, then run.
    func call(
        _ name: String,
        _ arguments: JSONValue,
        id: ToolCallID = ToolCallID(turn: TurnID(1), step: 1, index: 1),
        timeout: Duration = .seconds(60),
        memories: any MemoryReader = NoMemories(),
        outputs: any OutputReader = NoOutputs(),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ToolOutput {
        let call = try invocation(
            name,
            arguments,
            id: id,
            timeout: timeout,
            memories: memories,
            outputs: outputs,
            progress: progress
        )
        return try await tool(name).run(call)
    }

    func probe(_ name: String, _ arguments: JSONValue) async throws -> ToolOutput? {
        try await tool(name).probe(try invocation(name, arguments))
    }

    /// Puts a file into the workspace, with the directories on the way.
    func put(_ path: String, _ text: String) throws { try put(path, Array(text.utf8)) }

    func put(_ path: String, _ bytes: [UInt8]) throws {
        let full = root + "/" + path
        let directory = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: full))
    }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: root + "/" + path, withDestinationPath: target)
    }

    /// The text of a file in the workspace; nil when there is none.
    func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: root + "/" + path).map { String(decoding: $0, as: UTF8.self) }
    }

    func names(in path: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/" + path).sorted()
    }
}

extension Scene {
    static func names(of directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

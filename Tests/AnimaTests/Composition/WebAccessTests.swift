import Anima
import AnimaCore
import AnimaTesting
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Tools of the web in a composed agent")
struct WebAccessTests {
    @Test("speak to the hosts of tools.hosts and to no others", arguments: [true, false])
    func speakToGrantedHosts(isGranted: Bool) async throws {
        let server = try await ScriptedServer.start { _ in ScriptedServer.answer(body: "inside") }
        let directory = FileManager.default.temporaryDirectory.path + "/anima-web-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var configuration = AgentConfiguration()
        configuration.workspace = directory
        configuration.toolNames = ["http"]
        configuration.persona = "a reader"
        configuration.toolHosts = isGranted ? ["127.0.0.1:\(server.port)"] : []
        let home = try AnimaHome(path: directory + "/home", environment: [:])
        let agent = try AgentID("reader")
        let equipment = try await Composition(home: home, environment: [:]).equipment(of: agent, configuration)
        let tool = try #require(equipment.tools.first { $0.spec.name == "http_request" })
        let arguments: JSONValue = ["url": .string(server.baseURL)]
        let output = await tool.run(
            ToolInvocation(
                id: ToolCallID(turn: TurnID(1), step: 1, index: 1),
                key: "k",
                agent: agent,
                arguments: try tool.spec.parameters.validate(arguments),
                timeout: .seconds(20),
                now: Instant(microseconds: 0)
            )
        )
        #expect(output.isError != isGranted)
        #expect(server.requests.count == (isGranted ? 1 : 0))
        #expect(server.requests.allSatisfy { $0.headers["user-agent"] == "Anima/\(Composition.version) (AI agent)" })
        await server.stop()
    }
}

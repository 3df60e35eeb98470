import AnimaCore
import AnimaModels
import AnimaTesting
import Foundation
import Testing

@testable import Anima

/// Parts of documents that are made from the code.
///
/// `make docs` writes them anew.
@Suite("Generated documents")
struct GeneratedDocumentsTests {
    private static let updates = ProcessInfo.processInfo.environment["ANIMA_UPDATE_DOCS"] == "1"

    @Test("are what the code says", arguments: ["docs/events.md", "docs/tools.md", "docs/reflex.md"])
    func areCurrent(_ path: String) throws {
        let part =
            switch path {
            case "docs/events.md": EventTable.markdown
            case "docs/tools.md": ToolTable.markdown(of: try Composition.toolSpecs())
            default: ReflexModel.rulesTable
            }
        let file = URL(filePath: #filePath).appending(path: "../../../\(path)").standardized
        var text = try String(contentsOf: file, encoding: .utf8)
        let marker = "<!-- generated from the code; make docs writes it anew -->\n\n"
        if Self.updates {
            text = (text.components(separatedBy: marker).first ?? "") + marker + part
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text.hasSuffix(marker + part))
    }

    @Test("the members of events are those that are written")
    func membersAreDocumented() throws {
        for seed in UInt64(1)...40 {
            for event in try SampleEvents.all(seed: seed) {
                guard case .object(let written) = try event.json() else { continue }
                let common: Set = ["seq", "id", "at", "kind", "agent", "conversation", "turn", "step", "cause"]
                let documented = Set(event.fact.kind.members.map(\.name))
                #expect(Set(written.keys).subtracting(common).isSubset(of: documented), "\(event.fact.kind.rawValue)")
                #expect(common.isSubset(of: written.keys))
            }
        }
    }
}

/// Events of every kind, from a simulated world.
private enum SampleEvents {
    static func all(seed: UInt64) throws -> [Event] {
        var world = SimulatedWorld(seed: seed)
        try world.run(steps: 60)
        return world.log
    }
}

public import AnimaCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a child is and where its configuration comes from, kept beside its life as `child.json` from before its first event.
public struct ChildFile: Hashable, Sendable, Codable {
    /// What it is.
    public let birth: Birth
    /// The configuration file beside which its template's is looked for, when that is not in the home.
    public let beside: String?

    /// Describes a child.
    ///
    /// - Parameter beside: An absolute path; nil when all agents are in the home.
    public init(birth: Birth, beside: String?) {
        self.birth = birth
        self.beside = beside
    }
}

extension AnimaHome {
    /// The file that says what a child is.
    func childPath(of id: AgentID) -> String { directory(of: id) + "/child.json" }

    /// What an agent is that another one has made; nil when it is none.
    public func child(_ id: AgentID) throws(HomeError) -> ChildFile? {
        let path = childPath(of: id)
        guard let bytes = try FilePath.readBytes(path, limit: 4 << 20) else { return nil }
        do {
            return try JSONDecoder().decode(ChildFile.self, from: Data(bytes))
        } catch {
            throw HomeError(message: "\(path) does not say what the child \"\(id)\" is: \(error)")
        }
    }

    /// Makes the directory of a child, unless something has its name already.
    func makeChild(_ id: AgentID, _ child: ChildFile) throws(HomeError) {
        try makeDirectory(of: id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text: String
        do {
            text = String(decoding: try encoder.encode(child), as: UTF8.self)
        } catch {
            throw HomeError(message: "can't write down what the child \"\(id)\" is: \(error)")
        }
        try FilePath.writeWhole(text, to: childPath(of: id))
    }

    /// Deletes the directory of a child; leaves alone what is none.
    public func removeChild(_ id: AgentID) throws(HomeError) {
        guard try child(id) != nil else { return }
        try FilePath.removeDirectory(directory(of: id))
    }
}

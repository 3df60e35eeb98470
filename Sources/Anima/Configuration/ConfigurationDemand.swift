import AnimaCore
import AnimaTools

/// A value of a configuration file that reaches beyond the directory it came in: it counts for nothing until the owner trusts
/// the file.
public struct ConfigurationDemand: Hashable, Sendable, CustomStringConvertible {
    /// The key path, for example `sandbox.mode`.
    public let key: String
    /// The file, as it was named when it was loaded.
    public let file: String
    /// The line of the key, from 1.
    public let line: Int
    /// What the value gives, in words for the owner.
    public let meaning: String

    public var description: String { "\(file):\(line): \(key): \(meaning)" }
}

extension AgentConfiguration {
    /// What a file asks for that it may have only when the owner trusts it.
    ///
    /// Values of the home's `config.toml` and of the command line are the owner's own and ask for nothing.
    ///
    /// - Parameters:
    ///   - file: The file, as it was named when it was loaded.
    ///   - current: The absolute path of the current directory.
    ///   - isResident: Whether an agent of this name lives in the home by a file of its own.
    func demands(of file: String, from current: String, isResident: Bool) -> [ConfigurationDemand] {
        let directory = Confinement.real(ConfigurationFile.directory(of: FilePath.absolute(file)))
        func isElsewhere(_ path: String?) -> Bool {
            guard let path = path.map(Confinement.real) else { return false }
            return ![directory, Confinement.real(current)].contains { Confinement.lies(path, in: $0) }
        }
        var wanted: [(key: String, isWanted: Bool, meaning: String)] = [
            ("agent.name", isResident, "goes on with the life of the agent that lives in your home"),
            ("agent.workspace", isElsewhere(workspace), "reaches files in \(workspace ?? "")"),
            ("agent.persona_file", isElsewhere(personaFile), "shows \(personaFile ?? "") to the model"),
            ("agent.persona", expanded.contains("agent.persona"), "shows variables of your environment to the model"),
            ("tools.environment", !toolEnvironment.isEmpty, "gives variables or secrets to programs"),
            ("tools.headers", !toolHeaders.isEmpty, "sends header fields, which may hold secrets"),
            (
                "tools.hosts", !toolHosts.isEmpty,
                "reaches hosts that are not public: \(toolHosts.joined(separator: ", "))"
            ),
            ("sandbox.mode", sandbox.mode == SandboxSurvey.Mode.none.rawValue, "programs run without a sandbox"),
            ("sandbox.network", sandbox.network, "programs reach the network"),
            ("sandbox.hosts", !sandbox.hosts.isEmpty, "programs reach \(sandbox.hosts.joined(separator: ", "))"),
            ("sandbox.read", !sandbox.read.isEmpty, "programs read \(sandbox.read.joined(separator: ", "))"),
            ("sandbox.write", !sandbox.write.isEmpty, "programs write \(sandbox.write.joined(separator: ", "))"),
        ]
        let named = models.map { ("models.\($0)", $1) }
        for (table, model) in [("model", model), ("embedder", embedder)] + named {
            guard let url = model.baseURL else { continue }
            wanted.append(
                ("\(table).base_url", !Self.isThisMachine(url), "conversations, and your key, go to \(url)")
            )
        }
        return wanted.filter(\.isWanted)
            .compactMap { key, _, meaning in
                guard case .file(file, let line) = origin(of: key) else { return nil }
                return ConfigurationDemand(key: key, file: file, line: line, meaning: meaning)
            }
            .sorted { $0.line < $1.line }
    }

    private static func isThisMachine(_ url: String) -> Bool {
        // What is no address leads nowhere that is known.
        guard let address = try? WebAddress(url) else { return false }
        return ["localhost", "127.0.0.1", "::1", "[::1]"].contains("\(address.host)")
    }
}

public import AnimaCore
import AnimaModels
public import AnimaRuntime
import AnimaStore
import AnimaTools

/// Turns configuration into an agent that can be woken: the one place that knows all parts.
public struct Composition: Sendable {
    /// The version of Anima.
    public static let version = "0.1.0"

    /// Where agents live.
    public let home: AnimaHome
    private let environment: [String: String]

    /// A composition for a home.
    ///
    /// - Parameter environment: The environment variables of the process; tools get those that are granted.
    public init(home: AnimaHome, environment: [String: String]) {
        self.home = home
        self.environment = environment
    }

    /// Reads an agent's configuration: a self-contained file, with the home's `config.toml` for what it doesn't say.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Values from the command line; they go over both files.
    public func configuration(
        file path: String,
        overrides: [ConfigurationOverride] = []
    ) throws -> AgentConfiguration {
        try loader.load(path, overrides: overrides)
    }

    /// Reads the configuration of an agent that lives in the home.
    ///
    /// - Throws: ``CompositionError`` when there is no such agent.
    public func configuration(of id: AgentID, overrides: [ConfigurationOverride] = []) throws -> AgentConfiguration {
        let path = home.agentFilePath(of: id)
        guard FilePath.exists(path) else {
            let names = try home.agents().map(\.name)
            let hint = Spelling.closest(to: id.name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw CompositionError(
                message: "there is no agent.toml of \"\(id)\" at \(path)\(hint) (make one with: anima new \(id))"
            )
        }
        return try loader.load(path, form: .agentDirectory, overrides: overrides)
    }

    private var loader: ConfigurationLoader {
        ConfigurationLoader(environment: environment, baseDirectory: FilePath.currentDirectory(), home: home.path)
    }

    /// Opens an agent's life and puts together what it works with.
    ///
    /// - Parameters:
    ///   - configuration: What it is and may do.
    /// - Throws: ``CompositionError``, ``StoreError``, ``HomeError``.
    public func residence(
        of id: AgentID,
        _ configuration: AgentConfiguration
    ) throws -> Runtime.Residence {
        let equipment = try equipment(of: id, configuration)
        try home.makeDirectory(of: id)
        let life = try SQLiteLife.open(
            at: home.lifePath(of: id),
            agent: id,
            mode: .create,
            durability: configuration.durability == .full ? .full : .normal
        )
        return Runtime.Residence(store: Failpoint.wrap(life, environment), equipment: equipment)
    }

    /// Puts together what an agent works with.
    public func equipment(
        of id: AgentID,
        _ configuration: AgentConfiguration
    ) throws -> Equipment {
        let root = configuration.workspace ?? FilePath.currentDirectory()
        let granted = environment.filter { configuration.toolEnvironment.contains($0.key) }
        let tools = StandardTools.all(workspace: try Workspace(root: root), environment: granted)
        return Equipment(
            model: try model(configuration.modelUse),
            tools: try StandardTools.select(configuration.toolNames, from: tools),
            instructions: try instructions(of: id, configuration),
            policy: configuration.policy,
            program: Self.version,
            snapshotInterval: configuration.snapshotInterval
        )
    }

    /// Checks that everything a configuration names is there.
    ///
    /// - Throws: ``CompositionError`` for an unknown model, tool or group.
    public func check(_ configuration: AgentConfiguration) throws {
        _ = try equipment(
            of: configuration.name ?? AgentID("unnamed"),
            configuration
        )
    }

    /// The tools that an agent can be given, as models see them.
    public static func toolSpecs() throws -> [ToolSpec] {
        StandardTools.all(workspace: try Workspace(root: "/"), environment: [:]).map(\.spec)
    }

    private func model(_ name: String?) throws -> any ModelProvider {
        switch name {
        case nil, "reflex": return ReflexModel()
        case let name?:
            throw CompositionError(
                message: "the model \"\(name)\" is not available: this version has \"reflex\" only "
                    + "(set model.use = \"reflex\", or leave [model] out)"
            )
        }
    }

    /// The stable beginning of every request: who the agent is.
    private func instructions(of id: AgentID, _ configuration: AgentConfiguration) throws -> String {
        if !configuration.persona.isEmpty { return configuration.persona }
        return try FilePath.read(home.personaPath(of: id)) ?? "You are \(id), an agent that lives in Anima."
    }
}

/// A configuration that can't be put together.
public struct CompositionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, on what, and what to do.
    public let message: String

    public var description: String { message }
}

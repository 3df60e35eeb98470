public import AnimaCore
public import AnimaModels
public import AnimaRuntime
import AnimaStore
public import AnimaTools

/// Turns configuration into an agent that can be woken: the one place that knows all parts.
public struct Composition: Sendable {
    /// The version of Anima.
    public static let version = "0.1.0"

    /// Where agents live.
    public let home: AnimaHome
    /// Sets models up.
    public let hub: ModelHub
    let environment: [String: String]
    private let keys: Result<[String: String], HomeError>

    /// A composition for a home.
    ///
    /// - Parameters:
    ///   - environment: The environment variables of the process; tools get those that are granted.
    ///   - recorder: Writes all exchanges with models down.
    public init(home: AnimaHome, environment: [String: String], recorder: CassetteRecorder? = nil) {
        self.home = home
        self.environment = environment
        hub = ModelHub(clock: SystemClock(), environment: environment, recorder: recorder)
        keys = Result { () throws(HomeError) in try KeyFile(home: home).read() }
    }

    /// The files outside of the home that may have what they ask for.
    public var trusted: TrustedFiles { TrustedFiles(home: home) }

    /// Refuses what a file asks for that the owner has not allowed it: on every way to models, embedders and files; what tools would
    /// be can be asked.
    private func requireTrust(_ configuration: AgentConfiguration) throws(CompositionError) {
        guard !configuration.demands.isEmpty else { return }
        let file = configuration.beside ?? "its file"
        throw CompositionError(
            message: "\(file) asks for what only a file that you trust gets:\n"
                + configuration.demands.map { "  \($0)\n" }.joined()
                + "read it, and if it may: anima trust \(file)"
        )
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
        var configuration = try loader().load(path, overrides: overrides)
        configuration.beside = FilePath.absolute(path)
        let isResident = configuration.name.map { FilePath.exists(home.agentFilePath(of: $0)) } ?? false
        let demands = configuration.demands(of: path, from: FilePath.currentDirectory(), isResident: isResident)
        if !demands.isEmpty, try !trusted.contains(path) { configuration.demands = demands }
        return configuration
    }

    /// Reads the configuration of an agent that lives in the home.
    ///
    /// - Throws: ``CompositionError`` when there is no such agent.
    public func configuration(of id: AgentID, overrides: [ConfigurationOverride] = []) throws -> AgentConfiguration {
        let path = home.agentFilePath(of: id)
        if let child = try home.child(id) { return try configuration(of: id, child) }
        guard FilePath.exists(path) else {
            let names = try home.agents().map(\.name)
            if names.contains(id.name) {
                throw CompositionError(
                    message:
                        "\"\(id)\" lives here but has no agent.toml at \(path); give its configuration file instead"
                )
            }
            let hint = Spelling.closest(to: id.name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw CompositionError(
                message: "there is no agent.toml of \"\(id)\" at \(path)\(hint) (make one with: anima new \(id))"
            )
        }
        return try loader().load(path, form: .agentDirectory, overrides: overrides)
    }

    /// What the home's `config.toml` alone says.
    public func homeConfiguration() throws -> AgentConfiguration { try loader().loadHome() }

    func loader() throws -> ConfigurationLoader {
        ConfigurationLoader(
            environment: environment,
            baseDirectory: FilePath.currentDirectory(),
            home: home.path,
            keys: try keys.get()
        )
    }

    /// Opens an agent's life and puts together what it works with.
    ///
    /// - Parameters:
    ///   - configuration: What it is and may do.
    ///   - live: Tells listeners what the agent does.
    /// - Throws: ``CompositionError``, ``StoreError``, ``HomeError``.
    public func residence(
        of id: AgentID,
        _ configuration: AgentConfiguration,
        live: Broadcast = Broadcast()
    ) async throws -> Runtime.Residence {
        let equipment = try await equipment(of: id, configuration)
        try home.makeDirectory(of: id)
        let life = try SQLiteLife.open(
            at: home.lifePath(of: id),
            agent: id,
            mode: .create,
            durability: configuration.durability == .full ? .full : .normal
        )
        let now = SystemClock().now
        try await life.retain(
            outputsFrom: configuration.outputsDays.map { now + .seconds(-86_400 * $0) },
            historyFrom: configuration.historyDays.map { now + .seconds(-86_400 * $0) }
        )
        return Runtime.Residence(store: Failpoint.wrap(life, of: id, environment), equipment: equipment, live: live)
    }

    /// Puts together what an agent works with.
    public func equipment(
        of id: AgentID,
        _ configuration: AgentConfiguration
    ) async throws -> Equipment {
        let models = try await models(of: configuration).map { try hub.model($0) }
        return Equipment(
            model: models.first ?? ReflexModel(),
            fallbacks: Array(models.dropFirst()),
            tools: try tools(of: configuration),
            instructions: try instructions(of: id, configuration),
            policy: configuration.effectivePolicy,
            program: Self.version,
            snapshotInterval: configuration.snapshotInterval,
            mask: SecretMask(try secrets(of: configuration)),
            embedder: try embedder(of: configuration)
        )
    }

    /// Checks that everything a configuration names is there.
    ///
    /// - Throws: ``CompositionError`` for an unknown model, tool or group.
    public func check(_ configuration: AgentConfiguration) throws {
        let resolver = try untriedResolver(of: configuration)
        for description in try resolver.chosen() ?? [] { _ = try hub.model(description) }
        for (_, description) in try resolver.named() { _ = try hub.model(description) }
        if let description = try resolver.embedder() { _ = try hub.embedder(description) }
        _ = try tools(of: configuration)
    }

    /// The models that a configuration means, in the order in which they are tried; found when it chooses none.
    public func models(of configuration: AgentConfiguration) async throws -> [ModelDescription] {
        let resolver = try resolver(of: configuration)
        if let chosen = try resolver.chosen() { return chosen }
        let found = await ModelDiscovery(resolver: resolver, hub: hub).model()
        return [found ?? ModelDescription(provider: .reflex, name: ModelResolver.reflex)]
    }

    /// The embedder that a configuration means; nil when it names none.
    public func embedder(of configuration: AgentConfiguration) throws -> (any Embedder)? {
        try resolver(of: configuration).embedder().map { try hub.embedder($0) }
    }

    /// A provider that seems to be there, and what it says.
    public struct Reachable: Sendable {
        /// How it is asked; the model's name does not matter.
        public let provider: ModelDescription
        /// The models that it says it has.
        public let models: [ModelDescription]
        /// Why it could not be asked; nil when it answered.
        public let problem: String?
    }

    /// Asks all providers that seem to be there, by keys, addresses and open ports, which models they have.
    public func reachable(_ configuration: AgentConfiguration) async throws -> [Reachable] {
        let resolver = try resolver(of: configuration)
        return await ModelDiscovery(resolver: resolver, hub: hub).reachable()
    }

    /// Finds out what the names of models in a configuration mean.
    ///
    /// - Throws: ``CompositionError`` for a file that is not trusted: whoever finds a model out may speak to it.
    public func resolver(of configuration: AgentConfiguration) throws -> ModelResolver {
        try requireTrust(configuration)
        return try untriedResolver(of: configuration)
    }

    private func untriedResolver(of configuration: AgentConfiguration) throws -> ModelResolver {
        ModelResolver(configuration, environment: environment, keys: try keys.get())
    }

    /// Everything that no tool may give back: the keys of providers, from wherever they come.
    private func secrets(of configuration: AgentConfiguration) throws -> [Secret] {
        var secrets = try keys.get().values.map { Secret($0) }
        secrets += ([configuration.model, configuration.embedder] + configuration.models.values).compactMap(\.apiKey)
        secrets += ModelDescription.Provider.allCases.compactMap(ModelDescription.keyVariable(of:))
            .compactMap { environment[$0] }.map { Secret($0) }
        secrets += (configuration.toolEnvironment + configuration.toolHeaders).flatMap(SecretReference.names)
            .compactMap { environment[$0] }.map { Secret($0) }
        return secrets
    }

    /// The tools that a configuration gives, as models see them.
    public func specs(_ configuration: AgentConfiguration) throws -> [ToolSpec] {
        try tools(of: configuration).map(\.spec)
    }

    /// The directory that an agent's file tools reach.
    ///
    /// - Throws: ``WorkspaceError`` when there is none; ``CompositionError`` for a file that is not trusted.
    public func workspace(of configuration: AgentConfiguration) throws -> Workspace {
        try requireTrust(configuration)
        return try place(of: configuration)
    }

    private func place(of configuration: AgentConfiguration) throws -> Workspace {
        try Workspace(root: configuration.workspace ?? FilePath.currentDirectory())
            .protecting(definingFiles(of: configuration)).hiding([home.path])
    }

    private func tools(of configuration: AgentConfiguration) throws -> [any Tool] {
        let variables = try variables(of: configuration)
        let web = try webAccess(of: configuration)
        let workspace = try place(of: configuration)
        let all = { (sandbox: any Sandbox, confinement: Confinement?) in
            try StandardTools.select(
                configuration.toolNames,
                from: StandardTools.all(
                    workspace: workspace,
                    environment: variables,
                    sandbox: sandbox,
                    confinement: confinement,
                    web: web
                )
            )
        }
        // A child has no tool that its parent lacks.
        let granted = configuration.birth.map { Set($0.tools) }
        let select = { (sandbox: any Sandbox, confinement: Confinement?) in
            try all(sandbox, confinement).filter { granted?.contains($0.spec.name) ?? true }
        }
        let tools = try select(NoSandbox(), nil)
        // Who runs no programs needs no sandbox, and does not wait for one to be found.
        guard configuration.sandboxMode != .none, tools.contains(where: { $0.spec.group == "shell" }) else {
            return tools
        }
        let sandbox = try SandboxSurvey(environment: environment).sandbox(configuration.sandboxMode)
        let confinement = try confinement(of: configuration, workspace)
        // What can't be held is told now and not by the first program.
        _ = try sandbox.command(["true"], in: workspace.root, under: confinement, parent: 0)
        return try select(sandbox, confinement)
    }

    /// The variables of programs that tools start, with their secrets.
    private func variables(of configuration: AgentConfiguration) throws -> [String: String] {
        var granted: [String: String] = [:]
        for entry in configuration.toolEnvironment {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            try requireGrantable(parts[0], "tools.environment")
            granted[parts[0]] = parts.count == 2 ? try resolved(parts[1], "tools.environment") : environment[parts[0]]
        }
        return granted
    }

    /// A text of the configuration with its secrets: from the environment, or as `anima keys` keeps them.
    private func resolved(_ text: String, _ key: String) throws -> String {
        try SecretReference.resolved(text) { name throws in
            try requireGrantable(name, key)
            if let secret = try environment[name] ?? keys.get()[name] { return secret }
            throw CompositionError(
                message: "\(key): there is no secret \(name); run: anima keys set \(name)"
            )
        }
    }

    private func requireGrantable(_ name: String, _ key: String) throws(CompositionError) {
        guard ModelDescription.Provider.allCases.compactMap(ModelDescription.keyVariable(of:)).contains(name) else {
            return
        }
        throw CompositionError(
            message: "\(key): \(name) is a key of a model's provider and is never given to tools; leave it out"
        )
    }

    private func webAccess(of configuration: AgentConfiguration) throws -> WebAccess {
        let headers = try configuration.toolHeaders.map { text in
            if let header = HeaderGrant(try resolved(text, "tools.headers")) { return header }
            throw CompositionError(
                message: "tools.headers: with its secret, \(TOMLNode.quoted(text)) is no header field; does the secret "
                    + "hold a line break?"
            )
        }
        return WebAccess(
            hosts: configuration.toolHosts.compactMap { HostGrant($0) },
            headers: headers,
            program: "Anima/\(Self.version)",
            certificates: environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        )
    }

    /// The tools that an agent can be given, as models see them.
    public static func toolSpecs() throws -> [ToolSpec] {
        StandardTools.all(workspace: try Workspace(root: "/"), environment: [:], sandbox: NoSandbox()).map(\.spec)
    }

    /// What configurations may name: groups, then tools.
    static let toolNames: [String] = StandardTools.groups + ((try? toolSpecs().map(\.name)) ?? [])

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

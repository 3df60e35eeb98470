import AnimaCore
public import AnimaModels

/// Finds out which models a configuration means, and where their keys and servers are.
public struct ModelResolver: Sendable {
    /// The models that are built in and need no provider.
    static let reflex = "reflex"

    private let configuration: AgentConfiguration
    private let environment: [String: String]
    private let keys: [String: String]

    /// A resolver for one configuration.
    ///
    /// - Parameters:
    ///   - environment: Where keys and addresses are looked for.
    ///   - keys: The entries of `keys.toml`; the environment goes over them.
    public init(_ configuration: AgentConfiguration, environment: [String: String], keys: [String: String]) {
        self.configuration = configuration
        self.environment = environment
        self.keys = keys
    }

    /// The model and its fallbacks, in the order in which they are tried; nil when nothing chooses one.
    ///
    /// - Throws: ``CompositionError`` for a name that means nothing.
    public func chosen() throws(CompositionError) -> [ModelDescription]? {
        let model = configuration.model
        guard model.isChosen else { return nil }
        var chain = [try describe(model, table: "model")]
        for name in model.fallback { chain.append(try describe(short: name, key: "model.fallback")) }
        return chain
    }

    /// The embedder; nil when nothing chooses one.
    ///
    /// - Throws: ``CompositionError`` for a name that means nothing.
    public func embedder() throws(CompositionError) -> ModelDescription? {
        guard configuration.embedder.isChosen else { return nil }
        return try describe(configuration.embedder, table: "embedder")
    }

    /// The models of `[models.NAME]`, by name.
    public func named() throws(CompositionError) -> [(name: String, description: ModelDescription)] {
        var found: [(String, ModelDescription)] = []
        for (name, model) in configuration.models.sorted(by: { $0.key < $1.key }) {
            found.append((name, try describe(model, table: "models.\(name)")))
        }
        return found
    }

    /// A provider with its usual key and address, for a model of any name.
    public func usual(_ provider: ModelDescription.Provider, name: String) -> ModelDescription {
        var description = ModelDescription(provider: provider, name: name)
        description.baseURL = address(of: provider)
        description.key = ModelDescription.keyVariable(of: provider).flatMap(value).map { Secret($0) }
        description.price = price(of: description)
        return description
    }

    // MARK: One model

    private func describe(_ model: ModelConfiguration, table: String) throws(CompositionError) -> ModelDescription {
        if let use = model.use {
            var description = try describe(short: use, key: "\(table).use")
            apply(model, to: &description)
            return description
        }
        guard let provider = model.provider.flatMap(ModelDescription.Provider.init(rawValue:)) else {
            throw CompositionError(message: "\(table).provider is missing")
        }
        var description = usual(provider, name: model.name ?? "")
        if let baseURL = model.baseURL { description.baseURL = baseURL }
        if let key = model.apiKey { description.key = key }
        apply(model, to: &description)
        description.price = price(of: description)
        return description
    }

    /// A model in short: a name of `[models.NAME]`, `provider/name`, or `reflex`.
    public func describe(short: String, key: String) throws(CompositionError) -> ModelDescription {
        if short == Self.reflex { return ModelDescription(provider: .reflex, name: Self.reflex) }
        if let model = configuration.models[short] { return try describe(model, table: "models.\(short)") }
        if let (provider, name) = Self.parts(of: short) { return usual(provider, name: name) }
        throw CompositionError(message: "\(key): \(problem(ofShort: short) ?? "\"\(short)\" is no model")")
    }

    /// What is wrong with a model in short; nil when it names one.
    func problem(ofShort short: String) -> String? {
        guard short != Self.reflex, configuration.models[short] == nil, Self.parts(of: short) == nil else { return nil }
        let providers = ModelDescription.Provider.allCases.map(\.rawValue)
        let parts = short.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2 {
            let meant = Spelling.closest(to: parts[0], among: providers).map { "; did you mean \($0)/\(parts[1])?" }
            return "\"\(short)\" names no provider; providers are \(providers.joined(separator: ", "))\(meant ?? "")"
        }
        let names = configuration.models.keys.sorted() + [Self.reflex]
        var meant = Spelling.closest(to: short, among: names)
        if let colon = short.firstIndex(of: ":"),
            let provider = Spelling.closest(to: String(short[..<colon]), among: providers)
        {
            meant = "\(provider)/\(short[short.index(after: colon)...])"
        }
        return
            "there is no model \"\(short)\"; write provider/name (openai/…, anthropic/…, ollama/…), or a name of [models.NAME] "
            + "(\(names.joined(separator: ", ")))" + (meant.map { "; did you mean \"\($0)\"?" } ?? "")
    }

    /// Provider and name; nil when a model in short does not say both.
    private static func parts(of short: String) -> (provider: ModelDescription.Provider, name: String)? {
        let parts = short.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty, let provider = ModelDescription.Provider(rawValue: parts[0]),
            provider != .reflex
        else { return nil }
        return (provider, parts[1])
    }

    private func apply(_ model: ModelConfiguration, to description: inout ModelDescription) {
        let options = description.options
        description.options.temperature = model.temperature ?? options.temperature
        description.options.topP = model.topP ?? options.topP
        description.options.seed = model.seed ?? options.seed
        if !model.stop.isEmpty { description.options.stop = model.stop }
        description.options.effort = model.effort ?? options.effort
        description.options.contextTokens = model.context ?? options.contextTokens
        description.options.keepAlive = model.keepAlive ?? options.keepAlive
        description.seesImages = model.images ?? description.seesImages
        description.options.streams = options.streams && model.streams
        description.outputTokens = model.maxTokens ?? description.outputTokens
        if let style = model.style.flatMap(ModelDescription.Style.init(rawValue:)) { description.style = style }
        if let tools = model.tools.flatMap(ModelDescription.ToolStyle.init(rawValue:)) { description.tools = tools }
        description.timeouts.connect = model.connectTime
        description.timeouts.firstByte = model.firstByteTime
        description.timeouts.idle = model.idleTime
    }

    /// A model that its provider listed, with the price that the owner set.
    func priced(_ description: ModelDescription) -> ModelDescription {
        var description = description
        description.price = price(of: description)
        return description
    }

    /// The price that the owner set; the longest pattern that fits says it.
    private func price(of description: ModelDescription) -> ModelPrice? {
        let name = description.name
        let fitting = configuration.prices.filter { pattern, _ in
            pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
        }
        guard let price = fitting.max(by: { $0.key.utf8.count < $1.key.utf8.count })?.value, let input = price.input,
            let output = price.output
        else { return description.price }
        return ModelPrice(input: input, cached: price.cached, cacheWrite: price.cacheWrite, output: output)
    }

    // MARK: The surroundings

    /// A value of the environment or of `keys.toml`.
    func value(_ name: String) -> String? {
        if let value = environment[name], !value.isEmpty { return value }
        return keys[name]
    }

    private func address(of provider: ModelDescription.Provider) -> String? {
        switch provider {
        case .openai: return value("OPENAI_BASE_URL")
        case .anthropic: return value("ANTHROPIC_BASE_URL")
        case .ollama:
            guard var host = value("OLLAMA_HOST") else { return nil }
            // A server that listens everywhere is reached at this machine.
            if !host.contains("://") { host = "http://" + host }
            host = host.replacing("://0.0.0.0", with: "://127.0.0.1")
            let hasPort = host.drop { $0 != "/" }.dropFirst(2).contains(":")
            return hasPort || host.hasPrefix("https://") ? host : host + ":11434"
        case .reflex, .cassette: return nil
        }
    }
}

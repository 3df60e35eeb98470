public import AnimaCore

/// Everything that has to be known to ask a model.
public struct ModelDescription: Hashable, Sendable {
    /// Who provides models.
    public enum Provider: String, Hashable, Sendable, CaseIterable {
        /// OpenAI, and everything that speaks its chat completions or responses.
        case openai
        /// Anthropic, and everything that speaks its messages.
        case anthropic
        /// An Ollama server.
        case ollama
        /// The rule-based model inside the program.
        case reflex
        /// A recording.
        case cassette
    }

    /// Which of OpenAI's interfaces is spoken.
    public enum Style: String, Hashable, Sendable, CaseIterable {
        /// Chat completions, which most servers know.
        case chat
        /// Responses, which keep reasoning between steps.
        case responses
    }

    /// How a model is told of tools.
    public enum ToolStyle: String, Hashable, Sendable, CaseIterable {
        /// By the provider's interface.
        case native
        /// In the text, for models without one; see ``TextToolModel``.
        case text
    }

    /// Who provides it.
    public var provider: Provider
    /// How it is asked; the model's name is in it, a cassette's file for a cassette.
    public var options: ModelOptions
    /// The address before the API's paths; nil for the provider's usual one.
    public var baseURL: String?
    /// The key; nil for none.
    public var key: Secret?
    /// Which of OpenAI's interfaces is spoken; nil for the one that the model wants.
    public var style: Style?
    /// How it is told of tools.
    public var tools = ToolStyle.native
    /// The most tokens of one reply; nil when unknown.
    public var outputTokens: Int?
    /// What its tokens cost; nil when unknown.
    public var price: ModelPrice?
    /// Whether it is shown the images that tools return; nil for what is usual: yes where the providers' own models are.
    public var seesImages: Bool?
    /// How long each part of an exchange may take.
    public var timeouts = HTTPTimeouts()

    /// Describes a model.
    public init(provider: Provider, name: String) {
        self.provider = provider
        options = ModelOptions(model: name)
    }

    /// How logs and events name it: `anthropic/claude-…`.
    public var name: String { provider == .reflex ? "reflex" : "\(provider.rawValue)/\(options.model)" }

    /// What is known about it without asking it.
    public var facts: ModelFacts {
        let known = KnownModels.find(name)
        var context = options.contextTokens ?? known?.context
        // Ollama gives what it is asked for.
        if provider == .ollama { context = options.contextTokens ?? OllamaChat.defaultContext }
        return ModelFacts(
            contextTokens: context,
            outputTokens: outputTokens ?? known?.output,
            price: price ?? (isUsualPlace ? known?.price : nil),
            seesImages: seesImages ?? (isUsualPlace && [.openai, .anthropic].contains(provider))
        )
    }

    /// The interface that is spoken: chat completions everywhere, but responses with OpenAI's newer models, which take
    /// no tools over the other one.
    var spokenStyle: Style {
        if let style { return style }
        let isNewer = ["gpt-5.6", "gpt-6"].contains { options.model.hasPrefix($0) }
        return provider == .openai && isUsualPlace && isNewer ? .responses : .chat
    }

    /// Whether it is asked where its published price holds.
    private var isUsualPlace: Bool { baseURL == nil }

    /// The address before the API's paths, without a slash at the end.
    public var address: String {
        var text = baseURL ?? Self.usualAddress(of: provider)
        while text.hasSuffix("/") { text.removeLast() }
        // The paths of these begin with the version.
        if provider == .anthropic, text.hasSuffix("/v1") { text.removeLast(3) }
        if provider == .ollama, text.hasSuffix("/api") { text.removeLast(4) }
        return text
    }

    /// Where a provider usually is.
    static func usualAddress(of provider: Provider) -> String {
        switch provider {
        case .openai: "https://api.openai.com/v1"
        case .anthropic: "https://api.anthropic.com"
        case .ollama: "http://127.0.0.1:11434"
        case .reflex, .cassette: ""
        }
    }

    /// The environment variable, or entry of `keys.toml`, that usually holds a provider's key; nil for one without keys.
    public static func keyVariable(of provider: Provider) -> String? {
        switch provider {
        case .openai: "OPENAI_API_KEY"
        case .anthropic: "ANTHROPIC_API_KEY"
        case .ollama: "OLLAMA_API_KEY"
        case .reflex, .cassette: nil
        }
    }

    var endpoint: Endpoint {
        let variable = Self.keyVariable(of: provider) ?? "api_key"
        let hint =
            key == nil
            ? "set \(variable), or model.api_key, or `anima keys set \(variable)`"
            : "check the key in \(variable) or model.api_key"
        return Endpoint(
            baseURL: address,
            key: key,
            authorization: provider == .anthropic ? .field("x-api-key") : .bearer,
            headers: provider == .anthropic ? [("anthropic-version", "2023-06-01")] : [],
            keyHint: hint
        )
    }

    /// The model behind HTTP, bare.
    func httpModel(transport: any HTTPTransport, clock: any AgentClock) -> any ModelProvider {
        func model(_ format: some WireFormat) -> any ModelProvider {
            HTTPModel(
                name: name,
                facts: facts,
                endpoint: endpoint,
                format: format,
                transport: transport,
                clock: clock
            )
        }
        switch (provider, spokenStyle) {
        case (.anthropic, _): return model(Messages(options: options))
        case (.ollama, _): return model(OllamaChat(options: options))
        case (_, .responses): return model(Responses(options: options))
        default:
            let isOpenAI = address.contains("://api.openai.com") || address.contains(".openai.azure.com")
            return model(ChatCompletions(options: options, isOpenAI: isOpenAI))
        }
    }
}

extension ModelDescription {
    /// What a cassette has to know of it.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "provider": .string(provider.rawValue), "name": .string(options.model),
            "style": .string(spokenStyle.rawValue),
            "stream": .bool(options.streams),
        ]
        if let context = options.contextTokens { members["context"] = .int(context) }
        if tools != .native { members["tools"] = .string(tools.rawValue) }
        return .object(members)
    }

    init?(json: JSONValue) {
        guard let provider = json["provider"]?.stringValue.flatMap(Provider.init(rawValue:)),
            let name = json["name"]?.stringValue
        else { return nil }
        self.init(provider: provider, name: name)
        style = json["style"]?.stringValue.flatMap(Style.init(rawValue:))
        tools = json["tools"]?.stringValue.flatMap(ToolStyle.init(rawValue:)) ?? .native
        options.streams = json["stream"]?.boolValue ?? true
        options.contextTokens = json["context"]?.intValue
    }
}

/// A model that can't be set up.
public struct ModelSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, on what, and what to do.
    public let message: String

    /// Makes an error.
    public init(_ message: String) { self.message = message }

    public var description: String { message }
}

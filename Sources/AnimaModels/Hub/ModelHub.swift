public import AnimaCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Sets models up: one for each description, with connections and circuit breakers shared between them.
public final class ModelHub: Sendable {
    private struct State {
        var transports: [HTTPTimeouts: NetworkTransport] = [:]
        var circuits: [String: Circuit] = [:]
    }

    private let clock: any AgentClock
    private let proxies: ProxySettings
    private let certificates: String?
    private let recorder: CassetteRecorder?
    private let state = Mutex(State())

    /// Nothing is connected yet.
    ///
    /// - Parameters:
    ///   - environment: Where proxies (`HTTPS_PROXY`, …) and certificates (`SSL_CERT_FILE`) are named.
    ///   - recorder: Writes all exchanges down.
    public init(clock: any AgentClock, environment: [String: String] = [:], recorder: CassetteRecorder? = nil) {
        self.clock = clock
        proxies = ProxySettings(environment: environment)
        certificates = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        self.recorder = recorder
    }

    /// The model of a description.
    ///
    /// - Throws: ``ModelSetupError`` for a cassette that can't be read, or an address that is none.
    public func model(_ description: ModelDescription) throws(ModelSetupError) -> any ModelProvider {
        switch description.provider {
        case .reflex: return ReflexModel()
        case .cassette: return try cassette(at: description.options.model)
        case .openai, .anthropic, .ollama: break
        }
        try check(description)
        var transport: any HTTPTransport = transport(description.timeouts)
        if let recorder {
            transport = RecordingTransport(
                inner: transport,
                recorder: recorder,
                subject: description,
                baseURL: description.address
            )
        }
        let model = GuardedModel(
            model: description.httpModel(transport: transport, clock: clock),
            circuit: circuit(description)
        )
        return description.tools == .text ? TextToolModel(model) : model
    }

    /// The embedder of a description.
    ///
    /// - Throws: ``ModelSetupError`` for a provider without embeddings, or an address that is none.
    public func embedder(_ description: ModelDescription) throws(ModelSetupError) -> any Embedder {
        guard description.provider == .openai || description.provider == .ollama else {
            throw ModelSetupError("\(description.provider.rawValue) provides no embeddings; use openai or ollama")
        }
        try check(description)
        return HTTPEmbedder(
            name: description.name,
            model: description.options.model,
            isOllama: description.provider == .ollama,
            endpoint: description.endpoint,
            transport: transport(description.timeouts),
            clock: clock
        )
    }

    /// The models that a provider says it has.
    ///
    /// - Parameter description: Whose name does not matter.
    /// - Throws: ``ModelError``, ``ModelSetupError``.
    public func models(of description: ModelDescription) async throws -> [ModelDescription] {
        try check(description)
        let isOllama = description.provider == .ollama
        let path =
            switch description.provider {
            case .ollama: "/api/tags"
            case .anthropic: "/v1/models?limit=100"
            default: "/models"
            }
        let call = description.endpoint.call(method: "GET", path: path)
        let receiver = BodyReceiver()
        let answer: JSONValue
        do {
            try await transport(description.timeouts).perform(call, receiver)
            answer = try receiver.json()
        } catch let error as CancellationError {
            throw error
        } catch {
            let subject = description.provider.rawValue
            throw description.endpoint
                .modelError(error, head: receiver.head, model: subject, url: call.url, now: clock.now)
        }
        let entries = answer[isOllama ? "models" : "data"]?.arrayValue ?? []
        return entries.compactMap { entry in
            guard let name = entry["id"]?.stringValue ?? entry["name"]?.stringValue else { return nil }
            var found = description
            found.options.model = name
            // llama.cpp and vLLM say how long the window is.
            found.options.contextTokens =
                entry["meta"]?["n_ctx_train"]?.intValue ?? entry["max_model_len"]?.intValue
                ?? entry["context_length"]?.intValue ?? description.options.contextTokens
            return found
        }
    }

    private func cassette(at path: String) throws(ModelSetupError) -> any ModelProvider {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)),
            let text = String(validating: data, as: UTF8.self)
        else { throw ModelSetupError("can't read the cassette \(path)") }
        return try CassetteModel(path: path, text: text, clock: clock)
    }

    private func check(_ description: ModelDescription) throws(ModelSetupError) {
        let address = description.address
        guard URL(string: address)?.user() == nil else {
            // It would stand in messages, and is not sent anyway.
            throw ModelSetupError("base_url holds a user name or a password; write the key into api_key")
        }
        guard address.hasPrefix("http://") || address.hasPrefix("https://"), URL(string: address)?.host() != nil else {
            throw ModelSetupError(
                "base_url = \"\(address)\" is no address of a server; write http://HOST:PORT/… or https://HOST/…"
            )
        }
        // A key in clear text may only go to this machine or to a private network.
        if description.key != nil, address.hasPrefix("http://"),
            !Self.isPrivate(host: URL(string: address)?.host() ?? "")
        {
            throw ModelSetupError("a key would go to \(address) in clear text; use https://")
        }
    }

    static func isPrivate(host text: String) -> Bool {
        let host = HostName(text)
        guard let address = host.address else {
            // A name without dots is one of the own network (containers, for example).
            return !host.text.contains(".")
                || [".local", ".internal", ".localhost"].contains { host.text.hasSuffix($0) }
        }
        if host.isLoopback { return true }
        switch (address.count, address[0], address[1]) {
        case (4, 10, _), (4, 192, 168), (4, 172, 16...31), (4, 169, 254), (4, 100, 64...127): return true
        case (16, 0xFC...0xFD, _), (16, 0xFE, 0x80...0xBF): return true
        default: return false
        }
    }

    private func transport(_ timeouts: HTTPTimeouts) -> NetworkTransport {
        state.withLock { state in
            if let transport = state.transports[timeouts] { return transport }
            let transport = NetworkTransport(timeouts: timeouts, proxies: proxies, certificates: certificates)
            state.transports[timeouts] = transport
            return transport
        }
    }

    private func circuit(_ description: ModelDescription) -> Circuit {
        let place = "\(description.address) \(description.key.hashValue)"
        return state.withLock { state in
            if let circuit = state.circuits[place] { return circuit }
            let circuit = Circuit(clock: clock)
            state.circuits[place] = circuit
            return circuit
        }
    }
}

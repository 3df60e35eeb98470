import AnimaModels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Looks for a model when none is configured: a provider whose key is set, then a server on this machine.
struct ModelDiscovery: Sendable {
    let resolver: ModelResolver
    let hub: ModelHub

    /// Where llama.cpp's server listens by default.
    static let llamaAddress = "http://127.0.0.1:8080/v1"

    /// The providers that seem to be there, without asking them: keys that are set, ports that are open.
    func providers() -> [ModelDescription] {
        var found: [ModelDescription] = []
        // `off` finds nothing, `keys` only what the environment and keys.toml name.
        let scope = resolver.value("ANIMA_DISCOVERY")
        if scope == "off" { return [] }
        let anthropic = resolver.usual(.anthropic, name: "")
        if anthropic.key != nil { found.append(anthropic) }
        let openai = resolver.usual(.openai, name: "")
        if openai.key != nil || openai.baseURL != nil { found.append(openai) }
        let ollama = resolver.usual(.ollama, name: "")
        let mayProbe = scope != "keys"
        if ollama.baseURL != nil || (mayProbe && LocalPort.isOpen(11434)) { found.append(ollama) }
        if mayProbe, LocalPort.isOpen(8080) {
            var llama = ModelDescription(provider: .openai, name: "")
            llama.baseURL = Self.llamaAddress
            llama.timeouts.connect = .seconds(2)
            found.append(llama)
        }
        return found
    }

    /// Asks all of them at once which models they have.
    func reachable() async -> [Composition.Reachable] {
        await withTaskGroup(of: (Int, Composition.Reachable).self) { group in
            for (index, provider) in providers().enumerated() {
                var provider = provider
                // Somebody waits for the list.
                provider.timeouts.connect = .seconds(5)
                provider.timeouts.firstByte = .seconds(15)
                provider.timeouts.idle = .seconds(10)
                group.addTask { [provider] in (index, await ask(provider)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(_ provider: ModelDescription) async -> Composition.Reachable {
        do {
            let models = try await hub.models(of: provider).map(resolver.priced)
            return Composition.Reachable(provider: provider, models: models, problem: nil)
        } catch {
            return Composition.Reachable(provider: provider, models: [], problem: "\(error)")
        }
    }

    /// The first model that answers; nil when there is none.
    func model() async -> ModelDescription? {
        for provider in providers() {
            var provider = provider
            if let name = Self.usualModel(of: provider) {
                provider.options.model = name
                return provider
            }
            // A server knows itself which model it has.
            guard let listed = try? await hub.models(of: provider), let first = listed.first else { continue }
            return resolver.priced(first)
        }
        return nil
    }

    /// The model that is used of a provider with many; nil where its server has to be asked.
    private static func usualModel(of description: ModelDescription) -> String? {
        switch description.provider {
        case .anthropic: description.baseURL == nil ? "claude-sonnet-5-5" : nil
        case .openai: description.baseURL == nil ? "gpt-6.2-sol" : nil
        case .ollama, .reflex, .cassette: nil
        }
    }
}

/// Whether somebody listens on a port of this machine.
enum LocalPort {
    static func isOpen(_ port: UInt16) -> Bool {
        #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // The kernel answers for a port of its own at once, also when nobody listens.
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

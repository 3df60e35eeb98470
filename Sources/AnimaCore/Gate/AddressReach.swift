/// The addresses that redirects may lead a call to: what the gate says of those that it did not name.
public struct AddressReach: Hashable, Sendable {
    private let spec: ToolSpec
    private let arguments: JSONValue
    private let gates: Gates
    private let source: String?

    /// The reach of a call; nil when no rule tells addresses apart.
    ///
    /// - Parameters:
    ///   - spec: The called tool.
    ///   - source: Where untrusted text that the model sees comes from; nil when it sees none.
    public init?(of spec: ToolSpec, _ arguments: JSONValue, gates: Gates, untrusted source: String?) {
        guard spec.gateForm == .address, gates.contains({ $0.namesSome(of: spec) }) else { return nil }
        self.spec = spec
        self.arguments = arguments
        self.gates = gates
        self.source = source
    }

    /// What keeps the call from an address, for the model; nil when a rule allows it.
    ///
    /// - Parameter method: The method of the request there.
    public func refusal(of address: String, method: String) -> String? {
        guard case .object(var members) = arguments, let name = spec.gateArgument else { return nil }
        members[name] = .string(address)
        if let prefix = spec.gatePrefix, members[prefix] != nil { members[prefix] = .string(method) }
        switch gates.decide(spec, .object(members), untrusted: source) {
        case .allowed: return nil
        case .asks(let rule): return "your owner is asked about it first (rule ask \"\(rule)\")"
        case .denied(let reason), .invalid(let reason): return reason
        }
    }
}

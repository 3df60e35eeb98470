import AnimaCore

// The arguments have been validated and defaults filled in, so an absent one is one that need not be given.
extension ToolInvocation {
    func text(_ name: String) -> String { arguments[name]?.stringValue ?? "" }
    func integer(_ name: String) -> Int? { arguments[name]?.intValue }
    func flag(_ name: String) -> Bool { arguments[name]?.boolValue ?? false }
    func texts(_ name: String) -> [String] { arguments[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}

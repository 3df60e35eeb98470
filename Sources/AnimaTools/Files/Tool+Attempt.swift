import AnimaCore

extension Tool {
    /// Does work whose failures are results.
    func attempt(_ work: () async throws -> ToolOutput) async -> ToolOutput {
        do {
            return try await work()
        } catch let failure as ToolFailure {
            return .failure(failure.message)
        } catch {
            return .failure("\(error)")
        }
    }
}

extension ToolInvocation {
    /// A text argument; empty when it is not given.
    func text(_ name: String) -> String { arguments[name]?.stringValue ?? "" }

    /// A truth argument; false when it is not given.
    func flag(_ name: String) -> Bool { arguments[name]?.boolValue ?? false }

    /// A number argument.
    func number(_ name: String, default value: Int) -> Int { arguments[name]?.intValue ?? value }
}

extension ArgumentSchema.Field {
    /// The path that most file tools take.
    static func path(_ description: String) -> Self {
        Self("path", .string(maxBytes: 4096), "\(description) Relative to the workspace.", required: true)
    }
}

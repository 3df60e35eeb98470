/// A program with everything that is decided before it starts.
struct PreparedProgram: Sendable {
    /// As the model wrote it.
    let name: String
    /// What is started: the program and its arguments, in the sandbox.
    let command: [String]
    /// The absolute path where it runs.
    let directory: String
    /// Its whole environment.
    let environment: [String: String]
    /// Its way to the hosts that it may reach, which is ended after it; nil for none.
    let network: ProgramNetwork?
}

/// Why a program can't be started, for the model.
struct Unstartable: Error {
    let message: String
}

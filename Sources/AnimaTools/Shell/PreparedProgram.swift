/// A program with everything that is decided before it starts.
struct PreparedProgram: Sendable {
    /// As the model wrote it.
    let name: String
    /// What is started: the program and its arguments, in the sandbox.
    let command: [String]
    /// The absolute path where it runs.
    let directory: String
}

/// Why a program can't be started, for the model.
struct Unstartable: Error {
    let message: String
}

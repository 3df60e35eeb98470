import AnimaCore

extension ProgramRunner {
    /// What a call would run in: where, with which program and variables, and the content of the files it names.
    ///
    /// A yes of the owner is for these: a script that was changed in between is another one.
    func circumstances(of arguments: [String], directory: String) -> [String: String] {
        var found: [String: String] = [:]
        let place = (try? workspace.openDirectory(directory))?.path ?? directory
        found["in"] = place == "." ? workspace.root : workspace.root + "/" + place
        found["sandbox"] = hold
        let granted = environment.keys.filter { !Self.usualVariables.contains($0) }.sorted()
        if !granted.isEmpty { found["variables"] = granted.joined(separator: ", ") }
        var files: [String] = []
        for word in Self.words(of: arguments) where files.count < Self.mostFiles {
            let path = word.hasPrefix("/") || place == "." ? word : place + "/" + word
            guard let bytes = try? workspace.contents(at: path), !files.contains(where: { $0.hasPrefix(word + " ") })
            else {
                continue
            }
            files.append("\(word) \(ContentHash.hexadecimal(of: bytes).prefix(16))")
        }
        if !files.isEmpty { found["files"] = files.joined(separator: ", ") }
        return found
    }

    private static let usualVariables = Set(["PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR"])
        .union(GitGuard.variables.keys)
    private static let mostFiles = 32

    /// Everything in the arguments that could name a file, however a shell would take it apart.
    private static func words(of arguments: [String]) -> [String] {
        arguments.flatMap { argument in
            [argument]
                + argument.split { " \t\n\r\"'`;&|()<>=$".contains($0) }.map(String.init).filter { $0 != argument }
        }
    }
}

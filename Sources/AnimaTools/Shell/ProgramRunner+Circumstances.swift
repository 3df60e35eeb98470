import AnimaCore

extension ProgramRunner {
    /// What a call would run in: where, with which program and variables, and the content of the files it names.
    ///
    /// A yes of the owner is for these: a script that was changed in between is another one.
    ///
    /// - Parameters:
    ///   - arguments: What is run: words, or lines for a shell.
    ///   - program: The program, when a shell does not look for it.
    func circumstances(of arguments: [String], directory: String, program: String? = nil) -> [String: String] {
        var found: [String: String] = [:]
        let place = (try? workspace.openDirectory(directory))?.path ?? directory
        found["in"] = place == "." ? workspace.root : workspace.root + "/" + place
        found["sandbox"] = hold
        if let program, !program.contains("/") {
            found["program"] = SandboxSurvey.find(program, in: searched) ?? "\(program) (not found)"
        }
        let granted = environment.filter { !Self.usualVariables.contains($0.key) }.sorted { $0.key < $1.key }
        if !granted.isEmpty {
            found["variables"] = granted.map { "\($0.key) \(Self.sign(of: $0.value))" }.joined(separator: ", ")
        }
        let files = files(named: Self.words(of: arguments), from: place)
        if !files.isEmpty {
            var shown = files.prefix(Self.mostShown).joined(separator: ", ")
            if files.count > Self.mostShown {
                // Held to as well, though not one by one.
                let rest = files.dropFirst(Self.mostShown).joined(separator: ", ")
                shown += ", and \(files.count - Self.mostShown) more \(Self.hash(of: Array(rest.utf8)))"
            }
            found["files"] = shown
        }
        return found
    }

    /// The files that words could mean, each with what tells its content, in the order of the words.
    ///
    /// A line may go to a directory before it names a file there, so every named directory is looked in as well.
    private func files(named words: [String], from place: String) -> [String] {
        var directories = [place]
        var files: [String] = []
        var seen: Set<String> = []
        var isCut = false
        for word in words {
            for directory in directories {
                let path = word.hasPrefix("/") || directory == "." ? word : directory + "/" + word
                guard seen.insert(path).inserted else { continue }
                if let known = try? workspace.openDirectory(path) {
                    guard !directories.contains(known.path) else { continue }
                    if directories.count < Self.mostDirectories {
                        directories.append(known.path)
                    } else {
                        isCut = true
                    }
                } else if let sign = sign(ofFileAt: path) {
                    files.append("\(directory == place ? word : path) \(sign)")
                }
            }
        }
        // The owner sees what a yes does not hold.
        return isCut ? files + ["not held to: files in more than \(Self.mostDirectories) directories"] : files
    }

    /// What tells whether a file is still the same; nil where no file is.
    private func sign(ofFileAt path: String) -> String? {
        let file: OpenFile
        do throws(WorkspaceError) {
            file = try workspace.openFile(path)
        } catch {
            // Most words are no files; what is one and can't be read is said.
            return error.code == .system ? "(can't be read)" : nil
        }
        let status = file.status
        if status.size <= Workspace.maxEditedBytes,
            let bytes = file.descriptor.bytes(limit: Workspace.maxEditedBytes, expected: status.size)
        {
            return Self.hash(of: bytes)
        }
        // No program sets the time of the last change of a file's status.
        return "(\(counted(status.size, "byte")), untouched since \(status.touchedAt) ns)"
    }

    /// Where programs are looked for.
    private var searched: [String] { (environment["PATH"] ?? "").split(separator: ":").map(String.init) }

    private static let usualVariables = Set(["PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR"])
        .union(GitGuard.variables.keys)
    private static let mostShown = 32
    private static let mostDirectories = 64

    private static func hash(of bytes: [UInt8]) -> String { String(ContentHash.hexadecimal(of: bytes).prefix(16)) }

    /// Tells one value from another, and too little to find a secret by trying: 16 bits.
    private static func sign(of value: String) -> String {
        String(ContentHash.hexadecimal(of: Array(value.utf8)).prefix(4))
    }

    /// Everything in the arguments that could name a file, however a shell would take it apart.
    private static func words(of arguments: [String]) -> [String] {
        arguments.flatMap { argument in
            [argument]
                + argument.split { " \t\n\r\"'`;&|()<>=$".contains($0) }.map(String.init).filter { $0 != argument }
        }
    }
}
